"""Kalman filter and smoother of the Matern-7/2 process in noise, one state.

Model, with b the rate of forgetting (0 for the thrice-integrated Wiener process) and the amplitude set to 1:

    (D + b)^4 f = 6 * white noise,   z_i = (D + b)^i f / i!, i = 0..3,   y = f + e,   e ~ N(0, r)
    z(t + d) = Phi(d) z(t) + w,  w ~ N(0, Q(d)),   Phi_ij = exp(-b d) C(j, i) d^(j - i)
    Q_ij = C(3, i) C(3, j) I_(6 - i - j),          I_p = int_0^d u^p exp(-2 b u) du

In these coordinates, Taylor coefficients of exp(b t) f, the process is the Wiener one with a decay. The start
z(t_0) = beta may be known as loosely as one likes: everything that the filter carries is affine in beta and is carried
as five columns, the first for beta = 0, the other four the answers to unit starts. Givens rotations add the rows
(answers, innovation) to the prior information on beta; they give its mean, its covariance and the residual sum without
a difference of large numbers. The smoother is the Bryson-Frazier recursion at the filtered moments: it inverts nothing,
and noise-free data do not hurt it.

Legend: d (n,) step that leads to each sample (d[0] unused), y (n,) values, NaN = missing, r ratio of noise variance to
process variance, m (4, 5) mean columns, P (4, 4) covariance, K (4,) gain, s innovation variance, v (5,) innovation
columns, R (4, 5) triangle of the information on beta: R[:, :4] beta = R[:, 4]; lam (4, 5) and big (4, 4) the smoother's
adjoint mean and covariance.

References
----------
Hartikainen and Sarkka (2010), Kalman filtering and smoothing solutions to temporal Gaussian process regression models.
de Jong (1991), The diffuse Kalman filter.
Bryson and Frazier (1963), Smoothing for linear and nonlinear dynamic systems.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Answers to the unknown start below this size no longer reach any innovation: their columns are dropped, before
# denormal numbers slow the filter down.
FORGOTTEN = 1e-30
# Relative change of the gain below which a filter with constant steps has settled.
SETTLED = 1e-12
# Beyond this value of 2 b d the integrals I_p are complete to rounding.
COMPLETE = 60.0


class Trace(NamedTuple):
    """What the filter leaves for the smoother: rows 0 and 1 of m and P after each sample, gains and innovations."""

    mean: Array  # (n, 2, 5)
    covariance: Array  # (n, 2, 4)
    gain: Array  # (n, 4)
    innovation: Array  # (n, 5)
    variance: Array  # (n,), 0 where nothing was measured


def empty_trace(n_samples: int) -> Trace:
    """Give storage for n_samples steps; with 0 the filter only computes the likelihood."""
    n = n_samples
    return Trace(np.zeros((n, 2, 5)), np.zeros((n, 2, 4)), np.zeros((n, 4)), np.zeros((n, 5)), np.zeros(n))


@njit(cache=True, nogil=True)
def _transport(m: Array, d: float, n_columns: int) -> None:
    """Phi(d) m without its decay, in place."""
    d2 = d * d
    d3 = d2 * d
    for j in range(n_columns):
        m[0, j] += d * m[1, j] + d2 * m[2, j] + d3 * m[3, j]
        m[1, j] += 2.0 * d * m[2, j] + 3.0 * d2 * m[3, j]
        m[2, j] += 3.0 * d * m[3, j]


@njit(cache=True, nogil=True)
def _transport_back(m: Array, d: float, n_columns: int) -> None:
    """Phi(d)' m without its decay, in place."""
    d2 = d * d
    d3 = d2 * d
    for j in range(n_columns):
        m[3, j] += 3.0 * d * m[2, j] + 3.0 * d2 * m[1, j] + d3 * m[0, j]
        m[2, j] += 2.0 * d * m[1, j] + d2 * m[0, j]
        m[1, j] += d * m[0, j]


