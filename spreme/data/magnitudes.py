"""Quantities of pint that come to a fitted model: plain numbers in the units of its data, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import is_
from typing import Any

import numpy as np

from spreme.data.quantities import is_quantity
from spreme.data.units import convert, text_of


def magnitudes(values: Any, names: Sequence[str], units: Mapping[str, str], what: str) -> Any:
    """Numbers in the units of their columns; what has no unit is handed on as it is.

    Parameters
    ----------
    values : array_like (..., C), Quantity (..., C), or list of one Quantity per column
        Values; a list may also hold such lists, row by row.
    names : sequence of str
        Names of the C columns.
    units : dict of str to str
        Units of the columns that have one.
    what : str
        Opens the message of an error, for example "x0: state".

    Returns
    -------
    array_like
        Plain numbers; the same object if none had a unit.

    Raises
    ------
    ValueError, TypeError
        If a unit cannot be converted, the column has none, or only some entries have a unit.

    Examples
    --------
    >>> import pint
    >>> start = pint.get_application_registry().Quantity([1.0, 20.0], "mg")
    >>> magnitudes(start, ["x", "y"], {"x": "g", "y": "mg"}, "x0: state").tolist()
    [0.001, 20.0]
    """
    if is_quantity(values):
        return _of_array(values, names, units, what)
    if not isinstance(values, (list, tuple)):
        return values
    parts = [magnitudes(entry, names, units, what) if isinstance(entry, (list, tuple)) else entry for entry in values]
    n_typed = sum(map(is_quantity, parts))
    if not n_typed:
        return values if all(map(is_, parts, values)) else parts
    if n_typed < len(parts):
        raise TypeError(f"{what}: some entries have a unit, others have none: give all as quantities, or none")
    if len(names) not in (1, len(parts)):
        raise ValueError(f"{what}: {len(parts)} quantities for {len(names)} columns: {', '.join(names)}")
    columns = names if len(names) > 1 else list(names) * len(parts)
    return np.stack([_of_one(part, name, units, what) for part, name in zip(parts, columns, strict=True)], axis=-1)


def _of_array(values: Any, names: Sequence[str], units: Mapping[str, str], what: str) -> Any:
    """Numbers of one quantity; where its shape does not fit, whoever reads the numbers says so."""
    if len(names) == 1:
        return _of_one(values, names[0], units, what)
    if np.shape(values.magnitude)[-1:] != (len(names),):
        return values.magnitude
    return np.stack([_of_one(values[..., k], name, units, what) for k, name in enumerate(names)], axis=-1)


def _of_one(values: Any, name: str, units: Mapping[str, str], what: str) -> np.ndarray:
    """Numbers of one column in its unit."""
    given = text_of(values.units)
    if name not in units:
        raise ValueError(
            f"{what} {name!r} has no unit in the fitted model, {given!r} was given: give plain numbers in the unit of "
            "the fitted data, or fit data with units"
        )
    return np.asarray(convert(values.magnitude, given, units[name], f"{what} {name!r}"), dtype=np.float64)
