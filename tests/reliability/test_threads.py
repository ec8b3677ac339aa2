"""The same law, to the last bit, whatever the number of threads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Prints a digest of everything fitted; the matrices of the weak form are large enough for BLAS to share them out.
FIT = """
import hashlib, sys
import numpy as np
from spreme import PolynomialLibrary, SpReME, Trajectories
t, rng = np.linspace(0, 12, 241), np.random.default_rng(0)
def run(a):
    x = [np.array([1.5, 1.0])]
    for h in np.diff(t):
        f = lambda z: np.array([z[0] * (1 - z[1]), z[1] * (a * z[0] - 0.8)])
        k1 = f(x[-1]); k2 = f(x[-1] + h / 2 * k1); k3 = f(x[-1] + h / 2 * k2); k4 = f(x[-1] + h * k3)
        x.append(x[-1] + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return np.array(x) + 0.05 * rng.standard_normal((len(t), 2))
data = Trajectories([run(a) for a in (0.6, 0.9, 1.2) for _ in range(2)], t, env=np.repeat(range(3), 2).tolist())
options = {"refine": None} if sys.argv[2] == "regression" else {}
model = SpReME(library=PolynomialLibrary(degree=3), n_jobs=int(sys.argv[1]), **options).fit(data)
parts = (model.mask_, model.coef_, model.coef_std_, model.covariance_, model.noise_std_)
print(hashlib.sha256(b"".join(own.tobytes() for own in parts)).hexdigest(), model.mask_.sum())
"""


def digest(n_jobs: int, n_threads: int, kind: str) -> str:
    """Of a fit in a process of its own."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(n_threads))
    call = [sys.executable, "-c", FIT, str(n_jobs), kind]
    return subprocess.run(call, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_number_of_threads_changes_no_bit() -> None:
    assert digest(1, 1, "likelihood") == digest(4, 2, "likelihood")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["likelihood", "regression"])
def test_no_number_of_threads_changes_a_bit(kind: str) -> None:
    assert len({digest(n_jobs, n_threads, kind) for n_jobs in (1, 2, 4) for n_threads in (1, 2)}) == 1
