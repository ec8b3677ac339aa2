"""Errors of forecasts by hand, and forecasts by both solvers."""

from __future__ import annotations

import numpy as np
import pytest

from spreme import Trajectories
from spreme.library import PolynomialLibrary
from spreme.results import Law
from systems.integration import Integrator
from systems.judging.forecasts import forecasts
from systems.judging.rollouts import CAP, compare

T = np.arange(11.0)


def decay(inputs: int = 0) -> Law:
    """x' = -x, and + u with an input."""
    names = ["x", "u"][: 1 + inputs]
    table = PolynomialLibrary(degree=1).table(names).with_inputs(inputs)
    coef = np.array([[[0.0, -1.0, 1.0][: 2 + inputs]]])
    return Law(table, coef[0] != 0, coef, np.abs(coef), (0,), np.zeros((1, 1)))


def ramp() -> np.ndarray:
    return np.arange(11.0)[:, None]


def test_errors_by_hand() -> None:
    unseen = Trajectories([ramp(), ramp()], T, env=[0, 0])
    wrong = ramp() + np.where(T > 4, 2.0, 0.0)[:, None]
    lost = np.where(T > 7, np.nan, T)[:, None]
    own = compare(unseen, [wrong, lost], horizon=4.0)
    spread = np.sqrt(10.0)  # of 0, 1, ... 10
    assert own.within == pytest.approx([0.0, 0.0])
    assert own.beyond == pytest.approx([2 / spread, CAP * np.sqrt(3 / 6)])  # three of six values are lost
    assert own.r2 == pytest.approx([1 - 6 * 4 / 110, 1 - 3 * CAP**2 * 10 / 110])
    assert own.valid_time == pytest.approx([5.0, 8.0])
    assert own.mse == pytest.approx((6 * 4 + 3 * (CAP * spread) ** 2) / 22)
    assert own.mape == pytest.approx((sum(2 / T[5:]) + CAP * spread * sum(1 / T[8:])) / 20)


def test_a_run_that_is_lost_from_the_start_is_at_the_cap() -> None:
    unseen = Trajectories([ramp()], T)
    own = compare(unseen, [np.full((11, 1), np.nan)], horizon=4.0)
    assert (own.within[0], own.beyond[0], own.n_diverged) == (CAP, CAP, 1)


def test_no_samples_beyond_the_horizon() -> None:
    own = compare(Trajectories([ramp()], T), [ramp()], horizon=10.0)
    assert np.isnan(own.beyond).all() and own.n_diverged == 0


def test_a_state_at_rest() -> None:
    unseen = Trajectories([np.ones((11, 1))], T)
    assert compare(unseen, [np.ones((11, 1))], 4.0).within[0] == 0
    assert compare(unseen, [np.ones((11, 1)) + 1.0], 4.0).within[0] == CAP


def test_forecasts_solve_the_equations() -> None:
    runs = [start * np.exp(-T)[:, None] for start in (1.0, 2.0)]
    for found, x in zip(forecasts(decay(), Trajectories(runs, T, env=[0, 0])), runs, strict=True):
        np.testing.assert_allclose(found, x, rtol=1e-6)  # 1e-8 a step, a few steps a unit of time


def test_the_solver_of_a_protocol_is_the_solver_of_its_forecasts() -> None:
    from scipy.integrate import solve_ivp

    data = Trajectories([np.exp(-T)[:, None]], T, env=[0])
    coarse = solve_ivp(lambda t, x: -x, (0, 10), [1.0], t_eval=T, method="RK45", rtol=1e-3, atol=1e-6).y.T
    assert np.abs(coarse - data[0].x).max() > 1e-5  # the solver's own error
    (found,) = forecasts(decay(), data, Integrator("RK45", rtol=1e-3, atol=1e-6))
    np.testing.assert_allclose(found, coarse, rtol=1e-12)


@pytest.mark.parametrize("integrator", [None, Integrator("RK45", rtol=1e-7, atol=1e-9)])
def test_known_inputs_drive_forecasts(integrator: Integrator | None) -> None:
    # x' = -x + t from x(0) = 1: x = t - 1 + 2 exp(-t)
    x = (T - 1 + 2 * np.exp(-T))[:, None]
    (found,) = forecasts(decay(1), Trajectories([x], T, env=[0], u=[T[:, None]], input_names=["u"]), integrator)
    np.testing.assert_allclose(found, x, rtol=1e-5)


def test_an_environment_without_coefficients_is_named() -> None:
    with pytest.raises(ValueError, match="environment 7 of the unseen runs has no coefficients; there are 0"):
        forecasts(decay(), Trajectories([ramp()], T, env=[7]))
