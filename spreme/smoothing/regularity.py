"""The condition of the window methods: complete values on a regular grid of times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from spreme.data import Trajectory

Array = NDArray[np.float64]

# Largest distance of a time from the regular grid, in steps.
REGULAR = 1e-6


def _mean_step(t: Array) -> float:
    """Mean time step, 1 for a single sample."""
    return float(t[-1] - t[0]) / (t.size - 1) if t.size > 1 else 1.0


def is_regular(t: Array) -> bool:
    """Whether the times lie on a regular grid."""
    step = _mean_step(t)
    # Times far from zero are themselves rounded: that much is no irregularity.
    rounding = 2.0 * float(np.spacing(np.abs(t).max())) / step
    return bool(np.abs((t - t[0]) / step - np.arange(t.size)).max() <= REGULAR + rounding)


def regular_step(trajectory: Trajectory, method: str) -> float:
    """Time step of a regular, complete trajectory (1 for a single sample); ValueError for any other."""
    t, where = trajectory.t, f"trajectory {trajectory.index} (environment {trajectory.env!r})"
    missing = np.argwhere(np.isnan(trajectory.x))
    if missing.size:
        sample, state = missing[0]
        raise ValueError(
            f"smoother={method!r} needs complete data, but in {where} {len(missing)} value(s) are missing, the first "
            f"one of state {state} at t = {t[sample]:g}: use smoother='gp', which takes missing values"
        )
    if not is_regular(t):
        steps = np.diff(t)
        raise ValueError(
            f"smoother={method!r} needs a constant time step, but in {where} the steps range from {steps.min():g} to "
            f"{steps.max():g}: use smoother='gp', which takes irregular times"
        )
    return _mean_step(t)
