"""Grams of Parquet files, read row group by row group."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spreme.gram.system import GramSystem

if TYPE_CHECKING:
    from spreme.library import TermTable

Array = NDArray[np.float64]
Block = tuple[Hashable, Array, Array]

#: Rows read at once within a row group.
ROWS = 16384


def from_parquet(
    paths: str | PathLike[str] | Sequence[str | PathLike[str]],
    columns: Sequence[str],
    targets: Sequence[str],
    *,
    env: str | None = None,
    table: TermTable | None = None,
    environments: Sequence[Hashable] | None = None,
) -> GramSystem:
    """Build a Gram system from Parquet files that need not fit in memory.

    Row groups are read one after the other, at most 16384 rows at once and the named columns only. Needs the extra
    `parquet`.

    Parameters
    ----------
    paths : path or sequence of paths
        Parquet files.
    columns : sequence of str
        Columns of the library matrix, or of the states of `table` in its order.
    targets : sequence of str
        Columns of the targets.
    env : str, default None
        Column that names the environment of a row; None makes each file an environment, named like the file without
        its suffix.
    table : TermTable, default None
        Terms to be evaluated at the states.
    environments : sequence of hashable, default None
        Labels in the order wanted, all of them; None keeps the order in which they come.

    Returns
    -------
    GramSystem
        Scaled system; missing values are refused.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    ValueError
        If a column is missing or not numeric, or `GramSystem.from_blocks` would refuse the rows.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     frame = pd.DataFrame({"x": [0.0, 1.0, 2.0], "dx": [1.0, 2.0, 3.0], "env": ["a", "a", "b"]})
    ...     frame.to_parquet(f"{folder}/runs.parquet")
    ...     system = from_parquet(f"{folder}/runs.parquet", ["x"], ["dx"], env="env")
    >>> system.environments, system.n_samples
    (('a', 'b'), array([2, 1]))
    """
    files = [Path(paths)] if isinstance(paths, str | PathLike) else [Path(path) for path in paths]
    for name, given in (("columns", columns), ("targets", targets)):
        if isinstance(given, str) or len(given) == 0:
            raise ValueError(f"{name} must be a list of column names, got {given!r}")
    blocks = (block for path in files for block in _read(path, list(columns), list(targets), env))
    return GramSystem.from_blocks(blocks, table=table, environments=environments)


def _read(path: Path, columns: list[str], targets: list[str], env: str | None) -> Iterator[Block]:
    """Blocks of one file, split by environment."""
    try:
        from pyarrow import parquet
    except ImportError:
        raise ImportError("Parquet files need pyarrow: pip install 'spreme[parquet]'") from None
    wanted = [*columns, *targets, *([] if env is None else [env])]
    with parquet.ParquetFile(path) as file:
        missing = [name for name in wanted if name not in file.schema_arrow.names]
        if missing:
            raise ValueError(f"{path} has no column {missing[0]!r}; it has {', '.join(file.schema_arrow.names)}")
        once = list(dict.fromkeys(wanted))
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(batch_size=ROWS, row_groups=[group], columns=once):
                theta, target = (_matrix(batch, names, path) for names in (columns, targets))
                if env is None:
                    yield path.stem, theta, target
                else:
                    yield from _split(batch.column(env), theta, target, path)


def _matrix(batch: Any, names: list[str], path: Path) -> Array:
    """Columns of a batch as doubles, null as nan."""
    out = np.empty((batch.num_rows, len(names)), order="F")
    for j, name in enumerate(names):
        values = batch.column(name).to_numpy(zero_copy_only=False)
        if values.dtype.kind not in "fiub":
            raise ValueError(f"{path}: column {name!r} is not numeric, its type is {batch.column(name).type}")
        out[:, j] = values
    return out


def _split(labels: Any, theta: Array, target: Array, path: Path) -> Iterator[Block]:
    """Rows of a batch by label, in the order in which the labels come."""
    if labels.null_count:
        raise ValueError(f"{path}: {labels.null_count} rows have no environment; leave them out or name it")
    codes = labels.dictionary_encode() if not hasattr(labels, "dictionary") else labels
    number = codes.indices.to_numpy(zero_copy_only=False)
    for k, label in enumerate(codes.dictionary.to_pylist()):
        rows = np.flatnonzero(number == k)
        if len(rows) == len(number):
            yield label, theta, target
        elif len(rows):
            yield label, theta[rows], target[rows]
