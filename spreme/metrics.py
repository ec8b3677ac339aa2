"""How well a law describes trajectories: R2 of time derivatives and error of forecasts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from spreme.data import Trajectory
from spreme.results import Law
from spreme.simulate import simulate
from spreme.simulate.derivative import evaluate
from spreme.smoothing import smooth

Array = NDArray[np.float64]

# An error that counts for a forecast which stopped early, in standard deviations of the data.
CAP = 1e3
# A run needs this many samples for its derivatives to be judged.
LEAST_SAMPLES = 5


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
    return float(np.median([run_error(law, run, env, fitted_start(law, run, env)) for run in runs]))


def run_error(law: Law, run: Trajectory, env: object, start: Array) -> float:
    """Error of one forecast over the spread of the states that move, mean over them; 1000 if it stops early."""
    forecast = simulate(law, start, run.t, env, run.u)
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
    spread = np.where(absent, 0.0, np.nanstd(run.x, axis=0))
    first = np.array([run.x[~run.missing[:, s], s][0] for s in range(run.n_states)])
    starts = [np.where(absent, 0.0, first)]
    if run.n_samples >= LEAST_SAMPLES:
        starts.append(np.where(absent, 0.0, smooth(run).x[0]))
    best = min(starts, key=lambda start: run_error(law, run, env, start))
    free = np.flatnonzero(spread > 0)
    if len(free) == 0:
        return best
    unit = spread[free]

    def misfit(shift: Array) -> Array:
        start = best.copy()
        start[free] += shift * unit
        forecast = simulate(law, start, run.t, env, run.u, rtol=1e-6)
        off = np.full(run.x.shape, CAP)
        off[: len(forecast.t)] = (forecast.x - run.x[: len(forecast.t)]) / np.where(spread > 0, spread, 1.0)
        return np.where(run.missing, 0.0, off)[:, free].ravel()

    found = least_squares(misfit, np.zeros(len(free)), method="trf", diff_step=1e-4, max_nfev=15, bounds=(-1.0, 1.0))
    improved = best.copy()
    improved[free] += found.x * unit
    return min((best, improved), key=lambda start: run_error(law, run, env, start))
