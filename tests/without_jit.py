"""Runs a script with and without compilation: kernels must give the same either way."""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]

# An interpreter that imports spreme once and runs all scripts, each in a namespace of its own.
RUNNER = """
import contextlib, io, json, sys, traceback, warnings
for line in sys.stdin:
    answer = {"error": ""}
    with contextlib.redirect_stdout(io.StringIO()) as output, warnings.catch_warnings(action="error"):
        try:
            exec(compile(json.loads(line), "<script>", "exec"), {"__name__": "__main__"})
        except BaseException:
            answer["error"] = traceback.format_exc()
    print(json.dumps(answer | {"output": output.getvalue()}), flush=True)
"""


@cache
def _runner() -> subprocess.Popen[str]:
    """Interpreter in which Numba compiles nothing; it ends with the tests."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)
    return process


def without_compilation(script: str) -> str:
    """What a script prints when Numba compiles nothing; its failure is a failure of the test."""
    process = _runner()
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(script) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    assert answer["error"] == "", answer["error"]
    return str(answer["output"])


def compiled_and_plain(script: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Numbers that a script prints when its kernels are compiled, and when they are not."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(script, "<script>", "exec"), {"__name__": "__main__"})
    compiled, plain = (np.array(text.split(), dtype=float) for text in (output.getvalue(), without_compilation(script)))
    return compiled, plain
