"""Gaussian-process smoother: Matern-7/2 process plus white noise, maximum likelihood, O(n).

Model, per state, about the mean of its measured values:

    y(t_i) = f(t_i) + e_i,   (D + b)^4 f = 6 tau * white noise,   e_i ~ N(0, noise_std^2),   r = noise_std^2 / tau^2
    cov(f(t), f(t + h)) = tau^2 (720 / (2b)^7) (1 + z + 2 z^2 / 5 + z^3 / 15) exp(-z),   z = b |h|
    -2 log L(b, r) = sum_i log s_i + log det(M) - log det(M_0) + n log(rss(b, r) / n) + const

s_i are the variances of the filter's innovations and rss their scaled sum of squares, M_0 and M the information on
the start before and after the data. The amplitude is profiled out in closed form, tau^2 = rss / n. What remains is a
search over two numbers: b, the rate at which the curve forgets its past, and r, which sets how far the smoother
averages (as r^(1/8)). Times are measured in mean steps and states in their range, so that units and
offsets change nothing.

Of the two candidates, this process and its limit b = 0 (thrice-integrated Wiener process, smoothing spline of degree
7), this one was better: equal on Lotka-Volterra and Lorenz, 10 to 30 % less error on the relaxation oscillations of
Van der Pol and FitzHugh-Nagumo, up to twice as good where 30 % of the values are missing; and its noise estimates
hold where those of the limit are 10 % (400 samples) to 50 % (200 samples) too large.

References
----------
Hartikainen and Sarkka (2010), Kalman filtering and smoothing solutions to temporal Gaussian process regression models.
Rasmussen and Williams (2006), Gaussian processes for machine learning (section 4.2, chapter 5).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.smoothing.kalman import empty_trace, run_filter, run_smoother
from spreme.smoothing.regularity import is_regular
from spreme.smoothing.result import Smooth

if TYPE_CHECKING:
    from spreme.data import Trajectory

Array = NDArray[np.float64]

# With fewer values the likelihood says nothing about three unknown numbers.
FEWEST_VALUES = 6
# log r below which the curve interpolates: the noise is then 1e-6 of what the process does in one step.
INTERPOLATION = -28.0
# Spacing of the first grid in log b and log r (for r a factor 1.65 in the width of the average), and its halvings.
SPACING = (2.0, 4.0)
HALVINGS = 5
# Forgetting ranges from half the record, in all but name a polynomial, to half a step, in all but name white noise.
SLOWEST, FASTEST = 0.5, 2.0
# Largest log of the ratio of noise to total process variance: beyond, there is no signal to speak of.
DROWNED = 6.0
# Relative size of rounding in a state: the residual sum is never taken as smaller.
ROUNDING = 1e-16
# Stationary covariance of the four coordinates for 2 b = 1, and the triangle U with U'U = its inverse.
STATIONARY = np.array(
    [[720.0, 360.0, 72.0, 6.0], [360.0, 216.0, 54.0, 6.0], [72.0, 54.0, 18.0, 3.0], [6.0, 6.0, 3.0, 1.0]]
)
NO_TRACE = empty_trace(0)
INFORMATION = np.linalg.cholesky(np.linalg.inv(STATIONARY)).T
POWERS = np.array([3.5, 2.5, 1.5, 0.5])


class Values(NamedTuple):
    """One state in scaled units: steps d (n,) to the samples, values y (n,) and how many of them are there."""

    d: Array
    y: Array
    n_measured: int


class Curve(NamedTuple):
    """One smoothed state in its own units."""

    x: Array
    x_dot: Array
    x_std: Array
    noise_std: float
    status: str


def smooth_gaussian_process(trajectory: Trajectory) -> Smooth:
    """
    Smooth every state of a trajectory by a Gaussian process whose noise and amplitude have maximum likelihood.

    Minimises sum_i (y_i - f(t_i))^2 / noise_std^2 + the squared norm of f under the process. Times may be irregular
    and values missing: there the curve is interpolated. A state with fewer than six values gets a polynomial instead,
    and the status says so.

    Parameters
    ----------
    trajectory : Trajectory
        Times (n,) and states (n, S), NaN = missing.

    Returns
    -------
    Smooth
        Posterior mean of states and derivatives, posterior standard deviation of the states, noise. A state without any
        value is NaN throughout.

    References
    ----------
    Hartikainen and Sarkka (2010), Kalman filtering and smoothing solutions to temporal Gaussian process regression
    models.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.data import Trajectories
    >>> t = np.linspace(0, 10, 101)
    >>> noise = 0.05 * np.random.default_rng(0).standard_normal(101)
    >>> result = smooth_gaussian_process(Trajectories([(np.sin(t) + noise)[:, None]], [t])[0])
    >>> bool(np.abs(result.x_dot[:, 0] - np.cos(t)).max() < 0.2), result.noise_std.round(2).tolist()
    (True, [0.05])
    """
    t, x = trajectory.t, trajectory.x
    curves = [_smooth_state(t, np.ascontiguousarray(x[:, state])) for state in range(x.shape[1])]
    unusual = [f"state {state}: {curve.status}" for state, curve in enumerate(curves) if curve.status]
    return Smooth(
        x=np.column_stack([curve.x for curve in curves]),
        x_dot=np.column_stack([curve.x_dot for curve in curves]),
        x_std=np.column_stack([curve.x_std for curve in curves]),
        noise_std=np.array([curve.noise_std for curve in curves]),
        status="; ".join(unusual) or "converged",
    )


def _smooth_state(t: Array, y: Array) -> Curve:
    """Smooth one state; in scaled units inside."""
    measured = ~np.isnan(y)
    n_values = int(measured.sum())
    if n_values == 0:
        return Curve(np.full(t.size, np.nan), np.full(t.size, np.nan), np.full(t.size, np.nan), np.nan, "no value")
    centre, spread = y[measured].mean(), y[measured].max() - y[measured].min()
    if spread == 0.0:
        status = "one value, taken as constant" if n_values == 1 else ""
        noise_std, value = (np.nan if n_values == 1 else 0.0), np.full(t.size, y[measured][0])
        return Curve(value, np.zeros(t.size), np.full(t.size, noise_std), noise_std, status)
    # Measured by the values that are there: a missing value is the same as no sample.
    unit = np.ptp(t[measured]) / (n_values - 1)
    scaled = (y - centre) / spread
    if n_values < FEWEST_VALUES:
        curve = _fit_polynomial((t - t[0]) / unit, scaled, measured)
    else:
        curve = _smooth_scaled(Values(_steps(t, unit), scaled, n_values))
    return Curve(
        centre + spread * curve.x,
        spread * curve.x_dot / unit,
        spread * curve.x_std,
        spread * curve.noise_std,
        curve.status,
    )


def _steps(t: Array, unit: float) -> Array:
    """Give the steps that lead to the samples, exactly equal on a regular grid: the filter may then settle."""
    steps = np.full(t.size, (t[-1] - t[0]) / (t.size - 1)) if is_regular(t) else np.diff(t, prepend=t[0])
    return steps / unit


def _start(b: float) -> Array:
    """Information on the start of the stationary process before any value, as the triangle the filter goes on with."""
    triangle = np.zeros((4, 5))
    triangle[:, :4] = INFORMATION * (2.0 * b) ** POWERS
    return triangle


def _smooth_scaled(values: Values) -> Curve:
    """Smooth scaled values: hyperparameters of maximum likelihood, then the smoother."""
    log_b, log_r = _most_likely(values)
    return _posterior(values, math.exp(log_b), math.exp(log_r))


def _posterior(values: Values, b: float, r: float) -> Curve:
    """Posterior mean and standard deviation for given hyperparameters, with the amplitude of greatest likelihood."""
    n_samples, triangle = values.y.size, _start(b)
    trace, mean, variance = empty_trace(n_samples), np.zeros((n_samples, 2, 5)), np.zeros(n_samples)
    _, rss = run_filter(values.d, values.y, b, r, trace, triangle)
    run_smoother(values.d, b, trace, mean, variance)
    inverse = np.linalg.inv(triangle[:, :4])
    x, x_decayed = (mean[:, :, 0] + mean[:, :, 1:] @ (inverse @ triangle[:, 4])).T
    of_start = np.sum((mean[:, 0, 1:] @ inverse) ** 2, axis=1)
    amplitude = math.sqrt(rss / values.n_measured)
    x_std = amplitude * np.sqrt(np.maximum(variance, 0.0) + of_start)
    return Curve(x, x_decayed - b * x, x_std, amplitude * math.sqrt(r), "")


def _deviance(values: Values, log_b: float, log_r: float) -> float:
    """-2 log likelihood, up to a constant, with the amplitude profiled out."""
    b = math.exp(log_b)
    log_det, rss = run_filter(values.d, values.y, b, math.exp(log_r), NO_TRACE, _start(b))
    return log_det + values.n_measured * math.log(rss / values.n_measured + ROUNDING**2 * math.exp(-log_r))


def _grid(n_measured: int) -> list[tuple[float, float]]:
    """Points (log b, log r) from interpolation to pure noise, for every rate of forgetting."""
    rates = np.arange(np.log(SLOWEST / n_measured), np.log(FASTEST), SPACING[0])
    points = []
    for log_b in rates:
        largest = np.log(STATIONARY[0, 0]) - 7.0 * (log_b + np.log(2.0)) + DROWNED
        points += [(float(log_b), float(log_r)) for log_r in np.arange(INTERPOLATION, largest, SPACING[1])]
    return points


def _most_likely(values: Values) -> tuple[float, float]:
    """Find (log b, log r) of the greatest likelihood: the best of a grid, then better neighbours."""
    points = _grid(values.n_measured)
    deviances = [_deviance(values, *point) for point in points]
    best, least = points[int(np.argmin(deviances))], min(deviances)
    lower, upper = math.log(SLOWEST / values.n_measured), math.log(FASTEST)
    known = dict(zip(points, deviances, strict=True))
    for halving in range(1, HALVINGS + 1):
        step_b, step_r = SPACING[0] / 2.0**halving, SPACING[1] / 2.0**halving
        # The third direction keeps r b^7, the share of the noise in the total variance: the ridge under strong noise.
        moves = ((step_b, 0.0), (0.0, step_r), (step_b, -7.0 * step_b))
        while True:
            log_b, log_r = best
            for move_b, move_r in (*moves, *((-move_b, -move_r) for move_b, move_r in moves)):
                point = (min(max(log_b + move_b, lower), upper), max(log_r + move_r, INTERPOLATION))
                if point not in known:
                    known[point] = _deviance(values, *point)
                if known[point] < least:
                    best, least = point, known[point]
            if best == (log_b, log_r):
                break
    return best


def _fit_polynomial(t: Array, y: Array, measured: NDArray[np.bool_]) -> Curve:
    """Too few values for a likelihood: line through two, parabola to up to five, held constant outside of them."""
    n_values, known = int(measured.sum()), t[measured]
    degree = min(n_values - 1, 2)
    half = 0.5 * (known[-1] - known[0])
    position = np.clip((t - known[0]) / half - 1.0, -1.0, 1.0)
    powers = np.vander(position, degree + 1, increasing=True)
    inverse = np.linalg.pinv(powers[measured])
    coef = inverse @ y[measured]
    slope = powers[:, :-1] @ (coef[1:] * np.arange(1, degree + 1)) / half
    slope[(t < known[0]) | (t > known[-1])] = 0.0
    noise_std, n_free = np.nan, n_values - degree - 1
    if n_free > 0:
        noise_std = float(np.sqrt(np.sum((y[measured] - powers[measured] @ coef) ** 2) / n_free))
    name = "straight line" if degree == 1 else "parabola"
    return Curve(
        powers @ coef,
        slope,
        noise_std * np.sqrt(np.sum((powers @ inverse) ** 2, axis=1)),
        noise_std,
        f"{n_values} values, {name} instead of a Gaussian process",
    )
