"""The judge of all solvers of the group lasso, and how times are taken. Needs NumPy alone: peers run it too."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Result = TypeVar("Result")

# A call that takes longer than this is not repeated.
PATIENCE = 5.0


def gap_and_objective(gram: Array, cross: Array, y_sq: float, coef: Array, alpha: float) -> tuple[float, float]:
    """Duality gap of the group lasso relative to y_sq, and objective, from Grams (E, K, K) and coefficients (E, K).

    With res the residual, m res is a dual point wherever m max_j ||r_j|| <= alpha, r the correlations of res:
    gap = ||res||^2 / 2 + alpha sum_j ||b_j|| - (m y'res - m^2 ||res||^2 / 2).
    """
    correlation = cross - np.einsum("ejk,ek->ej", gram, coef)
    square = y_sq - float((coef * (cross + correlation)).sum())
    along = y_sq - float((coef * cross).sum())
    largest = float(np.sqrt((correlation**2).sum(axis=0)).max())
    multiple = min(alpha / max(largest, 1e-300), along / max(square, 1e-300))
    objective = 0.5 * square + alpha * float(np.sqrt((coef**2).sum(axis=0)).sum())
    return (objective - (multiple * along - 0.5 * multiple**2 * square)) / y_sq, objective


def judge_path(gram: Array, cross: Array, y_sq: float, coefs: Array, alphas: Array) -> tuple[float, float]:
    """Worst gap of a path (A, E, K), and the sum of its objectives."""
    pairs = [gap_and_objective(gram, cross, y_sq, own, a) for own, a in zip(coefs, alphas, strict=True)]
    return max(gap for gap, _ in pairs), sum(objective for _, objective in pairs)


def seconds(call: Callable[[], object]) -> float:
    """Wall time of one call."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def measure(call: Callable[[], Result], repeats: int) -> tuple[Result, float]:
    """What a call returns, and its median time; the first call only warms up, unless it is so slow that it must do."""
    begin = time.perf_counter()
    result = call()
    elapsed = time.perf_counter() - begin
    return result, elapsed if elapsed > PATIENCE else statistics.median(seconds(call) for _ in range(repeats))
