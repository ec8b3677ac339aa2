"""Names of states: what may stand in an expression."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Sequence

from spreme.library.expressions import RESERVED_NAMES


def check_state_names(state_names: Sequence[str]) -> tuple[str, ...]:
    """Check that names of states can be used in expressions, and return them as a tuple.

    Parameters
    ----------
    state_names : sequence of str
        Different identifiers that are neither Python keywords nor functions of the expression language.

    Returns
    -------
    tuple of str
        The same names.

    Raises
    ------
    TypeError
        If the names are not a sequence of strings.
    ValueError
        If a name is no identifier, reserved, or given twice.

    Examples
    --------
    >>> check_state_names(["prey", "β"])
    ('prey', 'β')
    """
    if isinstance(state_names, str) or not isinstance(state_names, Sequence):
        raise TypeError(f"state names must be a list of strings such as ['x', 'y'], got {state_names!r}")
    if not state_names:
        raise ValueError("state names are empty: give one name per state")
    seen: dict[str, str] = {}
    for name in state_names:
        normal = _check_name(name)
        if normal in seen:
            raise ValueError(f"state names must be unique: {name!r} is given twice (duplicate)")
        seen[normal] = name
    return tuple(state_names)


def _check_name(name: str) -> str:
    """Check one name and return its normal form, in which Python compares identifiers."""
    if not isinstance(name, str):
        raise TypeError(f"state names must be strings (str), got {name!r} of type {type(name).__name__}")
    normal = unicodedata.normalize("NFKC", name)
    if not normal.isidentifier() or keyword.iskeyword(normal):
        raise ValueError(f"state name {name!r} is not a valid identifier: use for example {_legal(normal)!r}")
    if normal in RESERVED_NAMES:
        raise ValueError(
            f"state name {name!r} is a function of the expression language: use for example {name + '_'!r}"
        )
    return normal


def _legal(name: str) -> str:
    """Spell a name so that it is legal."""
    legal = re.sub(r"\W+", "_", name)[:40].strip("_") or "x"
    legal = legal if legal.isidentifier() else "x_" + legal
    return legal + "_" if keyword.iskeyword(legal) or legal in RESERVED_NAMES else legal
