"""Group lasso paths by other packages, each in a process of its own and possibly another Python.

    python -m benchmarks.solvers.peers adelie in.npz out.npz

They get the input that suits them best: the Gram matrix, or K rows per environment with the same Gram; groups
contiguous; every solution started from the one before; a target of unit mean square; preparation and compilation not
timed. Each has the loosest of its tolerances that reaches the gap asked, or the last.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.solvers.judge import judge_path, measure
from numpy.typing import NDArray

Array = NDArray[np.float64]
Solve = Callable[[Array], Array]

TESTS = Path(__file__).resolve().parents[2]
# Stopping rules differ: relative to the target, to the largest change, or a gap of their own.
TOLERANCES = {"adelie": (1e-13, 1e-14, 1e-15), "skglm": (1e-6, 3e-7, 1e-7), "celer": (1e-8, 1e-10, 1e-12)}
# Up to so many coefficients the design is dense.
DENSE = 5000
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")}


def ask(
    python: str,
    peer: str,
    limit: float,
    repeats: int,
    tol: float,
    gram: Array,
    cross: Array,
    y_sq: float,
    alphas: Array,
) -> dict[str, Any] | str:
    """Seconds, coefficients (A, E, K), tolerance and version of a peer; or a line that says why there are none."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder, "in.npz"), Path(folder, "out.npz")
        np.savez(given, gram=gram, cross=cross, y_sq=y_sq, alphas=alphas, repeats=repeats, tol=tol)
        command = [python, "-m", "benchmarks.solvers.peers", peer, str(given), str(answer)]
        env = os.environ | ONE_THREAD | {"PYTHONPATH": str(TESTS)}
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=env, check=False)
        except subprocess.TimeoutExpired:
            return f"no answer in {limit:.0f} s"
        if done.returncode != 0:
            return (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1][:100]
        with np.load(answer) as found:
            return {key: found[key] if found[key].ndim else found[key].item() for key in found.files}


def main() -> None:
    """Solve the problem of a file."""
    warnings.filterwarnings("ignore")
    peer, given, answer = sys.argv[1:]
    try:
        importlib.import_module(peer)
    except Exception as error:  # whatever it is, the peer cannot be had
        sys.exit(f"not importable: {error}")
    with np.load(given) as problem:
        gram, cross, alphas = problem["gram"], problem["cross"], problem["alphas"]
        y_sq, repeats, goal = float(problem["y_sq"]), int(problem["repeats"]), float(problem["tol"])
    unit = np.sqrt(y_sq / len(cross))
    for tol in TOLERANCES[peer]:
        solve = SOLVERS[peer](gram, cross / unit, tol)
        solve(alphas[:2] / unit)  # compiles
        coefs, spent = measure(lambda: solve(alphas / unit) * unit, repeats)  # noqa: B023
        if judge_path(gram, cross, y_sq, coefs, alphas)[0] <= goal:
            break
    np.savez(answer, seconds=spent, coefs=coefs, tol=tol, version=version(peer))


def adelie(gram: Array, cross: Array, tol: float) -> Solve:
    """Block coordinate descent on a covariance matrix."""
    import adelie as ad

    E, K = cross.shape
    if E * K <= DENSE:
        matrix = np.zeros((E * K, E * K), order="F")
        for e in range(E):
            matrix[e::E, e::E] = gram[e]
    else:
        import scipy.sparse as sp

        order = term_major(E, K)
        matrix = ad.matrix.sparse(sp.block_diag(list(gram), format="csc")[order][:, order].tocsc(), method="cov")

    def solve(alphas: Array) -> Array:
        state = ad.solver.gaussian_cov(
            matrix, cross.T.ravel().copy(), groups=np.arange(0, E * K, E), penalty=np.ones(K), lmda_path=alphas,
            tol=tol, early_exit=False, progress_bar=False, max_iters=10**7,
        )  # fmt: skip
        return state.betas.toarray().reshape(-1, K, E).transpose(0, 2, 1)

    return solve


def skglm(gram: Array, cross: Array, tol: float) -> Solve:
    """Block coordinate descent with working sets and Anderson acceleration."""
    from skglm.datafits import QuadraticGroup
    from skglm.penalties import WeightedGroupL2
    from skglm.solvers import GroupBCD
    from skglm.utils.jit_compilation import compiled_clone

    E, K = cross.shape
    X, y = rows_of(gram, cross)
    pointers, index = np.arange(0, E * K + 1, E, dtype=np.int32), np.arange(E * K, dtype=np.int32)
    solver = GroupBCD(max_iter=1000, max_epochs=20000, tol=tol, fit_intercept=False)
    datafit = compiled_clone(QuadraticGroup(pointers, index))

    def step(alpha: float, start: Array) -> Array:
        penalty = compiled_clone(WeightedGroupL2(alpha, np.ones(K), pointers, index))
        return solver.solve(X, y, datafit, penalty, w_init=start, Xw_init=X @ start)[0]

    return warm_path(step, E, K)


def celer(gram: Array, cross: Array, tol: float) -> Solve:
    """Block coordinate descent with working sets and dual extrapolation."""
    from celer import GroupLasso

    E, K = cross.shape
    X, y = rows_of(gram, cross)

    def solve(alphas: Array) -> Array:
        model = GroupLasso(groups=E, fit_intercept=False, tol=tol, max_iter=200, max_epochs=20000, warm_start=True)
        return warm_path(lambda alpha, _: model.set_params(alpha=alpha).fit(X, y).coef_.copy(), E, K)(alphas)

    return solve


def warm_path(step: Callable[[float, Array], Array], E: int, K: int) -> Solve:
    """Path of a solver of one alpha, each solution started from the one before."""

    def solve(alphas: Array) -> Array:
        found = [np.zeros(E * K)]
        for alpha in alphas:
            found.append(step(alpha, found[-1].copy()))  # solvers may overwrite their start
        return np.array(found[1:]).reshape(-1, K, E).transpose(0, 2, 1)

    return solve


def rows_of(gram: Array, cross: Array) -> tuple[Any, Array]:
    """A design, columns of a term side by side, and a target with these Grams; peers divide by the number of rows."""
    blocks, targets = [], []
    for own, c in zip(gram, cross, strict=True):
        values, vectors = np.linalg.eigh(own)
        seen = values > 1e-13 * values[-1]
        root = np.sqrt(values[seen])
        blocks.append(root[:, None] * vectors[:, seen].T)
        targets.append(vectors[:, seen].T @ c / root)
    (E, K), n = cross.shape, sum(map(len, blocks))
    if E * K <= DENSE:
        X, first = np.zeros((n, E * K), order="F"), 0
        for e, block in enumerate(blocks):
            X[first : first + len(block), e::E] = block
            first += len(block)
    else:
        import scipy.sparse as sp

        X = sp.block_diag(blocks, format="csc")[:, term_major(E, K)].tocsc()
    return X * np.sqrt(n), np.concatenate(targets) * np.sqrt(n)


def term_major(E: int, K: int) -> NDArray[np.int64]:
    """Positions in (E, K) of the columns in order (K, E)."""
    return np.arange(E * K).reshape(E, K).T.ravel()


SOLVERS: dict[str, Callable[[Array, Array, float], Solve]] = {"adelie": adelie, "skglm": skglm, "celer": celer}


if __name__ == "__main__":
    main()
