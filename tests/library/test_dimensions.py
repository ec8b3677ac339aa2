"""Units of terms and coefficients, against dimensional analysis by hand and against a change of units."""

import sys

import numpy as np
import pytest

from spreme.library import CustomLibrary, FourierLibrary, PolynomialLibrary
from spreme.library.dimensions import coefficient_units, implied_constants, in_words

pint = pytest.importorskip("pint")

UNITS = {"x": "g/L", "y": "mg/L", "z": "dimensionless"}


def units_of(terms, units=UNITS, time_unit="day"):
    """Units of the coefficients in the equation of x."""
    table = CustomLibrary(terms).table(["x", "y", "z"])
    mask = np.zeros((3, len(terms)), bool)
    mask[0] = True
    return list(coefficient_units(table, mask, units, time_unit).values())


@pytest.mark.parametrize(
    ("term", "unit"),
    [
        ("1", "g/L/day"),
        ("x", "1/day"),
        ("x*y", "L/mg/day"),
        ("x**2/y", "(mg/L)/(g/L)/day"),
        ("sqrt(x)", "(g/L)**0.5/day"),
        ("x*z", "1/day"),
        ("abs(x)", "1/day"),
        ("sin(z)*x", "1/day"),
        ("x/(1 + z)", "1/day"),
        ("(x + 2*x**2/x)*y", "L/mg/day"),
        ("1/(x + x)", "(g/L)**2/day"),
        ("exp(x)", "g/L/day"),
        ("x/(1 + x)", "1/day"),
    ],
)
def test_against_analysis_by_hand(term, unit):
    registry = pint.get_application_registry()
    ratio = registry.Unit(units_of([term])[0]) / registry.Unit(unit)
    assert registry.Quantity(1.0, ratio).to("dimensionless").magnitude == pytest.approx(1.0, rel=1e-12)


def test_coefficients_scale_with_their_units():
    """The number of a coefficient changes with the units of the data as pint says of its unit."""
    registry = pint.get_application_registry()
    table = PolynomialLibrary(degree=3).table(["x", "y"])
    mask = np.ones((2, table.n_terms), bool)
    old, new = ({"x": "g/L", "y": "mol"}, "day"), ({"x": "mg/L", "y": "mmol"}, "h")
    before, after = (coefficient_units(table, mask, *own) for own in (old, new))
    for (s, k), unit in before.items():
        factor = 1000.0 / 24 / 1000.0 ** sum(table.monomials[k])  # d(1000 x)/d(24 t) over the term of 1000 x, 1000 y
        assert registry.Quantity(1.0, unit).to(after[s, k]).magnitude == pytest.approx(factor, rel=1e-12)


def test_unknown_units_stay_unknown():
    assert units_of(["x", "y"], {"x": "g"}) == ["1/d", None]
    assert units_of(["x", "exp(y)"], {"x": "g"}) == ["1/d", "g/d"]
    assert units_of(["x"], time_unit=None) == [None]
    assert units_of(["x", "z"], {"x": "spremeling", "z": "g"}) == [None, None]


def test_temperatures():
    registry = pint.get_application_registry()
    own = units_of(["x", "1"], {"x": "degC"}, "s")
    assert own[0] == "1/s"
    assert registry.Unit(own[1]).dimensionality == registry.Unit("kelvin/s").dimensionality


def reasons(terms, units=UNITS):
    return implied_constants(CustomLibrary(terms).table(["x", "y", "z"]), units)


def test_terms_of_any_units():
    assert reasons(["x", "x*y", "1/x", "sqrt(x*y)", "abs(x)", "x*sin(z)", "exp(x/x)", "x + 2*x", "1/(1 + z)"]) == {}
    table = PolynomialLibrary(degree=4).table(["x", "y", "z"])
    assert implied_constants(table, UNITS) == {}
    assert implied_constants(FourierLibrary(1).table(["angle"]), {"angle": "radian"}) == {}


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("exp(x)", "exp of x in g/l"),
        ("y*sin(x)", "sin of x in g/l"),
        ("log(x/y)", "log of x/y in"),
        ("x/(1 + x)", "adds x in g/l and a number"),
        ("1/(x + x*y)", "x in g/l and x*y in"),
        ("x/(x + y)", "x in g/l and y in mg/l"),
        ("exp(-z/(2 + x))", "adds x in g/l and a number"),
    ],
)
def test_implied_constants(term, words):
    (found,) = reasons([term]).values()
    assert words in found


def test_size_counts_as_well_as_dimension():
    assert reasons(["sin(x)"], {"x": "degree"})
    assert reasons(["1/(1 + x)"], {"x": "percent"})
    assert not reasons(["x/(x + y)"], {"x": "1/day", "y": "1/d"})


def test_what_is_not_known_is_not_blamed():
    assert reasons(["exp(x)", "1/(1 + x)"], {"y": "g"}) == {}
    assert reasons(["exp(x)"], {}) == {}


def test_sentence():
    assert in_words({}) == ""
    sentence = in_words(reasons(["exp(x)", "exp(y)", "sin(x)", "sin(y)", "x"]))
    assert "exp(x) (exp of x in g/l)" in sentence
    assert "and 1 more" in sentence


def test_without_pint(monkeypatch):
    monkeypatch.setitem(sys.modules, "pint", None)
    assert reasons(["exp(x)"]) == {}
    with pytest.raises(ImportError, match=r"finding the units of coefficients needs pint: .*spreme\[units\]"):
        units_of(["x"])


def test_inputs_have_units():
    table = PolynomialLibrary(degree=1).table(["x", "push"]).with_inputs(1)
    found = coefficient_units(table, np.ones((1, 3), bool), {"x": "m", "push": "N"}, "s")
    assert found[0, 2] == "m/N/s"
