"""Inputs of a forecast: constants, or a table that is linear between its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spreme.cli.columns import Columns
from spreme.cli.tables import Spelling, read_data
from spreme.cli.values import in_order

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from spreme.results import Forecast

    Array = NDArray[np.float64]


class Drive(NamedTuple):
    """Inputs (n, U) at the times (n,) between which they are linear; no inputs if None."""

    t: Array
    u: Array | None


def constant_drive(times: Array, names: list[str], values: dict[str, float]) -> Drive:
    """Give inputs that stay as they are."""
    return Drive(times, np.tile(in_order(names, values, "--input", "input"), (len(times), 1)))


def recorded_drive(times: Array, names: list[str], path: Path, time: str | None) -> Drive:
    """Read inputs from a table, at the wanted times and at those of its rows in between."""
    data = read_data([path], Columns(time=time, states=tuple(names)), Spelling(), quiet=True)
    if len(data) > 1 or np.isnan(data.x[0]).any():
        raise ValueError(f"{path}: the inputs of one forecast are needed, complete and in one piece")
    t, u = data.t[0], data.x[0]
    low, high = min(times[0], times[-1]), max(times[0], times[-1])
    if t[0] > low or t[-1] < high:
        raise ValueError(f"{path}: the inputs run from {t[0]:g} to {t[-1]:g}, the forecast needs {low:g} to {high:g}")
    nodes = np.union1d(times, t[(t > low) & (t < high)])
    nodes = nodes if times[-1] > times[0] else nodes[::-1].copy()
    return Drive(nodes, np.column_stack([np.interp(nodes, t, own) for own in u.T]))


def at(forecast: Forecast, times: Array) -> Forecast:
    """Keep the rows of some times."""
    rows = np.isin(forecast.t, times)
    lower = None if forecast.lower is None else forecast.lower[rows]
    upper = None if forecast.upper is None else forecast.upper[rows]
    return replace(forecast, t=forecast.t[rows], x=forecast.x[rows], lower=lower, upper=upper)
