"""A fitted law beside its data: measurements as points, forecasts as lines."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories, Trajectory
from spreme.estimators import SpReME
from spreme.estimators.held_out import matched
from spreme.plotting.curves import (
    ALIKE,
    Followed,
    bound,
    draw_lines,
    draw_points,
    follow,
    kind_handles,
    shares_time,
    state_handles,
)
from spreme.plotting.panels import (
    Panels,
    check_data,
    count,
    env_label,
    fitted_law,
    fitting,
    grid_shape,
    hide_unused,
    legend_above,
    make_panels,
    tidy,
    time_label,
    units_of,
    with_unit,
)
from spreme.plotting.starts import FittedStarts
from spreme.results import Law

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase

Array = NDArray[np.float64]

MOST_ENVIRONMENTS = 12
# Trajectories of a panel, lines, and turns of these lines: of many states or many turns, fewer trajectories are drawn.
MOST_RUNS, MOST_LINES, MOST_TURNS = 4, 8, 30
# States whose ranges differ by more than this factor cannot share an axis in their own units.
WIDEST_RATIO = 50.0


class Shape(NamedTuple):
    """Panels in a line at most, and their size in inches."""

    widest: int
    width: float
    height: float


# Lines of few turns, of more, of many: their panels, and how many panels are more than few.
SMALL, WIDE, LONG, SEVERAL = Shape(4, 3.1, 2.4), Shape(2, 5.5, 2.1), Shape(1, 9.5, 2.2), 4
# One or two panels, and one line of more.
ROOMY, ONE_LINE = Shape(4, 4.2, 3.2), Shape(4, 3.1, 3.0)
FEW_TURNS, MANY_TURNS = 12, 30


def plot_fit(model: SpReME, data: Trajectories, ax: Axes | None = None) -> Figure:
    """Draw data as points and the forecasts of a model from fitted starts as lines.

    One panel per environment, up to 12, with up to 4 trajectories each, fewer where there are more than two states or
    many oscillations; what is left out is said. The start of every forecast is the one from which the model reproduces
    the trajectory best. States whose ranges differ by a factor of more than 50 are divided by their standard
    deviations. Forecasts that leave the measured range by more than its width are cut there.

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
    return draw_fit(FittedStarts(law), fitted_data(law, data, "plot_fit"), ax)


def draw_fit(starts: FittedStarts, data: Trajectories, ax: Axes | None = None) -> Figure:
    """`plot_fit` for data that are known to fit the law, and starts that may be known already."""
    law = starts.law
    shown = {env: list(data.where(env=env)) for env in data.environments[:MOST_ENVIRONMENTS]}
    followed = _followed(starts, shown)
    scale = _scale(list(data))
    panels = _panels(ax, followed, scale)
    for axes, (env, own) in zip(hide_unused(panels.axes, len(shown)), followed.items(), strict=False):
        for one in own:
            draw_points(axes, one.run.t, one.run.x, scale)
            draw_lines(axes, one.forecast.t, one.forecast.x, scale, one.is_complete)
        name_panel(axes, env, panels.size[0])
    _bound(panels.axes, followed, scale)
    name_axes(panels.part, law, _state_label(law, scale), left_out(data, {e: len(own) for e, own in followed.items()}))
    _legend(panels.part, law)
    return panels.root


def fitted_data(law: Law, data: Trajectories, caller: str) -> Trajectories:
    """Data in the units of a law; refuses those that are not of its states, inputs and environments."""
    check_data(data, law.state_names, caller)
    for env in data.environments:
        law.position(env)
    return matched(data, law)


def name_panel(axes: Axes, env: Hashable, width: float) -> None:
    """Name the environment of a panel of a width in inches."""
    title = fitting(env_label(env), 0.92 * width)
    axes.set_title(title.text, fontsize=title.size)
    axes.locator_params(axis="x", steps=[1, 2, 5, 10])
    tidy(axes)


def left_out(data: Trajectories, drawn: dict[Hashable, int]) -> str:
    """Say how much of the data is not drawn, given the number of trajectories drawn of every environment."""
    most, n_hidden = max(drawn.values()), len(data.environments) - len(drawn)
    is_cut = any(len(data.where(env=env)) > n for env, n in drawn.items())
    first = "trajectory" if most == 1 else f"{most} trajectories"
    texts = [f"the first {first} of each environment"] if is_cut else []
    if n_hidden > 0:
        texts.append(f"{count(n_hidden, 'more environment')} not drawn")
    return "; ".join(texts)


