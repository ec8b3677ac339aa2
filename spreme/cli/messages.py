"""What the program says beside its results: on standard error, in plain words."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

# Arguments of the package as its messages name them, and the options of the same meaning.
AS_OPTIONS = {
    "trajectory=...": "--trajectory",
    "decimal=": "--decimal ",
    "sep=": "--sep ",
    "but x0 makes": "but --start makes",
}


def tell(line: str, quiet: bool = False) -> None:
    """Print a line on standard error, unless asked to be quiet."""
    if not quiet:
        click.echo(line, err=True)


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Print warnings as messages, without the place in the source that they come from."""
    with warnings.catch_warnings():
        warnings.filterwarnings("always", category=UserWarning)
        warnings.showwarning = _show  # type: ignore[assignment]
        yield


def _show(message: Warning | str, *_: Any) -> None:
    """Print one warning."""
    tell(f"Warning: {as_options(str(message))}")


def in_one_message(error: Exception) -> str:
    """Words of an error: file and reason of what the system refuses, otherwise its own."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror[0].lower()}{error.strerror[1:]}"
    return as_options(str(error) or type(error).__name__)


def as_options(text: str) -> str:
    """Name options where the package names its arguments."""
    for argument, option in AS_OPTIONS.items():
        text = text.replace(argument, option)
    return text
