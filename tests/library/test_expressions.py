"""Canonical expressions: one tree per product, text and JSON that read back exactly."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from spreme.library.expressions import FUNCTIONS, Expression, Symbol, add, call, multiply, number, power
from spreme.library.parser import MAX_LENGTH, parse
from spreme.library.readers import from_json, to_json, to_text

NAMES = ["x", "y", "I", "\N{GREEK SMALL LETTER ALPHA}"]

numbers = st.one_of(st.integers(-9, 9).map(float), st.floats(-1e6, 1e6), st.sampled_from([1 / 3, 0.5, -2 / 3, 1e20]))
exponents = st.one_of(st.integers(-4, 4).map(float), st.sampled_from([0.5, -0.5, 1.5, -2.5, 0.3]))
leaves = st.one_of(numbers.map(number), st.sampled_from(NAMES).map(Symbol))


@st.composite
def _grown(draw: st.DrawFn, children: st.SearchStrategy[Expression]) -> Expression:
    kind = draw(st.sampled_from(["add", "multiply", "power", "call"]))
    try:
        if kind == "power":
            return power(draw(children), draw(exponents))
        if kind == "call":
            return call(draw(st.sampled_from(FUNCTIONS)), draw(children))
        items = draw(st.lists(children, min_size=2, max_size=4))
        return add(items) if kind == "add" else multiply(items)
    except ValueError:  # a constant that is not finite, or an exponent that is too large
        assume(False)
        raise


expressions = st.recursive(leaves, _grown, max_leaves=12)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(expressions)
def test_text_reads_back(expression: Expression) -> None:
    text = to_text(expression)
    assume(len(text) <= MAX_LENGTH)
    assert parse(text, NAMES) == expression


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(expressions)
def test_json_reads_back(expression: Expression) -> None:
    assert from_json(json.loads(json.dumps(to_json(expression))), NAMES) == expression


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x*y", "y*x"),
        ("x*x", "x**2"),
        ("x/x*y", "y"),
        ("(x*y)**2", "y**2*x**2"),
        ("x + y", "y + x"),
        ("x + x", "2*x"),
        ("x - (x + y)", "-y"),
        ("sqrt(x)*sqrt(x)", "x"),
        ("x**0.5", "sqrt(x)"),
        ("1/(x*y)", "x**-1/y"),
        ("2**3*x", "8*x"),
        ("+x", "x"),
        ("--x", "x"),
        ("sqrt(x*y)*sqrt(x*y)", "y*x"),
        ("sin(x)*cos(x)", "cos(x)*sin(x)"),
        (" x ", "x"),
        ("(1/x)**-2", "x**2"),
        ("exp(0)*x", "x"),
    ],
)
def test_spellings_of_one_expression(one: str, other: str) -> None:
    assert parse(one, ["x", "y"]) == parse(other, ["x", "y"])


@pytest.mark.parametrize(
    "text", ["1/x", "x/3", "-x", "x*y", "1/(x*y)", "exp(-x)", "sqrt(x)", "x/(x + 1)", "x**2.5", "2*x", "x - y", "-x/y"]
)
def test_text_is_plain(text: str) -> None:
    assert to_text(parse(text, ["x", "y"])) == text


def test_even_roots_keep_their_sign() -> None:
    assert to_text(parse("sqrt(x**2)", ["x"])) == "sqrt(x**2)"


def test_expressions_pickle() -> None:
    expression = parse("x/(1 + exp(-y))", NAMES)
    assert pickle.loads(pickle.dumps(expression)) == expression


@pytest.mark.parametrize(
    "node",
    [
        "q",
        None,
        True,
        [],
        ["x"],
        ["os", "x"],
        ["sin", "x", "y"],
        ["**", "x", "y"],
        ["**", "x", 1e9],
        ["**", "x", float("nan")],
        ["+", "x", float("inf")],
        ["+", "x", {"y": 1}],
        ["*", "x", "__import__('os')"],
        [["sin"], "x"],
        10**400,
        ["**", 0.0, -1],
    ],
)
def test_damaged_json_is_refused(node: object) -> None:
    with pytest.raises(ValueError, match=r"damaged|too large|zero|finite"):
        from_json(node, NAMES)


def test_deep_and_wide_json_is_refused() -> None:
    deep: object = "x"
    for _ in range(100_000):
        deep = ["sin", deep]
    with pytest.raises(ValueError, match="deeper"):
        from_json(deep, NAMES)
    with pytest.raises(ValueError, match="larger"):
        from_json(["+", *["x"] * 10_000], NAMES)
