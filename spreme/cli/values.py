"""Values of options: lists of names, values by name, terms by state, finite numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click


class Names(click.ParamType):
    """Names between commas."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Split at commas."""
        names = tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else tuple(value)
        if not all(names):
            self.fail(f"{value!r}: write names between commas, such as x,y", param, ctx)
        return names


class Finite(click.ParamType):
    """A number, not infinite and not NaN."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the number."""
        number = as_number(value)
        if number is None:
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class ByName(click.ParamType):
    """Values by name, read by a function that gives None for what it cannot use."""

    def __init__(self, name: str, example: str, read: Callable[[str], Any]) -> None:
        self.name, self.example, self.read = name, example, read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Split at commas and equals signs."""
        if isinstance(value, dict):
            return value
        found: dict[str, Any] = {}
        for part in value.split(","):
            name, _, text = (piece.strip() for piece in part.partition("="))
            entry = self.read(text)
            if not name or entry is None:
                self.fail(f"{part.strip()!r}: write {self.name} as {self.example}", param, ctx)
            if name in found:
                self.fail(f"{name} is given twice", param, ctx)
            found[name] = entry
        return found


class Terms(click.ParamType):
    """Terms of one state."""

    name = "terms"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[str, ...]]:
        """Split at the colon and at commas."""
        if isinstance(value, tuple):
            return value
        state, _, rest = value.partition(":")
        terms = tuple(part.strip() for part in rest.split(","))
        if not state.strip() or not all(terms):
            self.fail(f"{value!r}: write the state and its terms as 'x: x, x*y'", param, ctx)
        return state.strip(), terms


def as_number(text: Any) -> float | None:
    """Read a finite number; None if it is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def by_state(pairs: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, list[str]] | None:
    """Gather the terms of every state; None if there are none."""
    found: dict[str, list[str]] = {}
    for state, terms in pairs:
        found.setdefault(state, []).extend(terms)
    return found or None


def in_order(names: Sequence[str], values: Mapping[str, float], option: str, kind: str) -> list[float]:
    """Give one value for every name, or say which name is missing, or strange."""
    for name in [*values, *names]:
        if name not in names or name not in values:
            fault = f"is no {kind}" if name not in names else "is missing"
            raise ValueError(f"{option}: {name} {fault}; give every {kind} of the model: {', '.join(names)}")
    return [values[name] for name in names]


UNITS = ByName("units", "x=g/L,y=mol", lambda text: text or None)
VALUES = ByName("values", "x=1,y=2", as_number)
