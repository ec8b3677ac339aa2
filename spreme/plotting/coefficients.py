"""The law itself: which terms there are, and their coefficients in every environment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spreme.estimators import SpReME
from spreme.plotting.panels import COLOURS, GREY, fitted_law, look, make_panels, one_panel, only_text, tidy
from spreme.results import Law

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

# Half width of a 95 % interval of a normal estimate, in standard errors.
HALF_WIDTH = 1.96
# More labels of environments than this cannot be read.
MOST_LABELS = 40
# Longer names of terms are written smaller.
LONG_NAME = 14
# Libraries up to this size are drawn whole, of larger ones the terms in use.
MOST_TERMS = 30


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
    terms = [np.flatnonzero(row) for row in law.mask]
    states = [s for s, own in enumerate(terms) if len(own)]
    if not states:
        root, _, grid = make_panels(ax, 1, 1, (5.0, 2.0))
        only_text(grid[0, 0], "the law has no terms")
        return root
    n_environments = len(law.environments)
    height = 0.75 + (0.24 if n_environments <= 12 else 0.12) * max(n_environments, 2)
    root, part, grid = make_panels(ax, len(states), max(map(len, terms)), (2.5, height))
    for s, row in zip(states, grid, strict=True):
        for column, axes in enumerate(row):
            if column >= len(terms[s]):
                axes.remove()
                continue
            k = int(terms[s][column])
            _draw_term(axes, law, s, k)
            name = law.table.names[k]
            axes.set_title(name, fontsize="medium" if len(name) <= LONG_NAME else "small")
            _label_environments(axes, law, is_first=column == 0)
        row[0].set_ylabel(f"{law.state_names[s]}'", fontsize="large", fontweight="bold")
    part.supxlabel("coefficient with 95 % interval", fontsize="medium")
    return root


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
    width = 1.2 + 0.7 * len(law.state_names) + 0.07 * max(map(len, names), default=0)
    axes = one_panel(ax, max(width, 3.0), 1.2 + 0.26 * max(len(terms), 2))
    if not len(terms):
        only_text(axes, "the law has no terms")
        return axes
    _draw_squares(axes, law, terms)
    axes.set_xticks(range(len(law.state_names)), [f"{name}'" for name in law.state_names])
    axes.set_yticks(range(len(terms)), names)
    axes.set_xlabel("equation")
    axes.set_ylabel("term" if len(terms) == n_terms else f"term ({n_terms - len(terms)} more in no equation)")
    return axes


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
            fontsize="small" if len(rows) <= 12 else "xx-small",
            fontstyle="italic",
        )
    axes.set_ylim(len(value) - 0.5, -0.5)
    axes.ticklabel_format(axis="x", scilimits=(-2, 4), useMathText=True)
    axes.locator_params(axis="x", nbins=3)
    left, right = axes.get_xlim()
    if left < 0.0 < right:
        axes.axvline(0.0, color=GREY, lw=0.8, ls=":", zorder=0)
    tidy(axes)


def _label_environments(axes: Axes, law: Law, is_first: bool) -> None:
    """Name the environments beside the first panel of a row; where there are many, every second or third."""
    n = len(law.environments)
    step = math.ceil(n / MOST_LABELS)
    labels = [str(env) for env in law.environments[::step]] if is_first else []
    axes.set_yticks(
        range(0, n, step), labels or [""] * len(range(0, n, step)), fontsize="medium" if n <= 12 else "x-small"
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
