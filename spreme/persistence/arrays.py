"""Arrays as JSON: numbers with as many digits as bring back the same double."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def array_to_json(array: Array) -> Any:
    """Write an array as nested lists, null for NaN, "inf" and "-inf" for what is infinite.

    Parameters
    ----------
    array : ndarray
        Numbers.

    Returns
    -------
    list or number
        JSON data.

    Examples
    --------
    >>> array_to_json(np.array([[0.1, np.nan]]))
    [[0.1, None]]
    """
    if array.ndim:
        return [array_to_json(part) for part in array]
    value = float(array)
    if math.isfinite(value):
        return value
    return None if math.isnan(value) else ("inf" if value > 0 else "-inf")


def array_from_json(data: Any, shape: tuple[int, ...], what: str) -> Array:
    """Read what `array_to_json` wrote.

    Parameters
    ----------
    data : list or number
        Parsed JSON.
    shape : tuple of int
        Shape that it must have.
    what : str
        Start of messages.

    Returns
    -------
    ndarray
        The array, float64.

    Raises
    ------
    ValueError
        If the shape or an entry is wrong.

    Examples
    --------
    >>> array_from_json([0.1, None], (2,), "coef")
    array([0.1, nan])
    """
    return np.array([_entry(node, what) for node in _flat(data, shape, what)], dtype=np.float64).reshape(shape)


def _flat(data: Any, shape: tuple[int, ...], what: str) -> list[Any]:
    """Open nested lists of a given shape."""
    if not shape:
        return [data]
    if not isinstance(data, list) or len(data) != shape[0]:
        found = f"{len(data)} entries" if isinstance(data, list) else short(data)
        raise ValueError(f"{what}: a list of {shape[0]} entries is expected, got {found}")
    return [entry for part in data for entry in _flat(part, shape[1:], what)]


def _entry(node: Any, what: str) -> float:
    """Read one number."""
    if node is None:
        return math.nan
    if isinstance(node, str) and node in ("inf", "-inf"):
        return float(node)
    is_number = isinstance(node, float) or (type(node) is int and abs(node) < 10**300)
    if not is_number or not math.isfinite(node):
        raise ValueError(f"{what}: {short(node)} is not a finite number")
    return float(node)


def short(node: Any) -> str:
    """Start of a value's text for a message."""
    if isinstance(node, (list, dict)):
        return f"a {type(node).__name__} of {len(node)} entries"
    text = repr(node)
    return text if len(text) <= 60 else text[:57] + "..."
