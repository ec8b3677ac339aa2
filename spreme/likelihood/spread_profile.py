r"""Evidence of a population as a function of the spread of its coefficients, and its maximum.

    c_e ~ N(mu, D),  D = diag(d),  d = tau^2,     estimate  a_e ~ N(c_e, F_e^-1)

    sum_e [ 1/2 log|2 pi F_e^-1| + log N(a_e; mu, D + F_e^-1) ]
        = sum_e [ -1/2 log|I + F_e D| - 1/2 (a_e - mu)' W_e (a_e - mu) ],     W_e = (D + F_e^-1)^-1

No F_e is inverted: with F = R'R and B = I + R D R' there are log|I + F D| = log|B| and W = R' B^-1 R, for d = 0 and
for singular F as well; a direction about which F says nothing drops out. B itself is not formed either: its triangular
factor is that of the stacked [I, D^.5 R'], which keeps its digits for estimates that are exact to many of them. mu is
generalised least squares. The profile over mu has, in d, the gradient and the negative curvature

    g_j       =  1/2 sum_e (w_ej^2 - W_e[j,j]),      w_e = W_e (a_e - mu)
    expected  =  1/2 sum_e W_e[j,k]^2
    observed  =  sum_e w_ej W_e[j,k] w_ek - expected - C' H^-1 C,      C[:,j] = sum_e W_e[:,j] w_ej,   H = sum_e W_e

Each step solves a quadratic programme with d >= 0, so that d = 0 (a term alike everywhere) is reached exactly: with the
expected curvature far from the maximum, with the absolute eigenvalues of the observed one close to it. Where the
environments differ widely in what they tell, the profile has several maxima. One ascent begins near d = 0, one at the
spread of the estimates; if they disagree, two more begin elsewhere. The highest maximum counts; that no other is
higher is likely, not certain.

Legend: E environments, q coefficients, F_e Fisher information, R `root`, W `precision`, w `pull`, H `total`.

References
----------
Gilmour, A. R., Thompson, R., Cullis, B. R. (1995). Average information REML: an efficient algorithm for variance
parameter estimation in linear mixed models.
Lawson, C. L., Hanson, R. J. (1974). Solving Least Squares Problems, chapter 23.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Array = NDArray[np.float64]

# Relative ridge that keeps the mean still where no environment tells anything; far below rounding in the evidence.
RIDGE = 1e-12
# Variances of the starts that are not measured, in units of squared median coefficients.
NEAR_ZERO = 1e-5
MORE_STARTS = (1e-2, 1e-6)
# Maxima that differ by more than this are two; an ascent that will not win by more than the second number ends.
DISTINCT = 1e-2
WORTHWHILE = 1e-4
# Predicted gain in log Z at which an ascent ends, and from which on the observed curvature is used.
TOLERANCE = 1e-6
CLOSE = 0.1
# Smallest curvature, relative to the expected one.
LEAST_CURVATURE = 1e-3
MAX_ITERATIONS = 60
SHORTEST_STEP = 1e-6


class Estimates(NamedTuple):
    """Estimates (E, q), 0 where not observed, and R (E, q, q) with F = R'R."""

    coef: Array
    root: Array


class Point(NamedTuple):
    """Profile at one vector of variances; letters as on top of the file."""

    variance: Array
    value: float
    gradient: Array
    mean: Array
    precision: Array  # W
    pull: Array  # w
    total: Array  # H


class Maximum(NamedTuple):
    """End of an ascent; `height` is the value it would reach, at most that of the rival it gave way to."""

    point: Point
    height: float
    converged: bool


def maximise(estimates: Estimates, spread: Array) -> Maximum:
    """Highest maximum found from a few starts."""
    near_zero = _ascend(estimates, np.full_like(spread, NEAR_ZERO), -np.inf)
    found = [near_zero, _ascend(estimates, spread, near_zero.height)]
    if abs(found[0].height - found[1].height) > DISTINCT:
        for level in MORE_STARTS:
            found.append(_ascend(estimates, np.full_like(spread, level), max(other.height for other in found)))
    return max(found, key=lambda maximum: maximum.height)


