"""The search: how much worse than the chosen equation the others are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spreme.estimators import SpReME
from spreme.plotting.panels import GREY, count, fitted_law, grid_shape, hide_unused, look, make_panels, only_text, tidy
from spreme.results import Candidate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Where distances go beyond the second number, those above the first are drawn by their logarithm.
LINEAR_UP_TO, LINEAR_ALONE = 10.0, 50.0


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
        chosen one. Where there are distances above 50, those above 10 are on a logarithmic scale.

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
    distances = [c.distance for own in model.path_.candidates.values() for c in own]
    farthest = max((distance for distance in distances if np.isfinite(distance)), default=0.0)
    n_rows, n_columns = grid_shape(len(law.state_names), widest=4)
    root, part, grid = make_panels(ax, n_rows, n_columns, (3.6 if n_columns < 3 else 3.0, 2.9), sharey=True)
    for s, axes in enumerate(hide_unused(grid, len(law.state_names))):
        name = law.state_names[s]
        _draw_candidates(axes, model.path_.candidates[name], s)
        _scale(axes, farthest)
        axes.set_title(_title(name, model.selection_.chosen[name].terms), fontsize="medium")
    part.supxlabel("number of terms", fontsize="medium")
    criterion = model.selection_.criterion
    part.supylabel(
        f"{criterion.upper() if criterion in ('bic', 'ebic') else criterion} above that of the chosen",
        fontsize="medium",
    )
    return root


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
    axes.plot(len(candidates[0].terms), 0.0, ls="", marker="o", mfc="none", mec="black", ms=12, mew=1.5, label="chosen")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    without = len(candidates) - len(scored)
    title = f"{count(without, 'candidate')} without a score" if without else None
    if s == 0 or without:
        axes.legend(frameon=False, title=title, fontsize="small", title_fontsize="small")
    axes.grid(axis="y", lw=0.4, color="#dddddd")
    axes.axhline(0.0, color=GREY, lw=0.8, zorder=0)
    tidy(axes)


def _scale(axes: Axes, farthest: float) -> None:
    """Proportional distances, or logarithms of the large ones."""
    from matplotlib.ticker import FuncFormatter

    if farthest > LINEAR_ALONE:
        axes.set_yscale("symlog", linthresh=LINEAR_UP_TO)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_ylim(-0.1 * min(LINEAR_UP_TO, max(farthest, 1.0)), 1.3 * max(farthest, 1.0))


def _title(name: str, terms: Sequence[str]) -> str:
    """Chosen equation without coefficients, or its size if it is long."""
    text = " + ".join(terms) or "0"
    return f"{name}' = {text}" if len(text) <= 34 else f"{name}' ({count(len(terms), 'term')})"
