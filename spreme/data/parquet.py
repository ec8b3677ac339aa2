"""The reader of Parquet files by pyarrow: only the columns in use are read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from spreme.data.arrays import number
from spreme.data.runs import Roles, Runs, sort_into_runs


def read_parquet(path: str | os.PathLike[str], roles: Roles) -> Runs:
    """Read a Parquet file in long form."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be the name of a file, got {type(path).__name__}")
    try:
        from pyarrow import ArrowInvalid, parquet
    except ImportError as error:
        raise ImportError('Parquet files need pyarrow: pip install "spreme[parquet]"') from error
    try:
        with open(path, "rb") as file, parquet.ParquetFile(file) as content:
            roles.check(content.schema_arrow.names)
            table = content.read(columns=roles.columns)
    except ArrowInvalid as error:
        raise ValueError(f"{os.fspath(path)}: not a Parquet file, or damaged ({error})") from error
    if table.num_rows == 0:
        raise ValueError(f"{os.fspath(path)}: the table is empty, it has columns but no rows")
    return sort_into_runs(ArrowSource(table), roles)


@dataclass(frozen=True)
class ArrowSource:
    """A table of pyarrow, column by column; rows are counted from 0."""

    table: Any

    @property
    def n_rows(self) -> int:
        """Number of samples."""
        return int(self.table.num_rows)

    def numbers(self, name: str) -> np.ndarray:
        """Read a column as float64, NaN where a cell is empty."""
        from pyarrow import types

        column = self.table.column(name)
        if types.is_temporal(column.type):
            raise TypeError(f"column {name!r} holds dates ({column.type}), numbers are expected; write numbers instead")
        if types.is_integer(column.type) or types.is_floating(column.type):
            return np.array(column.to_numpy(), dtype=np.float64)
        entries = enumerate(column.to_pylist())
        return np.array([number(entry, f"column {name!r}, {self.place(row)}") for row, entry in entries])

    def labels(self, name: str) -> list[Any]:
        """Read a column as plain objects."""
        return list(self.table.column(name).to_pylist())

    def place(self, row: int) -> str:
        """Name a row as messages do."""
        return f"row {row}"
