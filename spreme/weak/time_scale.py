"""The time scale of a trajectory: how long its fastest state takes to go once around.

    D(h) = mean (x(t + h) - x(t))^2 / (2 var x),   for a sine of period P:  D(h) = 1 - cos(2 pi h / P),  D(P / 6) = 1/2.

So six times the lag at which D first reaches one half is a period; for motions that are no sines it is the same by
definition. The noise adds its own variance at every lag and is taken off. Windows are measured by this scale in
recordings of many periods: what a window averages over does not depend on how long the experiment went on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Lags grow by this factor: a period is needed to within 20 %.
GROWTH = 1.2
# A state whose variance is not this many times that of its noise has no scale that could be seen.
VISIBLE = 2.0


def period(t: Array, x: Array, noise_variance: Array) -> float:
    """Estimate the shortest period among the states.

    Parameters
    ----------
    t : ndarray (n,)
        Times.
    x : ndarray (n, S)
        States, complete.
    noise_variance : ndarray (S,)
        Variances of their noise.

    Returns
    -------
    float
        In units of time; infinite if no state goes around within the recording.
    """
    if len(t) < 8:
        return float("inf")
    variance = x.var(axis=0) - noise_variance
    visible = variance > VISIBLE * noise_variance
    if not visible.any():
        return float("inf")
    lag = 1.0
    while lag < len(t) / 2:
        k = int(lag)
        moved = 0.5 * ((x[k:] - x[:-k]) ** 2).mean(axis=0) - noise_variance
        if (moved[visible] >= 0.5 * variance[visible]).any():
            return float(6.0 * np.mean(t[k:] - t[:-k]))
        lag = max(lag * GROWTH, lag + 1.0)
    return float("inf")
