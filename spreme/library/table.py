"""The table of terms: matrix, names, SymPy and compiled program are readers of this one table.

term k = prod_v x_v**powers[k, v] * factor[k],   x the S states, then the U inputs: V = S + U columns
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.library.columns import ColumnPlan, fill, plan_columns
from spreme.library.expressions import MAX_EXPONENT, ONE, Expression, factors_of, split_coefficient, split_power
from spreme.library.names import check_state_names
from spreme.library.parser import parse
from spreme.library.program import TermProgram, compile_program
from spreme.library.readers import from_json, product_text, to_json, to_sympy
from spreme.library.terms import Monomial, Term, join_term, split_term, symbol_powers

if TYPE_CHECKING:
    import sympy

MAX_TERMS = 20_000


@dataclass(frozen=True)
class TermTable:
    """Terms of a library in given states; made by `make_table` and the `table` method of the libraries.

    There is an equation for every state. Inputs are columns without one, see `with_inputs`.

    Attributes
    ----------
    state_names : tuple of str
        Names of the S states.
    monomials : tuple of tuple of int
        Exponents of the V columns in each of the K terms; negative ones are denominators.
    factors : tuple of Expression or None
        The rest of each term, free of plain powers of columns; None stands for 1.
    input_names : tuple of str, default ()
        Names of the U inputs.

    Examples
    --------
    >>> from spreme.library import CustomLibrary
    >>> table = CustomLibrary(["x*y", "x/(1 + y)"]).table(["x", "y"])
    >>> table.evaluate([[6.0, 2.0]])
    array([[12.,  2.]])
    >>> table.index("y*x")
    0
    """

    state_names: tuple[str, ...]
    monomials: tuple[Monomial, ...]
    factors: tuple[Expression | None, ...]
    input_names: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the V columns that terms are made of: states, then inputs."""
        return self.state_names + self.input_names

    @property
    def n_terms(self) -> int:
        """Number of terms K."""
        return len(self.monomials)

    @property
    def powers(self) -> NDArray[np.int64]:
        """Exponents as a fresh array of int64, shape (K, V)."""
        return np.array(self.monomials, dtype=np.int64).reshape(self.n_terms, len(self.column_names))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Texts of the terms, such as ``x**2*sin(y)``; `index` reads them back."""
        return tuple(self._text(term) for term in self.items)

    @property
    def items(self) -> list[Term]:
        """Terms as pairs of monomial and factor."""
        return list(zip(self.monomials, self.factors, strict=True))

    def evaluate(self, x: ArrayLike, out: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Evaluate all terms.

        Overflow gives inf and undefined values nan, without a warning: the caller decides.

        Parameters
        ----------
        x : array_like, shape (n, V)
            States, and inputs beside them if the table has any.
        out : ndarray, shape (n, K), default None
            Where to write.

        Returns
        -------
        ndarray, shape (n, K)
            Terms at the states.
        """
        x = np.asarray(x, dtype=np.float64)
        if out is None:
            out = np.empty((len(x), self.n_terms))
        return fill(self._plan, self.column_names, x, out)

    def sympy(self) -> list[sympy.Expr]:
        """List the terms as SymPy expressions in plain symbols named like the states and inputs.

        Returns
        -------
        list of sympy.Expr
            Terms.
        """
        return [to_sympy(join_term(term, self.column_names)) for term in self.items]

    def program(self) -> TermProgram:
        """Write the terms as flat arrays for compiled code, fresh at each call.

        Returns
        -------
        TermProgram
            Arrays for `evaluate_terms` and `right_hand_side`.
        """
        return compile_program(self.powers, self.factors, self.column_names)

    def index(self, text: str) -> int:
        """Find a term by any spelling of it.

        Parameters
        ----------
        text : str
            Expression in the states and inputs.

        Returns
        -------
        int
            Position of the term.

        Raises
        ------
        ValueError
            If the text is no expression in the states or its term is not in the table.
        """
        term = split_term(parse(text, self.column_names), self.column_names)
        if term not in self._positions:
            known = ", ".join(self.names[:30]) + (", ..." if self.n_terms > 30 else "")
            raise ValueError(f"unknown term {text!r}: the library has the {self.n_terms} terms {known}")
        return self._positions[term]

    def subset(self, indices: ArrayLike) -> TermTable:
        """Make the table of some of the terms.

        Parameters
        ----------
        indices : array_like of int or bool
            Positions, in the order wanted, or a mask.

        Returns
        -------
        TermTable
            Table of these terms.
        """
        chosen = np.asarray(indices)
        positions = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
        monomials = tuple(self.monomials[k] for k in positions)
        return replace(self, monomials=monomials, factors=tuple(self.factors[k] for k in positions))

    def with_inputs(self, n_inputs: int) -> TermTable:
        """Tell inputs from states: the last columns are inputs, which have no equation of their own.

        Parameters
        ----------
        n_inputs : int
            Number of columns, fewer than there are.

        Returns
        -------
        TermTable
            The same terms.

        Raises
        ------
        ValueError
            If no state would be left.

        Examples
        --------
        >>> from spreme.library import PolynomialLibrary
        >>> table = PolynomialLibrary(degree=1).table(["x", "force"]).with_inputs(1)
        >>> table.state_names, table.input_names, table.names
        (('x',), ('force',), ('1', 'x', 'force'))
        """
        names = self.column_names
        if not 0 <= n_inputs < len(names):
            raise ValueError(f"n_inputs must be from 0 to {len(names) - 1}, one state at least, got {n_inputs!r}")
        n_states = len(names) - n_inputs
        return replace(self, state_names=names[:n_states], input_names=names[n_states:])

    def to_dict(self) -> dict[str, Any]:
        """Write the table as JSON data.

        Returns
        -------
        dict
            Lists, numbers and strings that `from_dict` reads.
        """
        inputs = {"input_names": list(self.input_names)} if self.input_names else {}
        return {
            "state_names": list(self.state_names),
            **inputs,
            "powers": [list(monomial) for monomial in self.monomials],
            "factors": [None if factor is None else to_json(factor) for factor in self.factors],
        }

    @classmethod
    def from_dict(cls, data: Any) -> TermTable:
        """Read what `to_dict` wrote; all is checked and nothing executed.

        Parameters
        ----------
        data : dict
            Parsed JSON.

        Returns
        -------
        TermTable
            The same table.

        Raises
        ------
        ValueError
            If the data are damaged; the message says where.
        """
        names, n_inputs, powers, factors = _checked_parts(data)
        terms = [_checked_term(k, *pair, names) for k, pair in enumerate(zip(powers, factors, strict=True))]
        table = make_table(names, terms).with_inputs(n_inputs)
        if table.n_terms != len(terms):
            raise ValueError(f"damaged term table: {len(terms) - table.n_terms} of its {len(terms)} terms occur twice")
        return table

    @cached_property
    def _plan(self) -> ColumnPlan:
        return plan_columns(self.monomials, self.factors)

    @cached_property
    def _positions(self) -> dict[Term, int]:
        return {term: k for k, term in enumerate(self.items)}

    def _text(self, term: Term) -> str:
        coefficient, rest = split_coefficient(term[1] or ONE)
        others = [] if rest == ONE else [split_power(factor) for factor in factors_of(rest)]
        return product_text(coefficient, [*symbol_powers(term[0], self.column_names), *others])


