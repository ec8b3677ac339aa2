"""What all libraries share, and libraries made of others: ``a + b`` concatenates, ``a * b`` multiplies all pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.library.table import TermTable, check_n_terms, make_table
from spreme.library.terms import multiply_terms

if TYPE_CHECKING:
    import sympy


class Library:
    """A rule that gives a table of terms for any states (and inputs, named after them); subclasses define `table`.

    Examples
    --------
    >>> from spreme.library import CustomLibrary, PolynomialLibrary
    >>> library = PolynomialLibrary(degree=1) + CustomLibrary(["exp(-x)"])
    >>> library.transform([[0.0], [1.0]], ["x"]).round(3)
    array([[1.   , 0.   , 1.   ],
           [1.   , 1.   , 0.368]])
    """

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
        raise NotImplementedError(f"{type(self).__name__} must define table(state_names)")

    def terms(self, state_names: Sequence[str]) -> list[sympy.Expr]:
        """List the terms in the given states as SymPy expressions.

        Parameters
        ----------
        state_names : sequence of str
            Names of the states.

        Returns
        -------
        list of sympy.Expr
            Terms in plain symbols named like the states.
        """
        return self.table(state_names).sympy()

    def get_feature_names_out(self, input_features: Sequence[str] | NDArray[Any] | None = None) -> NDArray[np.object_]:
        """Names of the terms.

        Parameters
        ----------
        input_features : sequence or array of str
            Names of the states. A library does not know them by itself, so they must be given.

        Returns
        -------
        ndarray of str, shape (K,)
            Names such as ``x*y``.

        Raises
        ------
        ValueError
            If `input_features` is None.
        """
        if input_features is None:
            raise ValueError("a library does not know the states: pass their names, get_feature_names_out(['x', 'y'])")
        names = input_features.tolist() if isinstance(input_features, np.ndarray) else input_features
        return np.array(self.table(names).names, dtype=object)

    def transform(self, x: ArrayLike, state_names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Evaluate the terms.

        Parameters
        ----------
        x : array_like, shape (n, S)
            States.
        state_names : sequence of str, default ``["x0", "x1", ...]``
            Names of the states.

        Returns
        -------
        ndarray, shape (n, K)
            Terms at the states; overflow gives inf and undefined values nan.

        Raises
        ------
        ValueError
            If `x` is not a table of numbers or has not one column per name.
        """
        values = _checked_states(x)
        names = [f"x{s}" for s in range(values.shape[1])] if state_names is None else state_names
        table = self.table(names)
        if len(table.state_names) != values.shape[1]:
            raise ValueError(
                f"x has {values.shape[1]} columns for {len(table.state_names)} state names: give one name each"
            )
        return table.evaluate(values)

    def __add__(self, other: Library) -> SumLibrary:
        """Concatenate the terms of two libraries."""
        return SumLibrary(self, other) if isinstance(other, Library) else NotImplemented

    def __mul__(self, other: Library) -> ProductLibrary:
        """Multiply all pairs of terms."""
        return ProductLibrary(self, other) if isinstance(other, Library) else NotImplemented


@dataclass(frozen=True)
class SumLibrary(Library):
    """The terms of one library followed by those of another; a term of both appears once.

    Parameters
    ----------
    left, right : Library
        The two libraries; ``left + right`` makes the same.

    Examples
    --------
    >>> from spreme.library import FourierLibrary, PolynomialLibrary
    >>> (PolynomialLibrary(degree=1) + FourierLibrary()).table(["x"]).names
    ('1', 'x', 'sin(x)', 'cos(x)')
    """

    left: Library
    right: Library

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
        return make_table(state_names, [*self.left.table(state_names).items, *self.right.table(state_names).items])


@dataclass(frozen=True)
class ProductLibrary(Library):
    """All products of a term of one library and a term of another.

    Parameters
    ----------
    left, right : Library
        The two libraries; ``left * right`` makes the same.

    Examples
    --------
    >>> from spreme.library import FourierLibrary, PolynomialLibrary
    >>> (PolynomialLibrary(degree=1) * FourierLibrary()).table(["x"]).names
    ('sin(x)', 'cos(x)', 'x*sin(x)', 'x*cos(x)')
    """

    left: Library
    right: Library

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
        left, right = self.left.table(state_names), self.right.table(state_names)
        check_n_terms(left.n_terms * right.n_terms)
        return make_table(
            state_names, [multiply_terms(a, b, left.state_names) for a in left.items for b in right.items]
        )


def _checked_states(x: ArrayLike) -> NDArray[np.float64]:
    """Take x as a two-dimensional array of doubles."""
    try:
        values = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("x must be an array of real numbers of shape (n, S), one column per state") from None
    if values.ndim != 2 or values.shape[1] == 0:
        raise ValueError(f"x must have shape (n, S), one column per state, got shape {values.shape}")
    return values
