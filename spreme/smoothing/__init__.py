"""Smoothers: states and their time derivatives from noisy samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from spreme.smoothing.finite_difference import difference
from spreme.smoothing.gaussian_process import smooth_gaussian_process
from spreme.smoothing.result import Smooth
from spreme.smoothing.savgol import smooth_savgol

if TYPE_CHECKING:
    from spreme.data import Trajectory

__all__ = ["Smooth", "smooth", "smooth_all"]

METHODS = ("auto", "gp", "savgol", "finite_difference", "inr", "meta_inr")


def smooth(trajectory: Trajectory, method: str = "auto") -> Smooth:
    """
    Estimate the states of a trajectory and their time derivatives.

    Parameters
    ----------
    trajectory : Trajectory
        Times (n,) and states (n, S), NaN = missing.
    method : {"auto", "gp", "savgol", "finite_difference", "inr", "meta_inr"}, default "auto"
        "gp", which is what "auto" means: Gaussian process of maximum likelihood, for irregular times and missing values
        too. "savgol": local polynomials; "finite_difference": no smoothing. These two need a constant time step and
        complete data. "inr": average of small networks with early stopping, for irregular times and missing values;
        seconds a trajectory. "meta_inr": networks that begin where a family of trajectories is; see `smooth_all`, which
        gives it more than one.

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
    return smooth_all([trajectory], method)[0]


def smooth_all(trajectories: Sequence[Trajectory], method: str = "auto") -> list[Smooth]:
    """
    Estimate the states of several trajectories and their time derivatives.

    Parameters
    ----------
    trajectories : sequence of Trajectory
        Times (n,) and states (n, S) each, NaN = missing.
    method : {"auto", "gp", "savgol", "finite_difference", "inr", "meta_inr"}, default "auto"
        As for `smooth`. "meta_inr" takes all trajectories as one family; with the others each stands by itself.

    Returns
    -------
    list of Smooth
        One per trajectory.

    Raises
    ------
    ValueError
        If the method is unknown, or cannot take irregular times or missing values.

    References
    ----------
    Lee, Tack, Lee and Shin (2021), Meta-learning sparse implicit neural representations, NeurIPS (arXiv 2110.14678).

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.data import Trajectories
    >>> t = np.linspace(0, 10, 201)
    >>> data = Trajectories([np.sin(t)[:, None], np.cos(t)[:, None]], [t, t])
    >>> [result.x_dot.shape for result in smooth_all(list(data), "savgol")]
    [(201, 1), (201, 1)]
    """
    if method == "meta_inr":
        from spreme.smoothing.implicit import smooth_meta_inr

        return smooth_meta_inr(trajectories)
    one = _smoother(method)
    return [one(trajectory) for trajectory in trajectories]


def _smoother(method: str) -> Callable[[Trajectory], Smooth]:
    """The function that smooths one trajectory."""
    if method in ("auto", "gp"):
        return smooth_gaussian_process
    if method == "savgol":
        return smooth_savgol
    if method == "finite_difference":
        return difference
    if method == "inr":
        # Only who asks for networks loads them.
        from spreme.smoothing.implicit import smooth_inr

        return smooth_inr
    raise ValueError(f"smoother must be one of {', '.join(map(repr, METHODS))}, got {method!r}")
