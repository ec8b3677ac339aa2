"""How good forecasts from unseen starts are, run by run and in all.

    NRMSE = mean over states of RMSE / spread,    spread = standard deviation over the unseen runs of the environment

in [0, T] and in (T, 2.5 T], T the horizon of the training data. A forecast that stops early, or is off by more, counts
with the cap 1000 and is never dropped. R2 of a run weighs the states by their variance. The valid prediction time is
the first at which the root mean square over states of error / spread exceeds 0.4, in Lyapunov times.

References
----------
Pathak, Hunt, Girvan, Lu and Ott (2018), Model-free prediction of large spatiotemporally chaotic systems from data,
Phys. Rev. Lett. 120: the valid time and its threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories

Array = NDArray[np.float64]

CAP = 1e3
VALID = 0.4  # spreads; what a forecast may be off and still be valid
GOOD_R2 = 0.9
RESTING = 1e-9  # share of its largest value that a state at rest is taken to vary by


@dataclass(frozen=True, eq=False)
class Rollouts:
    """Errors of R forecasts.

    Attributes
    ----------
    within, beyond : ndarray (R,)
        NRMSE up to the horizon and after it; NaN where a run has no such samples.
    r2 : ndarray (R,)
        Coefficients of determination.
    valid_time : ndarray (R,)
        Time for which a forecast is valid, at most the length of the run.
    mse, mape : float
        Mean squared and mean absolute relative error of all values; of zeros there is no relative error.
    """

    within: Array
    beyond: Array
    r2: Array
    valid_time: Array
    mse: float
    mape: float

    @property
    def n_diverged(self) -> int:
        """Number of runs at the cap."""
        return int(((self.within >= CAP) | (self.beyond >= CAP)).sum())


def compare(unseen: Trajectories, found: Sequence[Array], horizon: float) -> Rollouts:
    """Compare forecasts with the runs.

    Parameters
    ----------
    unseen : Trajectories
        R clean runs.
    found : sequence of ndarray (n, S)
        Their forecasts; NaN where there is none.
    horizon : float
        Of the training data.

    Returns
    -------
    Rollouts
        Errors, run by run.
    """
    spreads = spread_of(unseen)
    off = [
        errors(own, run.x, spreads[group]) for own, run, group in zip(found, unseen, unseen.groups, strict=True)
    ]  # in spreads
    scaled = [own * spreads[group] for own, group in zip(off, unseen.groups, strict=True)]
    early = [run.t - run.t[0] <= horizon * (1 + 1e-9) for run in unseen]
    squares, relative = np.vstack(scaled) ** 2, relative_errors(np.vstack(scaled), np.vstack(list(unseen.x)))
    return Rollouts(
        within=np.array([nrmse(own[rows]) for own, rows in zip(off, early, strict=True)]),
        beyond=np.array([nrmse(own[~rows]) for own, rows in zip(off, early, strict=True)]),
        r2=np.array([r2(own, run.x) for own, run in zip(scaled, unseen, strict=True)]),
        valid_time=np.array([valid_time(own, run.t) for own, run in zip(off, unseen, strict=True)]),
        mse=float(squares.mean()),
        mape=relative,
    )


def spread_of(unseen: Trajectories) -> Array:
    """Standard deviations (E, S) over the runs of each environment; of states at rest a billionth of their size."""
    every = [np.vstack(unseen.where(env=env).x) for env in unseen.environments]
    return np.array([np.maximum(own.std(axis=0), RESTING * (1 + np.abs(own).max(axis=0))) for own in every])


def errors(found: Array, x: Array, spread: Array) -> Array:
    """Errors (n, S) in spreads, capped."""
    with np.errstate(over="ignore", invalid="ignore"):
        off = (found - x) / spread
    return np.clip(np.where(np.isnan(off), CAP, off), -CAP, CAP)


def nrmse(off: Array) -> float:
    """Mean over states of the root mean square of errors (n, S); NaN of no samples."""
    return float(np.sqrt(np.mean(off**2, axis=0)).mean()) if len(off) else float("nan")


def r2(off: Array, x: Array) -> float:
    """One minus the share of the variance that is not explained, all states together."""
    total = float(((x - x.mean(axis=0)) ** 2).sum())
    return 1.0 - float((off**2).sum()) / total if total > 0 else float(not off.any())


def valid_time(off: Array, t: Array) -> float:
    """Time until the error first exceeds the threshold."""
    wrong = np.sqrt(np.mean(off**2, axis=1)) > VALID
    return float((t[np.argmax(wrong)] if wrong.any() else t[-1]) - t[0])


def relative_errors(off: Array, x: Array) -> float:
    """Mean of |error / value| over the values that are not zero."""
    told = x != 0
    return float(np.mean(np.abs(off[told] / x[told]))) if told.any() else float("nan")
