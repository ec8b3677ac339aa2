"""Expressions: values are those of SymPy, texts read back, and nothing makes the parser fail, wait or fill memory."""

from __future__ import annotations

import sys
import tracemalloc
from typing import Any

import numpy as np
import sympy
from hypothesis import assume
from hypothesis import strategies as st
from reliability.fuzzing import fuzz, is_raised_by_spreme

from spreme.library.expressions import FUNCTIONS, Expression, Symbol
from spreme.library.parser import MAX_LENGTH, parse
from spreme.library.readers import evaluate, from_json, to_json, to_sympy, to_text

NAMES = ("x", "y")
# short binary fractions, so that constants are exact in both worlds
AT = {"x": 0.8125, "y": -2.625}
SYMBOLS = {name: sympy.Symbol(name) for name in NAMES}
# What a well-formed expression may be refused for.
REASONS = ("finite", "zero", "not a real number", "too large", "too deeply")

constants = st.sampled_from(["0", "1", "2", "3", "0.5", "1.25", ".75", "4e0", "1_0", "0x4"])
powers = st.sampled_from(["2", "3", "-1", "(-2)", "0.5", "(3/2)", "0", "1"])
leaves = st.one_of(st.sampled_from(NAMES), constants)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One operation around smaller texts; the brackets make the tree, the blanks mean nothing."""
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("{} {} {}".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("{}( {} )".format, st.sampled_from(FUNCTIONS), inner),
        st.builds("({})**{}".format, inner, powers),
        st.builds("-{}".format, inner),
    )


texts = st.recursive(leaves, _grown, max_leaves=10)


def parsed(text: str) -> Expression:
    """The expression; refusals must be for one of the reasons, and end the example."""
    try:
        return parse(text, NAMES)
    except ValueError as error:
        assert any(reason in str(error) for reason in REASONS), error
        assume(False)
        raise


def value_of(item: sympy.Expr, shift: float = 0.0) -> complex:
    """Value to 30 digits at `AT`, its arguments changed by a relative shift; NaN where there is none."""
    at = {SYMBOLS[name]: sympy.Rational(value) * (1 + sympy.Rational(shift)) for name, value in AT.items()}
    return complex(item.xreplace(at).evalf(30, maxn=200))


@fuzz(60, 3000, text=texts)
def test_values_are_those_of_sympy(text: str) -> None:
    """Rounding moves a value as a change of the arguments by 1e-13 would, or by 1e-9 of itself, whatever is more."""
    expression = parsed(text)
    reference = sympy.sympify(text.replace("abs", "Abs").replace("1_0", "10"), SYMBOLS, rational=True)
    try:
        wanted, moved = value_of(reference), value_of(reference, 1e-13)
    except TypeError:  # no number: zoo or nan
        assume(False)
    assume(np.isfinite(wanted) and np.isfinite(moved) and abs(wanted) < 1e100 and abs(wanted.imag) < 1e-20)
    with np.errstate(all="ignore"):
        found = float(evaluate(expression, {name: np.array([value]) for name, value in AT.items()})[0])
    assume(not np.isnan(found))  # real from complex intermediates, such as abs(log(-2)): NumPy's domain is narrower
    tolerance = 1e-9 * (1 + abs(wanted)) + 10 * abs(moved - wanted)
    assert abs(found - wanted.real) <= tolerance, (text, to_text(expression))
    assert abs(value_of(to_sympy(expression)) - wanted) <= tolerance


@fuzz(60, 3000, text=texts)
def test_texts_and_files_read_back(text: str) -> None:
    expression = parsed(text)
    printed = to_text(expression)
    assume(len(printed) <= MAX_LENGTH)
    assert parse(printed, NAMES) == expression
    assert from_json(to_json(expression), NAMES) == expression


# ---- what is no expression
pieces = st.sampled_from(
    [*"xy0123456789.+-*/()eE_ \t\n,=<>[]{}'\"\\#:;@!%^&|~jJµ\u200b\x00\ud800", "**", "sin(", "1e300"]
)


@st.composite
def near_misses(draw: st.DrawFn) -> str:
    """An expression with some characters changed."""
    text = list(draw(texts))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        text[at : at + draw(st.integers(0, 3))] = draw(st.lists(pieces, max_size=2))
    return "".join(text)


anything = st.one_of(
    near_misses(),
    st.lists(pieces, max_size=40).map("".join),
    st.text(),
    st.binary().map(lambda raw: raw.decode("latin-1")),
    st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")),
)


@fuzz(150, 20000, text=anything)
def test_anything_is_an_expression_or_a_value_error(text: str) -> None:
    try:
        expression = parse(text, NAMES)
    except ValueError as error:
        assert is_raised_by_spreme(error) and len(str(error)) < 600
    else:
        assert isinstance(to_text(expression), str)


# ---- what is too much
def work_and_memory(text: str) -> tuple[int, int]:
    """Python calls, and the largest number of bytes held, while a text is read and printed."""
    calls = 0

    def count(_: Any, event: str, __: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    tracemalloc.start()
    sys.setprofile(count)
    try:
        to_text(parse(text, NAMES))
    except ValueError:
        pass
    finally:
        sys.setprofile(None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return calls, peak


# Texts that grow by nesting, by length or by the powers in them: an opening, the middle, a closing.
nestings = st.sampled_from(
    [
        ("(", ")"), ("sin(", ")"), ("-", ""), ("x**", ""), ("(", ")**2"), ("(", ")**-3"), ("sqrt(x*", ")"),
        ("(x+", ")**2"), ("(x*y*", ")**2"), ("1/(1+", ")"), ("x*(y+", ")"), ("(x+y)*(", "+1)"), ("abs(y-", ")*x"),
        ("(x-(y+", "))**0.5"), ("exp(-x/", ")"), ("x+", ""), ("x*", ""), ("y/", ""), ("2*(x+", ")"), ("sqrt(", ")**3"),
    ]
)  # fmt: skip


@fuzz(60, 3000, layers=st.lists(st.tuples(nestings, st.integers(1, 400)), min_size=1, max_size=4), core=texts)
def test_work_and_memory_are_bounded(layers: list[tuple[tuple[str, str], int]], core: str) -> None:
    """A thousand characters cost no more than a few million calls and some megabytes, and nobody's stack."""
    text = core
    for (opening, closing), n in layers:
        text = opening * n + text + closing * n
    text = text if len(text) <= MAX_LENGTH or len(text) % 2 else text[:MAX_LENGTH]
    calls, peak = work_and_memory(text)
    assert calls < 3_000_000 and peak < 50 * 2**20, text


def test_an_expression_as_deep_as_a_file_may_hold_is_printed_and_compared() -> None:
    deep: Any = "x"
    for _ in range(55):
        deep = ["sin", ["+", deep, "y"]] if isinstance(deep, str) else ["sin", deep]
    expression = from_json(deep, NAMES)
    assert to_text(expression).count("sin") == 55 and expression != Symbol("x")
    assert hash(expression) == hash(from_json(deep, NAMES))
