"""The parser refuses all that is no expression, names the piece and executes nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from spreme.library import CustomLibrary
from spreme.library.parser import parse
from spreme.library.readers import to_text

ALLOWED = r"allowed are numbers, the states"
CODE = [
    "__import__('os').system('touch {0}')",
    "x + __import__('os').system('touch {0}')",
    "open('{0}', 'w')",
    "exec(\"open('{0}', 'w')\")",
    "(lambda: open('{0}', 'w'))()",
    "x.__class__.__base__.__subclasses__()",
    "[c for c in (1,)]",
    "x if x else y",
    "x; y",
    "getattr(x, 'evalf')()",
    "f'{x}'",
    "sympy.sympify('1')",
    "x[0]",
    "'x'",
    "sin(open('{0}', 'w'))",
    "x**open('{0}', 'w')",
    "(x := 3)",
    "lambda: x",
    "await x",
    "import os",
    "{x}",
    "(x, y)",
    "not x",
    "~x",
    "x < y",
    "x // y",
    "x % y",
    "x @ y",
    "x and y",
    "True",
    "None",
    "1j",
    "...",
    "x # y",
    "\x00x",
    "x\\",
    "1if x else y",
    "b'x'",
]


@pytest.mark.parametrize("text", CODE)
def test_code_is_refused_and_not_executed(text: str, tmp_path: Path) -> None:
    sentinel = tmp_path / "executed"
    with pytest.raises(ValueError, match=ALLOWED):
        parse(text.replace("{0}", str(sentinel)), ["x", "y"])
    assert not sentinel.exists()


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("9**9**9**9*x", r"exponent 3\.87\d*e\+08 is too large"),
        ("x**(10**9)", r"exponent 1e\+09 is too large"),
        ("x**101", "exponent 101 is too large"),
        ("x**60*x**60", "exponent 120 is too large"),
        ("(9**99)**50*x", "too large"),
        ("1e999*x", "too large"),
        ("9" * 400, "too large"),
        ("1e200*1e200*x", "not a finite number"),
        ("q*x", r"unknown symbol 'q': the states are x, y"),
        ("frobnicate(x)", r"unknown function 'frobnicate' in 'frobnicate\(x\)'"),
        ("x(y)", r"unknown function 'x'.*x\*\(\.\.\.\)"),
        ("sin", r"'sin' lacks its argument"),
        ("sin(x, y)", "exactly one argument"),
        ("sin(x=1)", "exactly one argument"),
        ("sin(*x)", "exactly one argument"),
        ("x +", r"'x \+'.*syntax error"),
        ("x y", r"write '\*' between factors"),
        ("2x", r"write '\*' between factors"),
        ("x^2", r"'\^' is not a power.*write '\*\*'"),
        ("x**y", r"exponent in 'x \*\* y' is not a constant"),
        ("1/0*x", "division by zero"),
        ("x/(1 - 1)", "division by zero"),
        ("log(-1)*x", r"log\(-1\) is not a finite number"),
        ("(-8)**0.5*x", "not a real number"),
        ("", "empty expression"),
        ("  ", "empty expression"),
        ("0*x", "0 everywhere"),
        ("x - x", "0 everywhere"),
        ("x.real", r"'x\.real' is not allowed"),
    ],
)
def test_refusals_name_the_piece(text: str, piece: str) -> None:
    with pytest.raises(ValueError, match=f"(?s){piece}"):
        CustomLibrary([text]).table(["x", "y"])


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "x" + ")" * 5000,
        "x+" * 500_000 + "x",
        "(" * 480 + "x" + ")" * 480,
        "sin(" * 150 + "x" + ")" * 150,
        "-" * 999 + "x",
        "x**" * 300 + "x",
        "9" * 1_000_000,
    ],
    ids=["brackets", "megabyte", "brackets in bounds", "calls", "signs", "powers", "digits"],
)
def test_monsters_are_refused_fast(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"too long|too deeply|nested|syntax error|exponent") as refusal:
        parse(text, ["x"])
    assert len(str(refusal.value)) < 500
    # milliseconds in fact; the bound only has to tell refusal from evaluation
    assert time.perf_counter() - start < 2


def test_long_sums_and_products_are_read() -> None:
    assert to_text(parse("+".join(["x"] * 400), ["x"])) == "400*x"
    assert to_text(parse("*".join(["x"] * 100), ["x"])) == "x**100"


def test_not_a_string() -> None:
    with pytest.raises(TypeError, match=r"string \(str\), got 3.0"):
        parse(3.0, ["x"])  # type: ignore[arg-type]


def test_compatible_spellings_of_a_name_are_one() -> None:
    # Python's grammar reads identifiers in normal form (NFKC), where the micro sign is the Greek letter
    assert parse("\N{MICRO SIGN}*x", ["\N{MICRO SIGN}", "x"]) == parse("x*\N{GREEK SMALL LETTER MU}", ["µ", "x"])
