"""Which trajectories a key names: whole numbers, slices, lists, masks."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from spreme.data.arrays import as_array


def as_positions(key: Any, length: int) -> int | list[int]:
    """Give the positions named by `key` in a data set of `length` trajectories: one number, or a list of them."""
    if isinstance(key, slice):
        return list(range(length))[key]
    if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
        return in_range(operator.index(key), length)
    if isinstance(key, (str, bytes)):
        raise TypeError(
            f"trajectories are indexed by position, got {key!r:.60}; use where(env={key!r:.60}) for an environment"
        )
    is_list = isinstance(key, (list, range)) or hasattr(key, "__array__")  # a tuple would index two axes
    positions = as_array(key, "index") if is_list else np.empty((0, 0))
    if positions.ndim != 1 or (positions.dtype.kind not in "iub" and positions.size):
        raise TypeError(f"an index is an int, a slice, a list of int or a mask of bool, got {key!r:.60}")
    if positions.dtype.kind == "b":
        if len(positions) != length:
            raise IndexError(f"a mask of {len(positions)} entries does not fit {length} trajectories")
        positions = np.flatnonzero(positions)
    return [in_range(int(position), length) for position in positions]


def in_range(position: int, length: int) -> int:
    """Give a position counted from the front; negative ones count from the end."""
    if not -length <= position < length:
        raise IndexError(f"trajectory {position} is out of range: there are {length}, from 0 to {length - 1}")
    return position % length
