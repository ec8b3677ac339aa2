"""What a fitted law leaves of its data, in units of the noise."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories, Trajectory
from spreme.estimators import SpReME
from spreme.plotting.curves import draw_points, shares_time, state_handles
from spreme.plotting.fit import (
    MOST_ENVIRONMENTS,
    MOST_RUNS,
    fitted_data,
    left_out,
    name_axes,
    name_panel,
    shape_of,
)
from spreme.plotting.panels import GREY, fitted_law, grid_shape, hide_unused, legend_above, make_panels
from spreme.plotting.starts import FittedStarts
from spreme.results import Law
from spreme.simulate import simulate

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase

Array = NDArray[np.float64]

# Half width of the band that holds 95 % of normal residuals, in standard deviations.
HALF_WIDTH = 1.96
# Where residuals go beyond the second number, those above the first are drawn by their logarithm.
LINEAR_UP_TO, LINEAR_ALONE = 10.0, 50.0


class Residuals(NamedTuple):
    """Residuals of one trajectory: times (n,) and values (n, S)."""

    t: Array
    values: Array


def plot_residuals(model: SpReME, data: Trajectories, ax: Axes | None = None) -> Figure:
    """Draw measurements minus forecasts from fitted starts over time, in units of the noise.

    Where the law holds, residuals scatter evenly and 95 % of them lie in the shaded band; waves tell of a missing term
    or a wrong coefficient, and residuals that grow of a forecast that gets lost.

    Parameters
    ----------
    model : SpReME
        Fitted model.
    data : Trajectories
        Recordings of fitted environments; of each of the first 12 up to 4 trajectories are drawn.
    ax : matplotlib.axes.Axes, default None
        Axes to be replaced by the panels; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, with the panels in the order of the environments. Where there are residuals above 50, those above 10
        are on a logarithmic scale. A state without noise, one that is absent from an environment, has no points there;
        without any noise, residuals are in units of the states' standard deviations, and there is no band.

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
    >>> from spreme.datasets import load_hare_lynx
    >>> data = load_hare_lynx()
    >>> figure = plot_residuals(SpReME(library=PolynomialLibrary(degree=2)).fit(data), data)
    >>> [axes.get_title() for axes in figure.axes]
    ['Hudson Bay']
    >>> plt.close(figure)
    """
    law = fitted_law(model, "plot_residuals")
    return draw_residuals(FittedStarts(law), fitted_data(law, data, "plot_residuals"), ax)


def draw_residuals(starts: FittedStarts, data: Trajectories, ax: Axes | None = None) -> Figure:
    """`plot_residuals` for data that are known to fit the law, and starts that may be known already."""
    law = starts.law
    runs = {env: list(data.where(env=env)) for env in data.environments[:MOST_ENVIRONMENTS]}
    has_band = bool((law.noise_std > 0.0).any())
    left = {
        env: [_residuals(starts, run, _unit(law, data, env)) for run in own[:MOST_RUNS]] for env, own in runs.items()
    }
    times = [own.t for every in left.values() for own in every]
    shape = shape_of(len(runs), 0)
    n_rows, n_columns = grid_shape(len(runs), shape.widest)
    panels = make_panels(ax, n_rows, n_columns, (shape.width, shape.height), sharex=shares_time(times), sharey=True)
    for axes, (env, own) in zip(hide_unused(panels.axes, len(runs)), left.items(), strict=False):
        _draw(axes, own, has_band)
        name_panel(axes, env, panels.size[0])
    _rescale(panels.axes.ravel()[0], left)
    remark = left_out(data, {env: len(own) for env, own in left.items()})
    name_axes(panels.part, law, "residual / noise" if has_band else "residual / spread of the state", remark)
    _legend(panels.part, law, has_band)
    return panels.root


def _unit(law: Law, data: Trajectories, env: Hashable) -> Array:
    """Noise of the states (S,) in an environment, NaN where there is none; without any, their standard deviations."""
    if not (law.noise_std > 0.0).any():
        return np.asarray(np.nanstd(np.vstack(data.x), axis=0))
    noise = law.noise_std[law.position(env)]
    return np.where(noise > 0.0, noise, np.nan)


def _residuals(starts: FittedStarts, run: Trajectory, unit: Array) -> Residuals:
    """Measurements minus forecast in units (S,); NaN from where the forecast stopped."""
    forecast = simulate(starts.law, starts.of(run), run.t, run.env, run.u)
    out = np.full(run.x.shape, np.nan)
    n = len(forecast.t)
    out[:n] = (run.x[:n] - forecast.x) / np.where(unit == 0.0, 1.0, unit)
    return Residuals(run.t, out)


def _draw(axes: Axes, left: Sequence[Residuals], has_band: bool) -> None:
    """Draw the residuals of an environment."""
    if has_band:
        axes.axhspan(-HALF_WIDTH, HALF_WIDTH, color=GREY, alpha=0.15, lw=0)
    axes.axhline(0.0, color=GREY, lw=0.8)
    scale = np.ones(left[0].values.shape[1])
    for own in left:
        draw_points(axes, own.t, own.values, scale)


def _rescale(axes: Axes, left: Mapping[Hashable, Sequence[Residuals]]) -> None:
    """Draw large residuals by their logarithm; as much room above zero as below."""
    from matplotlib.ticker import FuncFormatter

    values = np.abs(np.concatenate([own.values.ravel() for every in left.values() for own in every]))
    largest = max(float(np.nanmax(values, initial=0.0, where=np.isfinite(values))), 1.5 * HALF_WIDTH)
    if largest > LINEAR_ALONE:
        axes.set_yscale("symlog", linthresh=LINEAR_UP_TO)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        largest *= 1.5
    axes.set_ylim(-1.1 * largest, 1.1 * largest)


def _legend(part: FigureBase, law: Law, has_band: bool) -> None:
    """Legend above the panels: states and band."""
    from matplotlib.patches import Patch

    names = law.state_names
    handles: list[Artist] = [*state_handles(names, [None] * len(names), is_line=False)] if len(names) > 1 else []
    if has_band:
        handles.append(Patch(color=GREY, alpha=0.3, lw=0, label="95 % of normal residuals"))
    if handles:
        legend_above(part, handles)
