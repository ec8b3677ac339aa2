"""Arrays with units (pint's `Quantity`): plain numbers in the unit of the first trajectory, and that unit.

Nothing here imports pint: who holds a quantity has done so already.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np

from spreme.data.units import convert, text_of


class Plain(NamedTuple):
    """Data without units, and the units they had: one per column of x and of u; None where they had none."""

    x: Any
    t: Any
    u: Any
    x_units: list[str]
    u_units: list[str]
    time_unit: str | None


def strip(x: Any, t: Any, u: Any) -> Plain:
    """Take the units off states, times and inputs; what has none is handed on as it is."""
    x, x_units = _columns(x, "x") if _is_typed(x) else (x, [])
    u, u_units = _columns(u, "inputs u") if _is_typed(u) else (u, [])
    t, time_unit = _times(t) if _is_typed(t) else (t, None)
    return Plain(x, t, u, x_units, u_units, time_unit)


def is_quantity(value: Any) -> bool:
    """Tell a quantity of pint."""
    kind = getattr(sys.modules.get("pint"), "Quantity", None)
    return kind is not None and isinstance(value, kind)


def _is_typed(value: Any, depth: int = 2) -> bool:
    """Tell whether there is a quantity among lists and their entries."""
    is_list = depth > 0 and isinstance(value, (list, tuple)) and sys.modules.get("pint") is not None
    return is_quantity(value) or (is_list and any(_is_typed(entry, depth - 1) for entry in value))


def _columns(value: Any, what: str) -> tuple[Any, list[str]]:
    """Arrays (n, S) of all trajectories in the units of the first."""
    if is_quantity(value):
        n_columns = value.magnitude.shape[-1] if np.ndim(value.magnitude) > 1 else 1
        return value.magnitude, [text_of(value.units)] * n_columns
    out, units = [], None
    for i, entry in enumerate(value):
        array, own = _table(entry, f"{what}, trajectory {i}")
        units = own if units is None else units
        if len(own) != len(units):
            raise ValueError(f"{what}, trajectory {i} has {len(own)} columns, trajectory 0 has {len(units)}")
        pairs = enumerate(zip(own, units, strict=True))
        if own != units:
            titles = f"{what}, trajectory {i}, column"
            array = np.column_stack([convert(array[:, k], a, b, f"{titles} {k}") for k, (a, b) in pairs])
        out.append(array)
    return out, units or []


def _table(entry: Any, what: str) -> tuple[Any, list[str]]:
    """Numbers (n, S) of one trajectory and the units of its columns."""
    if is_quantity(entry):
        array = _two_dimensional(entry.magnitude)
        return array, [text_of(entry.units)] * array.shape[1]
    parts = list(entry) if isinstance(entry, (list, tuple)) else []
    if not parts or not all(is_quantity(part) for part in parts):
        raise TypeError(
            f"{what} has no unit, others are quantities: give all of them as quantities, or none and units={{...}}"
        )
    if all(np.ndim(part.magnitude) == 0 for part in parts):
        array, unit = _numbers(parts, what)
        return array[:, None], [unit]
    sizes = {np.shape(part.magnitude) for part in parts}
    if len(sizes) > 1 or len(next(iter(sizes))) != 1:
        raise ValueError(
            f"{what}: a list of quantities holds one column (n,) per state, all of one length; got the shapes "
            f"{', '.join(str(size) for size in sorted(sizes))}"
        )
    return np.column_stack([_unmasked(part.magnitude) for part in parts]), [text_of(part.units) for part in parts]


def _two_dimensional(magnitude: Any) -> np.ndarray:
    """A column of its own for one-dimensional arrays."""
    array = _unmasked(magnitude)
    return array[:, None] if array.ndim == 1 else np.atleast_2d(array)


def _unmasked(magnitude: Any) -> np.ndarray:
    """An array with NaN where entries are masked."""
    return np.ma.filled(magnitude.astype(float), np.nan) if np.ma.isMaskedArray(magnitude) else np.asarray(magnitude)


def _numbers(parts: list[Any], what: str) -> tuple[np.ndarray, str]:
    """Single numbers in the unit of the first."""
    unit = text_of(parts[0].units)
    values = [convert(np.asarray(part.magnitude, float), text_of(part.units), unit, what) for part in parts]
    return np.array(values, dtype=np.float64), unit


def _times(t: Any) -> tuple[Any, str]:
    """Times, or the step between them, in the unit of the first."""
    if is_quantity(t):
        return t.magnitude, text_of(t.units)
    if all(is_quantity(entry) and np.ndim(entry.magnitude) == 0 for entry in t):
        return _numbers(list(t), "times t")
    out, unit = [], ""
    for i, entry in enumerate(t):
        if isinstance(entry, (list, tuple)) and entry and all(is_quantity(part) for part in entry):
            values, own = _numbers(list(entry), f"times t of trajectory {i}")
        elif is_quantity(entry):
            values, own = entry.magnitude, text_of(entry.units)
        else:
            raise TypeError(
                f"times t of trajectory {i} have no unit, others are quantities: give all of them as quantities, or "
                "none and time_unit=..."
            )
        unit = unit or own
        out.append(convert(values, own, unit, f"times t of trajectory {i}"))
    return out, unit
