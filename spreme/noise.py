"""Standard deviation of measurement noise from the data alone.

Five neighbouring samples hold one combination that a cubic in time leaves zero: the fourth divided difference. Scaled
to unit norm its median size over a record is the noise, whatever the (irregular) times are and however the signal
moves slowly.

References
----------
Gasser, Sroka and Jennen-Steinmetz (1986), Residual variance and residual pattern in nonlinear regression, Biometrika
73.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectory

Array = NDArray[np.float64]

# Median of |z| for a standard normal z.
HALF_NORMAL_MEDIAN = 0.6744897501960817
POINTS = 5
# Differences formed at once: their tables are small then, however long a recording is.
BLOCK = 50_000


def noise_std(trajectories: Sequence[Trajectory]) -> Array:
    """Estimate the noise of each state over trajectories of one environment.

    Parameters
    ----------
    trajectories : sequence of Trajectory
        Recordings with the same noise; missing values are left out.

    Returns
    -------
    ndarray (S,)
        Standard deviations, in units of the states; 0 where there are too few samples to tell.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme import Trajectories
    >>> rng = np.random.default_rng(0)
    >>> t = np.linspace(0, 10, 500)
    >>> data = Trajectories([np.sin(t)[:, None] + 0.1 * rng.standard_normal((500, 1))], t)
    >>> bool(abs(noise_std(list(data))[0] - 0.1) < 0.015)
    True
    """
    n_states = trajectories[0].n_states
    sizes = [
        np.concatenate([contrasts(run.t[~run.missing[:, s]], run.x[~run.missing[:, s], s]) for run in trajectories])
        for s in range(n_states)
    ]
    return np.array([np.median(np.abs(z)) / HALF_NORMAL_MEDIAN if len(z) else 0.0 for z in sizes])


def contrasts(t: Array, x: Array) -> Array:
    """Unit-norm fourth divided differences of x (n,) over neighbouring samples (n - 4,); empty for fewer than five."""
    if len(t) < POINTS:
        return np.zeros(0)
    if len(t) >= BLOCK + POINTS:
        parts = range(0, len(t) - POINTS + 1, BLOCK)
        return np.concatenate([contrasts(t[i : i + BLOCK + POINTS - 1], x[i : i + BLOCK + POINTS - 1]) for i in parts])
    times = np.lib.stride_tricks.sliding_window_view(t, POINTS)
    values = np.lib.stride_tricks.sliding_window_view(x, POINTS)
    times = (times - times[:, :1]) / (times[:, -1:] - times[:, :1])
    apart = times[:, :, None] - times[:, None, :] + np.eye(POINTS)
    weight = 1.0 / apart.prod(axis=2)
    weight /= np.sqrt((weight**2).sum(axis=1, keepdims=True))
    return (weight * (values - values.mean(axis=1, keepdims=True))).sum(axis=1)
