"""Measurements as points, a law as lines: what the pictures of trajectories and forecasts share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectory
from spreme.plotting.panels import GREY, look
from spreme.plotting.starts import FittedStarts
from spreme.results import Forecast
from spreme.simulate import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

Array = NDArray[np.float64]

# Trajectories of so many samples are drawn as small pale points, of so many as a haze, and as pixels in vector formats.
MANY, VERY_MANY = 50, 1000
# Environments whose ranges differ by more than this factor get axes of their own.
ALIKE = 5.0
# Times at which a line is drawn, however few the samples are.
LINE_POINTS = 600


class Followed(NamedTuple):
    """A trajectory and the forecast of a law from the start that reproduces it best."""

    run: Trajectory
    forecast: Forecast

    @property
    def is_complete(self) -> bool:
        """Whether the forecast reaches the last sample."""
        return self.forecast.status == "converged"

    @property
    def turns(self) -> int:
        """Times at which the state that oscillates most turns back."""
        return int((np.diff(np.sign(np.diff(self.forecast.x, axis=0)), axis=0) != 0).sum(axis=0).max(initial=0))


def follow(starts: FittedStarts, run: Trajectory) -> Followed:
    """Forecast a trajectory from a fitted start, at its samples and between them."""
    t = np.union1d(run.t, np.linspace(run.t[0], run.t[-1], LINE_POINTS))
    u = None if run.u is None else np.column_stack([np.interp(t, run.t, own) for own in run.u.T])
    return Followed(run, simulate(starts.law, starts.of(run), t, run.env, u))


def draw_points(axes: Axes, t: Array, x: Array, scale: Array) -> None:
    """Draw measurements (n, S) in units of a scale (S,); many of them small and pale."""
    n = len(t)
    for s, unit in enumerate(scale):
        own = look(s)
        axes.plot(
            t,
            x[:, s] / unit,
            ls="",
            marker=own.marker,
            ms=float(np.clip(60.0 / np.sqrt(n), 2.0, 5.0)),
            mfc=own.colour,
            mec="none",
            alpha=0.75 if n < MANY else 0.35 if n < VERY_MANY else 0.15,
            rasterized=n >= VERY_MANY,
        )


def draw_lines(axes: Axes, t: Array, x: Array, scale: Array, is_complete: bool) -> None:
    """Draw states (n, S) at times (n,) in units of a scale (S,); a cross where they stopped early."""
    for s, unit in enumerate(scale):
        own = look(s)
        axes.plot(t[: len(x)], x[:, s] / unit, color=own.colour, ls=own.line, lw=1.4)
        finite = np.flatnonzero(np.isfinite(x[:, s]))
        if not is_complete and len(finite):
            axes.plot(t[finite[-1]], x[finite[-1], s] / unit, color=own.colour, marker="x", ms=7, mew=2, ls="")


def bound(axes: Axes, low: float, high: float) -> None:
    """Keep lines that leave the measured range, low to high, by more than its width from squeezing it."""
    room = (high - low) or abs(high) or 1.0
    bottom, top = axes.get_ylim()
    axes.set_ylim(max(bottom, low - room), min(top, high + room))


def shares_time(times: Sequence[Array]) -> bool:
    """Whether one axis of time serves all trajectories."""
    starts, lengths = [t[0] for t in times], [t[-1] - t[0] for t in times]
    return bool(np.ptp(starts) <= max(lengths) <= ALIKE * min(lengths))


def state_handles(names: Sequence[str], units: Sequence[str | None], is_line: bool = True) -> list[Line2D]:
    """Entries of a legend: one per state, with its unit if states have different ones."""
    from matplotlib.lines import Line2D

    looks = [look(s) for s in range(len(names))]
    is_common = len(set(units)) == 1
    labels = [name if is_common or not unit else f"{name} ({unit})" for name, unit in zip(names, units, strict=True)]
    return [
        Line2D([], [], color=o.colour, marker=o.marker, ls=o.line if is_line else "", ms=5, label=label)
        for o, label in zip(looks, labels, strict=True)
    ]


def kind_handles(line: str) -> list[Line2D]:
    """Entries of a legend: what points and lines are."""
    from matplotlib.lines import Line2D

    return [Line2D([], [], color=GREY, marker="o", ls="", ms=4, label="data"), Line2D([], [], color=GREY, label=line)]
