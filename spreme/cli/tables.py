"""Tables in files: CSV and Parquet read as trajectories, forecasts written."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spreme.cli.columns import Columns, find_columns
from spreme.cli.files import replaced
from spreme.cli.messages import tell

if TYPE_CHECKING:
    import numpy as np

    from spreme.data import Trajectories

PARQUET = (".parquet", ".pq")
# Separators looked for in the header if none is given.
SEPARATORS = (",", ";", "\t")
NEEDED = 'Parquet files need pyarrow: pip install "spreme[parquet]"'


@dataclass(frozen=True)
class Spelling:
    """How a text table is written.

    Attributes
    ----------
    sep : str or None
        Character between cells; None: the one of comma, semicolon and tab that the header holds.
    decimal : str
        Decimal mark.
    """

    sep: str | None = None
    decimal: str = "."

    def separator(self, path: Path) -> str:
        """Give the character between cells."""
        if self.sep is not None:
            return "\t" if self.sep in ("\\t", "tab") else self.sep
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            header = next((line for line in file if line.strip() and not line.lstrip().startswith("#")), "")
        found = [mark for mark in SEPARATORS if mark in header]
        return found[0] if len(found) == 1 else ","


def read_data(
    paths: Sequence[Path], given: Columns, spelling: Spelling, *, env: str | None = None, quiet: bool = False
) -> Trajectories:
    """Read all files as one data set; without a column of environments each is one, `env` or named like the file."""
    _check_names(paths, given)
    parts = []
    for path in paths:
        data, columns = _read(path, given, spelling)
        if env is not None or columns.env is None:
            data = _relabelled(data, env or path.stem)
        tell(f"{path}: read with {columns}", quiet)
        parts.append(data)
    return reduce(add, parts)


def _check_names(paths: Sequence[Path], given: Columns) -> None:
    """Refuse one file twice, and two of one name where names tell environments apart."""
    seen: dict[str, Path] = {}
    for path in paths:
        other = seen.setdefault(path.stem, path)
        if other is path:
            continue
        if other.resolve() == path.resolve():
            raise ValueError(f"{path} is given twice: leave it out once")
        if given.env is None:
            raise ValueError(
                f"{other} and {path}: files are told apart by their names, which are the environments; rename one, "
                "or name a column of environments by --env"
            )


def _read(path: Path, given: Columns, spelling: Spelling) -> tuple[Trajectories, Columns]:
    """Read one file."""
    header, load = (_parquet_header, _load_parquet) if path.suffix.lower() in PARQUET else (_csv_header, _load_csv)
    columns = find_columns(header(path, spelling), given, str(path))
    try:
        data = load(path, columns, spelling)
    except (ValueError, TypeError) as error:
        told = str(error) if str(path) in str(error) else f"{path}: {error}"
        if columns.are_guessed and any(repr(name) in told for name in columns.states or ()):
            told += f"; without --states, all other columns are states: {', '.join(columns.states or ())}"
        raise ValueError(told) from error
    if columns.are_guessed:
        _check_guess(data, path)
    return data, columns


def _csv_header(path: Path, spelling: Spelling) -> list[str]:
    """Names of the columns of a text table."""
    from spreme.data.delimited import read_table

    return read_table(path, spelling.separator(path), spelling.decimal).header


def _load_csv(path: Path, columns: Columns, spelling: Spelling) -> Trajectories:
    """Read a text table."""
    from spreme.data import Trajectories

    return Trajectories.from_csv(
        path,
        time=str(columns.time),
        states=columns.states or (),
        env=columns.env,
        trajectory=columns.trajectory,
        inputs=columns.inputs,
        sep=spelling.separator(path),
        decimal=spelling.decimal,
        units=columns.units,
        time_unit=columns.time_unit,
    )


def _parquet_header(path: Path, _: Spelling) -> list[str]:
    """Names of the columns of a Parquet file."""
    try:
        from pyarrow import ArrowInvalid, parquet
    except ImportError as error:
        raise ImportError(f"{path}: {NEEDED}") from error
    try:
        with open(path, "rb") as file:
            return list(parquet.read_schema(file).names)
    except ArrowInvalid as error:
        raise ValueError(f"{path}: not a Parquet file, or damaged ({error})") from error


def _load_parquet(path: Path, columns: Columns, _: Spelling) -> Trajectories:
    """Read a Parquet file."""
    from spreme.data import Trajectories

    return Trajectories.from_parquet(
        path,
        time=str(columns.time),
        states=columns.states or (),
        env=columns.env,
        trajectory=columns.trajectory,
        inputs=columns.inputs,
        units=columns.units,
        time_unit=columns.time_unit,
    )


def _check_guess(data: Trajectories, path: Path) -> None:
    """Refuse, among states that were guessed, one that no trajectory moves: it tells the conditions, more likely."""
    for s, name in enumerate(data.state_names):
        if all(len({value for value in x[:, s].tolist() if value == value}) <= 1 for x in data.x):
            others = ",".join(other for other in data.state_names if other != name) or name
            raise ValueError(
                f"{path}: --states is needed: column {name!r} does not change within any trajectory and is probably "
                f"no state; name the states, such as --states {others}"
            )


def _relabelled(data: Trajectories, env: str) -> Trajectories:
    """Data of one environment."""
    from spreme.data import Trajectories

    return Trajectories(
        data.x,
        data.t,
        [env] * len(data),
        data.u,
        data.state_names,
        data.input_names or None,
        units=data.units,
        time_unit=data.time_unit,
    )


def write_table(path: Path | None, columns: Mapping[str, np.ndarray]) -> None:
    """Write columns of numbers as CSV or Parquet, as the suffix says; None: CSV on standard output."""
    if path is None:
        click.echo(_as_csv(columns), nl=False)
        return
    with replaced(path) as temporary:
        if path.suffix.lower() == ".csv":
            temporary.write_text(_as_csv(columns), encoding="utf-8")
        else:
            _to_parquet(temporary, columns)


def _as_csv(columns: Mapping[str, np.ndarray]) -> str:
    """Text of a table, ten digits a number, nothing where there is none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow(["" if value != value else f"{value:.10g}" for value in row])
    return text.getvalue()


def _to_parquet(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    """Write a Parquet file."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ImportError(f"{path}: {NEEDED}") from error
    parquet.write_table(pyarrow.table(dict(columns)), path)
