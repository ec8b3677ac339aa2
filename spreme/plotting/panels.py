"""What all pictures share: checks of what is to be drawn, the look of a state, figures of several panels.

References
----------
Okabe and Ito (2008), Color universal design: how to make figures and presentations that are friendly to colorblind
people.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from spreme.data import Trajectories
from spreme.estimators import SpReME
from spreme.results import Law

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase

# Okabe and Ito's colours, those first that are told apart best; their yellow is too pale for lines on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY = "#767676"


class Look(NamedTuple):
    """Colour, marker and line style of a state."""

    colour: str
    marker: str
    line: str


class Panels(NamedTuple):
    """The figure to return, the part of it that is drawn in, and the axes there (rows, columns)."""

    root: Figure
    part: FigureBase
    axes: NDArray[np.object_]


def look(position: int) -> Look:
    """How a state is drawn: after seven states the colours come again, dashed and with the next marker."""
    turn, index = divmod(position, len(COLOURS))
    return Look(COLOURS[index], MARKERS[(index + turn) % len(MARKERS)], "--" if turn else "-")


def fitted_law(model: SpReME, caller: str) -> Law:
    """Law of a fitted model; refuses everything else."""
    if not isinstance(model, SpReME):
        raise TypeError(f"{caller} needs a fitted SpReME model, got {type(model).__name__}")
    check_is_fitted(model)
    return model._state.law


def check_data(data: Trajectories, state_names: Sequence[str], caller: str) -> None:
    """Refuse what are no trajectories of these states."""
    if not isinstance(data, Trajectories):
        raise TypeError(
            f"{caller} needs data as Trajectories, got {type(data).__name__}: make them by Trajectories(x, t, env=...)"
        )
    if data.n_states != len(state_names):
        raise ValueError(
            f"the data of {caller} have {data.n_states} states ({', '.join(data.state_names)}) instead of "
            f"{len(state_names)} ({', '.join(state_names)})"
        )


def make_panels(ax: Axes | None, n_rows: int, n_columns: int, size: tuple[float, float], **share: Any) -> Panels:
    """Lay out panels of a size in inches: in a new figure, or in the place of given axes."""
    if ax is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(layout="constrained", figsize=(n_columns * size[0], n_rows * size[1]))
        return Panels(figure, figure, figure.subplots(n_rows, n_columns, squeeze=False, **share))
    place = check_axes(ax).get_subplotspec()
    if place is None:
        raise ValueError(
            "this picture has several panels: pass axes that plt.subplots has made, they are replaced, or ax=None"
        )
    parent: Any = ax.get_figure()
    ax.remove()
    part = parent.add_subfigure(place)
    return Panels(parent.figure, part, part.subplots(n_rows, n_columns, squeeze=False, **share))


def one_panel(ax: Axes | None, width: float, height: float) -> Axes:
    """Return given axes, or new ones of a size in inches."""
    if ax is not None:
        return check_axes(ax)
    import matplotlib.pyplot as plt

    return plt.figure(layout="constrained", figsize=(width, height)).subplots()


def check_axes(ax: Axes) -> Axes:
    """Refuse what are no axes."""
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be one matplotlib Axes or None, got {type(ax).__name__}")
    return ax


def grid_shape(n: int, widest: int) -> tuple[int, int]:
    """Rows and columns for n panels, at most so many in a row, no row much emptier than the others."""
    n_rows = math.ceil(n / widest)
    return n_rows, math.ceil(n / n_rows)


def hide_unused(axes: NDArray[np.object_], n_used: int) -> list[Axes]:
    """Return the first axes of a grid and blank the others."""
    flat = list(axes.ravel())
    for unused in flat[n_used:]:
        unused.set_axis_off()
    return flat[:n_used]


def tidy(axes: Axes) -> None:
    """Take away the frame where it says nothing."""
    axes.spines[["top", "right"]].set_visible(False)


def only_text(axes: Axes, text: str) -> None:
    """Fill axes with words where there is nothing to draw."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", color=GREY, transform=axes.transAxes, wrap=True)


def count(n: int, noun: str) -> str:
    """1 term, 2 terms."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
