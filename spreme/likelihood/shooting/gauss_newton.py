"""Gauss-Newton with Levenberg damping for one environment; the starts of segments are eliminated.

    (H_cc + mu diag) dc + sum_r H_cr dx_r = g_c,    H_rc dc + (H_rr + mu diag H_rr) dx_r = g_r
    A = H_cc - sum_r H_cr (H_rr)^-1 H_rc            information matrix of the coefficients

A Gaussian prior adds (c - m)' P (c - m) to the cost; a coefficient of very large precision is held at m.
mu follows the ratio of the fall of the cost to the fall that the quadratic model foretells (Nielsen's rule).

References
----------
Nielsen (1999), Damping parameter in Marquardt's method, report IMM-REP-1999-05. Madsen, Nielsen and Tingleff (2004),
Methods for non-linear least squares problems.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.likelihood.field import Field
from spreme.likelihood.recording import Recording
from spreme.likelihood.shooting.elimination import eliminate, solve_scaled
from spreme.likelihood.shooting.normal import Noise, Normal, assemble, empty_normal
from spreme.likelihood.shooting.schemes import Scheme

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# How a fit ended.
CONVERGED, OUT_OF_STEPS, STALLED, INFEASIBLE, HOPELESS = 0, 1, 2, 3, 4
MOST_DAMPING = 1e8
# Precision of a prior that holds a coefficient.
HELD = 1e30
# Steps after which a fit is given up if neither its cost nor what the model foretells has come within reach.
PATIENCE = 5


class Control(NamedTuple):
    """When to stop.

    Attributes
    ----------
    max_iter : int
        Most steps.
    tol : float
        Fall of n log(cost), as the model foretells it, that no longer matters.
    damping : float
        First damping.
    """

    max_iter: int
    tol: float
    damping: float


class Prior(NamedTuple):
    """Gaussian prior of the coefficients: mean (q,) and precision (q, q)."""

    mean: Array
    precision: Array


def hold(silent: NDArray[np.bool_], prior: Prior | None = None) -> Prior:
    """Add to a prior (None: none) that the coefficients `silent` (q,) are held at zero."""
    q = len(silent)
    mean, precision = (np.zeros(q), np.zeros((q, q))) if prior is None else (prior.mean.copy(), prior.precision.copy())
    mean[silent] = precision[silent] = precision[:, silent] = 0.0
    precision[silent, silent] = HELD
    return Prior(mean, precision)


class Ending(NamedTuple):
    """How a fit ended: cost without the prior's part, steps, CONVERGED or what else."""

    cost: float
    n_iter: int
    ending: int


@njit(cache=True, nogil=True, error_model="numpy")
def _charge(prior: Prior, coef: Array) -> float:
    """What the prior adds to the cost."""
    value, q = 0.0, coef.shape[0]
    for p in range(q):
        for c in range(q):
            value += prior.precision[p, c] * (coef[p] - prior.mean[p]) * (coef[c] - prior.mean[c])
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def _add_prior(prior: Prior, coef: Array, information: Array, gradient: Array, pull: Array) -> None:
    """Add the prior to information and gradient; pull (q,) is its part of the gradient."""
    q = coef.shape[0]
    for p in range(q):
        pull[p] = 0.0
        for c in range(q):
            pull[p] += prior.precision[p, c] * (prior.mean[c] - coef[c])
            information[p, c] += prior.precision[p, c]
        gradient[p] += pull[p]


@njit(cache=True, nogil=True, error_model="numpy")
def _move(
    coef: Array,
    starts: Array,
    normal: Normal,
    pull: Array,
    step: Array,
    back: Array,
    new_coef: Array,
    new_starts: Array,
) -> float:
    """Coefficients and starts after a step; returns the fall that the model foretells."""
    q, (R, d), fall = coef.shape[0], starts.shape, 0.0
    for p in range(q):
        fall += step[p] * (normal.coef_gradient[p] + pull[p])
        new_coef[p] = coef[p] + step[p]
    for r in range(R):
        for a in range(d):
            move = back[r, a, q]
            for p in range(q):
                move -= back[r, a, p] * step[p]
            fall += move * normal.start_gradient[r, a]
            new_starts[r, a] = starts[r, a] + move
    return fall


