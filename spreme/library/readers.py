"""Readers of an expression: text, NumPy values, SymPy, JSON. The fifth, the compiled program, is in `program`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spreme.library.expressions import (
    FUNCTIONS,
    NUMPY_FUNCTIONS,
    Call,
    Expression,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    add,
    call,
    factors_of,
    multiply,
    number,
    power,
    split_coefficient,
    split_power,
)

if TYPE_CHECKING:
    import sympy

#: Limits on expressions that come from a file.
MAX_DEPTH = 60
MAX_NODES = 5000


# ---- text
def to_text(item: Expression) -> str:
    """Write an expression as text that `parse` reads back into the same expression.

    Parameters
    ----------
    item : Expression
        Canonical expression.

    Returns
    -------
    str
        Its text.

    Examples
    --------
    >>> from spreme.library import parse
    >>> to_text(parse("y*x*x", ["x", "y"]))
    'x**2*y'
    """
    match item:
        case Number(value):
            return ("-" if value < 0 else "") + _number_text(abs(value))
        case Symbol(name):
            return name
        case Call(function, argument):
            return f"{function}({to_text(argument)})"
        case Sum(items):
            return _sum_text(items)
    coefficient, rest = split_coefficient(item)
    return product_text(coefficient, [split_power(factor) for factor in factors_of(rest)])


def product_text(coefficient: float, powers: Iterable[tuple[Expression, float]]) -> str:
    """Text of a constant times powers in the given order; negative exponents go below the fraction bar."""
    powers = list(powers)
    if coefficient == 1 and len(powers) == 1 and powers[0][1] == 1:
        return to_text(powers[0][0])
    above = [_power_text(base, exponent) for base, exponent in powers if exponent > 0]
    below = [_power_text(base, -exponent) for base, exponent in powers if exponent < 0]
    sign, size = ("-", -coefficient) if coefficient < 0 else ("", coefficient)
    divisor = _divisor(size)
    if divisor:
        below.insert(0, _number_text(divisor))
    elif size != 1:
        above.insert(0, _number_text(size))
    top = "*".join(above) or "1"
    if not below:
        return sign + top
    return f"{sign}{top}/{below[0]}" if len(below) == 1 else f"{sign}{top}/({'*'.join(below)})"


def _power_text(base: Expression, exponent: float) -> str:
    """Text of base**exponent, exponent positive."""
    if exponent == 0.5:
        return f"sqrt({to_text(base)})"
    bare = to_text(base) if isinstance(base, Symbol | Call) else f"({to_text(base)})"
    return bare if exponent == 1 else f"{bare}**{_number_text(exponent)}"


def _sum_text(items: Sequence[Expression]) -> str:
    """Text of a sum with its signs drawn out."""
    first, *others = (to_text(item) for item in items)
    return first + "".join(f" - {part[1:]}" if part[0] == "-" else f" + {part}" for part in others)


def _number_text(value: float) -> str:
    """Shortest text that reads back as the same double, integers without a point."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _divisor(size: float) -> float | None:
    """Return d if the constant is exactly the double 1/d with a small whole d > 1 (and no shorter decimal)."""
    if not 1e-3 < size < 1:
        return None
    divisor = float(round(1 / size))
    return divisor if divisor > 1 and 1 / divisor == size and len(repr(size)) > 8 else None


