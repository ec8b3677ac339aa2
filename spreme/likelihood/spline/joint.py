"""Joint fit of states and coefficients: a spline through the data that solves the differential equation.

    minimise over coef (q,) and the states at the nodes of a fine grid
        sum over measured values ((y - x(t)) / sd)^2 + rho * (squared defects of the differential equation)

with rho raised by steps until the equation holds to far below the noise. Then the minimum is that of the trajectory
likelihood with a free start of every trajectory. Nothing is integrated, so nothing blows up: states begin at the data,
where the law, whatever its coefficients, is only a mild constraint as long as rho is small. Nodes are added where the
spline does not follow the equation well enough.

References
----------
J. O. Ramsay, G. Hooker, D. Campbell, J. Cao, "Parameter estimation for differential equations: a generalized smoothing
approach", J. R. Stat. Soc. B, 2007.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.field import Field
from spreme.likelihood.recording import Recording
from spreme.likelihood.shooting.gauss_newton import Prior
from spreme.likelihood.spline.collocation import Linear, linearisation, local_errors
from spreme.likelihood.spline.elimination import Weights
from spreme.likelihood.spline.gauss_newton import INFEASIBLE, Objective, Task, empty_work, evaluate, fit_stage
from spreme.likelihood.spline.grid import Grid, first_grid, interpolate, refine
from spreme.likelihood.spline.information import eliminated
from spreme.likelihood.spline.result import STATUS, JointFit, JointOptions
from spreme.likelihood.starting_states import starting_states

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# An interval is divided into at most so many at once.
MOST_PIECES = 8
# States beyond this many times the largest measured value are lost.
BOUND = 50.0
# From this rho on the information matrix is that of a law without errors, and the fit may end.
LARGE = 1e8


def fit_jointly(
    recording: Recording,
    field: Field,
    coef: Array,
    sd: Array,
    *,
    guess: Array | JointFit | None = None,
    prior: Prior | None = None,
    options: JointOptions | None = None,
) -> JointFit:
    """Fit states and coefficients of one environment together.

    Parameters
    ----------
    recording : Recording
        Measured values; n samples.
    field : Field
        Law with q coefficients.
    coef : ndarray (q,)
        First coefficients; zeros are fine.
    sd : ndarray (S,)
        Standard deviation of the noise.
    guess : ndarray (n, S) or JointFit, optional
        First states at the samples, or a fit of the same recording whose nodes are taken over; by default the smoothed
        data.
    prior : Prior, optional
        Gaussian prior of the coefficients.
    options : JointOptions, optional
        How to fit.

    Returns
    -------
    JointFit
        Numerical trouble is told by its status.

    References
    ----------
    J. O. Ramsay, G. Hooker, D. Campbell, J. Cao, "Parameter estimation for differential equations: a generalized
    smoothing approach", J. R. Stat. Soc. B, 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.library import PolynomialLibrary
    >>> from spreme.likelihood.field import make_field
    >>> from spreme.likelihood.recording import Recording
    >>> t = np.linspace(0.0, 2.0, 9)
    >>> recording = Recording(np.exp(-0.5 * t)[:, None], t, np.zeros((9, 0)), np.array([0, 9]))
    >>> field = make_field(PolynomialLibrary(degree=1).table(["x"]), np.array([[False, True]]))
    >>> fit_jointly(recording, field, np.zeros(1), np.array([0.01])).coef.round(4)
    array([-0.5])
    """
    options = JointOptions() if options is None else options
    grid, nodes = _first_nodes(recording, guess, options.max_step)
    prior = Prior(np.zeros(len(coef)), np.zeros((len(coef), len(coef)))) if prior is None else prior
    task = Task(grid, field, _weights(recording, sd, options.huber), prior)
    point = _raise_rho(task, nodes, np.array(coef, dtype=np.float64), options.stages, options)
    for _ in range(options.refinements):
        pieces = _pieces(task, point, options.accepted_error)
        if point.status == INFEASIBLE or pieces.max() == 1:
            break
        grid, nodes = refine(task.grid, point.nodes, point.linear.slope, pieces)
        finer = task._replace(grid=grid)
        later = [rho for rho in options.stages if rho >= point.rho]
        further = _raise_rho(finer, nodes, point.coef.copy(), later, options)
        if further.status == INFEASIBLE:
            break
        task, point = finer, replace(further, n_iter=point.n_iter + further.n_iter)
    return _result(recording, task, point)


@dataclass(frozen=True, eq=False)
class _Point:
    """Where the minimisation stands."""

    nodes: Array
    coef: Array
    linear: Linear
    at: Objective
    rho: float
    n_iter: int
    status: int


def _raise_rho(task: Task, nodes: Array, coef: Array, stages: Sequence[float], options: JointOptions) -> _Point:
    """Minimise at one rho after the other, up to that at which the law holds so well that more would change nothing."""
    n_values = int(np.isfinite(task.grid.y).sum())
    enough, total, status, rho = options.tol * max(n_values, 1), 0, INFEASIBLE, stages[0]
    now, ahead = (linearisation(task.grid, nodes, coef, task.field) for _ in range(2))
    at = evaluate(task, nodes, coef, now)
    work = empty_work(len(nodes), nodes.shape[1], len(coef))
    for rho in stages if np.isfinite(at.misfit) else ():
        last = fit_stage(task, nodes, coef, rho, enough, options.max_iter, now, ahead, work)
        at, now, ahead, status = last.at, last.now, last.other, last.ending
        total += last.n_iter
        if rho >= LARGE and rho * at.defects <= enough:
            break
    return _Point(nodes, coef, now, at, rho, total, status)


def _weights(recording: Recording, sd: Array, huber: float) -> Weights:
    """How residuals and defects are weighed."""
    bound = BOUND * float(np.nanmax(np.abs(recording.y)))
    noise = np.array(1.0 / np.asarray(sd, dtype=np.float64))
    return Weights(noise, float(huber), _mean_interval(recording), max(bound, 1e-300))


def _mean_interval(recording: Recording) -> float:
    """Mean time between neighbouring samples."""
    t, bounds = recording.t, recording.bounds
    total, steps = (t[bounds[1:] - 1] - t[bounds[:-1]]).sum(), len(t) - (len(bounds) - 1)
    return float(total / steps) if steps > 0 else 1.0


def _first_nodes(recording: Recording, guess: Array | JointFit | None, max_step: float | None) -> tuple[Grid, Array]:
    """First grid and the states there."""
    if isinstance(guess, JointFit):
        return guess.grid, guess.nodes.copy()
    grid = first_grid(recording, max_step)
    if guess is None:
        every_sample = np.arange(len(recording.t) + 1)
        guess = starting_states([recording], [every_sample], quiet=False)[0]
    return grid, interpolate(recording, guess, grid)


def _pieces(task: Task, point: _Point, accepted: float) -> Indices:
    """Pieces into which to divide every interval so that errors add up to no more than accepted.

    An interval of error e, in units of the noise, becomes m intervals of error e / m^5 each.
    """
    errors = np.empty_like(point.nodes)
    local_errors(task.grid, point.nodes, point.coef, task.field, point.linear, errors)
    lengths = np.diff(task.grid.bounds)
    allowed = np.repeat(accepted / lengths, lengths)
    size = np.sqrt(((errors * task.weights.data) ** 2).sum(axis=1))
    pieces = np.nan_to_num(np.ceil((size / allowed) ** 0.25), nan=1.0)
    return np.clip(pieces, 1, MOST_PIECES).astype(np.int64)


def _result(recording: Recording, task: Task, point: _Point) -> JointFit:
    """Collect what was found."""
    states = np.ascontiguousarray(point.nodes[task.grid.rows])
    residual, seen = np.nan_to_num(recording.y - states), np.isfinite(recording.y).sum(axis=0)
    linear = point.linear
    information, _ = eliminated(
        task.grid, point.nodes, linear, task.weights, point.rho, task.field, (linear.theta, linear.theta_middle)
    )
    return JointFit(
        task.field,
        point.coef,
        states,
        point.nodes,
        task.grid,
        task.weights,
        point.at.misfit,
        int(seen.sum()),
        information,
        np.sqrt((residual**2).sum(axis=0) / np.maximum(seen, 1)),
        float(np.sqrt(point.at.defects)),
        point.rho,
        point.n_iter,
        STATUS[point.status],
    )
