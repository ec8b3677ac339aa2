"""Which system is recovered by which method, at which noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from systems.report.figures.looks import looks, new_figure, percent, styled
from systems.report.records import main_part
from systems.report.statistics import judged

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches: cells with a number, cells without, and what surrounds them.
WIDE, NARROW, HIGH = 0.42, 0.19, 0.2
WIDEST = 7.8
LEFT, ABOVE = 1.6, 1.1
# Pale to dark without a change of hue: the order is seen in grey too.
COLOURS = ("#f6f3e8", "#c3d6df", "#7fb0cf", "#3b83b8", "#0b4f86", "#06213f")
SHADES = 40  # of more the bar of colours would be drawn as pixels
DARK = 0.55  # numbers on darker cells are white


def plot_heat_map(records: pd.DataFrame) -> Figure:
    """Draw the share of seeds with exactly the right equations: systems down, methods and noise levels across.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    matplotlib.figure.Figure
        Systems that are recovered most often come first. Rows of panels where there are many methods. Crossed out cells
        were not run.
    """
    cases = judged(main_part(records))
    order = cases.groupby("system", sort=False)["right"].mean().sort_values(ascending=False, kind="stable").index
    table = cases.pivot_table(index="system", columns=["method", "noise"], values="right", sort=False).loc[order]
    seen = {name: look for name, look in looks(records).items() if name in set(cases["method"])}
    noises = sorted(cases["noise"].unique())
    with styled():
        return _draw(table, seen, noises)


def _draw(table: pd.DataFrame, seen: dict[str, Any], noises: Sequence[float]) -> Figure:
    """Draw rows of panels, one panel per method."""
    is_wide = WIDE * len(noises) * len(seen) <= WIDEST
    width = (WIDE if is_wide else NARROW) * len(noises)
    in_row = max(1, int(WIDEST / (width + 0.1)))
    in_row = -(-len(seen) // -(-len(seen) // in_row))
    rows = [list(seen)[start : start + in_row] for start in range(0, len(seen), in_row)]
    n_columns = len(rows[0])
    height = HIGH * len(table) + ABOVE
    figure = new_figure(max(LEFT + n_columns * (width + 0.1) + 0.9, 3.0), max(height * len(rows), 2.2))
    figure.set_layout_engine("constrained", w_pad=0.02, wspace=0.0)
    grid = figure.subplots(len(rows), n_columns, squeeze=False)
    for axes_row, names in zip(grid, rows, strict=True):
        for axes, name in zip(axes_row, names, strict=False):
            image = _panel(axes, table[name], noises, is_wide, seen[name].label)
            _name_systems(axes, list(table.index), is_first=name == names[0])
        for axes in axes_row[len(names) :]:
            axes.set_axis_off()
    bar = figure.colorbar(
        image, ax=grid, shrink=min(1.0, 1.8 / height / len(rows)), aspect=12, pad=0.02, anchor=(0.0, 1.0)
    )
    bar.set_label("exactly right")
    bar.set_ticks([0, 0.5, 1], labels=["0 %", "50 %", "100 %"])
    return figure


def _panel(axes: Axes, own: Any, noises: Sequence[float], is_wide: bool, title: str) -> Any:
    """Draw the cells of one method."""
    from matplotlib.colors import LinearSegmentedColormap

    values = own.reindex(columns=list(noises)).to_numpy(float)
    colours = LinearSegmentedColormap.from_list("share", COLOURS, N=SHADES)
    edges = [np.arange(n + 1) - 0.5 for n in values.shape]
    image = axes.pcolormesh(
        edges[1], edges[0], values, cmap=colours, vmin=0, vmax=1, edgecolor="face", lw=0.2, zorder=0
    )
    axes.set_ylim(len(values) - 0.5, -0.5)
    for row, column in np.argwhere(np.isnan(values)):
        axes.text(column, row, "\u00d7", ha="center", va="center", color="#767676", fontsize="small")
    if is_wide:
        for row, column in np.argwhere(np.isfinite(values)):
            share = values[row, column]
            colour = "white" if share > DARK else "black"
            axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", color=colour, fontsize="x-small")
    axes.set_xticks(range(len(noises)), [percent(noise).replace(" ", "\u2009") for noise in noises], rotation=90)
    axes.tick_params(axis="x", labelsize="x-small", length=0)
    axes.set_title(title, rotation=40, ha="left", va="bottom", fontweight="normal", loc="left")
    axes.spines[:].set_linewidth(0.5)
    return image


def _name_systems(axes: Axes, names: Sequence[str], is_first: bool) -> None:
    """Write the names of the systems beside the first panel of a row."""
    axes.set_yticks(range(len(names)), names if is_first else [""] * len(names), fontsize="small")
    axes.tick_params(axis="y", length=0)
    axes.set_yticks(np.arange(0.5, len(names) - 1), minor=True)
    axes.grid(axis="y", which="minor", color="white", lw=0.8)
    axes.tick_params(axis="y", which="minor", length=0)
