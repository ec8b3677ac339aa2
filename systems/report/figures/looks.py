"""How methods look, and how many of them share a panel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spreme.plotting.panels import COLOURS, MARKERS
from systems.report.records import methods_of, truth_users

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The first method is in every panel, with so many others as have colours of their own.
OTHERS_IN_PANEL = 6
LINES = ("-", "-.", ":")
FONT_SIZE = 9.0
PANEL = (8.0, 3.2)  # inches, with legend
GRID = "#e3e3e3"


@dataclass(frozen=True)
class MethodLook:
    """How a method is drawn.

    Attributes
    ----------
    label : str
        Its name, with a remark where it looks at the truth.
    colour, marker, line : str
        For matplotlib.
    face : str
        Fill of the marker.
    """

    label: str
    colour: str
    marker: str
    line: str
    face: str

    @property
    def line_style(self) -> dict[str, Any]:
        """Arguments of `Axes.plot`."""
        return {"color": self.colour, "ls": self.line, **self.marker_style}

    @property
    def marker_style(self) -> dict[str, Any]:
        """Arguments for markers alone."""
        return {"color": self.colour, "marker": self.marker, "markerfacecolor": self.face, "markersize": 5.5}


def label_of(method: str, uses_truth: bool) -> str:
    """Name of a method as it stands everywhere in the report."""
    return f"{method} (sees the truth)" if uses_truth else method


def looks(records: pd.DataFrame) -> dict[str, MethodLook]:
    """Look of every method that was tried, in order: the first alone is drawn in the first colour."""
    cheats = truth_users(records)
    return {name: _look(place, name, name in cheats) for place, name in enumerate(methods_of(records))}


def _look(place: int, name: str, uses_truth: bool) -> MethodLook:
    """Look of the method at a place: colours come again after seven, with another line and the next marker."""
    turn, index = divmod(place - 1, OTHERS_IN_PANEL) if place else (0, -1)
    colour, marker = COLOURS[index + 1], MARKERS[(index + 1 + turn) % len(MARKERS)]
    line = "--" if uses_truth else LINES[turn % len(LINES)]
    return MethodLook(label_of(name, uses_truth), colour, marker, line, "white" if uses_truth else colour)


def in_panels(methods: Sequence[str]) -> list[list[str]]:
    """Methods panel by panel: the first in each for comparison, the others in turn."""
    first, others = list(methods[:1]), list(methods[1:])
    n_panels = max(-(-len(others) // OTHERS_IN_PANEL), 1)
    size = max(-(-len(others) // n_panels), 1)
    return [first + others[start : start + size] for start in range(0, max(len(others), 1), size)]


@contextmanager
def styled() -> Iterator[None]:
    """Give the pictures of the report their common style."""
    import matplotlib

    style: Any = {
        "font.size": FONT_SIZE,
        "axes.titlesize": FONT_SIZE + 0.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.axisbelow": True,
        "axes.linewidth": 0.7,
        "legend.frameon": False,
        "lines.linewidth": 1.5,
        "hatch.linewidth": 0.6,
    }
    with matplotlib.rc_context(style):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure of a size in inches."""
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(width, height), layout="constrained")


def percent(noise: float) -> str:
    """Noise level as it is written: 0.05 -> 5 %."""
    return f"{100 * noise:g} %"


def noise_axis(axes: Axes, noises: Sequence[float]) -> None:
    """Noise levels at equal distances: there is room for zero, and none for more than a name."""
    axes.set_xticks(range(len(noises)), [percent(noise) for noise in noises])
    axes.set_xlim(-0.45, len(noises) - 0.55)
    axes.set_xlabel("noise (relative to the root mean square of a state)")


def legend_beside(axes: Axes, handles: Iterable[Any], labels: Sequence[str]) -> None:
    """Place the legend where it covers nothing: to the right of the axes."""
    axes.legend(
        list(handles), labels, loc="center left", bbox_to_anchor=(1.01, 0.5), handlelength=2.6, labelspacing=0.7
    )
