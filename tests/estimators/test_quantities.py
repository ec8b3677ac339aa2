"""Forecasts from quantities of pint: converted to the units of the fitted data, or refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spreme import PolynomialLibrary, SpReME, Trajectories

pint = pytest.importorskip("pint")

T = np.linspace(0.0, 3.0, 31)
X = np.column_stack([np.exp(-T), 2.0 * np.exp(-0.5 * T)])


def quantity(values: Any, unit: str) -> Any:
    """A quantity of pint's application registry."""
    return pint.get_application_registry().Quantity(values, unit)


@pytest.fixture(scope="module")
def model() -> SpReME:
    """Decay of grams and moles in hours."""
    data = Trajectories([X], T, state_names=["x", "y"], units={"x": "g", "y": "mol"}, time_unit="h")
    return SpReME(PolynomialLibrary(degree=1), refine=None).fit(data)


@pytest.fixture(scope="module")
def unlabelled() -> SpReME:
    """The same without units."""
    return SpReME(PolynomialLibrary(degree=1), refine=None).fit([X], T)


START = [quantity(1000.0, "mg"), quantity(2000.0, "mmol")]
MINUTES = quantity([0.0, 60.0], "minute")


def test_starts_and_times_are_converted(model: SpReME) -> None:
    plain = model.simulate([1.0, 2.0], [0.0, 1.0])
    for t in (MINUTES, [quantity(0.0, "s"), quantity(1.0, "h")], [0.0, 1.0]):
        np.testing.assert_allclose(model.simulate(START, t).x, plain.x, rtol=1e-12)  # rounding of units
    several = model.simulate([START, START], MINUTES)
    np.testing.assert_allclose(several.x, [plain.x, plain.x], rtol=1e-12)


def test_errors_of_the_start_are_converted(model: SpReME) -> None:
    plain = model.simulate([1.0, 2.0], [0.0, 1.0], band=0.9, x0_std=[1e-2, 1e-3])
    typed = model.simulate(START, MINUTES, band=0.9, x0_std=[quantity(10.0, "mg"), quantity(1.0, "mmol")])
    np.testing.assert_allclose(typed.lower, plain.lower, rtol=1e-6)


def test_errors_on_a_scale_with_an_offset() -> None:
    warm = Trajectories([300.0 + X[:, :1]], T, state_names=["T"], units={"T": "K"}, time_unit="h")
    model = SpReME(PolynomialLibrary(degree=1), refine=None).fit(warm)
    plain = model.simulate([301.0], [0.0, 1.0], band=0.9, x0_std=0.1)
    typed = model.simulate([301.0], [0.0, 1.0], band=0.9, x0_std=quantity(0.1, "degC"))  # a difference, not 273 K
    np.testing.assert_allclose(typed.upper, plain.upper, rtol=1e-9)


def test_states_of_a_prediction_are_converted(model: SpReME) -> None:
    typed = model.predict([quantity(1000.0 * X[:, 0], "mg"), quantity(X[:, 1], "mol")])
    np.testing.assert_allclose(typed, model.predict(X), rtol=1e-12)


@pytest.mark.parametrize("is_function", [False, True])
def test_inputs_are_converted(is_function: bool) -> None:
    push = np.sin(T)
    x = 1.0 - np.exp(-T) + 0.5 * (np.sin(T) - np.cos(T) + np.exp(-T))  # x' = 1 - x + u from 0
    data = Trajectories([x], T, u=[push], state_names=["x"], input_names=["push"], units={"push": "N"})
    model = SpReME(PolynomialLibrary(degree=1), refine=None).fit(data)
    u: Any = (lambda t: quantity(0.001 * np.sin(t), "kN")) if is_function else quantity(0.001 * push, "kN")
    plain: Any = (lambda t: np.sin(t)) if is_function else push
    np.testing.assert_allclose(model.simulate([0.0], T, u=u).x, model.simulate([0.0], T, u=plain).x, rtol=1e-9)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (quantity([1.0, 2.0], "g"), "x0: state 'y': 'g' .* cannot be converted to 'mol'"),
        ([quantity(1.0, "g"), 2.0], "x0: state: some entries have a unit, others have none"),
        ([quantity(1.0, "g")], "1 quantities for 2 columns: x, y"),
    ],
)
def test_what_cannot_be_converted_is_refused(model: SpReME, start: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        model.simulate(start, [0.0, 1.0])


def test_a_model_without_units_refuses_quantities(unlabelled: SpReME) -> None:
    with pytest.raises(ValueError, match="x0: state 'x0' has no unit in the fitted model, 'g' was given"):
        unlabelled.simulate(quantity([1.0, 2.0], "g"), [0.0, 1.0])
    with pytest.raises(ValueError, match="times 't' has no unit"):
        unlabelled.simulate([1.0, 2.0], MINUTES)
    with pytest.raises(ValueError, match="x: state 'x0' has no unit"):
        unlabelled.predict(quantity(X, "g"))