# ---- NumPy
def evaluate(item: Expression, columns: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Values of the expression; overflow gives inf, undefined gives nan (the caller holds the errstate)."""
    match item:
        case Number(value):
            return np.full(np.shape(next(iter(columns.values()))), value)
        case Symbol(name):
            return columns[name]
        case Call(function, argument):
            return np.asarray(NUMPY_FUNCTIONS[function](evaluate(argument, columns)))
        case Power(base, exponent):
            return _power_values(evaluate(base, columns), exponent)
        case Sum(items):
            parts = [part.value if isinstance(part, Number) else evaluate(part, columns) for part in items]
            total = parts[0] + parts[1]
            for part in parts[2:]:
                total = total + part
            return np.asarray(total)
        case Product(items):
            parts = [part.value if isinstance(part, Number) else evaluate(part, columns) for part in items]
            total = parts[0] * parts[1]
            for part in parts[2:]:
                total = total * part
            return np.asarray(total)


def _power_values(base: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """Powers by repeated squaring where the exponent is an integer, as in the compiled program."""
    if exponent == 0.5:
        return np.sqrt(base)
    if not exponent.is_integer():
        return np.asarray(np.power(base, exponent))
    remaining, square, result = int(abs(exponent)), base, np.ones_like(base)
    while remaining:
        if remaining & 1:
            result = result * square
        remaining >>= 1
        if remaining:
            square = square * square
    return 1.0 / result if exponent < 0 else result


# ---- SymPy
def to_sympy(item: Expression) -> sympy.Expr:
    """SymPy expression made by constructors only; a state named E or pi is a plain symbol."""
    import sympy

    match item:
        case Number(value):
            return sympy_number(value)
        case Symbol(name):
            return sympy.Symbol(name)
        case Call(function, argument):
            maker = sympy.Abs if function == "abs" else getattr(sympy, function)
            return maker(to_sympy(argument))
        case Power(base, exponent):
            return sympy.Pow(to_sympy(base), sympy_number(exponent))
        case Sum(items):
            return sympy.Add(*(to_sympy(part) for part in items))
        case Product(items):
            return sympy.Mul(*(to_sympy(part) for part in items))


def sympy_number(value: float) -> sympy.Expr:
    """Exact rational where the double is a short binary fraction (2, 1/2, 3/4), a float otherwise."""
    import sympy

    numerator, denominator = float(value).as_integer_ratio()
    if denominator <= 64 and abs(numerator) < 10**15:
        return sympy.Rational(numerator, denominator)
    return sympy.Float(value)


# ---- JSON
def to_json(item: Expression) -> Any:
    """Nested lists: 2.0, "x", ["+", ...], ["*", ...], ["**", base, exponent], ["sin", argument]."""
    match item:
        case Number(value):
            return value
        case Symbol(name):
            return name
        case Call(function, argument):
            return [function, to_json(argument)]
        case Power(base, exponent):
            return ["**", to_json(base), exponent]
        case Sum(items):
            return ["+", *(to_json(part) for part in items)]
        case Product(items):
            return ["*", *(to_json(part) for part in items)]


def from_json(node: Any, names: Sequence[str]) -> Expression:
    """Read what `to_json` wrote; every node is checked and nothing is executed."""
    budget = [MAX_NODES]
    return _from_json(node, frozenset(names), MAX_DEPTH, budget)


def _from_json(node: Any, names: frozenset[str], depth: int, budget: list[int]) -> Expression:
    """Read one node; `budget` counts the nodes left."""
    budget[0] -= 1
    if depth == 0 or budget[0] < 0:
        raise ValueError(f"damaged expression: nested deeper than {MAX_DEPTH} levels or larger than {MAX_NODES} nodes")
    if isinstance(node, str):
        if node not in names:
            raise ValueError(
                f"damaged expression: unknown symbol {_short(node)}, the states are {', '.join(sorted(names))}"
            )
        return Symbol(node)
    if is_number(node):
        return number(float(node))
    if not isinstance(node, list) or len(node) < 2 or not isinstance(node[0], str):
        raise ValueError(
            f"damaged expression: {_short(node)} is not a number, a state or an operation with its arguments"
        )
    return _operation_from_json(node[0], node[1:], names, depth, budget)


def _operation_from_json(
    operation: str, arguments: list[Any], names: frozenset[str], depth: int, budget: list[int]
) -> Expression:
    """Read an operation and its arguments."""
    if operation == "**" and len(arguments) == 2 and is_number(arguments[1]):
        return power(_from_json(arguments[0], names, depth - 1, budget), float(arguments[1]))
    if operation in FUNCTIONS and len(arguments) == 1:
        return call(operation, _from_json(arguments[0], names, depth - 1, budget))
    if operation in ("+", "*") and len(arguments) >= 2:
        items = [_from_json(argument, names, depth - 1, budget) for argument in arguments]
        return add(items) if operation == "+" else multiply(items)
    raise ValueError(
        f"damaged expression: unknown operation {_short(operation)} with {len(arguments)} arguments, "
        f"allowed are + * ** and {', '.join(FUNCTIONS)}"
    )


def is_number(node: Any) -> bool:
    """Whether a JSON value is a finite number (a boolean is none)."""
    if isinstance(node, int) and not isinstance(node, bool):
        return abs(node) < 10**300
    return isinstance(node, float) and math.isfinite(node)


def _short(node: Any) -> str:
    """Start of a value's text for a message; long lists are not written out."""
    if isinstance(node, list | dict):
        return f"a {type(node).__name__} of {len(node)} entries"
    text = repr(node)
    return text if len(text) <= 80 else text[:77] + "..."
