"""Measurements as points, forecasts as lines."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories, Trajectory
from spreme.estimators import SpReME
from spreme.estimators.held_out import check_inputs
from spreme.metrics import fitted_start
from spreme.plotting.panels import (
    GREY,
    check_data,
    count,
    fitted_law,
    grid_shape,
    hide_unused,
    look,
    make_panels,
    one_panel,
    tidy,
)
from spreme.results import Forecast, Law
from spreme.simulate import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase

Array = NDArray[np.float64]

MOST_ENVIRONMENTS = 12
# Trajectories of a panel, and lines: of three states or more, fewer trajectories are drawn.
MOST_RUNS, MOST_LINES = 4, 8
# Times at which a line is drawn, however few the samples are.
LINE_POINTS = 400
# States whose ranges differ by more than this factor cannot share an axis in their own units.
WIDEST_RATIO = 50.0
# Environments whose ranges differ by more than this factor get axes of their own.
ALIKE = 5.0


def plot_fit(model: SpReME, data: Trajectories, ax: Axes | None = None) -> Figure:
    """Draw data as points and the forecasts of a model from fitted starts as lines.

    One panel per environment, up to 12, with up to 4 trajectories each (fewer of more than two states); what is left
    out is said. The start of every forecast is the one from which the model reproduces the trajectory best. States
    whose ranges differ by a factor of more than 50 are divided by their standard deviations.

    Parameters
    ----------
    model : SpReME
        Fitted model.
    data : Trajectories
        Recordings of fitted environments.
    ax : matplotlib.axes.Axes, default None
        Axes to be replaced by the panels; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, with the panels in the order of the environments.

    Raises
    ------
    TypeError
        If the model is no SpReME or the data are no Trajectories.
    ValueError
        If the model is not fitted, or the data have other states or environments.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> from spreme import PolynomialLibrary, SpReME
    >>> from spreme.datasets import load_gause
    >>> data = load_gause()
    >>> model = SpReME(library=PolynomialLibrary(degree=2)).fit(data)
    >>> figure = plot_fit(model, data)
    >>> [axes.get_title() for axes in figure.axes]
    ['aurelia alone', 'caudatum alone', 'mixed']
    >>> plt.close(figure)
    """
    law = fitted_law(model, "plot_fit")
    check_data(data, law.state_names, "plot_fit")
    check_inputs(data, law)
    for env in data.environments:
        law.position(env)
    shown = {env: list(data.where(env=env)) for env in data.environments[:MOST_ENVIRONMENTS]}
    units = _units(list(data))
    most = max(1, min(MOST_RUNS, MOST_LINES // len(law.state_names)))
    n_rows, n_columns = grid_shape(len(shown), widest=4)
    width = 4.2 if n_columns < 3 else 3.1
    root, part, grid = make_panels(ax, n_rows, n_columns, (width, 2.3 if n_rows > 1 else 3.2), **_sharing(shown, units))
    for axes, (env, runs) in zip(hide_unused(grid, len(shown)), shown.items(), strict=False):
        for run in runs[:most]:
            _draw_run(axes, law, run, env, units)
        axes.set_title(_panel_title(env, len(runs), most), fontsize="medium")
        axes.locator_params(axis="x", steps=[1, 2, 5, 10])
        tidy(axes)
    hidden = len(data.environments) - len(shown)
    part.supxlabel(
        "time" if hidden <= 0 else f"time\n({count(hidden, 'more environment')} not drawn)", fontsize="medium"
    )
    part.supylabel(_state_label(law.state_names, units), fontsize="medium")
    _legend(part, law.state_names)
    return root


def plot_forecast(forecast: Forecast, data: Trajectories | None = None, ax: Axes | None = None) -> Axes:
    """Draw a forecast as lines and, if given, measurements as points.

    Parameters
    ----------
    forecast : Forecast
        What `SpReME.simulate` returns, of one or several starts. A forecast that stopped early ends in a cross; a band
        is shaded.
    data : Trajectories, default None
        Measurements; those of the environment of the forecast are drawn.
    ax : matplotlib.axes.Axes, default None
        Axes to draw in; None makes a figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    TypeError
        If the forecast is no Forecast or the data are no Trajectories.
    ValueError
        If the data have other states, or nothing of the environment of the forecast.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> from spreme import PolynomialLibrary, SpReME
    >>> from spreme.datasets import load_hare_lynx
    >>> data = load_hare_lynx()
    >>> model = SpReME(library=PolynomialLibrary(degree=2)).fit(data)
    >>> axes = plot_forecast(model.simulate([30.0, 4.0], data.t[0]), data)
    >>> axes.get_title()
    'Hudson Bay'
    >>> plt.close(axes.figure)
    """
    if not isinstance(forecast, Forecast):
        raise TypeError(f"plot_forecast needs a Forecast, as SpReME.simulate returns it, got {type(forecast).__name__}")
    runs = _measurements(forecast, data)
    axes = one_panel(ax, 6.4, 3.8)
    units = np.ones(len(forecast.state_names))
    for run in runs:
        _points(axes, run, units)
    _shade(axes, forecast)
    for x in forecast.x if forecast.x.ndim == 3 else forecast.x[None]:
        _lines(axes, forecast.t, x, units, is_complete=bool(np.isfinite(x).all()) and _reached(forecast))
    axes.set_title(_panel_title(forecast.env, 1, 1), fontsize="medium")
    axes.set_xlabel("time" + _stops(forecast))
    axes.locator_params(axis="x", steps=[1, 2, 5, 10])
    axes.set_ylabel(_state_label(forecast.state_names, units))
    tidy(axes)
    if len(forecast.state_names) > 1:
        axes.legend(handles=_handles(forecast.state_names), frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return axes


def _draw_run(axes: Axes, law: Law, run: Trajectory, env: Hashable, units: Array) -> None:
    """Draw one trajectory and the forecast that is nearest to it."""
    _points(axes, run, units)
    t = np.union1d(run.t, np.linspace(run.t[0], run.t[-1], LINE_POINTS))
    u = None if run.u is None else np.column_stack([np.interp(t, run.t, own) for own in run.u.T])
    forecast = simulate(law, fitted_start(law, run, env), t, env, u)
    _lines(axes, forecast.t, forecast.x, units, is_complete=len(forecast.t) == len(t))


def _points(axes: Axes, run: Trajectory, units: Array) -> None:
    """Draw measurements; many of them small and pale."""
    size = float(np.clip(60.0 / np.sqrt(run.n_samples), 2.5, 5.0))
    for s, unit in enumerate(units):
        own = look(s)
        axes.plot(
            run.t,
            run.x[:, s] / unit,
            ls="",
            marker=own.marker,
            ms=size,
            mfc=own.colour,
            mec="none",
            alpha=0.75 if run.n_samples < 50 else 0.35,
        )


def _lines(axes: Axes, t: Array, x: Array, units: Array, is_complete: bool) -> None:
    """Draw a forecast; a cross where it stopped early."""
    for s, unit in enumerate(units):
        own = look(s)
        axes.plot(t[: len(x)], x[:, s] / unit, color=own.colour, ls=own.line, lw=1.4)
        finite = np.flatnonzero(np.isfinite(x[:, s]))
        if not is_complete and len(finite):
            axes.plot(t[finite[-1]], x[finite[-1], s] / unit, color=own.colour, marker="x", ms=7, mew=2, ls="")


def _shade(axes: Axes, forecast: Forecast) -> None:
    """Shade the band of a forecast, if it has one."""
    if forecast.lower is None or forecast.upper is None:
        return
    bounds = [own if own.ndim == 3 else own[None] for own in (forecast.lower, forecast.upper)]
    for lower, upper in zip(*bounds, strict=True):
        for s in range(lower.shape[1]):
            axes.fill_between(forecast.t, lower[:, s], upper[:, s], color=look(s).colour, alpha=0.2, lw=0)


def _units(runs: Sequence[Trajectory]) -> Array:
    """Ones (S,), or the standard deviations of states whose ranges are too different for one axis."""
    x = np.vstack([run.x for run in runs])
    spread = np.nanstd(x, axis=0)
    moving = spread[spread > 0]
    if len(moving) < 2 or moving.max() <= WIDEST_RATIO * moving.min():
        return np.ones(x.shape[1])
    return np.where(spread > 0, spread, 1.0)


def _sharing(shown: dict[Hashable, list[Trajectory]], units: Array) -> dict[str, bool]:
    """Share an axis where the environments fill it about alike."""
    heights = [max(float(np.nanmax(np.abs(run.x) / units)) for run in runs) for runs in shown.values()]
    lengths = [max(float(run.t[-1] - run.t[0]) for run in runs) for runs in shown.values()]
    starts = [float(run.t[0]) for runs in shown.values() for run in runs]
    is_together = max(starts) - min(starts) <= max(lengths)
    return {
        "sharey": max(heights) <= ALIKE * min(heights),
        "sharex": is_together and max(lengths) <= ALIKE * min(lengths),
    }


def _panel_title(env: Hashable, n_runs: int, most: int) -> str:
    """Label of an environment, and how many of its trajectories are drawn if not all."""
    label = env if isinstance(env, str) else f"environment {env}"
    return label if n_runs <= most else f"{label} ({most} of {n_runs} trajectories)"


def _state_label(names: Sequence[str], units: Array) -> str:
    """Name the vertical axis."""
    if len(names) == 1:
        return names[0]
    return "state" if (units == 1.0).all() else "state / its standard deviation"


def _handles(names: Sequence[str]) -> list[object]:
    """Entries of a legend: one per state."""
    from matplotlib.lines import Line2D

    looks = [look(s) for s in range(len(names))]
    return [
        Line2D([], [], color=o.colour, marker=o.marker, ls=o.line, ms=5, label=n)
        for o, n in zip(looks, names, strict=True)
    ]


def _legend(part: FigureBase, names: Sequence[str]) -> None:
    """Legend above the panels: states, and what points and lines are."""
    from matplotlib.lines import Line2D

    kinds = [
        Line2D([], [], color=GREY, marker="o", ls="", ms=4, label="data"),
        Line2D([], [], color=GREY, label="model"),
    ]
    handles = [*(_handles(names) if len(names) > 1 else []), *kinds]
    part.legend(
        handles=handles, loc="outside upper center", ncols=min(len(handles), 5), frameon=False, fontsize="medium"
    )


def _measurements(forecast: Forecast, data: Trajectories | None) -> list[Trajectory]:
    """Trajectories of the environment of a forecast."""
    if data is None:
        return []
    check_data(data, forecast.state_names, "plot_forecast")
    return list(data.where(env=forecast.env))


def _reached(forecast: Forecast) -> bool:
    """Tell whether a single forecast reached its last time; of several starts, NaN tell."""
    return forecast.x.ndim == 3 or forecast.status == "converged"


def _stops(forecast: Forecast) -> str:
    """Say what stopped a forecast early."""
    statuses = [forecast.status] if isinstance(forecast.status, str) else forecast.status
    stopped = [status for status in statuses if status != "converged"]
    if not stopped:
        return ""
    return (
        f"\n{stopped[0]}"
        if len(statuses) == 1
        else f"\n{len(stopped)} of {len(statuses)} forecasts stopped early: {stopped[0]}"
    )
