"""What a fit is doing, told while it lasts: one line that changes, or a line for every step.

Lower layers get a function that takes a line; how it is shown is decided here.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Report = Callable[[str], None]

NAME = "[spreme]"
FORMAT = NAME + " {elapsed}  {desc}"


@contextmanager
def told(verbose: int) -> Iterator[Report]:
    """A function to report steps to: silent unless asked for.

    With tqdm, terminals and notebooks show one line with the time and the present step; without it, and in files,
    every step is a line of its own. All goes to the standard error.

    Parameters
    ----------
    verbose : int
        0: nothing is shown.

    Yields
    ------
    callable
        Takes a line.
    """
    bar = _bar() if verbose else None
    if bar is None:
        yield _printer() if verbose else silent
        return
    try:
        yield bar.set_description_str
    finally:
        bar.close()


def silent(line: str) -> None:
    """Report nothing."""


def _printer() -> Report:
    """Print lines with the time since the first."""
    begin = time.perf_counter()

    def report(line: str) -> None:
        """Print one line."""
        print(f"{NAME} {time.perf_counter() - begin:7.1f} s  {line}", file=sys.stderr, flush=True)

    return report


def _bar() -> Any:
    """A line of tqdm that changes; None where it is not installed, or would fill a file."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    is_notebook = any(own.__module__ == "tqdm.notebook" for own in tqdm.__mro__)
    if not (is_notebook or sys.stderr.isatty()):
        return None
    if is_notebook:
        return tqdm(bar_format=FORMAT, file=sys.stderr)
    size = shutil.get_terminal_size()
    return tqdm(bar_format=FORMAT, file=sys.stderr, ncols=size.columns, nrows=size.lines)
