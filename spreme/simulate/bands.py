"""Bands around a forecast: where it would run if coefficients and start were others that the data allow as well.

    c_i = c + V sqrt(d) z_i,    cov = V d V',    x0_i = x0 + x0_std w_i,    z_i, w_i independent standard normal
    lower, upper = quantiles (1 - band) / 2 and (1 + band) / 2 of x_i(t) over i, at each time

The band is for the states themselves: measurements scatter around them by the noise on top.
"""

from __future__ import annotations

import numbers
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.data.arrays import floats
from spreme.results import Forecast, Law
from spreme.simulate.dormand_prince import Tolerance, load_tableau
from spreme.simulate.forecast import trajectories
from spreme.simulate.inputs import Inputs, check_drive
from spreme.simulate.vector_field import unobserved, vector_field

Array = NDArray[np.float64]

FEWEST_DRAWS = 20
# A band is far coarser than a forecast: its draws need no more than this relative accuracy.
COARSE = 1e-6


@dataclass(frozen=True)
class BandOptions:
    """What a band is made of.

    Attributes
    ----------
    band : float
        Share of the draws inside, between 0 and 1.
    n_draws : int
        Draws, at least 20.
    x0_std : array_like (S,) or None
        Standard errors of the start; None: it is known.
    random_state : int, Generator or None
        Seed; None: another one each time.
    """

    band: float = 0.95
    n_draws: int = 200
    x0_std: ArrayLike | None = None
    random_state: int | np.random.Generator | None = 0


def add_band(
    forecast: Forecast, law: Law, covariance: Array, options: BandOptions, rtol: float = 1e-8, u: Inputs = None
) -> Forecast:
    """Add a band to a forecast of a law.

    Parameters
    ----------
    forecast : Forecast
        What `simulate` returned.
    law : Law
        The same law.
    covariance : ndarray (E, q, q)
        Of the coefficients inside its mask, in the order of `np.nonzero`; not finite where not observed.
    options : BandOptions
        Draws and level.
    rtol : float, default 1e-8
        Relative error of the forecast; the draws need no more than 1e-6.
    u : array_like (n, U) or callable, default None
        Inputs of the forecast.

    Returns
    -------
    Forecast
        The same with `lower`, `upper` and `band`; NaN where less than a share `band` of the draws gets so far.

    Raises
    ------
    ValueError, TypeError
        If an option is not usable, or the errors of the coefficients of this environment are not known.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.simulate import simulate
    >>> from spreme.symbolic import _example
    >>> law = _example()
    >>> forecast = add_band(simulate(law, [1.0], [0.0, 1.0]), law, 0.01 * np.eye(2)[None], BandOptions())
    >>> bool((forecast.lower[1] < forecast.x[1]) & (forecast.x[1] < forecast.upper[1]))
    True
    """
    n_states = len(law.state_names)
    x0_std = _check(options, n_states)
    rng = np.random.default_rng(options.random_state)
    position = law.position(forecast.env)
    coefs = _draw(law, position, covariance[position], options.n_draws, rng)
    starts = np.atleast_2d(forecast.x[..., 0, :])
    field, unknown = vector_field(law, position), unobserved(law, position)
    tableau = load_tableau()
    tolerance = Tolerance(max(rtol, COARSE), np.zeros(n_states), 0.01 * max(rtol, COARSE))
    drive = check_drive(law, u, forecast.t)
    x = np.empty((options.n_draws, len(starts), len(forecast.t), n_states))
    for own, coef in zip(x, coefs, strict=True):
        moved = starts + x0_std * rng.standard_normal(starts.shape)
        own[:] = trajectories(field._replace(coef=coef), tableau, tolerance, forecast.t, moved, unknown, drive)[0]
    lower, upper = (bound.reshape(forecast.x.shape) for bound in _quantiles(x, options.band))
    lost = np.isnan(forecast.x)
    lower[lost], upper[lost] = np.nan, np.nan
    return replace(forecast, lower=lower, upper=upper, band=float(options.band))


def _draw(law: Law, position: int, covariance: Array, n_draws: int, rng: np.random.Generator) -> Array:
    """Coefficients (n_draws, m) of a vector field, which keeps those that are known and not zero."""
    coef = law.coef[position][law.mask]
    kept = np.isfinite(coef) & (coef != 0.0)
    own = covariance[np.ix_(kept, kept)]
    if not np.isfinite(own).all():
        raise ValueError(
            f"the errors of the coefficients of environment {law.environments[position]!r} are not known (coef_std_ is "
            "NaN): no band can be drawn; use band=None"
        )
    size = np.sqrt(np.maximum(np.diag(own), 1e-300))  # units must not decide which directions are lost to rounding
    values, vectors = np.linalg.eigh(own / np.outer(size, size))
    root = size[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))
    drawn: Array = coef[kept] + rng.standard_normal((n_draws, int(kept.sum()))) @ root.T
    return drawn


def _quantiles(x: Array, band: float) -> tuple[Array, Array]:
    """Quantiles over the draws that have got so far, NaN where these are less than a share `band` of all."""
    alive = np.isfinite(x).mean(axis=0) >= band
    bounds = np.full((2, *x.shape[1:]), np.nan)
    tails = [0.5 - 0.5 * band, 0.5 + 0.5 * band]
    bounds[:, alive] = np.nanquantile(x[:, alive], tails, axis=0)
    return bounds[0], bounds[1]


def _check(options: BandOptions, n_states: int) -> Array:
    """Check the options; gives the standard errors of the start (S,)."""
    if isinstance(options.band, bool) or not isinstance(options.band, numbers.Real) or not 0.0 < options.band < 1.0:
        raise ValueError(f"band must be a number between 0 and 1, such as 0.95, or None, got {options.band!r}")
    is_count = isinstance(options.n_draws, numbers.Integral) and not isinstance(options.n_draws, bool)
    if not is_count or options.n_draws < FEWEST_DRAWS:
        raise ValueError(f"n_draws must be a whole number, at least {FEWEST_DRAWS}, got {options.n_draws!r}")
    seed = options.random_state
    is_seed = isinstance(seed, numbers.Integral) and not isinstance(seed, bool) and int(seed) >= 0
    if not (seed is None or is_seed or isinstance(seed, np.random.Generator)):
        raise ValueError(f"random_state must be a non-negative integer, a numpy Generator or None, got {seed!r}")
    if options.x0_std is None:
        return np.zeros(n_states)
    std = floats(options.x0_std, "x0_std")
    if std.shape not in ((), (n_states,)) or not (np.isfinite(std) & (std >= 0)).all():
        raise ValueError(
            f"x0_std must be one number >= 0 for each of the {n_states} states, or one for all, got {options.x0_std!r}"
        )
    return np.broadcast_to(std, (n_states,))