@njit(cache=True, nogil=True)
def _transpose(a: Array) -> None:
    """Transpose a (4, 4) in place."""
    for i in range(4):
        for j in range(i):
            a[i, j], a[j, i] = a[j, i], a[i, j]


@njit(cache=True, nogil=True)
def _scale(m: Array, factor: float, n_columns: int) -> None:
    """Multiply m by a factor, in place."""
    for i in range(4):
        for j in range(n_columns):
            m[i, j] *= factor


@njit(cache=True, nogil=True)
def _moments(b: float, d: float, moments: Array) -> None:
    """I_0, ..., I_6 over a step d: positive series for I_6, then down, where nothing cancels."""
    a, fade = 2.0 * b, math.exp(-2.0 * b * d)
    if a * d > COMPLETE:
        moments[6] = 720.0 / a**7
    else:
        term = d**7 * fade / 7.0
        total, k = term, 8.0
        while term > 1e-17 * total:
            term *= a * d / k
            total += term
            k += 1.0
        moments[6] = total
    for p in range(6, 0, -1):
        moments[p - 1] = (a * moments[p] + fade * d**p) / p


@njit(cache=True, nogil=True)
def _spread(P: Array, d: float, decay: float, moments: Array) -> None:
    """Phi(d) P Phi(d)' + Q(d), in place."""
    _transport(P, d, 4)
    _transpose(P)
    _transport(P, d, 4)
    binomial = (1.0, 3.0, 3.0, 1.0)
    for i in range(4):
        for j in range(4):
            P[i, j] = decay * decay * P[i, j] + binomial[i] * binomial[j] * moments[6 - i - j]


@njit(cache=True, nogil=True)
def _condition(P: Array, K: Array, r: float) -> float:
    """P given one more value: gain into K, new P in place; returns the innovation variance."""
    s = P[0, 0] + r
    for i in range(4):
        K[i] = P[i, 0] / s
    for i in range(1, 4):
        for j in range(1, i + 1):
            P[i, j] -= K[i] * P[0, j]
            P[j, i] = P[i, j]
    shrink = r / s  # row 0 without a difference: it stays exact when r is tiny
    for j in range(4):
        P[0, j] *= shrink
        P[j, 0] = P[0, j]
    return s


@njit(cache=True, nogil=True)
def _rotate(R: Array, row: Array) -> float:
    """Rotate row (5,) into the triangle R; returns what is left of its last entry."""
    for i in range(4):
        if row[i] != 0.0:
            radius = math.hypot(R[i, i], row[i])
            c, s = R[i, i] / radius, row[i] / radius
            for j in range(i, 5):
                above = R[i, j]
                R[i, j] = c * above + s * row[j]
                row[j] = c * row[j] - s * above
    return row[4]


@njit(cache=True, nogil=True)
def _update(m: Array, K: Array, v: Array, value: float, n_columns: int) -> None:
    """Innovation columns of one value into v, new mean columns in place."""
    v[0] = value - m[0, 0]
    for j in range(1, n_columns):
        v[j] = -m[0, j]
    for j in range(n_columns):
        for i in range(4):
            m[i, j] += K[i] * v[j]


@njit(cache=True, nogil=True)
def _is_forgotten(m: Array) -> bool:
    """Whether the start no longer reaches the state."""
    for i in range(4):
        for j in range(1, 5):
            if abs(m[i, j]) > FORGOTTEN:
                return False
    return True


@njit(cache=True, nogil=True)
def _record(trace: Trace, k: int, m: Array, P: Array, n_columns: int) -> None:
    """Keep the moments after sample k."""
    for i in range(2):
        for j in range(n_columns):
            trace.mean[k, i, j] = m[i, j]
        for j in range(4):
            trace.covariance[k, i, j] = P[i, j]


