"""Units of data: labels that are checked, kept by all that cuts or joins, and converted where they differ."""

import pickle
import sys

import numpy as np
import pytest

from spreme.data import Trajectories, coerce

pint = pytest.importorskip("pint")

UNITS = {"x": "g/L", "y": "mol", "push": "N"}
X = [np.array([[1.0, 2], [2, 4], [4, 8], [8, 9]]), np.array([[1.0, 3], [2, 9], [np.nan, 27]])]
U = [np.arange(4.0)[:, None], np.arange(3.0)[:, None]]


def build(**changed):
    """Two trajectories of two states and an input, with units."""
    options = {"state_names": ["x", "y"], "input_names": ["push"], "units": UNITS, "time_unit": "day", **changed}
    return Trajectories(X, 0.5, ["A", "B"], U, **options)


def quantity(values, unit):
    """A quantity of pint's application registry."""
    return pint.get_application_registry().Quantity(values, unit)


def test_units_are_kept():
    data = build()
    for other in (data, data[:1], data[[1]], data.where(env="B"), data + data, coerce(data), Trajectories(data)):
        assert (other.units, other.time_unit) == (UNITS, "day")
    copy = pickle.loads(pickle.dumps(data))
    assert (copy.units, copy.time_unit) == (UNITS, "day")
    renamed = Trajectories(data, state_names=["a", "b"])
    assert renamed.units == {"a": "g/L", "b": "mol", "push": "N"}


def test_without_units():
    data = Trajectories(X, 0.5)
    assert (data.units, data.time_unit) == ({}, None)
    assert "[" not in repr(data).splitlines()[1]


def test_units_are_not_shared():
    given = dict(UNITS)
    data = build(units=given)
    given["x"] = data.units["x"] = "m"
    assert data.units == UNITS


def test_units_are_shown():
    lines = repr(build()).splitlines()
    assert "  states        x [g/L], y [mol]" in lines
    assert "  inputs        push [N]" in lines
    assert "  times         0 to 1.5 day" in lines


@pytest.mark.parametrize("unit", ["", "1", "dimensionless", "%", "kg m-2 s-1", "m s^-1", "degC", "mg**0.5", "(g/L)**2"])
def test_spellings(unit):
    assert build(units={"x": unit}).units == {"x": unit or "dimensionless"}


FAULTY = ["furlonk", "g*", "5 g", "1e3", "g/(L", "a,b", "__import__('os')", "[mass]", "days since 2000", "g" * 200]
# Powers of numbers would keep pint's parser busy for good.
FAULTY += ["10**9**9", "g**2**9", "(10)**999999999", "g**(9)**9", "2**999999999", "g**999999999", "**2"]


@pytest.mark.parametrize("unit", FAULTY)
def test_faulty_units(unit):
    with pytest.raises(ValueError, match="units: 'x'"):
        build(units={"x": unit})
    with pytest.raises(ValueError, match="time_unit"):
        build(time_unit=unit)


def test_faulty_arguments():
    with pytest.raises(TypeError, match=r"dict of names and units, such as {'x': 'g/L'}, got 'g'"):
        build(units="g")
    with pytest.raises(ValueError, match="no state or input 'z'; there are x, y, push"):
        build(units={"z": "g"})
    with pytest.raises(TypeError, match=r"units: 'x': a unit is a text .* got 3"):
        build(units={"x": 3})
    with pytest.raises(TypeError, match="time_unit"):
        build(time_unit=1.0)


def test_own_units_of_the_registry():
    with pytest.raises(ValueError, match=r"define\('spremeling = \[spremeling\]'\)"):
        build(units={"x": "spremeling/L"})
    registry = pint.UnitRegistry()
    registry.define("spremeling = [spremeling]")
    before = pint.get_application_registry().get()
    pint.set_application_registry(registry)
    try:
        assert build(units={"x": "spremeling/L"}).in_units({"x": "spremeling/m**3"}).units
        assert build(units={"x": registry.Unit("spremeling/L")}).units == {"x": "spremeling/l"}
    finally:
        pint.set_application_registry(before)


def test_conversion():
    data = build().in_units({"x": "mg/L", "push": "kN"}, "h")
    assert data.units == {"x": "mg/L", "y": "mol", "push": "kN"}
    assert data.time_unit == "h"
    assert np.allclose(data[0].t, [0, 12, 24, 36], rtol=1e-14)
    assert np.allclose(data[1].x, X[1] * [1000, 1], rtol=1e-14, equal_nan=True)
    assert np.allclose(data[0].u, U[0] / 1000, rtol=1e-14)
    back = data.in_units(UNITS, "day")
    assert np.allclose(back[1].x, X[1], rtol=1e-14, equal_nan=True)
    warm = Trajectories([[1.0, 2, 3]], 1.0, state_names=["T"], units={"T": "degC"}).in_units({"T": "kelvin"})
    assert np.allclose(warm[0].x[:, 0], [274.15, 275.15, 276.15], rtol=1e-14)


def test_conversion_copies():
    data = build()
    before = data[0].x.copy()
    data.in_units({"x": "mg/L"})[0].x[:] = 0
    assert np.array_equal(data[0].x, before)


def test_what_has_no_unit_gets_the_new_one():
    data = build(units={"x": "g/L"}).in_units({"x": "mg/L", "y": "mol"})
    assert data.units == {"x": "mg/L", "y": "mol"}
    assert np.array_equal(data[0].x[:, 1], X[0][:, 1])


