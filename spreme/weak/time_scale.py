"""The time scale of a trajectory: how long its fastest state takes to go once around.

    D(h) = mean (x(t + h) - x(t))^2 / (2 var x),   for a sine of period P:  D(h) = 1 - cos(2 pi h / P),  D(P / 6) = 1/2.

So six times the lag at which D first reaches one half is a period; for motions that are no sines it is the same by
definition. The noise adds its own variance at every lag and is taken off. Windows are measured by this scale in
recordings of many periods: what a window averages over does not depend on how long the experiment went on.
"""

from __future__ import annotations

import numpy as np
from numba import njit
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
    k = _first_lag(np.asarray(x, dtype=np.float64), np.asarray(noise_variance, dtype=np.float64))
    return float(6.0 * np.mean(t[k:] - t[:-k])) if k else float("inf")


@njit(cache=True, nogil=True)
def _first_lag(x: Array, noise_variance: Array) -> int:
    """First lag k at which D of some state reaches one half; 0 if none does."""
    n, S = x.shape
    half = np.full(S, np.inf)
    for s in range(S):
        mean = x[:, s].mean()
        variance = ((x[:, s] - mean) ** 2).mean() - noise_variance[s]
        if variance > VISIBLE * noise_variance[s]:
            half[s] = 0.5 * variance
    lag = 1.0
    while lag < n / 2:
        k = int(lag)
        for s in range(S):
            if half[s] < np.inf:
                total = 0.0
                for i in range(n - k):
                    total += (x[i + k, s] - x[i, s]) ** 2
                if 0.5 * total / (n - k) - noise_variance[s] >= half[s]:
                    return k
        lag = max(lag * GROWTH, lag + 1.0)
    return 0
