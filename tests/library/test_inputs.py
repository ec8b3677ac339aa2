"""Tables in states and inputs: the same terms as over states alone, but no equations for inputs."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sympy

from spreme.library import CustomLibrary, FourierLibrary, PolynomialLibrary, TermTable, resolve

LIBRARY = PolynomialLibrary(degree=2) + FourierLibrary() * CustomLibrary(["u", "x/(1 + u**2)"])
PLAIN = LIBRARY.table(["x", "y", "u"])
TABLE = PLAIN.with_inputs(1)


def test_the_last_columns_are_inputs() -> None:
    assert (TABLE.state_names, TABLE.input_names, TABLE.column_names) == (("x", "y"), ("u",), ("x", "y", "u"))
    assert PLAIN.with_inputs(0) == PLAIN and TABLE != PLAIN and TABLE.with_inputs(0) == PLAIN
    assert TABLE.subset([2, 3]).input_names == ("u",)


def test_all_readers_agree_with_those_of_the_plain_table() -> None:
    x = np.random.default_rng(0).uniform(0.5, 2.0, (7, 3))
    assert TABLE.names == PLAIN.names and TABLE.sympy() == PLAIN.sympy()
    np.testing.assert_array_equal(TABLE.evaluate(x), PLAIN.evaluate(x))
    np.testing.assert_array_equal(TABLE.powers, PLAIN.powers)
    assert [TABLE.index(name) for name in TABLE.names] == list(range(TABLE.n_terms))
    for mine, theirs in zip(TABLE.program(), PLAIN.program(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    columns = sympy.symbols("x y u")
    values = [float(term.subs(dict(zip(columns, x[0], strict=True)))) for term in TABLE.sympy()]
    np.testing.assert_allclose(values, TABLE.evaluate(x)[0], rtol=1e-12)


def test_restrictions_know_inputs_as_factors_not_as_equations() -> None:
    allowed, required = resolve(TABLE, allowed={"x": ["u", "x*u"]}, required={"y": ["u"]}, excluded={"y": ["u**2"]})
    assert allowed.shape == required.shape == (2, TABLE.n_terms)
    assert [TABLE.names[k] for k in np.flatnonzero(allowed[0])] == ["u", "x*u"]
    assert required[1, TABLE.index("u")] and not allowed[1, TABLE.index("u**2")]
    with pytest.raises(ValueError, match="unknown state 'u': the states are x, y"):
        resolve(TABLE, allowed={"u": ["x"]}, required=None, excluded=None)


def test_tables_are_written_and_read() -> None:
    assert TermTable.from_dict(json.loads(json.dumps(TABLE.to_dict()))) == TABLE
    assert "input_names" not in PLAIN.to_dict()
    for damage in ({"input_names": "u"}, {"input_names": ["x"]}, {"input_names": ["sin"]}, {"state_names": []}):
        with pytest.raises(ValueError, match="damaged term table"):
            TermTable.from_dict({**TABLE.to_dict(), **damage})


@pytest.mark.parametrize("n_inputs", [3, -1])
def test_one_state_must_be_left(n_inputs: int) -> None:
    with pytest.raises(ValueError, match="n_inputs must be from 0 to 2"):
        PLAIN.with_inputs(n_inputs)
