"""Units of terms and of coefficients, and the terms that have a meaning in the units of the data only.

    unit of a coefficient = unit of the state / unit of time / unit of the term

Products and powers have the units of what they are made of. Where something is added up that is not of one unit
(1 + x), or where a function takes what is not a plain number (exp(x)), numbers are meant: x stands for its value in
the unit of the data, constants of that unit are implied, and the result is a plain number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.data.units import DIMENSIONLESS, is_available, parse, registry, text_of
from spreme.library.expressions import ONE, Call, Expression, Number, Power, Product, Sum, Symbol
from spreme.library.readers import to_text
from spreme.library.table import TermTable

# Two units are one if their factor is 1 to rounding.
ROUNDING = 1e-12
MOST_NAMED = 3


def coefficient_units(
    table: TermTable, mask: NDArray[np.bool_], units: Mapping[str, str], time_unit: str | None
) -> dict[tuple[int, int], str | None]:
    """Find the units of the coefficients of a law.

    Parameters
    ----------
    table : TermTable
        Library.
    mask : ndarray (S, K) of bool
        Terms of each equation.
    units : dict of str to str
        Units of states and inputs by name, as far as they are known.
    time_unit : str or None
        Unit of time.

    Returns
    -------
    dict
        (state, term) -> unit, None where a unit that it is made of is not known.

    Raises
    ------
    ImportError
        If pint is not installed.
    """
    registry("finding the units of coefficients")
    known = _parsed(units)
    time: Any = _parsed({} if time_unit is None else {"time": time_unit}).get("time")
    found: dict[tuple[int, int], str | None] = {}
    for s, k in np.argwhere(mask).tolist():
        own: Any = known.get(table.state_names[s])
        term = _unit_of_term(table, k, known, [])
        parts = (own, time, term)
        found[s, k] = None if any(part is None for part in parts) else text_of(own / time / term)
    return found


def implied_constants(table: TermTable, units: Mapping[str, str]) -> dict[str, str]:
    """Find the terms that take numbers of the data for more than they are.

    Parameters
    ----------
    table : TermTable
        Library.
    units : dict of str to str
        Units of states and inputs by name, as far as they are known.

    Returns
    -------
    dict
        Term -> what it adds up or takes a function of, in words; empty without units or without pint.

    Examples
    --------
    >>> from spreme.library import CustomLibrary
    >>> table = CustomLibrary(["x*y", "x/(1 + x)", "exp(-y)"]).table(["x", "y"])
    >>> implied_constants(table, {"x": "g/L", "y": "dimensionless"})
    {'x/(x + 1)': 'x + 1 adds x in g/l and a number'}
    """
    if not units or not is_available():
        return {}
    known, found = _parsed(units), {}
    for k, name in enumerate(table.names):
        reasons: list[str] = []
        _unit_of_term(table, k, known, reasons)
        if reasons:
            found[name] = reasons[0]
    return found


def in_words(found: Mapping[str, str]) -> str:
    """Tell of implied constants in one sentence; empty for none."""
    if not found:
        return ""
    listed = [f"{term} ({reason})" for term, reason in list(found.items())[:MOST_NAMED]]
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return (
        f"these terms have a meaning in the units of the data only: {'; '.join(listed)}{more}. Their constants carry "
        "units that are not written; if plain numbers are meant, give the state the unit 'dimensionless'"
    )


def _parsed(units: Mapping[str, str]) -> dict[str, Any]:
    """Units as pint has them; without those that it does not know, in a law of another session."""
    out = {}
    for name, unit in units.items():
        try:
            out[name] = parse(unit, f"the unit of {name!r}")
        except ValueError:
            continue
    return out


def _unit_of_term(table: TermTable, k: int, units: Mapping[str, Any], reasons: list[str]) -> Any:
    """Unit of one term, or None; reasons are added for implied constants."""
    monomial, factor = table.items[k]
    unit = _unit_of(factor or ONE, units, reasons)
    for name, power in zip(table.column_names, monomial, strict=True):
        if power:
            unit = None if unit is None or name not in units else unit * units[name] ** power
    return unit


def _unit_of(item: Expression, units: Mapping[str, Any], reasons: list[str]) -> Any:
    """Unit of an expression, or None."""
    match item:
        case Number():
            return _number()
        case Symbol(name):
            return units.get(name)
        case Power(base, exponent):
            unit = _unit_of(base, units, reasons)
            return None if unit is None else unit**exponent
        case Call(function, argument):
            unit = _unit_of(argument, units, reasons)
            return unit if function == "abs" else _number_out_of(unit, function, argument, reasons)
        case Product(items):
            parts = [_unit_of(part, units, reasons) for part in items]
            return None if any(part is None for part in parts) else math.prod(parts, start=_number())
        case Sum(items):
            return _unit_of_sum(item, [_unit_of(part, units, reasons) for part in items], reasons)


def _number_out_of(unit: Any, function: str, argument: Expression, reasons: list[str]) -> Any:
    """The plain number that a function gives."""
    if unit is not None and not _is_same(unit, _number()):
        reasons.append(f"{function} of {to_text(argument)} in {text_of(unit)}")
    return _number()


def _unit_of_sum(item: Sum, parts: list[Any], reasons: list[str]) -> Any:
    """Unit of a sum: that of its parts, if they have one."""
    known = [(part, own) for part, own in zip(parts, item.items, strict=True) if part is not None]
    odd = next((pair for pair in known if not _is_same(pair[0], known[0][0])), None)
    if odd is not None:
        texts = [
            "a number" if isinstance(own, Number) else f"{to_text(own)} in {text_of(unit)}"
            for unit, own in (known[0], odd)
        ]
        reasons.append(f"{to_text(item)} adds {' and '.join(texts)}")
        return _number()
    return known[0][0] if len(known) == len(parts) else None


def _is_same(a: Any, b: Any) -> bool:
    """Tell whether two units are one: of the same dimension and the same size."""
    if a == b:
        return True
    return bool(a.is_compatible_with(b)) and abs(registry("units").Quantity(1.0, a).to(b).magnitude - 1.0) < ROUNDING


def _number() -> Any:
    """The unit of plain numbers."""
    return registry("units").Unit(DIMENSIONLESS)
