"""Which entries of ODEBench are linear in a library: the first of a ladder of libraries that holds all their terms.

No library is made for its system. All have the polynomials up to degree 3, or up to the degree of the law where that is
higher; the rungs after the first add sines and cosines of every state, their double frequency, those of sums and
differences of two states, and the products of states with sines and cosines.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from spreme.library import CustomLibrary, FourierLibrary, Library, PolynomialLibrary
from systems.catalogue.odebench import more_states, one_state, two_states
from systems.catalogue.odebench.equation import Equation

if TYPE_CHECKING:
    import sympy

LEAST_DEGREE = 3
EQUATIONS = one_state.EQUATIONS + two_states.EQUATIONS + more_states.EQUATIONS


@cache
def find_library(equation: Equation) -> Library | None:
    """Find the first library of the ladder that an equation is linear in, whatever its constants; None if none is."""
    features = set(_features(equation))
    for library in _ladder(_degree(equation, features), equation.states):
        if features <= set(library.table(equation.states).sympy()):
            return library
    return None


def linear_equations() -> list[tuple[Equation, Library]]:
    """List the entries that are linear in a library, each with its library."""
    pairs = [(equation, find_library(equation)) for equation in EQUATIONS]
    return [(equation, library) for equation, library in pairs if library is not None]


def _features(equation: Equation) -> Iterator[sympy.Expr]:
    """What the constants multiply, term by term; a constant inside a function stays in its feature."""
    from sympy import Add, Symbol

    states = [Symbol(state) for state in equation.states]
    for rhs in equation.expressions().values():
        for term in Add.make_args(rhs):
            yield term.as_independent(*states, as_Add=False)[1]


def _degree(equation: Equation, features: set[sympy.Expr]) -> int:
    """Degree of the polynomials: that of the law, 3 at least."""
    from sympy import Symbol, total_degree

    states = [Symbol(state) for state in equation.states]
    degrees = [total_degree(feature, *states) for feature in features if feature.is_polynomial(*states)]
    return max([LEAST_DEGREE, *degrees])


def _ladder(degree: int, states: tuple[str, ...]) -> Iterator[Library]:
    """Libraries from small to large."""
    polynomials = PolynomialLibrary(degree=degree)
    yield polynomials
    yield polynomials + FourierLibrary()
    yield polynomials + FourierLibrary(n_frequencies=2)
    if len(states) == 2:
        first, second = states
        sums = [f"{function}({first} {sign} {second})" for function in ("sin", "cos") for sign in "+-"]
        yield polynomials + FourierLibrary() + CustomLibrary(sums)
    yield polynomials + PolynomialLibrary(degree=1) * FourierLibrary()
