"""The reader of text tables (CSV): strict about lines and numbers, so that nothing is guessed or filled in silently."""

from __future__ import annotations

import csv
import itertools
import os
import re
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from spreme.data.runs import Roles, Runs, sort_into_runs

MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "-"))
INTEGER = re.compile(r"-?(0|[1-9]\d*)", re.ASCII)
DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Table:
    """A header, the cells of every line as text, and the number of each line in the file."""

    header: list[str]
    cells: list[list[str]]
    lines: list[int]
    decimal: str

    @property
    def n_rows(self) -> int:
        """Number of samples."""
        return len(self.cells)

    def place(self, row: int) -> str:
        """Name a row as messages do."""
        return f"line {self.lines[row]}"

    def texts(self, name: str) -> list[str]:
        """Give the cells of one column."""
        k = self.header.index(name)
        return [row[k].strip() for row in self.cells]

    def numbers(self, name: str) -> np.ndarray:
        """Read a column of numbers, NaN where a cell is empty."""
        return np.array(
            [self.number(text, name, line) for text, line in zip(self.texts(name), self.lines, strict=True)]
        )

    def number(self, text: str, name: str, line: int) -> float:
        """Read one cell."""
        if text.lower() in MISSING:
            return float("nan")
        spelled = text if self.decimal == "." else text.replace(".", "?").replace(self.decimal, ".")
        try:
            return float(spelled if "_" not in spelled else "?")
        except ValueError:
            other = "," if self.decimal == "." else "."
            hint = f"; for a decimal {other!r} pass decimal={other!r}" if other in text else ""
            raise ValueError(
                f"column {name!r}, line {line}: {text[:40]!r} is not a number{hint}; a missing value is an empty cell"
            ) from None

    def labels(self, name: str) -> list[Hashable | None]:
        """Read a column of labels: int if all are whole numbers, else float if all are numbers, else str; or None."""
        texts = self.texts(name)
        filled = [text for text in texts if text]
        convert: type = str
        if filled and all(INTEGER.fullmatch(text) for text in filled):
            convert = int
        elif filled and all(DECIMAL.fullmatch(text) for text in filled):
            convert = float
        return [convert(text) if text else None for text in texts]


def read_csv(path: str | os.PathLike[str], roles: Roles, sep: str, decimal: str) -> Runs:
    """Read a text table in long form."""
    table = read_table(path, sep, decimal)
    roles.check(table.header)
    if not table.cells:
        raise ValueError(f"{os.fspath(path)}: the table is empty, it has a header but no rows")
    return sort_into_runs(table, roles)


def read_table(path: str | os.PathLike[str], sep: str = ",", decimal: str = ".") -> Table:
    """Split a file into cells, all lines of the same number."""
    check_marks(path, sep, decimal)
    rows = split(path, sep)
    if not rows:
        raise ValueError(f"{os.fspath(path)} is empty: there is no header")
    header = [cell.strip() for cell in rows.pop(0)[1]]
    check_separator(header, sep)
    for line, cells in rows:
        if len(cells) != len(header):
            raise ValueError(
                f"{os.fspath(path)}, line {line}: {len(cells)} fields, but the header has {len(header)} columns"
            )
    return Table(header, [cells for _, cells in rows], [line for line, _ in rows], decimal)


def split(path: str | os.PathLike[str], sep: str) -> list[tuple[int, list[str]]]:
    """Split a file into numbered lines of cells; blank lines, and comments before the header, are passed over."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            text = file.readlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{os.fspath(path)} is not UTF-8 text ({error.reason}); save it as CSV in UTF-8") from error
    n_comments = sum(1 for _ in itertools.takewhile(lambda line: line.lstrip().startswith("#"), text))
    reader = csv.reader(text[n_comments:], delimiter=sep, strict=True)
    try:
        return [(reader.line_num + n_comments, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        line = reader.line_num + n_comments
        raise ValueError(f"{os.fspath(path)}, line {line}: not a text table ({error})") from error


def check_marks(path: str | os.PathLike[str], sep: str, decimal: str) -> None:
    """Refuse a path, separator or decimal mark that makes no sense."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be the name of a file, got {type(path).__name__}")
    if not isinstance(sep, str) or len(sep) != 1 or sep in '\r\n"':
        raise ValueError(f"sep must be one character, such as ',' or ';', got {sep!r:.20}")
    if decimal not in (".", ",") or decimal == sep:
        raise ValueError(f"decimal must be '.' or ',' and differ from sep, got decimal={decimal!r:.20}, sep={sep!r}")


def check_separator(header: list[str], sep: str) -> None:
    """Refuse a header of one column that contains another separator."""
    other = next((mark for mark in ";\t|," if mark != sep and mark in header[0]), None)
    if len(header) == 1 and other is not None:
        hint = " and, if numbers have decimal commas, decimal=','" if other != "," else ""
        raise ValueError(
            f"the header {header[0][:60]!r} is one column: its separator looks like {other!r}; pass sep={other!r}{hint}"
        )
