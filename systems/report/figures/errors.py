"""Errors of coefficients and forecasts against noise: medians and quartiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from systems.report.figures.lines import draw_lines
from systems.report.figures.looks import PANEL, MethodLook, in_panels, legend_beside, looks, new_figure, styled
from systems.report.records import main_part
from systems.report.statistics import DIVERGED, efficiency, errors, quartiles

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEAST = 1e-16  # where a logarithmic axis starts at the latest


class Drawn(NamedTuple):
    """Cases of one picture, the name of their value, a title, and the kind of the axis."""

    cases: pd.DataFrame
    name: str
    title: str = ""
    is_logarithmic: bool = True


def plot_errors(records: pd.DataFrame) -> Figure:
    """Draw the relative error of the coefficients against the noise.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    matplotlib.figure.Figure
        Medians over systems and seeds as lines, quartiles as bars; a median is missing where half of the cases failed.
    """
    return _figure(records, [Drawn(errors(main_part(records), "coef_error"), "relative error of coefficients")])


def plot_efficiency(records: pd.DataFrame, reference: str) -> Figure:
    """Draw the error of the coefficients relative to that of the fit that knows the true terms.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.
    reference : str
        Name of that method.

    Returns
    -------
    matplotlib.figure.Figure
        Medians and quartiles; 1 is as good as knowing the terms.
    """
    figure = _figure(records, [Drawn(efficiency(main_part(records), reference), f"error / error of {reference}")])
    for axes in figure.axes:
        axes.axhline(1.0, color="black", lw=0.8, zorder=1)
    return figure


def plot_rollouts(records: pd.DataFrame) -> Figure:
    """Draw the errors of forecasts from unseen starts, within the horizon of training and beyond it.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    matplotlib.figure.Figure
        Two rows of panels: [0, T] and (T, 2.5 T].
    """
    main = main_part(records)
    titles = {"rollout": "within the horizon of training", "rollout_beyond": "beyond it, up to 2.5 times"}
    drawn = [Drawn(errors(main, name, DIVERGED), "NRMSE of forecasts", title) for name, title in titles.items()]
    return _figure(records, [one for one in drawn if len(one.cases)])


def plot_adaptation(records: pd.DataFrame) -> Figure:
    """Draw how well new environments are told from one trajectory each: coefficients and forecasts.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    matplotlib.figure.Figure
        Rows of panels: relative error of the coefficients, error of forecasts.
    """
    main = main_part(records)
    drawn = [
        Drawn(errors(main, "adapt_error"), "relative error of coefficients", "coefficients of new environments"),
        Drawn(errors(main, "adapt_rollout", DIVERGED), "NRMSE of forecasts", "forecasts in new environments"),
    ]
    return _figure(records, [one for one in drawn if len(one.cases)])


def plot_valid_times(records: pd.DataFrame) -> Figure:
    """Draw for how many Lyapunov times forecasts of chaotic systems are right.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    matplotlib.figure.Figure
        Medians and quartiles over systems and seeds; a failure is right for no time at all.
    """
    cases = errors(main_part(records), "valid_time", 0.0)
    return _figure(records, [Drawn(cases, "valid time (Lyapunov times)", is_logarithmic=False)])


def _figure(records: pd.DataFrame, drawn: list[Drawn]) -> Figure:
    """Rows of panels: quantity by quantity, seven methods in each; what has no noise stands apart."""
    seen = looks(records)
    rows = [
        (one, methods)
        for one in drawn
        for methods in in_panels([name for name in seen if name in set(one.cases["method"])])
    ]
    noises = sorted({noise for one in drawn for noise in one.cases["noise"]})
    groups = [[0.0], noises[1:]] if noises[0] == 0.0 and len(noises) > 1 else [noises]
    with styled():
        figure = new_figure(PANEL[0], PANEL[1] * len(rows))
        widths = [max(len(group), 1.6) for group in groups]
        grid = figure.subplots(len(rows), len(groups), squeeze=False, width_ratios=widths)
        for axes_row, (one, methods) in zip(grid, rows, strict=True):
            _draw_row(axes_row, one, groups, {name: seen[name] for name in methods})
    return figure


def _draw_row(axes_row: Sequence[Axes], one: Drawn, groups: list[list[float]], seen: dict[str, MethodLook]) -> None:
    """Draw the noise levels group by group, each on its own axes."""
    lines: dict[str, Any] = {}
    for axes, group in zip(axes_row, groups, strict=True):
        cases = one.cases[one.cases["noise"].isin(group)]
        if one.is_logarithmic:
            _scale(axes, quartiles(cases))
        else:
            axes.set_ylim(0.0, _top(quartiles(cases)))
        lines = {**draw_lines(axes, quartiles(cases[cases["method"].isin(list(seen))]), seen), **lines}
    if len(groups) > 1:
        axes_row[0].set_xlabel("")
    legend_beside(axes_row[-1], lines.values(), [seen[name].label for name in lines])
    axes_row[0].set_ylabel(one.name)
    axes_row[0].set_title(one.title)


def _scale(axes: Axes, table: pd.DataFrame) -> None:
    """Set a logarithmic axis with room for all that is finite."""
    from matplotlib.ticker import NullFormatter

    values = table[["low", "middle", "high"]].to_numpy(float)
    values = values[np.isfinite(values) & (values > 0.0)]
    axes.set_yscale("log")
    axes.yaxis.set_minor_formatter(NullFormatter())
    if len(values):
        bottom, top = max(values.min(), LEAST), values.max()
        axes.set_ylim(bottom / 1.6, max(top, 10 * bottom) * 1.6)


def _top(table: pd.DataFrame) -> float:
    """End of an axis that starts at zero."""
    return 1.08 * max(float(table["high"].max()), 0.1)
