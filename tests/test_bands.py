"""Bands of forecasts: the closed form where there is one, seeds, ends of trajectories, what is refused."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from test_simulate import LOTKA, make_law, one

from spreme import PolynomialLibrary, SpReME
from spreme.plotting import plot_forecast
from spreme.results import Law
from spreme.simulate import simulate
from spreme.simulate.bands import BandOptions, add_band

mpl.use("Agg")

T = np.linspace(0.0, 2.0, 21)


def banded(law: Law, x0: Any, variance: float, t: Any = T, **options: Any) -> Any:
    q = int(law.mask.sum())
    covariance = np.tile(variance * np.eye(q), (len(law.environments), 1, 1))
    return add_band(simulate(law, x0, t), law, covariance, BandOptions(**options))


def test_exponential_decay() -> None:
    """x = exp(c t), c normal: quantiles are exp of those of c t; 4000 draws know them to 3 % of their width."""
    forecast = banded(one(x1=-1.0), [1.0], 0.2**2, n_draws=4000)
    half = 1.959964 * 0.2 * T
    for bound, sign in ((forecast.lower, -1.0), (forecast.upper, 1.0)):
        np.testing.assert_allclose(np.log(bound[:, 0]), -T + sign * half, atol=0.05 * half.max())
    assert forecast.band == 0.95 and (forecast.lower[0] == forecast.upper[0]).all()
    assert forecast.lower.shape == forecast.x.shape == forecast.upper.shape


def test_an_uncertain_start() -> None:
    forecast = banded(one(x1=-1.0), [1.0], 0.0, n_draws=4000, x0_std=[0.1], band=0.6826895)
    np.testing.assert_allclose((forecast.upper - forecast.lower)[:, 0], 0.2 * np.exp(-T), rtol=0.06)


def test_correlated_errors_cancel() -> None:
    """x' = a + b x with x at its rest -a / b: draws along (a, b) leave the rest where it is."""
    law = one(x0=1.0, x1=-1.0)
    along = 0.01 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    forecast = add_band(simulate(law, [1.0], T), law, along[None], BandOptions())
    np.testing.assert_allclose(forecast.lower, 1.0, atol=1e-9)
    np.testing.assert_allclose(forecast.upper, 1.0, atol=1e-9)


def test_seeds() -> None:
    law = make_law(LOTKA)
    first, same = banded(law, [1.0, 1.0], 1e-3), banded(law, [1.0, 1.0], 1e-3, random_state=np.random.default_rng(0))
    other = banded(law, [1.0, 1.0], 1e-3, random_state=1)
    assert np.array_equal(first.lower, same.lower) and not np.array_equal(first.lower, other.lower)
    assert not np.array_equal(banded(law, [1.0, 1.0], 1e-3, random_state=None).lower, first.lower)


def test_several_starts() -> None:
    law = make_law(LOTKA)
    forecast = banded(law, [[1.0, 1.0], [2.0, 0.5]], 1e-3)
    assert forecast.lower.shape == (2, len(T), 2)
    assert ((forecast.lower <= forecast.x) & (forecast.x <= forecast.upper)).all()
    assert np.array_equal(forecast.lower[0], banded(law, [1.0, 1.0], 1e-3).lower)


def test_no_band_where_too_many_draws_have_stopped() -> None:
    """x' = c x**2 from 1 blows up at 1 / c: of c = 0.4 +- 0.1, a fifth do so before t = 2."""
    forecast = banded(one(x2=0.4), [1.0], 0.1**2)
    assert forecast.status == "converged" and np.isfinite(forecast.x).all()
    known = np.isfinite(forecast.lower[:, 0])
    assert known[:15].all() and not known[-1] and np.array_equal(known, np.isfinite(forecast.upper[:, 0]))
    assert (np.diff(known.astype(int)) <= 0).all()


def test_a_forecast_that_stops_has_a_band_as_long() -> None:
    forecast = banded(one(x2=1.0), [1.0], 1e-6, t=np.linspace(0, 2, 41))
    assert forecast.status.startswith("blow-up") and forecast.lower.shape == forecast.x.shape
    several = banded(one(x2=1.0), [[1.0], [0.1]], 1e-6, t=np.linspace(0, 2, 41))
    assert np.isnan(several.lower[0, -1]).all() and np.isfinite(several.lower[1]).all()


def test_terms_without_coefficient_stay_out() -> None:
    law = make_law({"x": {"x": -1.0, "x*y": 0.5}, "y": {"y": -1.0}})
    law.coef[0][law.mask & (np.arange(law.table.n_terms) == law.table.index("x*y"))] = np.nan
    covariance = 0.01 * np.eye(3)
    unknown = np.isnan(law.coef[0][law.mask])
    covariance[unknown], covariance[:, unknown] = np.nan, np.nan
    forecast = add_band(simulate(law, [1.0, 0.0], T), law, covariance[None], BandOptions())
    assert np.isfinite(forecast.lower).all() and (forecast.upper[-1, 0] > forecast.lower[-1, 0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"band": 95}, "between 0 and 1"),
        ({"band": True}, "between 0 and 1"),
        ({"n_draws": 3}, "at least 20"),
        ({"x0_std": [0.1, 0.1]}, "one number >= 0"),
        ({"x0_std": -0.1}, "one number >= 0"),
        ({"random_state": "seed"}, "random_state"),
    ],
)
def test_what_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        banded(one(x1=-1.0), [1.0], 0.01, **options)


def test_unknown_errors_are_refused() -> None:
    with pytest.raises(ValueError, match="errors of the coefficients of environment 'A' are not known"):
        banded(one(x1=-1.0), [1.0], np.nan)


def test_the_model_and_its_picture() -> None:
    t = np.linspace(0, 3, 61)
    x = np.exp(-t) + 0.02 * np.random.default_rng(0).standard_normal(61)
    model = SpReME(library=PolynomialLibrary(degree=1), allowed={"x0": ["x0"]}).fit([x], t)
    plain = model.simulate([1.0], t)
    assert plain.lower is None and plain.upper is None and plain.band is None
    forecast = model.simulate([1.0], t, band=0.95, n_draws=2000)
    assert np.array_equal(forecast.x, plain.x)
    slope = t * np.exp(model.coef_[0, 0, 1] * t) * model.coef_std_[0, 0, 1]
    np.testing.assert_allclose((forecast.upper - forecast.lower)[:, 0], 2 * 1.96 * slope, atol=0.08 * slope.max() * 4)
    axes = plot_forecast(forecast)
    assert len(axes.collections) == 1 and len(plot_forecast(plain).collections) == 0
    several = model.simulate([[1.0], [2.0]], t, band=0.5, random_state=3)
    assert len(plot_forecast(several).collections) == 2
    import matplotlib.pyplot as plt

    plt.close("all")
