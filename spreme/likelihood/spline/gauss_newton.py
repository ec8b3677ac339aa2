"""Damped Gauss-Newton on states and coefficients together, while the weight of the law rises.

    misfit + rho sum_i sum_s (H / h_i) (D_is / sd_s)^2 + (c - m)' P (c - m)

misfit is the sum of squared standardised residuals, D_i the defect of interval i and h_i its length, H the mean time
between samples: at rho = 1 the law may err by the noise in the time of a sample, in the end only by a vanishing share
of it. The last part is a Gaussian prior of the coefficients c. The damping follows Nielsen's rule.

Legend: N nodes, d states, q coefficients.

References
----------
J. O. Ramsay, G. Hooker, D. Campbell, J. Cao, "Parameter estimation for differential equations: a generalized smoothing
approach", J. R. Stat. Soc. B, 2007. H. B. Nielsen, "Damping parameter in Marquardt's method", IMM-REP-1999-05, 1999.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.likelihood.field import Field
from spreme.likelihood.shooting.elimination import solve_scaled
from spreme.likelihood.shooting.gauss_newton import Prior
from spreme.likelihood.spline.collocation import Linear, linearise
from spreme.likelihood.spline.elimination import Weights, bending, eliminate, move_states
from spreme.likelihood.spline.grid import Grid

Array = NDArray[np.float64]

# How a fit ended.
CONVERGED, OUT_OF_STEPS, STALLED, INFEASIBLE = 0, 1, 2, 3
FIRST_DAMPING, MOST_DAMPING = 1e-3, 1e10
# Share of the foretold fall below which a step is corrected.
ENOUGH = 0.25


class Objective(NamedTuple):
    """Parts of what is minimised: misfit to the data, defects in units of the noise (not yet times rho), prior."""

    misfit: float
    defects: float
    charge: float


class Task(NamedTuple):
    """What stays the same during a fit."""

    grid: Grid
    field: Field
    weights: Weights
    prior: Prior


class Work(NamedTuple):
    """The next point, and what leads there."""

    nodes: Array  # (N, d)
    coef: Array  # (q,)
    kept: Array  # (N, d, 2 d + q + 1)
    moves: Array  # (N, d)
    gradient: Array  # (q,)
    step: Array  # (q,)
    defect: Array  # (N, d)
    information: Array  # (q, q)


class Ending(NamedTuple):
    """How a stage ended; `now` is the linearisation there, `other` one to write on."""

    n_iter: int
    ending: int
    at: Objective
    now: Linear
    other: Linear


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate(task: Task, nodes: Array, coef: Array, linear: Linear) -> Objective:
    """Parts of the objective; infinite if a state leaves the bound or the law is undefined."""
    grid, weights, prior = task.grid, task.weights, task.prior
    misfit, defects = 0.0, 0.0
    N, d = nodes.shape
    for i in range(N):
        for s in range(d):
            if not abs(nodes[i, s]) < weights.bound:
                return Objective(np.inf, np.inf, np.inf)
            residual = abs(grid.y[i, s] - nodes[i, s]) * weights.data[s]
            if weights.huber > 0.0 and residual > weights.huber:
                misfit += weights.huber * (2.0 * residual - weights.huber)
            elif residual == residual:
                misfit += residual * residual
    for r in range(grid.bounds.shape[0] - 1):
        for i in range(grid.bounds[r], grid.bounds[r + 1] - 1):
            share = weights.interval / (grid.t[i + 1] - grid.t[i])
            for s in range(d):
                defects += share * (linear.defect[i, s] * weights.data[s]) ** 2
    if not defects < np.inf:
        return Objective(np.inf, np.inf, np.inf)
    charge = 0.0
    for p in range(coef.shape[0]):
        for c in range(coef.shape[0]):
            charge += prior.precision[p, c] * (coef[p] - prior.mean[p]) * (coef[c] - prior.mean[c])
    return Objective(misfit, defects, charge)


@njit(cache=True, nogil=True, error_model="numpy")
def empty_work(N: int, d: int, q: int) -> Work:
    """Allocate."""
    return Work(
        np.zeros((N, d)),
        np.zeros(q),
        np.zeros((N, d, 2 * d + q + 1)),
        np.zeros((N, d)),
        np.zeros(q),
        np.zeros(q),
        np.zeros((N, d)),
        np.zeros((q, q)),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _move(
    task: Task, nodes: Array, coef: Array, now: Linear, rho: float, damping: float, pull: float, work: Work
) -> float:
    """Move the point in `work`; returns by how much the quadratic model falls, damping included.

    Without damping it falls by this much, with it by at least half of it and at most all.
    """
    fall = eliminate(
        task.grid,
        nodes,
        now,
        work.defect,
        now.theta,
        now.theta_middle,
        task.field,
        task.weights,
        rho,
        damping,
        pull,
        work.kept,
        work.information,
        work.gradient,
    )
    for p in range(coef.shape[0]):
        for c in range(coef.shape[0]):
            work.information[p, c] += task.prior.precision[p, c]
            work.gradient[p] += pull * task.prior.precision[p, c] * (task.prior.mean[c] - coef[c])
    solve_scaled(work.information, work.gradient, damping, work.step)
    for p in range(coef.shape[0]):
        fall += work.gradient[p] * work.step[p]
        work.coef[p] += work.step[p]
    move_states(task.grid, work.kept, work.step, work.moves)
    for i in range(nodes.shape[0]):
        for s in range(nodes.shape[1]):
            work.nodes[i, s] += work.moves[i, s]
    return fall


@njit(cache=True, nogil=True, error_model="numpy")
def _fall(old: Objective, new: Objective, rho: float) -> float:
    """Fall of the objective; minus infinity if the new point is not admissible."""
    if not new.misfit < np.inf:
        return -np.inf
    return old.misfit - new.misfit + old.charge - new.charge + rho * (old.defects - new.defects)


@njit(cache=True, nogil=True, error_model="numpy")
def fit_stage(
    task: Task,
    nodes: Array,
    coef: Array,
    rho: float,
    enough: float,
    max_iter: int,
    now: Linear,
    ahead: Linear,
    work: Work,
) -> Ending:
    """Minimise at one rho, until the model falls by no more than `enough`.

    Where rho is large the law is a narrow curved valley. A step that falls short is led back into it by a second one,
    with the same linearisation, on what that had not foretold of the defects; else steps would have to be short.
    """
    at = evaluate(task, nodes, coef, now)
    damping, growth = FIRST_DAMPING, 4.0
    for n_iter in range(max_iter):
        work.nodes[:], work.coef[:], work.defect[:] = nodes, coef, now.defect
        foretold, fall, new = 0.0, 0.0, at
        for correction in range(2):
            by_model = _move(task, nodes, coef, now, rho, damping, 1.0 - correction, work)
            if correction == 0:
                foretold = by_model
                if foretold <= enough and damping < 1e-2:
                    return Ending(n_iter + 1, CONVERGED, at, now, ahead)
            linearise(task.grid, work.nodes, work.coef, task.field, ahead)
            new = evaluate(task, work.nodes, work.coef, ahead)
            fall = _fall(at, new, rho)
            if correction == 1 or fall == -np.inf or fall >= ENOUGH * foretold:
                break
            bending(task.grid, now, task.field, task.weights, work.moves, work.step, ahead.defect, work.defect)
        if fall > 0.0:
            nodes[:], coef[:], at = work.nodes, work.coef, new
            now, ahead = ahead, now
            damping *= max(0.1, 1.0 - (2.0 * min(fall / foretold, 1.0) - 1.0) ** 3)
            growth = 4.0
        else:
            damping *= growth
            growth *= 2.0
            if damping > MOST_DAMPING:
                return Ending(n_iter + 1, STALLED, at, now, ahead)
    return Ending(max_iter, OUT_OF_STEPS, at, now, ahead)
