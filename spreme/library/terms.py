"""Terms: a monomial of the states times a factor that is none, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from spreme.library.expressions import (
    ONE,
    ZERO,
    Expression,
    Symbol,
    factors_of,
    multiply,
    power,
    split_power,
)

#: Exponents of the states; negative ones are denominators.
Monomial: TypeAlias = tuple[int, ...]
#: Monomial and the rest of a term; None stands for 1.
Term: TypeAlias = tuple[Monomial, Expression | None]


def split_term(expression: Expression, state_names: Sequence[str]) -> Term:
    """Split an expression into its plain integer powers of states and the rest."""
    if expression == ZERO:
        raise ValueError("the term is 0 everywhere: leave it out")
    position = {name: s for s, name in enumerate(state_names)}
    monomial = [0] * len(position)
    others: list[Expression] = []
    for factor in factors_of(expression):
        base, exponent = split_power(factor)
        if isinstance(base, Symbol) and exponent.is_integer():
            monomial[position[base.name]] = int(exponent)
        else:
            others.append(factor)
    rest = multiply(others)
    return tuple(monomial), None if rest == ONE else rest


def join_term(term: Term, state_names: Sequence[str]) -> Expression:
    """Write a term as one expression; `split_term` takes it apart again."""
    powers = [power(base, exponent) for base, exponent in symbol_powers(term[0], state_names)]
    return multiply([*powers, term[1] or ONE])


def multiply_terms(a: Term, b: Term, state_names: Sequence[str]) -> Term:
    """Multiply two terms; their factors may merge into powers of states, as in sqrt(x)*sqrt(x)."""
    if a[1] is None and b[1] is None:
        return _added(a[0], b[0]), None
    if _has_roots(a[1]) or _has_roots(b[1]):
        return split_term(multiply([join_term(a, state_names), join_term(b, state_names)]), state_names)
    extra, factor = split_term(multiply([a[1] or ONE, b[1] or ONE]), state_names)
    return _added(_added(a[0], b[0]), extra), factor


def _added(a: Monomial, b: Monomial) -> Monomial:
    """Exponents of the product of two monomials."""
    return tuple(p + q for p, q in zip(a, b, strict=True))


def _has_roots(factor: Expression | None) -> bool:
    """Whether a factor holds a power of a state that merges with those of the monomial, as in x*sqrt(x)."""
    return factor is not None and any(isinstance(split_power(part)[0], Symbol) for part in factors_of(factor))


def symbol_powers(monomial: Monomial, state_names: Sequence[str]) -> list[tuple[Expression, float]]:
    """Bases and exponents of a monomial."""
    return [(Symbol(name), float(p)) for name, p in zip(state_names, monomial, strict=True) if p]
