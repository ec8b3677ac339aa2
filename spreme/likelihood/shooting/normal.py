"""Normal equations of multiple shooting: all segments of one environment, integrated once.

    r_i = w_s (y_is - x_s(t_i)),   Z = dx/d(coef, start),   H = sum Z' w^2 Z,   g = sum Z' w r

A coefficient acts on all segments, a start on its own only: H falls into coef x coef (q, q), coef x start (R, d, q) and
start x start (R, d, d). With `huber` > 0 residuals beyond that size count linearly (iteratively reweighted).

Legend: R segments, d states, q coefficients, n rows, w = 1 / noise.

References
----------
Bock (1983), Recent advances in parameter identification techniques for ODE. Huber (1964), Robust estimation of a
location parameter, Ann. Math. Statist. 35.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.likelihood.field import Field, evaluate_theta
from spreme.likelihood.recording import Recording
from spreme.likelihood.shooting.schemes import Scheme
from spreme.likelihood.shooting.steps import StepWork, advance, step_work

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Rows of sensitivities that are collected before they are multiplied.
BLOCK = 96
# Multiplications up to which OpenBLAS keeps to one thread: environments have threads of their own.
ONE_THREAD = 250_000


class Noise(NamedTuple):
    """How residuals are weighed.

    Attributes
    ----------
    weight : ndarray (d,)
        1 / noise.
    huber : float
        Size of residuals beyond which they count linearly; 0: never.
    bound : float
        Largest state.
    moving : ndarray (d,)
        1, or 0 for states whose starts stay: an absent species stays absent.
    """

    weight: Array
    huber: float
    bound: float
    moving: Array


class Normal(NamedTuple):
    """Normal equations, overwritten by `assemble`."""

    coef: Array  # (q, q)
    mixed: Array  # (R, d, q)
    start: Array  # (R, d, d)
    coef_gradient: Array  # (q,)
    start_gradient: Array  # (R, d)
    squares: Array  # (d,) sums of squared residuals in units of the data, down-weighted as in the cost
    counts: Array  # (d,) measured values


@njit(cache=True, nogil=True, error_model="numpy")
def empty_normal(n_segments: int, q: int, d: int) -> Normal:
    """Allocate normal equations."""
    return Normal(
        np.zeros((q, q)),
        np.zeros((n_segments, d, q)),
        np.zeros((n_segments, d, d)),
        np.zeros(q),
        np.zeros((n_segments, d)),
        np.zeros(d),
        np.zeros(d),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _clear(out: Normal) -> None:
    """Set normal equations to zero."""
    R, d, q = out.mixed.shape
    for p in range(q):
        out.coef_gradient[p] = 0.0
        for c in range(q):
            out.coef[p, c] = 0.0
    for a in range(d):
        out.squares[a] = out.counts[a] = 0.0
    for r in range(R):
        for a in range(d):
            out.start_gradient[r, a] = 0.0
            for b in range(d):
                out.start[r, a, b] = 0.0
            for p in range(q):
                out.mixed[r, a, p] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _add_block(rows: Array, n_rows: int, out: Array) -> None:
    """Add the products of the columns of the first rows (n_rows, q) to out (q, q)."""
    q = out.shape[0]
    at_once = max(4, ONE_THREAD // max(q * q, 1))
    for first in range(0, n_rows, at_once):
        block = rows[first : min(first + at_once, n_rows)]
        out += block.T @ block


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _carry(probe: Field, theta: Array, work: StepWork, by_coef: Array, by_start: Array, old: Array) -> None:
    """Carry the sensitivities over one step: Z <- transfer Z + sum_j lever_j theta_j."""
    transfer, lever, first, term_index = work.transfer, work.lever, probe.first, probe.term_index
    d, q = by_coef.shape
    for r in range(d):
        for p in range(q):
            old[r, p] = by_coef[r, p]
            by_coef[r, p] = 0.0
        for c in range(d):
            old[r, q + c] = by_start[r, c]
            by_start[r, c] = 0.0
    for r in range(d):
        for c in range(d):
            weight = transfer[r, c]
            for p in range(q):
                by_coef[r, p] += weight * old[c, p]
            for p in range(d):
                by_start[r, p] += weight * old[c, q + p]
    for j in range(lever.shape[0]):
        for r in range(d):
            for s in range(d):
                weight = lever[j, r, s]
                if weight != 0.0:
                    for p in range(first[s], first[s + 1]):
                        by_coef[r, p] += weight * theta[j, term_index[p]]


@njit(cache=True, nogil=True, error_model="numpy")
def n_steps(interval: float, longest: float) -> int:
    """Steps of at most the length `longest` that make an interval."""
    return max(1, int(np.ceil(interval / longest - 1e-6)))


@njit(cache=True, nogil=True, error_model="numpy")
def last_measured(y: Array, first: int, last: int) -> int:
    """End of the rows first .. last - 1 without those after the last measured value: a segment is not carried on."""
    for i in range(last - 1, first, -1):
        for s in range(y.shape[1]):
            if y[i, s] == y[i, s]:
                return i + 1
    return min(first + 1, last)


@njit(cache=True, nogil=True, error_model="numpy")
def assemble(
    recording: Recording,
    edges: Indices,
    starts: Array,
    coef: Array,
    field: Field,
    probe: Field,
    is_own: bool,
    scheme: Scheme,
    longest: float,
    noise: Noise,
    out: Normal,
) -> float:
    """Fill the normal equations and return the cost; infinite if a solution leaves the bound.

    `field` with `coef` is the law; sensitivities are taken to the coefficients of `probe` (at value zero where they
    are not in the law), the same one if `is_own`. `longest` is the longest step.
    """
    y, t, u = recording.y, recording.t, recording.u
    d, q, n_inputs = y.shape[1], probe.state_index.shape[0], u.shape[1]
    m = scheme.b.shape[0]
    work = step_work(field, d, d + n_inputs, m)
    theta = work.theta if is_own else np.zeros((m, probe.products.start.shape[0] - 1))
    stack, rests = np.zeros(probe.depth), np.zeros((probe.depth, d + n_inputs))
    x, old = np.zeros(d), np.zeros((d, q + d))
    by_coef, by_start = np.zeros((d, q)), np.zeros((d, d))
    rows, n_rows = np.zeros((BLOCK + d, q)), 0
    _clear(out)
    cost = 0.0
    for r in range(edges.shape[0] - 1):
        for s in range(d):
            x[s] = starts[r, s]
            for p in range(q):
                by_coef[s, p] = 0.0
            for c in range(d):
                by_start[s, c] = noise.moving[s] if s == c else 0.0
        mixed, start, gradient = out.mixed[r], out.start[r], out.start_gradient[r]
        end = last_measured(y, edges[r], edges[r + 1])
        for i in range(edges[r], end):
            for s in range(d):
                value = y[i, s]
                if value != value:
                    continue
                w = noise.weight[s]
                error = value - x[s]
                residual = abs(error * w)
                if noise.huber > 0.0 and residual > noise.huber:
                    cost += noise.huber * (2.0 * residual - noise.huber)
                    w *= np.sqrt(noise.huber / residual)
                else:
                    cost += residual * residual
                out.squares[s] += (error * w / noise.weight[s]) ** 2
                out.counts[s] += 1.0
                row, pull = rows[n_rows], error * w
                for p in range(q):
                    row[p] = by_coef[s, p] * w
                    out.coef_gradient[p] += row[p] * pull
                for a in range(d):
                    share = by_start[s, a] * w
                    gradient[a] += share * pull
                    for p in range(q):
                        mixed[a, p] += row[p] * share
                    for b in range(d):
                        start[a, b] += share * by_start[s, b] * w
                n_rows += 1
            if n_rows >= BLOCK:
                _add_block(rows, n_rows, out.coef)
                n_rows = 0
            if i + 1 == end:
                break
            interval = t[i + 1] - t[i]
            number = n_steps(interval, longest)
            for step in range(number):
                advance(field, coef, scheme, interval / number, step / number, 1.0 / number, u, i, x, True, work)
                if not is_own:
                    for j in range(m):
                        evaluate_theta(probe, work.points[j], stack, rests, theta[j])
                _carry(probe, theta, work, by_coef, by_start, old)
            for s in range(d):
                if not abs(x[s]) < noise.bound:
                    return np.inf
    _add_block(rows, n_rows, out.coef)
    size = cost
    for a in range(q):
        size += out.coef[a, a]
        for b in range(a):
            out.coef[a, b] = out.coef[b, a]
    for r in range(out.start.shape[0]):
        for a in range(d):
            size += out.start[r, a, a]
    return cost if size < np.inf else np.inf  # sensitivities that overflow tell nothing


@njit(cache=True, nogil=True, error_model="numpy")
def trace(
    recording: Recording,
    edges: Indices,
    starts: Array,
    coef: Array,
    field: Field,
    scheme: Scheme,
    longest: float,
    noise: Noise,
    out: Array,
) -> float:
    """Write the states of all segments at all rows to `out` (n, d) and return the cost; infinite as in `assemble`."""
    y, t, u = recording.y, recording.t, recording.u
    d, n_inputs = y.shape[1], u.shape[1]
    work = step_work(field, d, d + n_inputs, scheme.b.shape[0])
    x = np.zeros(d)
    cost = 0.0
    for r in range(edges.shape[0] - 1):
        for s in range(d):
            x[s] = starts[r, s]
        end = last_measured(y, edges[r], edges[r + 1])
        for i in range(edges[r], edges[r + 1]):
            for s in range(d):
                out[i, s] = x[s]
                residual = abs(y[i, s] - x[s]) * noise.weight[s]
                if noise.huber > 0.0 and residual > noise.huber:
                    cost += noise.huber * (2.0 * residual - noise.huber)
                elif residual == residual:
                    cost += residual * residual
            if i + 1 >= end:
                continue
            interval = t[i + 1] - t[i]
            number = n_steps(interval, longest)
            for step in range(number):
                advance(field, coef, scheme, interval / number, step / number, 1.0 / number, u, i, x, False, work)
            for s in range(d):
                if not abs(x[s]) < noise.bound:
                    return np.inf
    return cost
