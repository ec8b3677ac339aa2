"""Terms written by the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spreme.library.composition import Library
from spreme.library.names import check_state_names
from spreme.library.parser import parse
from spreme.library.table import TermTable, check_n_terms, make_table
from spreme.library.terms import Term, split_term


@dataclass(frozen=True)
class CustomLibrary(Library):
    """Terms given as expressions in the names of the states.

    Parameters
    ----------
    expressions : sequence of str
        Texts such as ``"x/(1 + x)"``, read by a safe parser (`spreme.library.parse`); spellings of the same term count
        once.

    Raises
    ------
    TypeError, ValueError
        When the table is made: if an expression is not text, cannot be parsed or names an unknown state.

    Examples
    --------
    >>> CustomLibrary(["y*x", "exp(-x)", "x/(1 + x)"]).table(["x", "y"]).names
    ('x*y', 'exp(-x)', 'x/(x + 1)')
    """

    expressions: Sequence[str]

    def __post_init__(self) -> None:
        """Freeze a list, so that the library can be hashed."""
        if isinstance(self.expressions, list):
            object.__setattr__(self, "expressions", tuple(self.expressions))

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
        if not isinstance(self.expressions, tuple):
            raise TypeError(
                f"expressions must be a list of strings such as ['x*y', 'exp(-x)'], got {self.expressions!r}"
            )
        if not self.expressions:
            raise ValueError("no expressions: the list of a CustomLibrary needs at least one")
        check_n_terms(len(self.expressions))
        return make_table(names, [_term(text, names) for text in self.expressions])


def _term(text: str, names: tuple[str, ...]) -> Term:
    """Read one expression as a term."""
    expression = parse(text, names)
    try:
        return split_term(expression, names)
    except ValueError as error:
        raise ValueError(f"cannot use the expression {text[:80]!r}: {error}") from None