def name_axes(part: FigureBase, law: Law, vertical: str, remark: str) -> None:
    """Label time, with a remark below it, and what is drawn over it."""
    part.supxlabel(time_label(law) + (f"\n({remark})" if remark else ""), fontsize="medium")
    part.supylabel(vertical, fontsize="medium")


def shape_of(n_panels: int, turns: int) -> Shape:
    """How panels are shaped: the more turns a line makes, the wider, and the fewer stand side by side."""
    if turns <= FEW_TURNS:
        return ROOMY if n_panels < 3 else ONE_LINE if n_panels <= SEVERAL else SMALL
    return WIDE if n_panels > SEVERAL or (turns <= MANY_TURNS and n_panels != 3) else LONG


def _followed(starts: FittedStarts, shown: dict[Hashable, list[Trajectory]]) -> dict[Hashable, list[Followed]]:
    """The first trajectories of every environment, as many as can be told apart in one panel."""
    first = {env: follow(starts, runs[0]) for env, runs in shown.items()}
    n_states = starts.law.mask.shape[0]
    turns = max(max(own.turns for own in first.values()) * n_states, 1)
    most = max(min(MOST_RUNS, MOST_LINES // n_states, MOST_TURNS // turns), 1)
    return {env: [first[env], *(follow(starts, run) for run in runs[1:most])] for env, runs in shown.items()}


def _panels(ax: Axes | None, followed: dict[Hashable, list[Followed]], scale: Array) -> Panels:
    """Lay out a panel per environment; axes are shared where the environments fill them about alike."""
    shape = shape_of(len(followed), max(one.turns for own in followed.values() for one in own))
    n_rows, n_columns = grid_shape(len(followed), shape.widest)
    sizes = [max(map(abs, _range(own, scale))) for own in followed.values()]
    times = [one.run.t for own in followed.values() for one in own]
    return make_panels(
        ax,
        n_rows,
        n_columns,
        (shape.width, shape.height),
        sharey=max(sizes) <= ALIKE * min(sizes),
        sharex=shares_time(times),
    )


def _bound(grid: NDArray[np.object_], followed: dict[Hashable, list[Followed]], scale: Array) -> None:
    """Keep forecasts that run away from squeezing the data of their panel, or of all panels of one scale."""
    ranges = [_range(own, scale) for own in followed.values()]
    is_shared = grid.size > 1 and grid.ravel()[0].get_shared_y_axes().joined(grid.ravel()[0], grid.ravel()[1])
    if is_shared:
        ranges = [(min(low for low, _ in ranges), max(high for _, high in ranges))]
    for axes, own in zip(grid.ravel(), ranges, strict=False):
        bound(axes, *own)


def _range(own: Sequence[Followed], scale: Array) -> tuple[float, float]:
    """Smallest and largest measurement."""
    x = np.vstack([one.run.x for one in own]) / scale
    return float(np.nanmin(x)), float(np.nanmax(x))


def _scale(runs: Sequence[Trajectory]) -> Array:
    """Ones (S,), or the standard deviations of states whose ranges are too different for one axis."""
    x = np.vstack([run.x for run in runs])
    spread = np.nanstd(x, axis=0)
    moving = spread[spread > 0]
    if len(moving) < 2 or moving.max() <= WIDEST_RATIO * moving.min():
        return np.ones(x.shape[1])
    return np.where(spread > 0, spread, 1.0)


def _state_label(law: Law, scale: Array) -> str:
    """Name the vertical axis."""
    if not (scale == 1.0).all():
        return "state / its standard deviation"
    units = set(units_of(law))
    name = law.state_names[0] if len(law.state_names) == 1 else "state"
    return with_unit(name, units.pop() if len(units) == 1 else None)


def _legend(part: FigureBase, law: Law) -> None:
    """Legend above the panels: states, and what points and lines are."""
    names = law.state_names
    states = state_handles(names, units_of(law)) if len(names) > 1 else []
    handles = [*states, *kind_handles("model")]
    legend_above(part, handles)
