"""What does not fit, by the name of its environment; what is not finite, by row and column."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from numpy.typing import NDArray

from spreme.gram.products import BLOCK

if TYPE_CHECKING:
    from spreme.library import TermTable


def name_of(e: int, environments: Sequence[Hashable] | None) -> str:
    """How messages call environment e: by its label, or by its number."""
    return str(e) if environments is None else label_text(environments[e])


def label_text(label: Hashable) -> str:
    """A label as one would type it, without NumPy's types."""
    return repr(label.item() if isinstance(label, np.generic) else label)


def check_labels(environments: Sequence[Hashable] | None, n_environments: int) -> None:
    """Refuse labels that do not name each environment once."""
    if environments is None:
        return
    if len(environments) != n_environments:
        raise ValueError(f"expected {n_environments} labels in environments, one each, got {len(environments)}")
    twice = [label for i, label in enumerate(environments) if label in environments[:i]]
    if twice:
        raise ValueError(f"environments has the label {label_text(twice[0])} twice: give each its own")


def check_rows(where: str, theta: NDArray[np.generic], target: NDArray[np.generic], name: str = "theta") -> None:
    """Refuse a pair of arrays that are no rows of terms and targets."""
    if theta.ndim != 2 or target.ndim != 2:
        raise ValueError(f"{where}: {name} and target must be two-dimensional, got {theta.ndim} and {target.ndim}")
    if theta.shape[1] == 0 or target.shape[1] == 0:
        raise ValueError(f"{where}: {name} and target need at least one column each")
    if len(theta) != len(target):
        raise ValueError(f"{where}: {len(theta)} rows of {name}, {len(target)} of target; expected equal numbers")


def refuse_rows(
    environment: str,
    theta: NDArray[np.generic],
    target: NDArray[np.generic],
    table: TermTable | None = None,
    where: str = "",
) -> NoReturn:
    """Say why the sums of these rows are not finite; with a table, `theta` are states."""
    begin = f"environment {environment}{where}: "
    name = "theta" if table is None else "states"
    for what, values in ((name, theta), ("target", target)):
        if found := _first_bad(values):
            raise ValueError(
                f"{begin}{what}[{found[0]}, {found[1]}] is not finite; leave out the rows with such values"
            )
    if table is not None and (found := _first_bad(theta, table)):
        raise ValueError(
            f"{begin}the term {table.names[found[1]]} is not finite in row {found[0]} of the states; leave out "
            "such rows or the term"
        )
    raise ValueError(f"{begin}the squares of theta or target overflow; rescale the units of the data")


def _first_bad(values: NDArray[np.generic], table: TermTable | None = None) -> tuple[int, int] | None:
    """Row and column of the first value that is not finite, or None."""
    for first in range(0, len(values), BLOCK):
        block = np.asarray(values[first : first + BLOCK], dtype=np.float64)
        bad = ~np.isfinite(block if table is None else table.evaluate(block))
        if bad.any():
            row = int(bad.any(axis=1).argmax())
            return first + row, int(bad[row].argmax())
    return None
