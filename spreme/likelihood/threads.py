"""Work of environments and masks over threads: compiled code does not hold the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def over_threads(function: Callable[[T], R], items: Iterable[T], pool: ThreadPoolExecutor | None) -> list[R]:
    """Results of a function for all items, in their order; without a pool one after the other."""
    return list(map(function, items) if pool is None else pool.map(function, items))
