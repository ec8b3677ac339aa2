"""The search: how much worse than the chosen equation the others are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spreme.estimators import SpReME
from spreme.likelihood.record import CLOSE, NO_DEVIANCE
from spreme.plotting.panels import (
    GREY,
    Words,
    count,
    fitted_law,
    fitting,
    grid_shape,
    hide_unused,
    legend_above,
    look,
    make_panels,
    only_text,
    tidy,
)
from spreme.results import Candidate

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Where distances go beyond the second number, those above the first are drawn by their logarithm.
LINEAR_UP_TO, LINEAR_ALONE = 10.0, 50.0
# How criteria are called.
CRITERIA = {"bic": "BIC", "ebic": "EBIC", "cv": "cross-validation", "loeo": "leave one environment out"}
# The ring around the chosen equation.
CHOSEN: dict[str, Any] = {"marker": "o", "mfc": "none", "mec": "black", "ms": 12, "mew": 1.5}


def plot_path(model: SpReME, ax: Axes | None = None) -> Figure:
    """Draw how much worse than the chosen equation its competitors are, against their number of terms.

    Parameters
    ----------
    model : SpReME
        Fitted model.
    ax : matplotlib.axes.Axes, default None
        Axes to be replaced by the panels; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, one panel per state: a point per candidate, a line through the best of each size, a ring around the
        chosen one; what lies in the shaded zone is not ruled out. Where there are distances above 50, those above 10
        are on a logarithmic scale.

    Raises
    ------
    TypeError
        If the model is no SpReME.
    ValueError
        If the model is not fitted.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> from spreme import PolynomialLibrary, SpReME
    >>> from spreme.datasets import load_hare_lynx
    >>> figure = plot_path(SpReME(library=PolynomialLibrary(2, False, True)).fit(load_hare_lynx()))
    >>> [axes.get_title() for axes in figure.axes]
    ["hare' = hare + hare*lynx", "lynx' = lynx + hare*lynx"]
    >>> plt.close(figure)
    """
    law = fitted_law(model, "plot_path")
    distances = np.array([c.distance for own in model.path_.candidates.values() for c in own])
    farthest = float(distances.max(initial=1.0, where=np.isfinite(distances)))
    n_rows, n_columns = grid_shape(len(law.state_names), widest=4)
    panels = make_panels(ax, n_rows, n_columns, ((4.8, 3.6, 3.0, 3.0)[n_columns - 1], 2.9), sharey=True)
    for s, axes in enumerate(hide_unused(panels.axes, len(law.state_names))):
        name = law.state_names[s]
        _draw_candidates(axes, model.path_.candidates[name], s)
        _scale(axes, farthest)
        title = _title(name, model.selection_.chosen[name].terms, 0.9 * panels.size[0])
        axes.set_title(title.text, fontsize=title.size)
        if model.selection_.criterion not in NO_DEVIANCE:
            axes.axhspan(0.0, CLOSE, color=GREY, alpha=0.12, lw=0, zorder=0)
    criterion = model.selection_.criterion
    panels.part.supxlabel("number of terms", fontsize="medium")
    panels.part.supylabel(f"worse than the chosen ({CRITERIA.get(criterion, criterion)})", fontsize="medium")
    legend_above(panels.part, _handles(has_band=criterion not in NO_DEVIANCE))
    return panels.root


def _draw_candidates(axes: Axes, candidates: Sequence[Candidate], s: int) -> None:
    """Draw the candidates of one state, the chosen one first in their list."""
    from matplotlib.ticker import MaxNLocator

    scored = [own for own in candidates if np.isfinite(own.distance)]
    if not scored:
        only_text(axes, "no candidate has a score")
        return
    own = look(s)
    sizes, distances = [len(c.terms) for c in scored], [c.distance for c in scored]
    best = {size: min(d for n, d in zip(sizes, distances, strict=True) if n == size) for size in sorted(set(sizes))}
    axes.plot(list(best), list(best.values()), color=own.colour, lw=1, zorder=1)
    axes.plot(sizes, distances, ls="", marker=own.marker, color=own.colour, ms=4)
    axes.plot(len(candidates[0].terms), 0.0, ls="", clip_on=False, **CHOSEN)
    axes.set_xlim(min(sizes) - 0.5, max(sizes) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
    _remark(axes, len(candidates), len(scored))
    axes.grid(axis="y", lw=0.4, color="#dddddd")
    axes.axhline(0.0, color=GREY, lw=0.8, zorder=0)
    tidy(axes)


def _remark(axes: Axes, n_candidates: int, n_scored: int) -> None:
    """Say what is not to be seen."""
    without = n_candidates - n_scored
    text = f"{count(without, 'candidate')} without a score" if without else "no other was tried"
    if without or n_candidates == 1:
        axes.text(0.98, 0.98, text, ha="right", va="top", color=GREY, fontsize="small", transform=axes.transAxes)


def _handles(has_band: bool) -> list[Artist]:
    """Entries of the legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    best = Line2D([], [], color=GREY, lw=1, marker="o", ms=4, label="best of its size")
    band = [Patch(color=GREY, alpha=0.3, lw=0, label="not ruled out")] if has_band else []
    return [Line2D([], [], ls="", label="chosen", **CHOSEN), best, *band]


def _scale(axes: Axes, farthest: float) -> None:
    """Proportional distances, or logarithms of the large ones."""
    from matplotlib.ticker import FuncFormatter

    if farthest > LINEAR_ALONE:
        axes.set_yscale("symlog", linthresh=LINEAR_UP_TO)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_ylim(-0.1 * min(LINEAR_UP_TO, farthest), (3.0 if farthest > LINEAR_ALONE else 1.3) * farthest)


def _title(name: str, terms: Sequence[str], width: float) -> Words:
    """Chosen equation without coefficients, or its size if it is longer than a width in inches."""
    whole, short = f"{name}' = {' + '.join(terms) or '0'}", f"{name}' ({count(len(terms), 'term')})"
    title = fitting(whole, width)
    return title if title.text == whole and title.size != "x-small" else fitting(short, width)
