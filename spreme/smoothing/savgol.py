"""Savitzky-Golay smoother with a window chosen from the data.

Local least squares of degree 4 in a window of w samples, w odd; the first and last windows also serve the samples at
the ends. With h_i the weight of y_i in its own fit, the error of predicting a sample from its neighbours needs no
refitting:

    cv(w) = mean_i ( (y_i - x_i) / (1 - h_i) )^2        (leave-one-out cross-validation)

Rule: of the windows w = 7, 9, 11, 15, ... (each about 1.3 times the one before, at most the trajectory and 1001) the
one of least cv, per state. Trajectories shorter than 7 take one window over all samples and a degree that leaves one
sample free, so that something is smoothed.

References
----------
Savitzky and Golay (1964), Smoothing and differentiation of data by simplified least squares procedures.
Craven and Wahba (1979), Smoothing noisy data with spline functions (cross-validation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.smoothing.regularity import regular_step
from spreme.smoothing.result import Smooth

if TYPE_CHECKING:
    from spreme.data import Trajectory

Array = NDArray[np.float64]

DEGREE = 4
SMALLEST_WINDOW = 7
LARGEST_WINDOW = 1001
GROWTH = 1.3


class Window(NamedTuple):
    """One window of w samples: an orthonormal basis of its polynomials and the basis's derivatives, per step."""

    basis: Array  # (w, degree + 1)
    slope: Array  # (w, degree + 1)


class Curve(NamedTuple):
    """One state smoothed with one window; `own` (n,) is the weight of each sample in its own fit."""

    x: Array
    x_dot: Array
    own: Array


def smooth_savgol(trajectory: Trajectory) -> Smooth:
    """
    Smooth every state by local polynomials of degree four, window by leave-one-out cross-validation.

    Parameters
    ----------
    trajectory : Trajectory
        Regular times (n,) and complete states (n, S).

    Returns
    -------
    Smooth
        States, derivatives, noise from the residuals; `x_std` (n, S) is the part of the error that comes from the
        noise, without the bias of the window.

    Raises
    ------
    ValueError
        If the times are irregular or a value is missing.

    References
    ----------
    Savitzky and Golay (1964), Smoothing and differentiation of data by simplified least squares procedures.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.data import Trajectories
    >>> t = np.linspace(-1, 1, 21)
    >>> result = smooth_savgol(Trajectories([(t**4)[:, None]], [t])[0])
    >>> bool(np.allclose(result.x_dot[:, 0], 4 * t**3))
    True
    """
    x, step = trajectory.x, regular_step(trajectory, "savgol")
    windows = _windows(x.shape[0])
    chosen = [_best_curve(np.ascontiguousarray(x[:, state]), windows) for state in range(x.shape[1])]
    states = np.column_stack([curve.x for curve in chosen])
    own = np.column_stack([curve.own for curve in chosen])
    free = np.sum(1.0 - own, axis=0)
    noise = np.full(x.shape[1], np.nan)
    np.divide(
        np.sum((x - states) ** 2, axis=0), free, out=noise, where=free > 0.5
    )  # E (y_i - x_i)^2 = noise^2 (1 - h_i)
    noise = np.sqrt(noise)
    return Smooth(
        x=states,
        x_dot=np.column_stack([curve.x_dot for curve in chosen]) / step,
        x_std=noise * np.sqrt(own),
        noise_std=noise,
        status=_status(x.shape[0]),
    )


def _status(n_samples: int) -> str:
    """Say in words what was done."""
    if n_samples >= SMALLEST_WINDOW:
        return "converged"
    return f"only {n_samples} samples: one polynomial of degree {_degree(n_samples)}"


def _degree(window: int) -> int:
    """Degree of the polynomial in a window: one sample is left free in very short ones."""
    return max(0, min(DEGREE, window - 2))


def _windows(n_samples: int) -> list[Window]:
    """Build the windows to choose from, smallest first."""
    if n_samples < SMALLEST_WINDOW:
        return [_window(n_samples)]
    windows, width = [], float(SMALLEST_WINDOW)
    while width <= min(n_samples, LARGEST_WINDOW):
        windows.append(_window(2 * int(width / 2) + 1 if int(width) < n_samples else n_samples - 1 + n_samples % 2))
        width *= GROWTH
    return windows


def _window(width: int) -> Window:
    """Polynomials over `width` samples, orthonormal there."""
    position = np.linspace(-1.0, 1.0, width) if width > 1 else np.zeros(1)
    degree = _degree(width)
    powers = np.vander(position, degree + 1, increasing=True)
    basis, triangle = np.linalg.qr(powers)
    derivative = np.zeros_like(powers)
    derivative[:, 1:] = powers[:, :-1] * np.arange(1, degree + 1)
    return Window(basis, np.linalg.solve(triangle.T, derivative.T).T * 2.0 / max(width - 1, 1))


def _best_curve(y: Array, windows: list[Window]) -> Curve:
    """Smooth one state with every window; keep the curve of least cross-validated error."""
    curves = [_smooth_state(y, window) for window in windows]
    if len(curves) == 1:
        return curves[0]
    errors = [np.mean(((y - curve.x) / (1.0 - curve.own)) ** 2) for curve in curves]
    return curves[int(np.argmin(errors))]


def _smooth_state(y: Array, window: Window) -> Curve:
    """Slide a window over one state."""
    mean = y.mean()  # the weights sum to 1 (0 for the slope): taking it out only spares rounding
    centred = y - mean
    own = np.sum(window.basis**2, axis=1)
    half = (own.size - 1) // 2
    inside = np.full(y.size - own.size + 1, own[half])
    own = np.concatenate((own[:half], inside, own[half + 1 :]))
    return Curve(mean + _slide(centred, window, window.basis), _slide(centred, window, window.slope), own)


def _slide(y: Array, window: Window, rows: Array) -> Array:
    """Evaluate `rows` of the local fits: the middle row inside, the others in the first and last window."""
    width = len(rows)
    half = (width - 1) // 2
    inside = np.correlate(y, window.basis @ rows[half], mode="valid")
    first, last = rows @ (window.basis.T @ y[:width]), rows @ (window.basis.T @ y[-width:])
    return np.concatenate((first[:half], inside, last[half + 1 :]))
