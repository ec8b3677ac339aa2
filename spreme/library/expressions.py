"""Expressions in the states: small immutable trees in one canonical form.

    expression = number | symbol | sum | product | power (constant exponent) | function call

Trees are made by `add`, `multiply`, `power` and `call` only; these flatten, collect equal parts and sort, so that two
spellings of the same product (``x*y`` and ``y*x``, ``x*x`` and ``x**2``) are the same tree. SymPy's own rules are used
where a domain is at stake: powers of one base are collected (``x/x`` is 1), nested powers only under an integer outer
exponent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

import numpy as np

#: Functions of the expression language; the position is the operation code of the compiled program, so append only.
FUNCTIONS = ("sin", "cos", "tan", "exp", "log", "sqrt", "tanh", "sinh", "cosh", "abs")
#: Names that no state may have.
RESERVED_NAMES = FUNCTIONS
#: Largest exponent: degree 20 squared four times over stays below; far above it every double overflows.
MAX_EXPONENT = 100

NUMPY_FUNCTIONS: dict[str, np.ufunc] = {name: getattr(np, name) for name in FUNCTIONS}


@dataclass(frozen=True)
class Number:
    """A finite constant."""

    value: float


@dataclass(frozen=True)
class Symbol:
    """A state, by name."""

    name: str


@dataclass(frozen=True)
class Sum:
    """A sum of two or more different items, constant last."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Product:
    """A product of two or more factors of different bases, constant first."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Power:
    """A base to a constant exponent other than 0 and 1."""

    base: Expression
    exponent: float


@dataclass(frozen=True)
class Call:
    """A function of one argument; square roots are powers."""

    function: str
    argument: Expression


Expression: TypeAlias = Number | Symbol | Sum | Product | Power | Call

ZERO = Number(0.0)
ONE = Number(1.0)


def number(value: float) -> Number:
    """Make a constant; refuse what is not finite."""
    if not math.isfinite(value):
        raise ValueError(f"the constant {value!r} is not a finite number: constants must be finite and not too large")
    return Number(float(value) + 0.0)  # -0.0 + 0.0 is 0.0: one zero only


def add(items: Iterable[Expression]) -> Expression:
    """Add expressions: nested sums and their multiples are opened, multiples of the same item collected."""
    multiples: dict[Expression, float] = {}
    for item in items:
        outer, inside = split_coefficient(item)
        for part in inside.items if isinstance(inside, Sum) else (inside,):
            coefficient, rest = split_coefficient(part)
            multiples[rest] = multiples.get(rest, 0.0) + outer * coefficient
    constant = multiples.pop(ONE, 0.0)
    rests = sorted((rest for rest, coefficient in multiples.items() if coefficient != 0), key=_order)
    collected = [multiply([number(multiples[rest]), rest]) for rest in rests]
    if constant != 0 or not collected:
        collected.append(number(constant))
    return collected[0] if len(collected) == 1 else Sum(tuple(collected))


def multiply(items: Iterable[Expression]) -> Expression:
    """Multiply expressions: nested products are flattened, constants and powers of the same base collected."""
    constant = 1.0
    exponents: dict[Expression, float] = {}
    for item in chain.from_iterable(factors_of(factor) for factor in items):
        if isinstance(item, Number):
            constant *= item.value
        else:
            base, exponent = split_power(item)
            exponents[base] = exponents.get(base, 0.0) + exponent
    if constant == 0:
        return ZERO
    splits = [split for split in exponents.items() if split[1] != 0]
    parts = [power(base, exponent) for base, exponent in splits]
    if any(isinstance(part, Product) or split_power(part) != split for part, split in zip(parts, splits, strict=True)):
        return multiply([number(constant), *parts])  # collecting gave a new product or power, e.g. sqrt(x*y)**2
    parts.sort(key=_factor_order)
    if constant != 1 or not parts:
        parts.insert(0, number(constant))
    return parts[0] if len(parts) == 1 else Product(tuple(parts))


def power(base: Expression, exponent: float) -> Expression:
    """Raise to a constant exponent."""
    if not abs(exponent) <= MAX_EXPONENT:
        raise ValueError(
            f"the exponent {exponent:.6g} is too large: exponents lie between -{MAX_EXPONENT} and {MAX_EXPONENT}"
        )
    exponent = float(exponent)
    if exponent == 0:
        return ONE
    if exponent == 1:
        return base
    if isinstance(base, Number):
        return number(_number_power(base.value, exponent))
    if exponent.is_integer() and isinstance(base, Power):
        return power(base.base, base.exponent * exponent)
    if exponent.is_integer() and isinstance(base, Product):
        return multiply([power(item, exponent) for item in base.items])
    return Power(base, exponent)


def call(function: str, argument: Expression) -> Expression:
    """Apply a function of `FUNCTIONS`; functions of constants are constants."""
    if function == "sqrt":
        return power(argument, 0.5)
    if isinstance(argument, Number):
        with np.errstate(all="ignore"):
            value = float(NUMPY_FUNCTIONS[function](argument.value))
        if not math.isfinite(value):
            raise ValueError(f"{function}({argument.value:.6g}) is not a finite number: constants must be finite")
        return number(value)
    return Call(function, argument)


def split_coefficient(item: Expression) -> tuple[float, Expression]:
    """Split into constant factor and rest."""
    if isinstance(item, Number):
        return item.value, ONE
    if isinstance(item, Product) and isinstance(item.items[0], Number):
        rest = item.items[1:]
        return item.items[0].value, rest[0] if len(rest) == 1 else Product(rest)
    return 1.0, item


def split_power(item: Expression) -> tuple[Expression, float]:
    """Split into base and exponent."""
    return (item.base, item.exponent) if isinstance(item, Power) else (item, 1.0)


def factors_of(item: Expression) -> tuple[Expression, ...]:
    """Return the factors of a product, or the expression itself as the only one."""
    return item.items if isinstance(item, Product) else (item,)


def symbols_of(item: Expression) -> set[str]:
    """Names of all states in the expression."""
    match item:
        case Symbol(name):
            return {name}
        case Sum(items) | Product(items):
            return set().union(*(symbols_of(part) for part in items))
        case Power(base, _):
            return symbols_of(base)
        case Call(_, argument):
            return symbols_of(argument)
    return set()


def _number_power(base: float, exponent: float) -> float:
    """Constant to a constant, refusing what has no finite real value."""
    if base == 0 and exponent < 0:
        raise ValueError("division by zero: a constant in a denominator must not be 0")
    if base < 0 and not exponent.is_integer():
        raise ValueError(f"{base:.6g} to the power {exponent:.6g} is not a real number: constants must be real")
    with np.errstate(all="ignore"):
        value = 1.0 / base if exponent == -1 else float(np.power(base, exponent))
    if not math.isfinite(value):
        raise ValueError(f"{base:.6g} to the power {exponent:.6g} is too large: constants must be finite")
    return value


def _factor_order(factor: Expression) -> tuple[Any, ...]:
    """Sort key in products: by base first, so that x**2*y is not y*x**2."""
    base, exponent = split_power(factor)
    return (_order(base), exponent)


def _order(item: Expression) -> tuple[Any, ...]:
    """Sort key: constants, states, powers, functions, products, sums."""
    match item:
        case Number(value):
            return (0, "", (), value)
        case Symbol(name):
            return (1, name, (), 0.0)
        case Power(base, exponent):
            return (2, "", (_order(base),), exponent)
        case Call(function, argument):
            return (3, function, (_order(argument),), 0.0)
        case Product(items):
            return (4, "", tuple(_order(part) for part in items), 0.0)
        case Sum(items):
            return (5, "", tuple(_order(part) for part in items), 0.0)
