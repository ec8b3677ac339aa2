"""Sines and cosines of multiples of each state."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spreme.library.composition import Library
from spreme.library.expressions import Symbol, call, multiply, number
from spreme.library.names import check_state_names
from spreme.library.polynomial import check_flag
from spreme.library.table import TermTable, check_n_terms, make_table
from spreme.library.terms import Term

MAX_FREQUENCIES = 100


@dataclass(frozen=True)
class FourierLibrary(Library):
    """Terms sin(k x) and cos(k x) for each state x and k = 1 .. n_frequencies.

    Parameters
    ----------
    n_frequencies : int, default 1
        Largest multiple k, 1 to 100. The states are angles in radians.
    include_sin, include_cos : bool, default True
        Which of the two to include.

    Raises
    ------
    ValueError
        When the table is made: if `n_frequencies` is no integer in range, or neither sine nor cosine is included.

    Examples
    --------
    >>> FourierLibrary(n_frequencies=2, include_cos=False).table(["x", "y"]).names
    ('sin(x)', 'sin(y)', 'sin(2*x)', 'sin(2*y)')
    """

    n_frequencies: int = 1
    include_sin: bool = True
    include_cos: bool = True

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
        n_frequencies = self._checked_frequencies()
        check_flag("include_sin", self.include_sin)
        check_flag("include_cos", self.include_cos)
        if not (self.include_sin or self.include_cos):
            raise ValueError("include_sin=False and include_cos=False leave no terms: include sin, cos or both")
        check_n_terms(n_frequencies * len(names) * (int(self.include_sin) + int(self.include_cos)))
        return make_table(names, self._terms(n_frequencies, names))

    def _checked_frequencies(self) -> int:
        wanted = (
            f"n_frequencies must be an integer from 1 to {MAX_FREQUENCIES}, got n_frequencies={self.n_frequencies!r}"
        )
        try:
            n_frequencies = operator.index(self.n_frequencies)
        except TypeError:
            raise ValueError(wanted) from None
        if isinstance(self.n_frequencies, bool) or not 1 <= n_frequencies <= MAX_FREQUENCIES:
            raise ValueError(wanted)
        return n_frequencies

    def _terms(self, n_frequencies: int, names: tuple[str, ...]) -> Iterator[Term]:
        functions = ["sin"] * bool(self.include_sin) + ["cos"] * bool(self.include_cos)
        nothing = (0,) * len(names)
        for k in range(1, n_frequencies + 1):
            for name in names:
                for function in functions:
                    yield nothing, call(function, multiply([number(k), Symbol(name)]))
