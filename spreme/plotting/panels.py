"""What all pictures share: checks of what is to be drawn, the look of a state, figures of several panels.

References
----------
Okabe and Ito (2008), Color universal design: how to make figures and presentations that are friendly to colorblind
people.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from spreme.data import Trajectories
from spreme.estimators import SpReME
from spreme.results import Law

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase

LineStyle = str | tuple[float, tuple[float, ...]]

# Okabe and Ito's colours, those first that are told apart best; their yellow is too pale for lines on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
# Solid, long dashes, dash and dot, short dashes: states are told apart in print without colours, too.
LINES: tuple[LineStyle, ...] = ("-", (0, (6, 1.5)), (0, (6, 1.5, 1, 1.5)), (0, (2, 1)))
GREY = "#767676"
# Sizes of letters in units of the size of the font, the largest first, and their mean width in units of their size.
SIZES, LETTER = {"medium": 1.0, "small": 0.833, "x-small": 0.694}, 0.56


class Look(NamedTuple):
    """Colour, marker and line style of a state."""

    colour: str
    marker: str
    line: LineStyle


class Words(NamedTuple):
    """A text and the size of its letters."""

    text: str
    size: str


class Panels(NamedTuple):
    """The figure to return, the part of it that is drawn in, and the axes there (rows, columns)."""

    root: Figure
    part: FigureBase
    axes: NDArray[np.object_]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of one panel with its labels in inches."""
        n_rows, n_columns = self.axes.shape
        box = self.part.bbox  # type: ignore[attr-defined]
        return box.width / self.root.dpi / n_columns, box.height / self.root.dpi / n_rows


def look(position: int) -> Look:
    """How a state is drawn: after seven states the colours come again, with another line and the next marker."""
    turn, index = divmod(position, len(COLOURS))
    return Look(COLOURS[index], MARKERS[(index + turn) % len(MARKERS)], LINES[position % len(LINES)])


def fitting(text: str, inches: float) -> Words:
    """A text in the largest letters in which it fits; what is too long for the smallest loses its middle."""
    from matplotlib import rcParams

    most = 0
    for size, share in SIZES.items():
        most = int(72.0 * inches / (LETTER * share * rcParams["font.size"]))
        if len(text) <= most:
            return Words(text, size)
    return Words(shortened(text, most), size)


def shortened(text: str, most: int) -> str:
    """Cut the middle out of a long text: beginnings and ends tell names apart."""
    if len(text) <= most:
        return text
    kept = max(most - 1, 2)
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"


def with_unit(name: str, unit: str | None) -> str:
    """Label of an axis: name and, where it is known, unit."""
    return f"{name} ({unit})" if unit else name


def units_of(law: Law) -> list[str | None]:
    """Units of the states, None where unknown."""
    return [law.units.get(name) for name in law.state_names]


def time_label(law: Law) -> str:
    """Label of an axis of time."""
    return with_unit("time", law.time_unit)


def env_label(env: Hashable) -> str:
    """Name an environment: its label, and what it is if that is no word."""
    return env if isinstance(env, str) else f"environment {env}"


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
    """Return the first axes of a grid and blank the others; those above a blank get the labels of its times."""
    flat, n_columns = list(axes.ravel()), axes.shape[1]
    for position, unused in enumerate(flat[n_used:], start=n_used):
        unused.set_axis_off()
        flat[position - n_columns].tick_params(labelbottom=True)
    return flat[:n_used]


def legend_above(part: FigureBase, handles: Sequence[Artist]) -> None:
    """Legend above all panels, in as many columns as there is room for."""
    room = part.bbox.width / part.figure.dpi  # type: ignore[attr-defined]
    widths = [0.6 + 0.075 * len(str(own.get_label())) for own in handles]
    columns = len(handles) if sum(widths) <= room else max(int(room / max(widths)), 1)
    part.legend(handles=list(handles), loc="outside upper center", ncols=columns, frameon=False, fontsize="medium")


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
