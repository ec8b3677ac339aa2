"""The reader of pandas and polars data frames, which imports neither: who holds a frame has done so already."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from spreme.data.arrays import is_missing, number
from spreme.data.runs import Roles, Runs, sort_into_runs


def read_frame(df: Any, roles: Roles) -> Runs:
    """Read a data frame in long form."""
    if not is_frame(df):
        hint = "; call .collect() first" if type(df).__name__ == "LazyFrame" else ""
        raise TypeError(f"a data frame of pandas or polars is expected, got {type(df).__name__}{hint}")
    roles.check(list(df.columns))
    if len(df) == 0:
        raise ValueError("the data frame is empty: it has no rows")
    return sort_into_runs(FrameSource(df), roles)


def require(package: str) -> Any:
    """Import a package of data frames; if it is missing, the error names the extra."""
    try:
        return import_module(package)
    except ImportError as error:
        raise ImportError(f'data frames need {package}: pip install "spreme[frames]"') from error


def _is_number(text: str) -> bool:
    """Whether a text could be read as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_frame(value: Any) -> bool:
    """Tell a data frame of a package that is loaded."""
    loaded = [getattr(sys.modules.get(name), "DataFrame", None) for name in ("pandas", "polars")]
    return isinstance(value, tuple(kind for kind in loaded if kind is not None))


@dataclass(frozen=True)
class FrameSource:
    """A data frame, column by column; rows are counted from 0."""

    df: Any

    @property
    def n_rows(self) -> int:
        """Number of samples."""
        return len(self.df)

    def numbers(self, name: str) -> np.ndarray:
        """Read a column as float64, NaN where a cell is empty."""
        series = self.df[name]
        if holds_dates(series.dtype):
            self.refuse_dates(name)
        if getattr(series.dtype, "is_numeric", bool)():  # polars
            return np.array(series.cast(float), dtype=np.float64)
        if isinstance(series.dtype, np.dtype) and series.dtype.kind in "fiu":
            return np.array(series, dtype=np.float64)
        entries = series.to_list()
        written = [row for row, entry in enumerate(entries) if isinstance(entry, str) and not _is_number(entry)]
        for row in written[:1]:  # one cell that is no number makes text of a whole column: name that one
            raise TypeError(
                f"column {name!r}, {self.place(row)}: numbers are expected, got {entries[row]!r:.50} of type str; "
                f"write a missing value as NaN and convert the column, in pandas by pandas.to_numeric(df[{name!r}])"
            )
        return np.array([number(entry, f"column {name!r}, {self.place(row)}") for row, entry in enumerate(entries)])

    def refuse_dates(self, name: str) -> None:
        """Refuse dates: they have no unit of their own, and the user must choose one."""
        for row, value in enumerate(self.labels(name)):
            if is_missing(value):
                raise ValueError(
                    f"column {name!r} holds dates and is empty (missing, NaT) in {self.place(row)}; drop the row"
                )
        raise TypeError(
            f"column {name!r} holds dates, numbers are expected; choose a unit, for example seconds: "
            f"(df[{name!r}] - df[{name!r}].min()).dt.total_seconds()"
        )

    def labels(self, name: str) -> list[Any]:
        """Read a column as plain objects."""
        return list(self.df[name].to_list())

    def place(self, row: int) -> str:
        """Name a row as messages do."""
        return f"row {row}"


def holds_dates(dtype: Any) -> bool:
    """Tell dates and time differences, of either package."""
    return getattr(dtype, "kind", "") in ("M", "m") or getattr(dtype, "is_temporal", bool)()
