"""Runs a script with and without compilation: kernels must give the same either way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]


def compiled_and_plain(script: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Numbers that a script prints when its kernels are compiled, and when they are not."""
    compiled, plain = (
        np.array(
            subprocess.run(
                [sys.executable, "-c", script],
                env={**os.environ, "NUMBA_DISABLE_JIT": disable, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                check=True,
            ).stdout.split(),
            dtype=float,
        )
        for disable in ("0", "1")
    )
    return compiled, plain
