"""A forecast as lines, with measurements beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spreme.data import Trajectories, Trajectory
from spreme.plotting.curves import bound, draw_lines, draw_points, kind_handles, state_handles
from spreme.plotting.panels import GREY, check_data, env_label, fitting, look, one_panel, tidy, with_unit
from spreme.results import Forecast

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 6.4, 3.8


def plot_forecast(forecast: Forecast, data: Trajectories | None = None, ax: Axes | None = None) -> Axes:
    """Draw a forecast as lines and, if given, measurements as points.

    Parameters
    ----------
    forecast : Forecast
        What `SpReME.simulate` returns, of one or several starts. A forecast that stopped early ends in a cross; a band
        is shaded.
    data : Trajectories, default None
        Measurements; those of the environment of the forecast are drawn, and their units stand at the axes.
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
    axes = one_panel(ax, WIDTH, HEIGHT)
    scale = np.ones(len(forecast.state_names))
    for run in runs:
        draw_points(axes, run.t, run.x, scale)
    _shade(axes, forecast)
    for x in forecast.x if forecast.x.ndim == 3 else forecast.x[None]:
        draw_lines(axes, forecast.t, x, scale, is_complete=bool(np.isfinite(x).all()) and _reached(forecast))
    if runs and _stopped(forecast):
        x = np.vstack([run.x for run in runs])
        bound(axes, float(np.nanmin(x)), float(np.nanmax(x)))
    title = fitting(env_label(forecast.env), 0.9 * axes.bbox.width / axes.figure.dpi)
    axes.set_title(title.text, fontsize=title.size)
    units = [None if data is None else data.units.get(name) for name in forecast.state_names]
    _name_axes(axes, forecast, units, None if data is None else data.time_unit)
    _legend(axes, forecast, units, bool(runs), is_beside=ax is None or axes.figure.get_layout_engine() is not None)
    tidy(axes)
    return axes


def _measurements(forecast: Forecast, data: Trajectories | None) -> list[Trajectory]:
    """Trajectories of the environment of a forecast."""
    if data is None:
        return []
    check_data(data, forecast.state_names, "plot_forecast")
    return list(data.where(env=forecast.env))


def _shade(axes: Axes, forecast: Forecast) -> None:
    """Shade the band of a forecast, if it has one."""
    if forecast.lower is None or forecast.upper is None:
        return
    bounds = [own if own.ndim == 3 else own[None] for own in (forecast.lower, forecast.upper)]
    for lower, upper in zip(*bounds, strict=True):
        for s in range(lower.shape[1]):
            axes.fill_between(forecast.t, lower[:, s], upper[:, s], color=look(s).colour, alpha=0.2, lw=0)


def _name_axes(axes: Axes, forecast: Forecast, units: Sequence[str | None], time_unit: str | None) -> None:
    """Label time, with what stopped a forecast early, and states."""
    axes.set_xlabel(with_unit("time", time_unit) + _remark(_stopped(forecast), forecast))
    name = forecast.state_names[0] if len(forecast.state_names) == 1 else "state"
    axes.set_ylabel(with_unit(name, units[0] if len(set(units)) == 1 else None))
    axes.locator_params(axis="x", steps=[1, 2, 5, 10])


def _legend(axes: Axes, forecast: Forecast, units: Sequence[str | None], has_data: bool, is_beside: bool) -> None:
    """Say which state is which, and what points, lines and bands are, where there is more than one of them."""
    from matplotlib.patches import Patch

    names = forecast.state_names
    handles: list[Artist] = list(state_handles(names, units)) if len(names) > 1 else []
    band = (
        [] if forecast.band is None else [Patch(color=GREY, alpha=0.3, lw=0, label=f"{100 * forecast.band:g} % band")]
    )
    if has_data or band:
        handles += [*kind_handles("forecast")[0 if has_data else 1 :], *band]
    place = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if is_beside else {"loc": "best"}
    if handles:
        axes.legend(handles=handles, frameon=not is_beside, **place)


def _reached(forecast: Forecast) -> bool:
    """Tell whether a single forecast reached its last time; of several starts, NaN tell."""
    return forecast.x.ndim == 3 or forecast.status == "converged"


def _stopped(forecast: Forecast) -> list[str]:
    """What stopped forecasts early."""
    statuses = [forecast.status] if isinstance(forecast.status, str) else forecast.status
    return [status for status in statuses if status != "converged"]


def _remark(stopped: list[str], forecast: Forecast) -> str:
    """Say what stopped a forecast early, or the first of several."""
    if not stopped:
        return ""
    if isinstance(forecast.status, str):
        return f"\n{stopped[0]}"
    return f"\n{len(stopped)} of {len(forecast.status)} forecasts stopped early: {stopped[0]}"
