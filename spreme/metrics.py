"""How well a law describes trajectories: R2 of time derivatives and error of forecasts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from spreme.data import Trajectory
from spreme.results import Forecast, Law
from spreme.simulate import simulate
from spreme.simulate.derivative import evaluate
from spreme.simulate.dormand_prince import Tolerance, load_tableau
from spreme.simulate.forecast import trajectories
from spreme.simulate.inputs import check_drive
from spreme.simulate.vector_field import environment_position, unobserved, vector_field
from spreme.smoothing import smooth

Array = NDArray[np.float64]

# An error that counts for a forecast which stopped early, in standard deviations of the data.
CAP = 1e3
# A run needs this many samples for its derivatives to be judged.
LEAST_SAMPLES = 5
# While a start is sought: relative error of forecasts, step of differences and most iterations; how far the start may
# move. Steps and moves are in standard deviations of the states.
RTOL, STEP, MOST_ITERATIONS, FARTHEST = 1e-6, 1e-4, 15, 1.0


def derivative_r2(law: Law, runs: Sequence[Trajectory], env: object) -> float:
    """Coefficient of determination of the time derivatives, averaged over the states that move.

    Parameters
    ----------
    law : Law
        The law.
    runs : sequence of Trajectory
        Recordings of one environment; derivatives come from the smoother.
    env : hashable
        Whose coefficients to use.

    Returns
    -------
    float
        1 is perfect, 0 no better than the mean derivative; NaN if no trajectory is long enough.
    """
    judged = [run for run in runs if run.n_samples >= LEAST_SAMPLES]
    smoothed = [smooth(run) for run in judged]
    if not smoothed:
        return float("nan")
    measured, x = np.vstack([own.x_dot for own in smoothed]), np.vstack([own.x for own in smoothed])
    inputs = np.vstack([run.inputs for run in judged])
    predicted = evaluate(law, law.position(env), np.column_stack([x, inputs]))
    total = ((measured - measured.mean(axis=0)) ** 2).sum(axis=0)
    duration = max(float(run.t[-1] - run.t[0]) for run in runs)
    # a state whose slope varies less than this, on its own scale, does not move
    moving = np.sqrt(total / len(measured)) > 1e-6 * np.abs(x).max(axis=0) / duration
    if not moving.any():
        return float("nan")
    return float(np.mean(1.0 - ((measured - predicted) ** 2).sum(axis=0)[moving] / total[moving]))


def rollout_error(law: Law, runs: Sequence[Trajectory], env: object) -> float:
    """Root mean square error of forecasts from fitted starts, relative to the spread of each state; median over runs.

    Parameters
    ----------
    law : Law
        The law.
    runs : sequence of Trajectory
        Recordings of one environment.
    env : hashable
        Whose coefficients to use.

    Returns
    -------
    float
        0 is perfect; forecasts that stop early count with 1000, never dropped.
    """
    return float(np.median([_error_from(law, run, env, fitted_start(law, run, env)) for run in runs]))


def forecast_error(forecast: Forecast, run: Trajectory) -> float:
    """Error of a forecast at the times of a trajectory over the spread of each state that moves, mean over these.

    Parameters
    ----------
    forecast : Forecast
        Of one start, for the times of the trajectory.
    run : Trajectory
        Recording of n samples.

    Returns
    -------
    float
        1000 at most, and for a forecast that stops early.
    """
    if len(forecast.t) < len(run.t):
        return CAP
    spread = np.nanstd(run.x, axis=0)
    moving = spread > 0
    if not moving.any():
        return 0.0
    error = np.sqrt(np.nanmean((forecast.x - run.x) ** 2, axis=0))
    return float(min(CAP, np.mean(error[moving] / spread[moving])))


def fitted_start(law: Law, run: Trajectory, env: object) -> Array:
    """Find the first state (S,) from which the law reproduces a trajectory best.

    A first sample is as noisy as any other, and a forecast amplifies its error: so the start is fitted. States that
    are zero on the whole trajectory stay zero.

    Parameters
    ----------
    law : Law
        The law.
    run : Trajectory
        One recording.
    env : hashable
        Whose coefficients to use.

    Returns
    -------
    ndarray (S,)
        State at the first time.
    """
    absent = np.nanmax(np.abs(run.x), axis=0, initial=0.0, where=~run.missing) == 0
    first = np.array([run.x[~run.missing[:, s], s][0] for s in range(run.n_states)])
    starts = [np.where(absent, 0.0, first)]
    if run.n_samples >= LEAST_SAMPLES:
        starts.append(np.where(absent, 0.0, smooth(run).x[0]))
    errors = [_error_from(law, run, env, start) for start in starts]
    best = int(np.argmin(errors))
    spread = np.where(absent, 0.0, np.nanstd(run.x, axis=0))
    if not (spread > 0).any():
        return starts[best]
    improved = _least_squares_start(law, run, env, starts[best], spread)
    return improved if _error_from(law, run, env, improved) < errors[best] else starts[best]


def _error_from(law: Law, run: Trajectory, env: object, start: Array) -> float:
    """Error of the forecast from a start."""
    return forecast_error(simulate(law, start, run.t, env, run.u), run)


def _least_squares_start(law: Law, run: Trajectory, env: object, start: Array, spread: Array) -> Array:
    """Move the states that vary, those with a spread (S,) above zero, to where the squared errors are least."""
    free = np.flatnonzero(spread > 0)
    position = environment_position(law, env)
    field, unknown, tableau = vector_field(law, position), unobserved(law, position), load_tableau()
    tolerance, drive = Tolerance(RTOL, np.zeros(len(start)), 0.01 * RTOL), check_drive(law, run.u, run.t)

    def starts(shifts: Array) -> Array:
        out = np.tile(start, (len(shifts), 1))
        out[:, free] += shifts * spread[free]
        return out

    def misfits(shifts: Array) -> Array:
        x, *_ = trajectories(field, tableau, tolerance, run.t, starts(shifts), unknown, drive)
        off = (x - run.x)[:, :, free] / spread[free]
        off = np.where(np.isfinite(x[:, :, free]), np.clip(off, -CAP, CAP), CAP)
        return np.where(run.missing[:, free], 0.0, off).reshape(len(shifts), -1)

    def slopes(shift: Array) -> Array:
        rows = misfits(np.vstack([shift, shift + STEP * np.eye(len(free))]))
        return (rows[1:] - rows[0]).T / STEP

    found = least_squares(
        lambda shift: misfits(shift[None])[0],
        np.zeros(len(free)),
        slopes,
        bounds=(-FARTHEST, FARTHEST),
        max_nfev=MOST_ITERATIONS,
    )
    return starts(found.x[None])[0]
