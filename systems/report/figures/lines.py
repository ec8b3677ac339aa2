"""A number with an interval against the noise, method by method: what several pictures share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spreme.plotting.panels import tidy
from systems.report.figures.looks import GRID, MethodLook, noise_axis

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

WIDEST = 0.5  # part of the distance of two noise levels that methods share


def draw_lines(axes: Axes, table: pd.DataFrame, seen: dict[str, MethodLook]) -> dict[str, Any]:
    """Draw one line per method.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Axes to draw in; their scale is set before.
    table : pandas.DataFrame
        ``method``, ``noise``, ``middle``, ``low``, ``high``; values that are not finite are not drawn.
    seen : dict of str to MethodLook
        The methods of these axes.

    Returns
    -------
    dict of str to matplotlib.artist.Artist
        Method -> its line, for a legend: in the order of the ends of the lines, the highest first.
    """
    noises = sorted(table["noise"].unique())
    methods = [name for name in seen if name in set(table["method"])]
    lines = {}
    # Methods stand beside each other, not on each other; few levels are farther apart than that needs.
    spread = min(WIDEST, 0.1 + 0.07 * len(noises))
    for place, name in enumerate(methods):
        own = table[table["method"] == name].sort_values("noise")
        x = np.searchsorted(noises, own["noise"]) + spread * ((place + 0.5) / len(methods) - 0.5)
        lines[name] = _line(axes, x, own, seen[name], is_first=place == 0)
    noise_axis(axes, noises)
    axes.grid(axis="y", color=GRID, lw=0.7)
    tidy(axes)
    return {name: lines[name] for name in sorted(methods, key=lambda name: -_last(table, name))}


def _line(axes: Axes, x: Any, own: pd.DataFrame, look: MethodLook, is_first: bool) -> Any:
    """Draw line and intervals of one method, the first on top of the others."""
    middle, low, high = (own[name].to_numpy(float) for name in ("middle", "low", "high"))
    middle = np.where(np.isfinite(middle), middle, np.nan)
    high = np.where(np.isfinite(high), high, axes.get_ylim()[1])
    order = 5 if is_first else 3
    shown = np.isfinite(middle) & (high > low)
    axes.vlines(x[shown], low[shown], high[shown], color=look.colour, lw=1.1, alpha=0.75, zorder=order - 1)
    (line,) = axes.plot(x, middle, lw=2.2 if is_first else 1.3, zorder=order, **look.line_style)
    return line


def _last(table: pd.DataFrame, name: str) -> float:
    """Where the line of a method ends."""
    own = table[table["method"] == name].sort_values("noise")["middle"].to_numpy(float)
    finite = own[np.isfinite(own)]
    return float(finite[-1]) if len(finite) == len(own) else np.inf
