"""How columns of a table are set: numbers to the right, long texts with room."""

from __future__ import annotations

import re

from spreme.report.parts import Cell, Table

LONG_TEXT = 30  # characters
# What a cell of a column of numbers may be.
NUMERIC = re.compile(r"[-+]?[\d.]+(e[-+]?\d+)?( ± [\d.]+(e[-+]?\d+)?)?( %| sd)?$|–$|not observed$|none$|no score$|$")  # noqa: RUF001


def column_kinds(table: Table) -> list[str]:
    """What every column holds: "number", "words" or "name"."""
    return [_kind(list(column)) for column in zip(*table.rows, strict=True)]


def _kind(column: list[Cell]) -> str:
    """What one column holds."""
    texts = [str(cell) for cell in column]
    if any(texts) and all(map(NUMERIC.match, texts)):
        return "number"
    return "words" if max(map(len, texts)) > LONG_TEXT else "name"
