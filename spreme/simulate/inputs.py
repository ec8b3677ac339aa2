"""What drives a law from outside: values at the times of a forecast, linear in between, or a function of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.data.arrays import floats, show
from spreme.results import Law

Array = NDArray[np.float64]
#: Inputs of a forecast as a user gives them: values at its times, or a function of time.
Inputs: TypeAlias = ArrayLike | Callable[[float], ArrayLike] | None


@dataclass(frozen=True, eq=False)
class Drive:
    """Inputs of a forecast.

    Attributes
    ----------
    rows : ndarray (n, U)
        Values at the times of the forecast.
    function : callable or None
        Checked function of time to an array (U,); None: the values are joined by straight lines.
    """

    rows: Array
    function: Callable[[float], Array] | None = None

    @property
    def n_inputs(self) -> int:
        """Number of inputs U."""
        return int(self.rows.shape[1])

    def beside(self, x: Array) -> Array:
        """Columns (n, V) of the first n rows: the states (n, S) and the inputs beside them."""
        return np.column_stack([x, self.rows[: len(x)]]) if self.n_inputs else x


def check_drive(law: Law, u: Any, times: Array) -> Drive:
    """Read the inputs of a forecast at the given times; refuse what the law cannot use."""
    _check_presence(law, u, f"an array ({len(times)}, {len(law.input_names)}) of their values at the times t, or u(t)")
    if not law.input_names:
        return Drive(np.zeros((len(times), 0)))
    if callable(u):
        function = _checked_function(u, law.input_names)
        return Drive(np.array([function(float(t)) for t in times]), function)
    return Drive(read_rows(u, law, len(times), "times t"))


def check_rows(law: Law, u: ArrayLike | None, n: int) -> Array:
    """Read the inputs (n, U) that stand beside n rows of states; refuse what the law cannot use."""
    _check_presence(law, u, f"an array ({n}, {len(law.input_names)}) of their values")
    return read_rows(u, law, n, "rows of x") if law.input_names else np.zeros((n, 0))


def read_rows(u: ArrayLike | None, law: Law, n: int, counted: str) -> Array:
    """Read inputs as a fresh array (n, U); one-dimensional ones are a single input."""
    rows, names = floats(u, "inputs u"), law.input_names
    if rows.ndim == 1 and len(names) == 1:
        rows = rows[:, None]
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise ValueError(
            f"inputs u must have the shape ({n}, {len(names)}), one column for each of {', '.join(names)}, "
            f"got {rows.shape}"
        )
    if len(rows) != n:
        raise ValueError(f"inputs u have {len(rows)} rows for {n} {counted}: give one row for each")
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise ValueError(f"inputs u: {names[column]} is {rows[row, column]} in row {row}: inputs must be finite")
    return rows


def _check_presence(law: Law, u: Any, wanted: str) -> None:
    """Refuse inputs that the law does not have, and the lack of those that it has."""
    if u is None and law.input_names:
        raise ValueError(f"the law is driven by the inputs {', '.join(law.input_names)}: give u, {wanted}")
    if u is not None and not law.input_names:
        raise ValueError("the law has no inputs: leave out u, or fit data with inputs")


def _checked_function(u: Callable[[float], Any], names: tuple[str, ...]) -> Callable[[float], Array]:
    """Wrap a function of time so that it gives finite values (U,)."""

    def function(t: float) -> Array:
        values = np.atleast_1d(np.asarray(u(t), dtype=np.float64))
        if values.shape != (len(names),):
            raise ValueError(
                f"u(t) must give {len(names)} values, one for each of {', '.join(names)}, got the shape "
                f"{values.shape} at t = {show(t)}"
            )
        if not np.isfinite(values).all():
            raise ValueError(f"u(t) must be finite, got {values.tolist()} at t = {show(t)}")
        return values

    return function
