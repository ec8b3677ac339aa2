"""Which terms each equation may, must and must not contain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from spreme.library.table import TermTable

Terms = Mapping[str, Sequence[str]]


def resolve(
    table: TermTable,
    *,
    allowed: Terms | None = None,
    required: Terms | None = None,
    excluded: Terms | None = None,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Turn restrictions in words into masks.

    Parameters
    ----------
    table : TermTable
        Terms of the library.
    allowed, required, excluded : dict of str to list of str, default None
        Terms per state. A state that `allowed` does not name may have every term.

    Returns
    -------
    allowed, required : ndarray of bool, shape (S, K)
        Terms that may, and terms that must be in each equation.

    Raises
    ------
    TypeError
        If a restriction is not a dict of lists.
    ValueError
        If a state or term is unknown, or a required term is excluded or not allowed.

    Examples
    --------
    >>> from spreme.library import PolynomialLibrary
    >>> allowed, required = resolve(PolynomialLibrary(degree=1).table(["x", "y"]), excluded={"x": ["1"]})
    >>> allowed
    array([[False,  True,  True],
           [ True,  True,  True]])
    """
    listed = {
        name: listed_terms(table, name, terms)
        for name, terms in (("allowed", allowed), ("required", required), ("excluded", excluded))
    }
    _refuse_conflict(table, listed["required"] & listed["excluded"], "required and excluded")
    may = listed["allowed"]
    for s, state in enumerate(table.state_names):
        if state not in (allowed or {}):
            may[s] = True
    _refuse_conflict(table, listed["required"] & ~may, "required but not allowed")
    return may & ~listed["excluded"], listed["required"]


def listed_terms(table: TermTable, argument: str, restriction: Terms | None) -> NDArray[np.bool_]:
    """Mask of the terms that a restriction lists.

    Parameters
    ----------
    table : TermTable
        Terms of the library.
    argument : str
        Name of the restriction, for errors.
    restriction : dict of str to list of str, or None
        Terms per state.

    Returns
    -------
    ndarray of bool, shape (S, K)
        The listed terms; none for None.

    Raises
    ------
    TypeError
        If it is not a dict of lists.
    ValueError
        If a state or term is unknown.
    """
    mask = np.zeros((len(table.state_names), table.n_terms), dtype=bool)
    if restriction is None:
        return mask
    if not isinstance(restriction, Mapping):
        raise TypeError(f"{argument} must be a dict from states to lists of terms, got {restriction!r}")
    for state, terms in restriction.items():
        if state not in table.state_names:
            known = ", ".join(table.state_names)
            raise ValueError(f"{argument} names the unknown state {state!r}: the states are {known}")
        if isinstance(terms, str) or not isinstance(terms, Sequence | set | frozenset):
            raise TypeError(f"{argument}[{state!r}] must be a list of terms such as ['x', 'x*y'], got {terms!r}")
        for text in terms:
            mask[table.state_names.index(state), _position(table, f"{argument}[{state!r}]", text)] = True
    return mask


def _position(table: TermTable, place: str, text: str) -> int:
    """Find a term, naming the restriction if it is not there."""
    try:
        return table.index(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: {error}") from None


def _refuse_conflict(table: TermTable, conflict: NDArray[np.bool_], words: str) -> None:
    """Refuse the first term that two restrictions quarrel over."""
    for s, k in np.argwhere(conflict):
        raise ValueError(
            f"the term {table.names[k]!r} of state {table.state_names[s]!r} is {words}: change one of the two"
        )
