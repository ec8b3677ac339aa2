"""Dots with bars in rows, methods beside each other: what the pictures without a noise axis share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spreme.plotting.panels import tidy
from systems.report.figures.looks import GRID, MethodLook

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SPREAD = 0.74  # part of a row that its methods share


def draw_rows(
    axes: Axes, table: pd.DataFrame, column: str, rows: Sequence[str], seen: dict[str, MethodLook]
) -> list[Any]:
    """Draw one dot with a bar per row and method.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Axes to draw in.
    table : pandas.DataFrame
        ``method``, the column of the rows, ``low``, ``middle``, ``high``.
    column : str
        Name of that column.
    rows : sequence of str
        Its values from top to bottom.
    seen : dict of str to MethodLook
        Methods from top to bottom of a row.

    Returns
    -------
    list of matplotlib.artist.Artist
        One per method, for a legend.
    """
    handles: list[Any] = []
    for place, (name, look) in enumerate(seen.items()):
        own = table[table["method"] == name].set_index(column).reindex(list(rows))
        y = np.arange(len(rows)) + SPREAD * ((place + 0.5) / len(seen) - 0.5)
        low, middle, high = (own[part].to_numpy(float) for part in ("low", "middle", "high"))
        axes.hlines(y, low, np.where(np.isfinite(high), high, np.nan), color=look.colour, lw=1.2, alpha=0.8)
        handles += axes.plot(np.where(np.isfinite(middle), middle, np.nan), y, ls="none", **look.marker_style)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GRID, lw=0.7)
    for edge in np.arange(0.5, len(rows) - 1):
        axes.axhline(edge, color=GRID, lw=0.7)
    tidy(axes)
    return handles
