"""Caches kernels per state of the sources, and orders the tests so that two processes do not compile the same."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


# One process begins with the file that calls most kernels of the likelihood, and needs a minute to compile them. The
# others meanwhile run what hardly needs these kernels.
FIRST = "tests/estimators/test_adapt_and_save.py"
WITHOUT_LIKELIHOOD = (
    "tests/solvers/",
    "tests/selection/test_strength.py",
    "tests/estimators/test_regressor.py",
    "tests/smoothing/",
    "tests/systems/batch/",
    "tests/systems/test_re",  # records and replicas
    "tests/systems/test_simulation.py",
    "tests/systems/test_structure.py",
    "tests/weak/",
    "tests/gram/",
    "tests/library/",
    "tests/data/",
    "tests/test_simulate.py",
    "tests/test_penalties.py",
)


def _kernel_sources() -> str:
    """Digest of all modules with kernels: Numba itself looks at the file of a kernel only, not at what it calls."""
    paths = [path for package in ("spreme", "systems") for path in sorted((ROOT / package).rglob("*.py"))]
    texts = (path.read_bytes() for path in paths)
    return hashlib.sha256(b"".join(text for text in texts if b"njit" in text)).hexdigest()[:16]


os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / "build" / "numba" / _kernel_sources()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order whole files, whatever the number of processes."""
    items.sort(key=lambda item: (item.nodeid.split("::")[0] != FIRST, not item.nodeid.startswith(WITHOUT_LIKELIHOOD)))
