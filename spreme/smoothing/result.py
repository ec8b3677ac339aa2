"""What every smoother returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Smooth:
    """A smoothed trajectory: states, time derivatives and the measurement noise.

    Parameters
    ----------
    x : ndarray of shape (n, S)
        Smoothed states at the sample times, in the units of the data; also where a value was missing.
    x_dot : ndarray of shape (n, S)
        Their time derivatives.
    x_std : ndarray of shape (n, S)
        Standard deviations of `x`; NaN where the method has none.
    noise_std : ndarray of shape (S,)
        Estimated standard deviation of the measurement noise per state; NaN where there is no estimate.
    status : str
        "converged", or what was done instead, in words.

    Examples
    --------
    >>> import numpy as np
    >>> Smooth(np.zeros((5, 2)), np.ones((5, 2)), np.zeros((5, 2)), np.zeros(2), "converged").status
    'converged'
    """

    x: Array
    x_dot: Array
    x_std: Array
    noise_std: Array
    status: str
