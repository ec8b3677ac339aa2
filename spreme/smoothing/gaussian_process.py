"""Gaussian-process smoother: thrice-integrated Wiener process plus white noise, maximum likelihood, O(n).

Model, per state, with a flat prior on the start f(t_0), ..., f'''(t_0):

    y(t_i) = f(t_i) + e_i,   e_i ~ N(0, noise_std^2),   f'''' = white noise,   r = noise_std^2 / tau^2
    cov(f(t), f(u) | start) = tau^2 int_0^min(t,u) (t - v)^3 (u - v)^3 dv
    -2 log L(r) = sum_i log s_i + log det(M) + (n - 4) log(rss(r) / (n - 4)) + const

L is the restricted likelihood: the start is integrated out (s_i innovation variances, M information on the start, rss the
scaled residual sum), and the amplitude tau is profiled out in closed form, tau^2 = rss / (n - 4). What remains is a search
over the one number log r: a grid over all that the data can tell apart, from interpolation to a cubic polynomial, then
successive halving. The posterior mean is the smoothing spline of degree 7. Times are measured in mean steps and states in
their range, so that units and offsets change nothing.

References
----------
Wahba (1978), Improper priors, spline smoothing and the problem of guarding against model errors in regression.
Wecker and Ansley (1983), The signal extraction approach to nonlinear regression and spline smoothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.smoothing.kalman import empty_trace, run_filter, run_smoother
from spreme.smoothing.regularity import is_regular
from spreme.smoothing.result import Smooth

if TYPE_CHECKING:
    from spreme.data import Trajectory

Array = NDArray[np.float64]

# The four numbers of the unknown start and two more: with fewer values the likelihood says nothing about the noise.
FEWEST_VALUES = 6
# log r below which the curve interpolates: the noise is then 1e-6 of what the process does in one step.
INTERPOLATION = -28.0
# Spacing of the grid over log r: a factor 1.45 in the width over which the smoother averages (that goes as r^(1/8)).
SPACING = 3.0
HALVINGS = 6
# Relative size of rounding in a state: the residual sum is never taken as smaller.
ROUNDING = 1e-16


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

    Minimises sum_i (y_i - f(t_i))^2 / noise_std^2 + int f''''(t)^2 dt / (36 tau^2) over the curves f. Times may be
    irregular and values missing: there the curve is interpolated. A state with fewer than six values gets a polynomial
    instead, and the status says so.

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
    Wahba (1978), Improper priors, spline smoothing and the problem of guarding against model errors in regression.

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
    low, high = y[measured].min(), y[measured].max()
    # Half of each: the difference of two huge values of opposite sign would overflow.
    centre, spread = y[measured].mean(), 2.0 * (0.5 * high - 0.5 * low)
    if spread == 0.0:
        status = "one value, taken as constant" if n_values == 1 else ""
        return Curve(np.full(t.size, low), np.zeros(t.size), np.zeros(t.size), np.nan if n_values == 1 else 0.0, status)
    unit = (t[-1] - t[0]) / (t.size - 1)
    scaled = (y - centre) / spread
    if n_values < FEWEST_VALUES:
        curve = _fit_polynomial((t - t[0]) / unit, scaled, measured)
    else:
        curve = _smooth_scaled(_steps(t, unit), scaled)
    return Curve(
        centre + spread * curve.x,
        spread * curve.x_dot / unit,
        spread * curve.x_std,
        spread * curve.noise_std,
        curve.status,
    )


def _steps(t: Array, unit: float) -> Array:
    """Step that leads to each sample, in mean steps; exactly 1 on a regular grid, where the filter may then settle."""
    return np.ones(t.size) if is_regular(t) else np.concatenate(([1.0], np.diff(t) / unit))


def _smooth_scaled(d: Array, y: Array) -> Curve:
    """Smooth scaled values: noise-to-process ratio of maximum likelihood, then the smoother."""
    b, log_r = _most_likely(d, y)
    trace, triangle = empty_trace(y.size), _start(b)
    _, rss = run_filter(d, y, b, np.exp(log_r), trace, triangle)
    mean, variance = np.zeros((y.size, 2, 5)), np.zeros(y.size)
    run_smoother(d, b, trace, mean, variance)
    inverse = np.linalg.inv(triangle[:, :4])
    x, x_dot = (mean[:, :, 0] + mean[:, :, 1:] @ (inverse @ triangle[:, 4])).T
    x_dot = x_dot - b * x
    of_start = np.sum((mean[:, 0, 1:] @ inverse) ** 2, axis=1)
    amplitude = np.sqrt(rss / (np.count_nonzero(~np.isnan(y))))
    x_std = amplitude * np.sqrt(np.maximum(variance, 0.0) + of_start)
    return Curve(x, x_dot, x_std, amplitude * np.exp(0.5 * log_r), "")


def _deviance(d: Array, y: Array, b: float, log_r: float) -> float:
    """-2 log restricted likelihood at log r, up to a constant, with the amplitude profiled out."""
    log_det, rss = run_filter(d, y, b, np.exp(log_r), empty_trace(0), _start(b))
    n_free = np.count_nonzero(~np.isnan(y))
    return float(log_det + n_free * np.log(rss / n_free + ROUNDING**2 * np.exp(-log_r)))


BINOMIAL = np.array([1.0, 3.0, 3.0, 1.0])
ORDER = np.add.outer(np.arange(4), np.arange(4))
STATIONARY = np.outer(BINOMIAL, BINOMIAL) * np.array([720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0])[ORDER]
ROOT = np.linalg.cholesky(np.linalg.inv(STATIONARY)).T
def _start(b):
    R=np.zeros((4,5)); R[:,:4]=ROOT*(2*b)**(3.5-np.arange(4)); return R

RATES=()
def _most_likely(d,y):
    from scipy.optimize import minimize
    best=None
    for b in RATES or np.geomspace(.5/y.size,2,8):
        for log_r in np.arange(INTERPOLATION, 8*np.log(y.size)+10, SPACING):
            v=_deviance(d,y,b,log_r)
            if best is None or v<best[0]: best=(v,b,log_r)
    if best[1]==0:
        return 0.,best[2]
    o=minimize(lambda p:_deviance(d,y,np.exp(p[0]),max(p[1],INTERPOLATION)),[np.log(best[1]),best[2]],method='Nelder-Mead',options=dict(xatol=.01,fatol=.01))
    return float(np.exp(o.x[0])),max(INTERPOLATION,o.x[1])


def _fit_polynomial(t: Array, y: Array, measured: NDArray[np.bool_]) -> Curve:
    """Too few values for a likelihood: a line through two, least squares of degree two through up to five."""
    n_values = int(measured.sum())
    degree = min(n_values - 1, 2)
    centred = t - t[measured].mean()
    powers = np.vander(centred, degree + 1, increasing=True)
    coef, *_ = np.linalg.lstsq(powers[measured], y[measured], rcond=None)
    slope = powers[:, :-1] @ (coef[1:] * np.arange(1, degree + 1))
    n_free = n_values - degree - 1
    noise, x_std = np.nan, np.full(t.size, np.nan)
    if n_free > 0:
        noise = float(np.sqrt(np.sum((y[measured] - powers[measured] @ coef) ** 2) / n_free))
        covariance = np.linalg.inv(powers[measured].T @ powers[measured])
        x_std = noise * np.sqrt(np.einsum("ni,ij,nj->n", powers, covariance, powers))
    name = "straight line" if degree == 1 else "parabola"
    return Curve(powers @ coef, slope, x_std, noise, f"{n_values} values, {name} instead of a Gaussian process")