def test_units_that_cannot_be_converted():
    with pytest.raises(ValueError, match=r"state 'x': 'g/L' .*cannot be converted to 'm'"):
        build().in_units({"x": "m"})
    with pytest.raises(ValueError, match="input 'push': 'N'"):
        build().in_units({"push": "g"})
    with pytest.raises(ValueError, match="the time: 'day'"):
        build().in_units(time_unit="m")


def test_joining_converts():
    other = build(units={"x": "mg/L"}, time_unit="h")
    joined = build() + other
    assert (joined.units, joined.time_unit) == (UNITS, "day")
    assert np.allclose(joined[2].x[:, 0], X[0][:, 0] / 1000, rtol=1e-14)
    assert np.allclose(joined[2].t, other[0].t / 24, rtol=1e-14)
    with pytest.raises(ValueError, match=r"state 'x': 'm'.*to 'g/L'"):
        build() + build(units={"x": "m"})
    assert (Trajectories(X, 0.5) + Trajectories(X, 0.5, units={"x0": "g"})).units == {"x0": "g"}


def test_given_units_beside_trajectories_convert():
    data = Trajectories(build(), units={"x": "mg/L"})
    assert data.units["x"] == "mg/L"
    assert np.allclose(data[0].x[:, 0], 1000 * X[0][:, 0], rtol=1e-14)


def test_quantities():
    x = [quantity(X[0][:, 0], "g/L"), quantity(X[1][:, 0] * 1000, "mg/L")]
    t = [quantity(np.arange(4.0), "h"), quantity(60 * np.arange(3.0), "minute")]
    data = Trajectories(x, t, u=[quantity(u, "N") for u in U], state_names=["x"])
    assert data.units == {"x": "g/l", "u0": "N"}
    assert data.time_unit == "h"
    assert np.allclose(data[1].x[:, 0], X[1][:, 0], rtol=1e-14, equal_nan=True)
    assert np.allclose(data[1].t, [0, 1, 2], rtol=1e-14)


def test_quantities_in_a_declared_unit():
    data = Trajectories(
        [quantity(X[0], "g")], quantity(0.5, "h"), state_names=["x", "y"], units={"y": "mg"}, time_unit="minute"
    )
    assert data.units == {"x": "g", "y": "mg"}
    assert np.allclose(data[0].x, X[0] * [1, 1000], rtol=1e-14)
    assert np.allclose(data[0].t, [0, 30, 60, 90], rtol=1e-14)


@pytest.mark.parametrize(
    "x",
    [
        [[quantity(X[0][:, 0], "g"), quantity(X[0][:, 1], "mol")]],
        [(quantity(X[0][:, 0], "g"), quantity(np.ma.masked_invalid(X[0][:, 1]), "mol"))],
    ],
)
def test_one_quantity_per_state(x):
    data = Trajectories(x, 1.0, state_names=["x", "y"])
    assert data.units == {"x": "g", "y": "mol"}
    assert np.array_equal(data[0].x, X[0])


def test_further_forms_of_quantities():
    single = Trajectories(quantity(X[0], "g"), quantity(np.arange(4), "s"))
    assert np.array_equal(single[0].x, X[0])
    several = Trajectories(quantity(np.stack([X[0], X[0]]), "g"), 1.0)
    assert (len(several), several.units) == (2, {"x0": "g", "x1": "g"})
    numbers = Trajectories([[quantity(v, "g") for v in (1.0, 2.0, 3.0)]], [quantity(k, "s") for k in range(3)])
    assert numbers.x[0][:, 0].tolist() == [1, 2, 3]
    assert numbers.time_unit == "s"
    masked = np.ma.masked_equal([1, 2, 3, 4], 3)
    assert np.isnan(Trajectories([quantity(masked, "g")], 1.0)[0].x[2, 0])
    other = pint.UnitRegistry()
    foreign = Trajectories([other.Quantity(X[0], "g")], 1.0, units={"x0": "kg"})
    assert np.allclose(foreign[0].x, X[0] * [0.001, 1], rtol=1e-14)


def test_faulty_quantities():
    g = quantity(X[0], "g")
    for x, t, pattern in (
        ([g, X[1]], 1.0, "x, trajectory 1 has no unit"),
        ([g, quantity(X[1], "m")], 1.0, "x, trajectory 1, column 0: 'm'.*to 'g'"),
        ([g, quantity(X[1][:, 0], "g")], 1.0, "trajectory 1 has 1 columns, trajectory 0 has 2"),
        ([g, g], [quantity(np.arange(4.0), "s"), np.arange(4.0)], "times t of trajectory 1 have no unit"),
        ([g, g], [quantity(np.arange(4.0), "s"), quantity(np.arange(4.0), "m")], "times t of trajectory 1: 'm'"),
        ([[quantity(np.ones(3), "g"), quantity(np.ones(4), "g")]], 1.0, r"one column \(n,\) per state"),
        ([g], quantity(-1.0, "s"), "step between samples"),
    ):
        with pytest.raises((ValueError, TypeError), match=pattern):
            Trajectories(x, t)


def test_without_pint(monkeypatch):
    data = build()
    monkeypatch.setitem(sys.modules, "pint", None)
    free = build(units={"x": "individuals of hare"})
    assert free.units == {"x": "individuals of hare"}
    assert (free + free[:1]).in_units({"x": "individuals of hare"}).units == free.units
    assert np.array_equal(free.in_units({"y": "anything"})[0].x, X[0])
    with pytest.raises(ImportError, match=r"state 'x': converting 'g/L' to 'mg/L' needs pint: .*spreme\[units\]"):
        data.in_units({"x": "mg/L"})
    assert np.array_equal(Trajectories(X, 0.5)[0].x, X[0])
