"""Environments over threads, BLAS on one thread in each: the result does not depend on the number of threads."""

from __future__ import annotations

import operator
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

# Multiplications below which threads cost more than they save.
SMALL = 2e7

# The number of BLAS threads belongs to the process: two that set it at once would not restore it.
_LOCK = threading.Lock()


def for_each(function: Callable[[int], None], n_items: int, work: float, n_jobs: int | None) -> None:
    """Call function(0), ..., function(n_items - 1) over threads; `work` in multiplications.

    A single item keeps all threads of BLAS, whatever `n_jobs` says.
    """
    wanted = _checked(n_jobs)
    if n_items == 1 or work < SMALL:
        for item in range(n_items):
            function(item)
        return
    allowed = _blas_threads()
    workers = min(wanted or allowed, n_items)
    with _one_blas_thread(allowed):
        if workers == 1:
            for item in range(n_items):
                function(item)
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(workers) as pool:
            for _ in pool.map(function, range(n_items)):
                pass


def _checked(n_jobs: int | None) -> int | None:
    """Number of threads asked for; negative numbers count from all processors, as in joblib."""
    if n_jobs is None:
        return None
    try:
        wanted = operator.index(n_jobs)
    except TypeError:
        wanted = 0
    if wanted == 0 or isinstance(n_jobs, bool):
        raise ValueError(f"n_jobs must be None or an integer other than 0 (-1: all processors), got {n_jobs!r}")
    return wanted if wanted > 0 else max(1, (os.cpu_count() or 1) + 1 + wanted)


@cache
def _controller() -> ThreadpoolController:
    """Handle of the BLAS that NumPy has loaded."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


def _blas_threads() -> int:
    """Number of threads BLAS may use."""
    return max((library["num_threads"] for library in _controller().info()), default=1)


@contextmanager
def _one_blas_thread(allowed: int) -> Iterator[None]:
    """Hold BLAS to one thread."""
    if allowed == 1:
        yield
        return
    with _LOCK, _controller().limit(limits=1):
        yield
