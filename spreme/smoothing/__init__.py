"""Smoothers: states and their time derivatives from noisy samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spreme.smoothing.finite_difference import difference
from spreme.smoothing.gaussian_process import smooth_gaussian_process
from spreme.smoothing.result import Smooth
from spreme.smoothing.savgol import smooth_savgol

if TYPE_CHECKING:
    from spreme.data import Trajectory

__all__ = ["Smooth", "smooth"]

METHODS = ("auto", "gp", "savgol", "finite_difference")


def smooth(trajectory: Trajectory, method: str = "auto") -> Smooth:
    """
    Estimate the states of a trajectory and their time derivatives.

    Parameters
    ----------
    trajectory : Trajectory
        Times (n,) and states (n, S), NaN = missing.
    method : {"auto", "gp", "savgol", "finite_difference"}, default "auto"
        "gp", which is what "auto" means: Gaussian process of maximum likelihood, for irregular times and missing values
        too. "savgol": local polynomials; "finite_difference": no smoothing. These two need a constant time step and
        complete data.

    Returns
    -------
    Smooth
        `x`, `x_dot`, `x_std` of shape (n, S) and `noise_std` of shape (S,) in the units of the data.

    Raises
    ------
    ValueError
        If the method is unknown, or cannot take irregular times or missing values.

    References
    ----------
    Wahba (1978), Improper priors, spline smoothing and the problem of guarding against model errors in regression.
    Savitzky and Golay (1964), Smoothing and differentiation of data by simplified least squares procedures.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.data import Trajectories
    >>> t = np.linspace(0, 10, 201)
    >>> x = np.sin(t)
    >>> x[50] = np.nan
    >>> result = smooth(Trajectories([x[:, None]], [t])[0])
    >>> bool(np.abs(result.x_dot[:, 0] - np.cos(t)).max() < 1e-4)
    True
    """
    if method in ("auto", "gp"):
        return smooth_gaussian_process(trajectory)
    if method == "savgol":
        return smooth_savgol(trajectory)
    if method == "finite_difference":
        return difference(trajectory)
    raise ValueError(f"smoother must be one of {', '.join(map(repr, METHODS))}, got {method!r}")
