"""Monomials up to a degree."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spreme.library.composition import Library
from spreme.library.names import check_state_names
from spreme.library.table import MAX_TERMS, TermTable, make_table
from spreme.library.terms import Monomial

MAX_DEGREE = 20


@dataclass(frozen=True)
class PolynomialLibrary(Library):
    """All monomials of the states up to a degree, ordered by degree.

    Parameters
    ----------
    degree : int, default 3
        Largest total degree, 0 to 20.
    include_bias : bool, default True
        Whether the constant 1 is a term.
    interaction_only : bool, default False
        Whether each state occurs at most once in a term.

    Raises
    ------
    ValueError
        When the table is made: if the degree is no integer in range or the terms are more than 20000.

    Examples
    --------
    >>> PolynomialLibrary(degree=2).table(["x", "y"]).names
    ('1', 'x', 'y', 'x**2', 'x*y', 'y**2')
    """

    degree: int = 3
    include_bias: bool = True
    interaction_only: bool = False

    def table(self, state_names: Sequence[str]) -> TermTable:
        """Make the table of terms in the given states.

        Parameters
        ----------
        state_names : sequence of str
            Names of the states.

        Returns
        -------
        TermTable
            Terms of the library.
        """
        names = check_state_names(state_names)
        degree = self._checked_degree()
        check_flag("include_bias", self.include_bias)
        check_flag("interaction_only", self.interaction_only)
        if degree == 0 and not self.include_bias:
            raise ValueError("degree=0 with include_bias=False leaves no terms: raise the degree or include the bias")
        self._check_size(degree, len(names))
        return make_table(names, [(monomial, None) for monomial in self._monomials(degree, len(names))])

    def _checked_degree(self) -> int:
        wanted = f"degree must be an integer from 0 to {MAX_DEGREE}, got degree={self.degree!r}"
        try:
            degree = operator.index(self.degree)
        except TypeError:
            raise ValueError(wanted) from None
        if isinstance(self.degree, bool) or not 0 <= degree <= MAX_DEGREE:
            raise ValueError(wanted)
        return degree

    def _check_size(self, degree: int, n_states: int) -> None:
        choose = math.comb(n_states + degree, degree)
        if self.interaction_only:
            choose = sum(math.comb(n_states, d) for d in range(min(degree, n_states) + 1))
        if choose > MAX_TERMS:
            raise ValueError(
                f"degree={degree} in {n_states} states gives {choose} terms, more than {MAX_TERMS}: lower it"
            )

    def _monomials(self, degree: int, n_states: int) -> Iterator[Monomial]:
        """Exponents, ordered by degree, then as the states are."""
        draw = itertools.combinations if self.interaction_only else itertools.combinations_with_replacement
        for d in range(0 if self.include_bias else 1, degree + 1):
            for states in draw(range(n_states), d):
                yield tuple(states.count(s) for s in range(n_states))


def check_flag(name: str, value: object) -> None:
    """Refuse what is neither True nor False."""
    if type(value).__name__ not in ("bool", "bool_"):
        raise ValueError(f"{name} must be True or False, got {name}={value!r}")
