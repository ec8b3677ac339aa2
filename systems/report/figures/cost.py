"""What methods cost: time and memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spreme.plotting.panels import tidy
from systems.report.figures.looks import GRID, MethodLook, looks, new_figure, styled
from systems.report.records import reached

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DECADES = 1.7  # wider axes have numbers at powers of ten only
NAMES = {"seconds": "wall time of one fit (s)", "peak_memory_mb": "growth of memory (MB)"}


def plot_cost(records: pd.DataFrame) -> Figure:
    """Draw wall time and growth of memory of one fit.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    matplotlib.figure.Figure
        Medians as markers, quartiles as bars, the largest of all cases as a thin line.
    """
    own = reached(records)
    columns = [name for name in NAMES if (own[name] > 0.0).any()]
    seen = looks(records)
    with styled():
        figure = new_figure(8.0, 0.9 + 0.28 * len(seen))
        for axes, name in zip(figure.subplots(1, len(columns), squeeze=False, sharey=True)[0], columns, strict=True):
            for row, (method, look) in enumerate(seen.items()):
                _draw_row(axes, row, own.loc[(own["method"] == method) & (own[name] > 0.0), name].to_numpy(float), look)
            axes.set_yticks(range(len(seen)), [look.label for look in seen.values()])
            axes.set_ylim(len(seen) - 0.5, -0.5)
            axes.set_xlabel(NAMES[name])
            _scale(axes, own.loc[own[name] > 0.0, name].to_numpy(float))
            axes.grid(axis="x", color=GRID, lw=0.7)
            axes.tick_params(axis="y", length=0)
            tidy(axes)
    return figure


def _draw_row(axes: Axes, row: int, values: np.ndarray, look: MethodLook) -> None:
    """Draw what is known of one method."""
    if not len(values):
        return
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    axes.hlines(row, low, values.max(), color=look.colour, lw=0.8, zorder=2)
    axes.hlines(row, low, high, color=look.colour, lw=3.5, alpha=0.6, zorder=2)
    axes.plot(middle, row, zorder=3, **look.marker_style)


def _scale(axes: Axes, values: np.ndarray) -> None:
    """Set a logarithmic axis with plain numbers, not too many of them."""
    from matplotlib.ticker import LogLocator, NullFormatter

    low, high = np.log10([values.min(), values.max()])
    axes.set_xscale("log")
    axes.set_xlim(10 ** (low - 0.15), 10 ** (max(high, low + 0.5) + 0.15))
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high - low < DECADES else (1.0,)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