def make_table(state_names: Sequence[str], terms: Iterable[Term]) -> TermTable:
    """Make a table of the different terms among the given ones, in their order.

    Parameters
    ----------
    state_names : sequence of str
        Names of the states.
    terms : iterable of (monomial, factor)
        Terms as `split_term` gives them.

    Returns
    -------
    TermTable
        Table without duplicates.

    Raises
    ------
    ValueError
        If there are no terms, too many, or exponents that are too large.
    """
    distinct = list(dict.fromkeys(terms))
    if not distinct:
        raise ValueError("the library has no terms: it needs at least one")
    check_n_terms(len(distinct))
    monomials, factors = zip(*distinct, strict=True)
    largest = max((abs(p) for monomial in monomials for p in monomial), default=0)
    if largest > MAX_EXPONENT:
        raise ValueError(f"the library has a term of degree {largest} in one state: at most {MAX_EXPONENT} is possible")
    return TermTable(tuple(state_names), monomials, factors)


def check_n_terms(n_terms: int) -> None:
    """Refuse libraries too large to be meant."""
    if n_terms > MAX_TERMS:
        raise ValueError(
            f"the library has {n_terms} terms, more than {MAX_TERMS}: lower its degree or number of factors"
        )


def _checked_parts(data: Any) -> tuple[tuple[str, ...], int, list[Any], list[Any]]:
    """Check the outer form of a stored table: names of columns, number of inputs, powers and factors."""
    if not isinstance(data, dict):
        raise ValueError(f"damaged term table: expected an object, got {type(data).__name__}")
    for key in ("state_names", "powers", "factors"):
        if not isinstance(data.get(key), list):
            raise ValueError(f"damaged term table: the key {key!r} is missing or not a list")
    inputs = data.get("input_names", [])
    if not isinstance(inputs, list) or not data["state_names"]:
        raise ValueError("damaged term table: the input names are not a list, or there are no state names")
    try:
        names = check_state_names([*data["state_names"], *inputs])
    except (TypeError, ValueError) as error:
        raise ValueError(f"damaged term table: {error}") from None
    powers, factors = data["powers"], data["factors"]
    if len(powers) != len(factors) or not powers:
        raise ValueError(f"damaged term table: {len(powers)} rows of powers for {len(factors)} factors")
    return names, len(inputs), powers, factors


def _checked_term(k: int, monomial: Any, factor: Any, names: tuple[str, ...]) -> Term:
    """Check one stored term."""
    if not isinstance(monomial, list) or len(monomial) != len(names) or not all(type(p) is int for p in monomial):
        raise ValueError(f"damaged term table: the powers of term {k} are not {len(names)} integers")
    if max(abs(p) for p in monomial) > MAX_EXPONENT:
        raise ValueError(f"damaged term table: the powers of term {k} are larger than {MAX_EXPONENT}")
    if factor is None:
        return tuple(monomial), None
    try:
        rest = from_json(factor, names)
        term = split_term(join_term((tuple(monomial), rest), names), names)
    except ValueError as error:
        raise ValueError(f"damaged term table, term {k}: {error}") from None
    if term != (tuple(monomial), rest):
        raise ValueError(f"damaged term table: the factor of term {k} holds plain powers of a state")
    return term