@njit(cache=True, nogil=True, error_model="numpy")
def _accept(coef: Array, starts: Array, normal: Normal, new_coef: Array, new_starts: Array, other: Normal) -> None:
    """Copy a trial point and its normal equations."""
    q, (R, d) = coef.shape[0], starts.shape
    for p in range(q):
        coef[p], normal.coef_gradient[p] = new_coef[p], other.coef_gradient[p]
        for c in range(q):
            normal.coef[p, c] = other.coef[p, c]
    for a in range(d):
        normal.squares[a], normal.counts[a] = other.squares[a], other.counts[a]
    for r in range(R):
        for a in range(d):
            starts[r, a], normal.start_gradient[r, a] = new_starts[r, a], other.start_gradient[r, a]
            for b in range(d):
                normal.start[r, a, b] = other.start[r, a, b]
            for p in range(q):
                normal.mixed[r, a, p] = other.mixed[r, a, p]


@njit(cache=True, nogil=True, error_model="numpy")
def fit_segments(
    recording: Recording,
    edges: Indices,
    starts: Array,
    coef: Array,
    field: Field,
    scheme: Scheme,
    longest: float,
    noise: Noise,
    prior: Prior,
    control: Control,
    reach: float,
    information: Array,
    normal: Normal,
) -> Ending:
    """Minimise the cost from coef (q,) and starts (R, d), both overwritten by the optimum.

    The fit is given up where its cost stays beyond `reach`. `information` (q, q) and `normal` hold the information
    matrix of the data and the normal equations there.
    """
    q, (R, d) = coef.shape[0], starts.shape
    other = empty_normal(R, q, d)
    factors, back = np.zeros((R, d, d)), np.zeros((R, d, q + 1))
    gradient, step, pull = np.zeros(q), np.zeros(q), np.zeros(q)
    new_coef, new_starts = coef.copy(), starts.copy()
    cost, fall, charge, n_values = np.inf, 0.0, 0.0, 1.0
    damping, growth, ending, n_iter = control.damping, 4.0, OUT_OF_STEPS, 0
    while True:
        new_cost = assemble(recording, edges, new_starts, new_coef, field, field, True, scheme, longest, noise, other)
        new_charge = _charge(prior, new_coef)
        if n_iter == 0 and not new_cost < np.inf:
            return Ending(np.inf, 0, INFEASIBLE)
        ratio = (cost + charge - new_cost - new_charge) / fall if new_cost < np.inf and fall > 0.0 else -1.0
        if n_iter == 0 or ratio > 0.0:
            _accept(coef, starts, normal, new_coef, new_starts, other)
            cost, charge = new_cost, new_charge
            if n_iter == 0:
                for s in range(d):
                    n_values += normal.counts[s]
            else:
                damping *= max(0.1, 1.0 - (2.0 * min(ratio, 1.0) - 1.0) ** 3)
            growth = 4.0
        else:
            damping = max(damping, 1e-9) * growth
            growth *= 2.0
            if damping > MOST_DAMPING:
                ending = STALLED
                break
        if n_iter == control.max_iter:
            break
        n_iter += 1
        eliminate(normal, damping, factors, back, information, gradient)
        _add_prior(prior, coef, information, gradient, pull)
        solve_scaled(information, gradient, damping, step)
        fall = _move(coef, starts, normal, pull, step, back, new_coef, new_starts)
        # without damping the model falls by this much; with it by at least half of it and at most all
        if fall <= control.tol * cost / n_values and damping < 1e-2:
            ending = CONVERGED
            break
        if n_iter > PATIENCE and cost - fall > reach:
            ending = HOPELESS
            break
    eliminate(normal, 0.0, factors, back, information, gradient)
    return Ending(cost, n_iter, ending)
