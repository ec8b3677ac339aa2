"""Exact recovery against noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from systems.report.figures.lines import draw_lines
from systems.report.figures.looks import PANEL, in_panels, legend_beside, looks, new_figure, styled
from systems.report.records import main_part, methods_of
from systems.report.statistics import shares

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def plot_recovery(records: pd.DataFrame) -> Figure:
    """Draw the share of cases whose equations are exactly right against the noise, with 95 % intervals.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per seven methods; the first method is in all of them.
    """
    main = main_part(records)
    table = shares(main).rename(columns={"share": "middle"})
    seen = {name: look for name, look in looks(records).items() if name in set(table["method"])}
    panels = in_panels([name for name in methods_of(main) if name in seen])
    with styled():
        figure = new_figure(PANEL[0], PANEL[1] * len(panels))
        for axes, methods in zip(figure.subplots(len(panels), 1, squeeze=False)[:, 0], panels, strict=True):
            lines = draw_lines(axes, table[table["method"].isin(methods)], {name: seen[name] for name in methods})
            legend_beside(axes, lines.values(), [seen[name].label for name in lines])
            axes.set_ylim(-0.03, 1.03)
            axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
            axes.set_ylabel("equations exactly right")
    return figure
