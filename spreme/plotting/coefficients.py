"""The law itself: which terms there are, and their coefficients in every environment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spreme.estimators import SpReME
from spreme.plotting.panels import (
    COLOURS,
    GREY,
    fitted_law,
    fitting,
    look,
    make_panels,
    one_panel,
    only_text,
    shortened,
    tidy,
)
from spreme.results import Law

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

# Half width of a 95 % interval of a normal estimate, in standard errors.
HALF_WIDTH = 1.96
# More labels of environments than this cannot be read.
MOST_LABELS = 40
# Labels of more environments than this are written smaller, and longer ones are cut.
FEW, LONGEST = 12, 40
# Where one equation a line makes the picture higher than this, in inches, lines take several, up to so many panels.
TALLEST, WIDEST = 12.0, 6
# Names of states longer than this are slanted.
LONG_NAME = 9
# Libraries up to this size are drawn whole, of larger ones the terms in use.
MOST_TERMS = 30
# Share of the width of a panel that its axis takes.
AXIS = 0.8


def plot_coefficients(model: SpReME, ax: Axes | None = None) -> Figure:
    """Draw the coefficients of every environment with 95 % intervals.

    One row of panels per equation, one panel per term, in it one line per environment. A term that the data of an
    environment say nothing about has no point there but the words "not observed".

    Parameters
    ----------
    model : SpReME
        Fitted model.
    ax : matplotlib.axes.Axes, default None
        Axes to be replaced by the panels; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, with the panels in the order of states and terms.

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
    >>> figure = plot_coefficients(SpReME(library=PolynomialLibrary(2, False, True)).fit(load_hare_lynx()))
    >>> [axes.get_title() for axes in figure.axes]
    ['hare', 'hare*lynx', 'lynx', 'hare*lynx']
    >>> plt.close(figure)
    """
    law = fitted_law(model, "plot_coefficients")
    rows = _lines_of_panels(law)
    if not rows:
        panels = make_panels(ax, 1, 1, (5.0, 2.0))
        only_text(panels.axes[0, 0], "the law has no terms")
        return panels.root
    widest = max(map(len, rows))
    panels = make_panels(ax, len(rows), widest, (2.5 + _room_for_labels(law) / widest, 0.75 + _height_of_rows(law)))
    width, height = panels.size
    for row, line in zip(rows, panels.axes, strict=True):
        for column, axes in enumerate(line):
            if column >= len(row):
                axes.remove()
                continue
            s, k = row[column]
            _draw_term(axes, law, s, k)
            _name_values(axes, AXIS * width)
            title = fitting(law.table.names[k], 0.85 * width)
            axes.set_title(title.text, fontsize=title.size)
            _label_environments(axes, law, is_first=column == 0)
            if column == 0 or row[column - 1][0] != s:
                name = fitting(f"{law.state_names[s]}'", 0.85 * height)
                axes.set_ylabel(name.text, fontsize=name.size, fontweight="bold")
    panels.part.supxlabel("coefficient with 95 % interval", fontsize="medium")
    return panels.root


def plot_mask(model: SpReME, ax: Axes | None = None) -> Axes:
    """Draw which terms stand in which equation.

    Parameters
    ----------
    model : SpReME
        Fitted model. Of a library of more than 30 terms only those in use are drawn.
    ax : matplotlib.axes.Axes, default None
        Axes to draw in; None makes a figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes: a line per term, a column per equation. A term that only some environments observe carries their
        number.

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
    >>> axes = plot_mask(SpReME(library=PolynomialLibrary(degree=2)).fit(load_hare_lynx()))
    >>> [label.get_text() for label in axes.get_yticklabels()]
    ['1', 'hare', 'lynx', 'hare**2', 'hare*lynx', 'lynx**2']
    >>> plt.close(axes.figure)
    """
    law = fitted_law(model, "plot_mask")
    n_terms = law.mask.shape[1]
    terms = np.arange(n_terms) if n_terms <= MOST_TERMS else np.flatnonzero(law.mask.any(axis=0))
    names = [law.table.names[k] for k in terms]
    states = [f"{name}'" for name in law.state_names]
    width = max(1.2 + 0.7 * len(states) + 0.07 * max(map(len, names), default=0), 3.0)
    is_long = max(map(len, states)) > LONG_NAME
    slanted = 0.05 * max(map(len, states)) if is_long else 0.0
    axes = one_panel(ax, width, 1.2 + 0.26 * max(len(terms), 2) + slanted)
    if not len(terms):
        only_text(axes, "the law has no terms")
        return axes
    _draw_squares(axes, law, terms)
    axes.set_xticks(range(len(states)), states)
    if is_long:
        axes.tick_params(axis="x", labelrotation=40)
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(terms)), names)
    axes.set_xlabel("equation")
    axes.set_ylabel("term" if len(terms) == n_terms else f"term ({n_terms - len(terms)} more in no equation)")
    return axes


def _lines_of_panels(law: Law) -> list[list[tuple[int, int]]]:
    """The (state, term) pairs of every line: an equation each, or several if lines are high."""
    equations = [[(s, int(k)) for k in np.flatnonzero(row)] for s, row in enumerate(law.mask) if row.any()]
    if len(equations) * _height_of_rows(law) <= TALLEST:
        return equations
    lines: list[list[tuple[int, int]]] = [[]]
    for own in equations:
        if lines[-1] and len(lines[-1]) + len(own) > WIDEST:
            lines.append([])
        lines[-1] += own
    return lines


def _room_for_labels(law: Law) -> float:
    """Inches that long names of environments take beyond what a panel has room for."""
    longest = min(max(len(str(env)) for env in law.environments), LONGEST)
    return max((0.085 if len(law.environments) <= FEW else 0.06) * longest - 0.8, 0.0)


def _height_of_rows(law: Law) -> float:
    """Inches that the environments of one panel take."""
    n = len(law.environments)
    return (0.24 if n <= FEW else 0.14) * max(n, 2)


def _draw_term(axes: Axes, law: Law, s: int, k: int) -> None:
    """Draw one coefficient in all environments, the first on top."""
    value, std = law.coef[:, s, k], law.coef_std[:, s, k]
    rows = np.arange(len(value))
    observed = np.isfinite(value)
    error = np.where(np.isfinite(std), HALF_WIDTH * std, 0.0)
    own = look(s)
    axes.errorbar(
        value[observed], rows[observed], xerr=error[observed], fmt=own.marker, color=own.colour, ms=4, lw=1.4, capsize=2
    )
    for row in rows[~observed]:
        axes.annotate(
            "not observed",
            (0.5, row),
            xycoords=("axes fraction", "data"),
            ha="center",
            va="center",
            color=GREY,
            fontsize="small" if len(rows) <= FEW else "xx-small",
            fontstyle="italic",
        )
    axes.set_ylim(len(value) - 0.5, -0.5)
    left, right = axes.get_xlim()
    if left < 0.0 < right:
        axes.axvline(0.0, color=GREY, lw=0.8, ls=":", zorder=0)
    tidy(axes)


def _name_values(axes: Axes, width: float) -> None:
    """Ticks at a few round values, in letters small enough for them to stand beside each other in so many inches."""
    axes.ticklabel_format(axis="x", scilimits=(-2, 4), useMathText=True)
    axes.locator_params(axis="x", nbins=3)
    left, right = axes.get_xlim()
    ticks = axes.get_xticks()
    texts = axes.xaxis.get_major_formatter().format_ticks(list(ticks))
    longest = max(len(text.replace(r"\mathdefault", "").strip("${}")) for text in texts)
    apart = width * float(ticks[1] - ticks[0]) / (right - left)
    axes.tick_params(axis="x", labelsize=fitting("0" * (longest + 1), apart).size)


def _label_environments(axes: Axes, law: Law, is_first: bool) -> None:
    """Name the environments beside the first panel of a row; where there are many, every second or third."""
    n = len(law.environments)
    step = math.ceil(n / MOST_LABELS)
    labels = [shortened(str(env), LONGEST) for env in law.environments[::step]] if is_first else []
    axes.set_yticks(
        range(0, n, step), labels or [""] * len(range(0, n, step)), fontsize="medium" if n <= FEW else "x-small"
    )
    axes.grid(axis="y", lw=0.4, color="#dddddd")
    axes.set_axisbelow(True)


def _draw_squares(axes: Axes, law: Law, terms: NDArray[np.intp]) -> None:
    """Fill a square for every term of every equation."""
    from matplotlib.colors import ListedColormap

    mask = law.mask[:, terms].T
    axes.imshow(mask, cmap=ListedColormap(["#f0f0f0", COLOURS[0]]), vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(np.arange(0.5, mask.shape[1] - 1), minor=True)
    axes.set_yticks(np.arange(0.5, mask.shape[0] - 1), minor=True)
    axes.grid(which="minor", color="white", lw=2)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    for row, column in np.argwhere(mask):
        seen = int(np.isfinite(law.coef[:, column, terms[row]]).sum())
        if seen < len(law.environments):
            text = f"in {seen} of {len(law.environments)}"
            axes.text(column, row, text, ha="center", va="center", color="white", fontsize="x-small")