def _ascend(estimates: Estimates, variance: Array, rival: float) -> Maximum:
    """Climb from the given variances; give way to a rival that will not be overtaken."""
    point, gain = evaluate(estimates, variance), np.inf
    for _ in range(MAX_ITERATIONS):
        is_close = gain < CLOSE
        target = _close_target(point) if is_close else _far_target(point)
        gain = 0.5 * float(point.gradient @ (target - point.variance))
        height = point.value + gain
        if gain < TOLERANCE:
            return Maximum(point, height, True)
        if is_close and gain < CLOSE and height < rival + WORTHWHILE:
            return Maximum(point, min(height, rival), False)
        higher = _search_line(estimates, point, target, gain)
        if higher is None:  # rounding leaves nothing to gain
            return Maximum(point, point.value, gain < DISTINCT)
        point = higher
    return Maximum(point, point.value, False)


def _search_line(estimates: Estimates, point: Point, target: Array, gain: float) -> Point | None:
    """First higher point between the target and here; None if there is none."""
    step = 1.0
    while step > SHORTEST_STEP:
        trial = evaluate(estimates, point.variance + step * (target - point.variance))
        if trial.value >= point.value + 1e-4 * step * gain:
            return trial
        step *= 0.3
    return None


def evaluate(estimates: Estimates, variance: Array) -> Point:
    """Profile and its gradient, letters as on top of the file."""
    coef, root = estimates
    n_environments, q = coef.shape
    stacked = np.empty((n_environments, 2 * q, q))
    stacked[:, :q] = np.eye(q)
    stacked[:, q:] = (root * np.sqrt(variance)).transpose(0, 2, 1)
    factor = np.asarray(np.linalg.qr(stacked, mode="r"))
    half = np.linalg.solve(factor.transpose(0, 2, 1), root)
    precision = half.transpose(0, 2, 1) @ half
    total = precision.sum(axis=0)
    mean = solve_known(total, (precision @ coef[:, :, None])[:, :, 0].sum(axis=0))
    residual = half @ (coef - mean)[:, :, None]
    pull = (half.transpose(0, 2, 1) @ residual)[:, :, 0]
    half_log = np.log(np.abs(factor.reshape(n_environments, -1)[:, :: q + 1])).sum()
    value = -half_log - 0.5 * (residual * residual).sum()
    gradient = 0.5 * ((pull * pull).sum(axis=0) - np.diagonal(total))
    return Point(variance, float(value), gradient, mean, precision, pull, total)


def solve_known(matrix: Array, right: Array) -> Array:
    """Solve with a positive semidefinite matrix, no motion along directions that it does not know."""
    diagonal = np.diagonal(matrix)
    size = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    unit = matrix / size[:, None] / size
    unit.reshape(-1)[:: len(size) + 1] += RIDGE
    columns = right if right.ndim == 2 else right[:, None]
    return (np.linalg.solve(unit, columns / size[:, None]) / size[:, None]).reshape(right.shape)


def _far_target(point: Point) -> Array:
    """Variances that maximise the quadratic model with the expected curvature."""
    expected = 0.5 * (point.precision * point.precision).sum(axis=0)
    return _bounded(expected, np.diagonal(expected), point.gradient, point.variance)


def _close_target(point: Point) -> Array:
    """The same with the observed curvature of those variances that are not held at 0."""
    expected = 0.5 * (point.precision * point.precision).sum(axis=0)
    pulled = point.precision * point.pull[:, None, :]
    cross = pulled.sum(axis=0)
    own = (pulled * point.pull[:, :, None]).sum(axis=0)
    observed = own - expected - cross.T @ solve_known(point.total, cross)
    free = np.flatnonzero((point.variance > 0) | (point.gradient > 0))
    target = np.zeros_like(point.variance)
    target[free] = _bounded(
        observed[free[:, None], free], np.diagonal(expected)[free], point.gradient[free], point.variance[free]
    )
    return target


def _bounded(curvature: Array, expected: Array, gradient: Array, variance: Array) -> Array:
    """Maximise g'(x - d) - 1/2 (x - d)'|M|(x - d) over x >= 0, eigenvalues of M in units of the `expected` diagonal."""
    if len(expected) == 0:  # SciPy's nnls does not survive it
        return expected
    size = np.sqrt(np.where(expected > 0, expected, 1.0))
    values, vectors = np.linalg.eigh(curvature / size[:, None] / size)
    root = np.sqrt(np.maximum(np.abs(values), LEAST_CURVATURE))
    rows = (vectors * root).T
    right = rows @ (variance * size) + (vectors / root).T @ (gradient / size)
    return nnls(rows, right, maxiter=30 * len(size))[0] / size
