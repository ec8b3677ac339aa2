"""Matrix, names, SymPy and compiled right-hand side read the same table."""

from __future__ import annotations

import functools
import json
import warnings

import numpy as np
import pytest
import sympy

from spreme.library import (
    CustomLibrary,
    FourierLibrary,
    Library,
    PolynomialLibrary,
    TermTable,
    evaluate_terms,
    parse,
    right_hand_side,
)
from spreme.library.readers import evaluate

STATES = ["x", "y", "z"]
FORMS = [
    "1/x",
    "x/(1 + x)",
    "x**2*y/(1 + x**2)",
    "exp(-x)",
    "exp(-(x - y)**2/2)",
    "sqrt(x)*log(y)",
    "1/(x*y**2)",
    "x**2.5/z",
    "x/3",
    "-0.1*y",
    "z - (x + y)",
    "2*(x + y)*x",
    "tanh(x*y) + cosh(z)/sinh(z)",
    "abs(x - y)",
    "tan(x/4)",
    "(x + y + z)**-3",
    "1/sqrt(x + 2*y)",
    "7",
]
LIBRARIES: dict[str, Library] = {
    "polynomial": PolynomialLibrary(degree=3),
    "polynomial degree 0": PolynomialLibrary(degree=0),
    "polynomial degree 7": PolynomialLibrary(degree=7, include_bias=False),
    "interactions": PolynomialLibrary(degree=3, interaction_only=True),
    "fourier": FourierLibrary(n_frequencies=3),
    "cosines": FourierLibrary(n_frequencies=2, include_sin=False),
    "custom": CustomLibrary(FORMS),
    "sum": PolynomialLibrary(degree=2) + FourierLibrary() + CustomLibrary(["x*y", "x*sin(x)"]),
    "product": PolynomialLibrary(degree=2) * FourierLibrary(n_frequencies=2),
    "rational": PolynomialLibrary(degree=2) * CustomLibrary(["1/x", "1/(1 + y)", "sqrt(x)", "1"]),
    "square": (FourierLibrary() + CustomLibrary(["x"])) * (FourierLibrary() + CustomLibrary(["x"])),
}
# All four readers take a handful of operations per term, at most about 20 roundings of 1e-16; cancellation in sums and
# arguments of functions up to 30 costs another factor 100.
assert_close = functools.partial(np.testing.assert_allclose, rtol=1e-12, atol=1e-13)


@pytest.fixture(params=LIBRARIES, name="table")
def _table(request: pytest.FixtureRequest) -> TermTable:
    return LIBRARIES[request.param].table(STATES)


@pytest.fixture(name="x")
def _x() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.2, 2.5, (37, 3))


def test_sympy_agrees_with_matrix(table: TermTable, x: np.ndarray) -> None:
    function = sympy.lambdify(sympy.symbols(STATES), table.sympy(), "numpy")
    wanted = np.column_stack([np.broadcast_to(column, len(x)) for column in function(*x.T)])
    assert_close(table.evaluate(x), wanted)


def test_names_agree_with_matrix(table: TermTable, x: np.ndarray) -> None:
    columns = dict(zip(STATES, x.T, strict=True))
    for k, name in enumerate(table.names):
        assert_close(table.evaluate(x)[:, k], evaluate(parse(name, STATES), columns))
        assert table.index(name) == k


def test_compiled_terms_agree_with_matrix(table: TermTable, x: np.ndarray) -> None:
    program = table.program()
    stack, out = np.empty(program.depth), np.empty(table.n_terms)
    for row, wanted in zip(x, table.evaluate(x), strict=True):
        evaluate_terms(row, program.powers, program.start, program.code, program.arg, stack, out)
        assert_close(out, wanted)


def test_compiled_right_hand_side_agrees_with_matrix(table: TermTable, x: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    coef = rng.standard_normal((3, table.n_terms)) * (rng.random((3, table.n_terms)) < 0.5)
    state_index, term_index = map(np.ascontiguousarray, np.nonzero(coef))
    program = table.program()
    stack, theta, out = np.empty(program.depth), np.empty(table.n_terms), np.empty(3)
    for row, wanted in zip(x, table.evaluate(x) @ coef.T, strict=True):
        right_hand_side(row, coef[state_index, term_index], state_index, term_index, *program[:4], stack, theta, out)
        scale = np.abs(coef) @ np.abs(theta)  # cancellation is judged by the size of what is added
        assert_close(out / np.maximum(scale, 1e-300), wanted / np.maximum(scale, 1e-300), atol=1e-12)


def test_singular_points_agree_and_do_not_warn(table: TermTable) -> None:
    x = np.array([[0.0, 1.0, 1.0], [-1.0, 0.0, 2.0], [1e200, -1e200, 1.0], [800.0, 1.0, -800.0], [np.nan, 1.0, 1.0]])
    program = table.program()
    stack, out = np.empty(program.depth), np.empty(table.n_terms)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theta = table.evaluate(x)
    # beyond the largest double the order of operations decides between inf and nan, so only ordinary zeros are compared
    for row, wanted in zip(x[:2], theta[:2], strict=True):
        evaluate_terms(row, *program[:4], stack, out)
        assert_close(out, wanted)


def test_json_round_trip(table: TermTable, x: np.ndarray) -> None:
    again = TermTable.from_dict(json.loads(json.dumps(table.to_dict())))
    assert again == table
    assert again.names == table.names
    np.testing.assert_array_equal(again.evaluate(x), table.evaluate(x))


def test_subset_keeps_columns(table: TermTable, x: np.ndarray) -> None:
    indices = np.arange(table.n_terms)[::-2]
    subset = table.subset(indices)
    assert subset.names == tuple(table.names[k] for k in indices)
    assert_close(subset.evaluate(x), table.evaluate(x)[:, indices], rtol=1e-14)


def test_blocks_do_not_matter(table: TermTable) -> None:
    x = np.random.default_rng(2).uniform(0.2, 2.5, (10_000, 3))
    out = np.full((len(x), table.n_terms), np.nan)
    assert table.evaluate(x, out) is out
    assert table.evaluate(x).flags.c_contiguous
    assert_close(out[::997], table.evaluate(x[::997]), rtol=1e-14)
    assert table.evaluate(x[:0]).shape == (0, table.n_terms)


ALPHA = "\N{GREEK SMALL LETTER ALPHA}"
NAMES = [("I", "E"), ("S", "N"), ("Q", "O"), ("beta", "gamma"), ("pi", "zeta"), (ALPHA, "Größe"), ("ñ1", "水")]


@pytest.mark.parametrize("names", NAMES)
def test_any_identifier_is_a_plain_symbol(names: tuple[str, str]) -> None:
    a, b = names
    library = PolynomialLibrary(degree=2) + FourierLibrary() + CustomLibrary([f"{a}/(1 + {b})", f"1/{b}", f"exp(-{a})"])
    table = library.table(names)
    terms = table.sympy()
    assert set().union(*(term.free_symbols for term in terms)) == {sympy.Symbol(a), sympy.Symbol(b)}
    assert [table.index(name) for name in table.names] == list(range(table.n_terms))
    assert TermTable.from_dict(json.loads(json.dumps(table.to_dict()))) == table
    x = np.random.default_rng(3).uniform(0.5, 1.5, (5, 2))
    for column, term in zip(table.evaluate(x).T, terms, strict=True):
        function = sympy.lambdify([sympy.Symbol(a), sympy.Symbol(b)], term, "numpy")
        assert_close(column, np.broadcast_to(function(*x.T), 5))