@njit(cache=True, nogil=True)
def run_filter(d: Array, y: Array, b: float, r: float, trace: Trace, R: Array) -> tuple[float, float]:
    """Filter y, starting from the prior information R, which is updated in place.

    Returns the log determinant of the covariance of the values and their residual sum of squares, for amplitude 1.
    """
    m, P, K, v, row = np.zeros((4, 5)), np.zeros((4, 4)), np.zeros(4), np.zeros(5), np.zeros(5)
    for i in range(4):
        m[i, i + 1] = 1.0
    log_det, rss, s, gain, n_columns, settled = 0.0, 0.0, 1.0, 0.0, 5, False
    for i in range(4):
        log_det -= 2.0 * math.log(abs(R[i, i]))
    moments, decay = np.zeros(7), 1.0
    keeps_trace = trace.variance.size > 0
    for k in range(y.size):
        measured = not math.isnan(y[k])
        if k > 0:
            # With constant steps the covariance settles: from then on only the means move.
            settled = settled and measured and d[k] == d[k - 1]
            if k == 1 or d[k] != d[k - 1]:
                decay = math.exp(-b * d[k])
                _moments(b, d[k], moments)
            _transport(m, d[k], n_columns)
            if b > 0.0:
                _scale(m, decay, n_columns)
            if not settled:
                _spread(P, d[k], decay, moments)
        if measured:
            if not settled:
                s = _condition(P, K, r)
                settled = k > 8 and d[k] == d[k - 1] and abs(K[3] - gain) <= SETTLED * abs(K[3])
                gain = K[3]
            _update(m, K, v, y[k], n_columns)
            log_det += math.log(s)
            root = 1.0 / math.sqrt(s)
            left = v[0] * root
            if n_columns == 5:
                for j in range(4):
                    row[j] = -v[j + 1] * root
                row[4] = left
                left = _rotate(R, row)
            rss += left * left
            if keeps_trace:
                trace.variance[k] = s
                for i in range(4):
                    trace.gain[k, i] = K[i]
                for j in range(n_columns):
                    trace.innovation[k, j] = v[j]
        if n_columns == 5 and _is_forgotten(m):
            n_columns = 1
        if keeps_trace:
            _record(trace, k, m, P, n_columns)
    for i in range(4):
        log_det += 2.0 * math.log(abs(R[i, i]))
    return log_det, rss


@njit(cache=True, nogil=True)
def _recall(big: Array, K: Array, s: float) -> None:
    """(I - K H)' big (I - K H) + H'H / s, in place: the adjoint covariance before a value was taken in."""
    for _ in range(2):  # column 0 first, then, transposed, row 0
        for p in range(4):
            fall = 0.0
            for q in range(4):
                fall += big[p, q] * K[q]
            big[p, 0] -= fall
        _transpose(big)
    big[0, 0] += 1.0 / s


@njit(cache=True, nogil=True)
def run_smoother(d: Array, b: float, trace: Trace, mean: Array, variance: Array) -> None:
    """Smoothed rows 0 and 1 of the mean columns (n, 2, 5), smoothed variance of f (n,) with the start known."""
    lam, big = np.zeros((4, 5)), np.zeros((4, 4))
    n = d.size
    for k in range(n - 1, -1, -1):
        if k < n - 1:
            _transport_back(lam, d[k + 1], 5)
            _transport_back(big, d[k + 1], 4)
            _transpose(big)
            _transport_back(big, d[k + 1], 4)
            if b > 0.0:
                decay = math.exp(-b * d[k + 1])
                _scale(lam, decay, 5)
                _scale(big, decay * decay, 4)
        P = trace.covariance[k]
        for i in range(2):
            for j in range(5):
                mean[k, i, j] = trace.mean[k, i, j]
                for p in range(4):
                    mean[k, i, j] += P[i, p] * lam[p, j]
        variance[k] = P[0, 0]
        for p in range(4):
            for q in range(4):
                variance[k] -= P[0, p] * big[p, q] * P[0, q]
        s = trace.variance[k]
        if s > 0.0:
            K = trace.gain[k]
            for j in range(5):
                pull = trace.innovation[k, j] / s
                for p in range(4):
                    pull -= K[p] * lam[p, j]
                lam[0, j] += pull
            _recall(big, K, s)
