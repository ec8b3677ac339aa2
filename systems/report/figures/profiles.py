"""Performance profiles: how often a method is nearly as good as the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spreme.plotting.panels import tidy
from systems.report.figures.looks import GRID, PANEL, MethodLook, in_panels, legend_beside, looks, new_figure, styled
from systems.report.records import main_part, truth_users
from systems.report.statistics import errors, profile

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FACTORS = np.logspace(0, 3, 181)
TITLES = {"coef_error": "error of coefficients", "rollout": "error of forecasts"}
MARKED = slice(15, None, 30)  # factors at which a marker stands


def plot_profiles(records: pd.DataFrame) -> Figure:
    """Draw performance profiles of coefficients and forecasts.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`; methods that look at the truth do not compete.

    Returns
    -------
    matplotlib.figure.Figure
        The share of the cases that all methods have in which a method's error is within a factor of the best one.
    """
    main = main_part(records)
    fair = main[~main["method"].isin(truth_users(main))]
    tables = {title: profile(errors(fair, name), FACTORS) for name, title in TITLES.items()}
    tables = {title: table for title, table in tables.items() if table.attrs["n"]}
    panels = [(title, names) for title, table in tables.items() for names in in_panels(list(table.columns))]
    with styled():
        figure = new_figure(PANEL[0], PANEL[1] * len(panels))
        for axes, (title, names) in zip(figure.subplots(len(panels), 1, squeeze=False)[:, 0], panels, strict=True):
            _draw(axes, tables[title][names], looks(records))
            axes.set_title(f"{title}: {tables[title].attrs['n']} cases")
    return figure


def _draw(axes: Axes, table: pd.DataFrame, seen: dict[str, MethodLook]) -> None:
    """Draw one line per method."""
    handles, names = {}, [str(name) for name in table.columns]
    for place, name in enumerate(names):
        style = {**seen[name].line_style, "drawstyle": "steps-post", "markevery": MARKED}
        (handles[name],) = axes.plot(
            table.index, table[name], lw=1.4 if place else 2.2, zorder=3 if place else 4, **style
        )
    ranked = sorted(names, key=lambda name: -table[name].to_numpy(float).mean())
    legend_beside(axes, [handles[name] for name in ranked], [seen[name].label for name in ranked])
    axes.set_xscale("log")
    axes.set_xlim(1, FACTORS[-1])
    axes.set_ylim(-0.03, 1.03)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.set_xlabel("within this factor of the best method")
    axes.set_ylabel("share of cases")
    axes.grid(color=GRID, lw=0.7)
    tidy(axes)
