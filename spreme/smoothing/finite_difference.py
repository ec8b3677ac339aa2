"""Second-order finite differences: no smoothing at all.

    x_dot(t_i) = (x_{i+1} - x_{i-1}) / (2 h) inside,   (-3 x_0 + 4 x_1 - x_2) / (2 h) at the start, mirrored at the end

Exact on polynomials of degree two; the noise of x_dot is noise_std / (sqrt(2) h).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spreme.smoothing.regularity import regular_step
from spreme.smoothing.result import Smooth

if TYPE_CHECKING:
    from spreme.data import Trajectory


def difference(trajectory: Trajectory) -> Smooth:
    """
    Keep the states as they are and differentiate them by second-order finite differences.

    Parameters
    ----------
    trajectory : Trajectory
        Regular times (n,) and complete states (n, S).

    Returns
    -------
    Smooth
        The states as measured, their derivatives; NaN for the standard deviations. Two samples give a straight line,
        one a constant.

    Raises
    ------
    ValueError
        If the times are irregular or a value is missing.

    References
    ----------
    Fornberg (1988), Generation of finite difference formulas on arbitrarily spaced grids.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.data import Trajectories
    >>> t = np.arange(5.0)
    >>> difference(Trajectories([(t**2)[:, None]], [t])[0]).x_dot[:, 0].tolist()
    [0.0, 2.0, 4.0, 6.0, 8.0]
    """
    x, step = trajectory.x, regular_step(trajectory, "finite_difference")
    n_samples = x.shape[0]
    if n_samples == 1:
        x_dot, status = np.zeros_like(x), "one sample, taken as constant"
    else:
        x_dot = np.gradient(x, step, axis=0, edge_order=2 if n_samples > 2 else 1)
        status = "converged" if n_samples > 2 else "two samples, straight line"
    return Smooth(x.copy(), x_dot, np.full(x.shape, np.nan), np.full(x.shape[1], np.nan), status)
