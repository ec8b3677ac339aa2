"""SymPy, text, LaTeX, callables and tables of a law agree with its coefficients."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Hashable
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy.integrate import solve_ivp

from spreme.library import CustomLibrary, parse
from spreme.library.readers import to_sympy as expression_to_sympy
from spreme.results import Law
from spreme.simulate import predict
from spreme.symbolic import coefficient_names, equations, to_callable, to_frame, to_latex, to_sympy

TERMS = ["1", "x", "x*y", "y**2", "x/(1 + y**2)", "1/x", "sin(y)", "x + y"]


def make_law(coef: Any, names: tuple[str, ...] = ("x", "y"), terms: list[str] = TERMS, **options: Any) -> Law:
    """Law with the coefficients (E, S, K)."""
    coef = np.asarray(coef, dtype=float)
    env: tuple[Hashable, ...] = options.get("env", tuple("ABC"[: len(coef)]))
    mask = (coef != 0).any(axis=0)
    std = np.where(mask, 0.1, np.nan)[None] + np.zeros_like(coef)
    return Law(CustomLibrary(terms).table(names), mask, coef, std, env, np.zeros(coef.shape[:2]))


def random_law(seed: int = 0) -> Law:
    rng = np.random.default_rng(seed)
    mask = rng.random((2, len(TERMS))) < 0.6
    return make_law(rng.standard_normal((2, 2, len(TERMS))) * mask * 10.0 ** rng.integers(-7, 7, (2, 2, len(TERMS))))


def partly_observed() -> Law:
    """In B the term x*y of the equation of x was not observed."""
    coef = np.zeros((2, 2, len(TERMS)))
    coef[:, 0, 1], coef[:, 0, 2], coef[:, 1, 1] = 2.0, -0.7061, 1.0
    coef[1, 0, 2] = np.nan
    return make_law(coef)


@pytest.mark.parametrize("seed", range(5))
def test_sympy_and_text_are_the_law(seed: int) -> None:
    law = random_law(seed)
    x, y = sympy.symbols("x y")
    point = np.array([[1.3, -0.4]])
    for env in "AB":
        wanted = predict(law, point, env=env)[0]
        expressions = to_sympy(law, env)
        assert list(expressions) == ["x", "y"]
        values = [float(e.subs({x: 1.3, y: -0.4})) for e in expressions.values()]
        np.testing.assert_allclose(values, wanted, rtol=1e-12)
        texts = [expression_to_sympy(parse(text, ["x", "y"])) for text in equations(law, env, precision=12)]
        np.testing.assert_allclose([float(e.subs({x: 1.3, y: -0.4})) for e in texts], wanted, rtol=1e-9)


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False).filter(lambda v: v != 0))
def test_coefficients_keep_all_their_digits(value: float) -> None:
    law = make_law([[[value]]], ("x",), ["x**2"])
    assert float(to_sympy(law, "A")["x"].coeff(sympy.Symbol("x") ** 2)) == value


def test_symbols_are_the_same_in_every_environment() -> None:
    law = partly_observed()
    assert to_sympy(law) == {
        "x": sympy.Symbol("c_x_1") * sympy.Symbol("x") + sympy.Symbol("c_x_2") * sympy.Symbol("x") * sympy.Symbol("y"),
        "y": sympy.Symbol("c_y_1") * sympy.Symbol("x"),
    }
    known = to_sympy(law, "B")["x"]
    assert known.free_symbols == set(sympy.symbols("x y c_x_2"))
    assert equations(law, "B") == ["2.000*x + c_x_2*x*y", "1.000*x"]
    assert equations(law) == ["c_x_1*x + c_x_2*x*y", "c_y_1*x"]


def test_symbols_never_are_states() -> None:
    names = ("x", "c_x_1", "coef_x_1")
    law = make_law(np.ones((1, 3, 3)), names, list(names))
    symbols = coefficient_names(law).values()
    assert len(set(symbols)) == 9
    assert not set(symbols) & set(names)
    # c_a_1_1 may only be the first coefficient of a_1.
    law = make_law(np.ones((1, 2, 2)), ("a", "a_1"), ["a", "a_1"])
    assert list(coefficient_names(law).values()) == ["c_a_1", "c_a_2", "c_a_1_1", "c_a_1_2"]


def test_names_of_sympy_are_plain_symbols() -> None:
    law = make_law([[[1.5, 0.0], [0.0, 2.0]]], ("E", "pi"), ["E", "pi"])
    assert to_sympy(law, "A") == {"E": 1.5 * sympy.Symbol("E"), "pi": 2.0 * sympy.Symbol("pi")}


@pytest.mark.parametrize(
    ("value", "precision", "text"),
    [
        (0.5, 3, "0.500*x"),
        (-9.9938, 3, "-9.994*x"),
        (27.98, 1, "28.0*x"),
        (0.0123456, 3, "0.0123*x"),
        (0.9999, 3, "1.000*x"),
        (2.6, 0, "3*x"),
        (0.026, 0, "0.03*x"),
        (1.25e-7, 2, "1.25e-07*x"),
        (123456.7, 3, "1.235e+05*x"),
        (1 / 3, 17, "0.33333333333333331*x"),
    ],
)
def test_numbers(value: float, precision: int, text: str) -> None:
    assert equations(make_law([[[value]]], ("x",), ["x"]), "A", precision) == [text]


def test_terms_in_text() -> None:
    coef = [[[1.0, -2.0, 0.0, 0.0, 3.0, 4.0, 0.0, -5.0], [0.0] * 8]]
    assert equations(make_law(coef), "A", 1) == ["1.0 - 2.0*x + 3.0*x/(y**2 + 1) + 4.0/x - 5.0*(x + y)", "0"]


@pytest.mark.parametrize("precision", [-2, 2.5, "3", None, True, 18])
def test_precision_is_checked(precision: Any) -> None:
    for call in (equations, to_latex):
        with pytest.raises(ValueError, match="precision") as refusal:
            call(random_law(), "A", precision=precision)
        assert repr(precision) in str(refusal.value)


@pytest.mark.parametrize("call", [to_sympy, equations, to_latex, to_callable])
def test_unknown_environment(call: Any) -> None:
    with pytest.raises(ValueError, match=r"'Z'.*'A'"):
        call(random_law(), "Z")


def test_latex() -> None:
    assert to_latex(partly_observed()).splitlines() == [
        r"\begin{aligned}",
        r"\dot{x} &= c_{x,1} x + c_{x,2} x y \\",
        r"\dot{y} &= c_{y,1} x",
        r"\end{aligned}",
    ]
    assert r"\dot{x} &= 2.000 x - 0.706 x y \\" in to_latex(partly_observed(), "A")
    coef = [[[1e-6, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, -5.0], [0.0] * 8]]
    lines = to_latex(make_law(coef, ("x", "y_1"), [t.replace("y", "y_1") for t in TERMS]), "A").splitlines()
    assert lines[1].startswith(r"\dot{x} &= 1.000 \cdot 10^{-6} + 3.000 \frac{x}{")
    assert lines[1].endswith(r"- 5.000 \left(x + y_{1}\right) \\")
    assert lines[2] == r"\dot{y_{1}} &= 0"


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_callables(backend: str) -> None:
    law = random_law(1)
    function = to_callable(law, "B", backend)
    x = np.array([1.3, -0.4])
    np.testing.assert_allclose(function(0.0, x), predict(law, [x], "B")[0], rtol=1e-13)
    lotka = make_law([[[0, 0.5, -0.7, 0, 0, 0, 0, 0], [0, 0, 0.5, -0.1, 0, 0, 0, 0]]])
    solution = solve_ivp(to_callable(lotka, backend=backend), (0, 3), [1.0, 2.0], rtol=1e-8)
    assert solution.success


def test_numpy_callable_takes_columns_and_can_be_pickled() -> None:
    law = random_law(2)
    x = np.random.default_rng(0).random((2, 5)) + 0.1
    function = to_callable(law, "A")
    np.testing.assert_array_equal(function(0.0, x), predict(law, x.T, "A").T)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(function))(0.0, x), function(0.0, x))
    with pytest.raises(ValueError, match=r"\(2,\) or \(2, n\), got \(3,\)"):
        function(0.0, np.ones(3))


def test_numba_callable_inside_compiled_code() -> None:
    slope = to_callable(make_law([[[-1.0]]], ("x",), ["x"]), backend="numba")

    @njit
    def euler(x: Any, n: int) -> Any:
        for i in range(n):
            x = x + slope(i / n, x) / n
        return x

    assert euler(np.array([1.0]), 10)[0] == pytest.approx(0.9**10)


def test_callables_where_a_term_was_not_observed() -> None:
    law = partly_observed()
    compiled, plain = to_callable(law, "B", "numba"), to_callable(law, "B")
    np.testing.assert_array_equal(compiled(0.0, np.array([3.0, 0.0])), [6.0, 3.0])
    np.testing.assert_array_equal(plain(0.0, np.array([3.0, 0.0])), [6.0, 3.0])
    np.testing.assert_array_equal(compiled(0.0, np.array([3.0, 1.0])), [np.nan, 3.0])
    with pytest.raises(ValueError, match=r"'x\*y'.*'B'.*the state x makes it 3"):
        plain(0.0, np.array([3.0, 1.0]))


def test_unknown_backend() -> None:
    with pytest.raises(ValueError, match=r"'fortran'.*'numpy', 'numba'"):
        to_callable(random_law(), "A", backend="fortran")


def test_frame() -> None:
    law = make_law(
        [[[1.0, 0, 2.0, 0, 0, 0, 0, 0], [0] * 8], [[3.0, 0, np.nan, 0, 0, 0, 0, 0], [0] * 8]], env=(("a", 1), 2)
    )
    frame = to_frame(law)
    assert list(frame.columns) == ["env", "state", "term", "value", "std"]
    assert frame["env"].tolist() == [("a", 1), ("a", 1), 2, 2]
    assert frame["term"].tolist() == ["1", "x*y"] * 2
    np.testing.assert_array_equal(frame["value"], [1.0, 2.0, 3.0, np.nan])


def test_frame_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"spreme\[frames\]"):
        to_frame(random_law())
