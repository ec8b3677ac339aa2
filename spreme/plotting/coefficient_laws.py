"""Coefficients over what is known about the environments, and the laws that were found for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.coefficient_laws import CoefficientLaw, CoefficientLaws
from spreme.coefficient_laws.prediction import predict
from spreme.coefficient_laws.texts import law_text
from spreme.plotting.panels import GREY, Words, fitting, legend_above, look, make_panels, only_text, tidy

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

# Half width of a 95 % interval of a normal estimate, in standard errors.
HALF_WIDTH = 1.96
# Points of a curve.
CURVE = 80


class Line(NamedTuple):
    """Laws along one covariate, the others at their means: its values (n,), coefficients and errors (n, S, K)."""

    values: Array
    coef: Array
    std: Array


def plot_coefficient_law(laws: CoefficientLaws, ax: Axes | None = None) -> Figure:
    """Draw every coefficient over a covariate of the environments, with its law.

    One row of panels per equation, one panel per term, over the covariate that the law depends on most. Points are the
    estimates of the environments with 95 % intervals, the line is the law with the others of its covariates at their
    means, and the band holds the coefficient of a new environment with 95 %. Under the name of the term stands its
    law, or why there is none.

    Parameters
    ----------
    laws : CoefficientLaws
        What `spreme.coefficient_law` returns.
    ax : matplotlib.axes.Axes, default None
        Axes to be replaced by the panels; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, with the panels in the order of states and terms.

    Raises
    ------
    TypeError
        If the laws are no CoefficientLaws.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from spreme import SpReME, coefficient_law
    >>> t, rng = np.linspace(0, 3, 61), np.random.default_rng(0)
    >>> temperature = {f"run {i}": 280.0 + 10 * i for i in range(6)}
    >>> x = [np.exp(-0.02 * (T - 250) * t) + 0.01 * rng.standard_normal(61) for T in temperature.values()]
    >>> model = SpReME(allowed={"x0": ["x0"]}).fit(x, t, env=list(temperature))
    >>> figure = plot_coefficient_law(coefficient_law(model, {"T": temperature}))
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_title()
    ('T', 'x0')
    >>> plt.close(figure)
    """
    if not isinstance(laws, CoefficientLaws):
        raise TypeError(
            f"plot_coefficient_law needs CoefficientLaws, as coefficient_law returns them, got {type(laws).__name__}"
        )
    rows = [own for name in laws.model.state_names_ if (own := [one for one in laws.laws if one.state == name])]
    if not rows:
        panels = make_panels(ax, 1, 1, (5.0, 2.0))
        only_text(panels.axes[0, 0], "the law has no terms")
        return panels.root
    panels = make_panels(ax, len(rows), max(map(len, rows)), (3.1, 2.6))
    lines = {c: _line(laws, c) for c in {_covariate(laws, law) for law in laws.laws}}
    for s, (row, axes_of_row) in enumerate(zip(rows, panels.axes, strict=True)):
        for column, axes in enumerate(axes_of_row):
            if column >= len(row):
                axes.remove()
                continue
            _draw(axes, laws, row[column], lines[_covariate(laws, row[column])], s)
            _name(axes, laws, row[column], panels.size[0])
        name = fitting(f"{row[0].state}'", 0.85 * panels.size[1])
        axes_of_row[0].set_ylabel(name.text, fontsize=name.size, fontweight="bold")
    legend_above(panels.part, _handles())
    return panels.root


def _covariate(laws: CoefficientLaws, law: CoefficientLaw) -> int:
    """Position of the covariate that moves the terms of a law most over the environments; the first if none does."""
    values, moved = laws.covariates.values, []
    index = [laws.table.names.index(name) for name in law.terms]
    for c in range(values.shape[1]):
        alone = np.tile(values.mean(axis=0), (len(values), 1))
        alone[:, c] = values[:, c]
        moved.append(float(np.ptp(laws.table.evaluate(alone)[:, index] @ law.coef)) if index else 0.0)
    return int(np.argmax(np.nan_to_num(moved)))


def _line(laws: CoefficientLaws, c: int) -> Line:
    """Laws along a covariate, over the range of the environments; NaN where a term is not defined."""
    values = laws.covariates.values
    points = np.tile(values.mean(axis=0), (CURVE, 1))
    points[:, c] = np.linspace(values[:, c].min(), values[:, c].max(), CURVE)
    shape = (CURVE, *laws.model.mask_.shape)
    line = Line(points[:, c], np.full(shape, np.nan), np.full(shape, np.nan))
    used = [laws.table.names.index(name) for name in sorted({name for law in laws.laws for name in law.terms})]
    for i in np.flatnonzero(np.isfinite(laws.table.evaluate(points)[:, used]).all(axis=1)):
        predicted = predict(laws, points[i])
        line.coef[i], line.std[i] = predicted.coef, predicted.coef_std
    return line


def _draw(axes: Axes, laws: CoefficientLaws, law: CoefficientLaw, line: Line, row: int) -> None:
    """Draw the estimates of one coefficient and its law."""
    own, c = look(row), _covariate(laws, law)
    s = laws.model.state_names_.index(law.state)
    k = list(laws.model.get_feature_names_out()).index(law.term)
    coef, half = line.coef[:, s, k], HALF_WIDTH * line.std[:, s, k]
    axes.fill_between(line.values, coef - half, coef + half, color=own.colour, alpha=0.15, lw=0)
    axes.plot(line.values, coef, color=own.colour, ls="-" if law.is_varying else "--", lw=1.4)
    seen = np.isfinite(law.estimates)
    error = HALF_WIDTH * np.where(np.isfinite(law.estimates_std), law.estimates_std, 0.0)
    at = laws.covariates.values[seen, c]
    axes.errorbar(at, law.estimates[seen], yerr=error[seen], fmt=own.marker, color=own.colour, ms=4, lw=1.2, capsize=2)
    axes.set_xlabel(laws.covariates.names[c])
    axes.locator_params(axis="x", nbins=5)
    axes.ticklabel_format(axis="y", scilimits=(-2, 4), useMathText=True)
    tidy(axes)


def _name(axes: Axes, laws: CoefficientLaws, law: CoefficientLaw, width: float) -> None:
    """Name the term, and below it its law, or why there is none."""
    title = fitting(law.term, 0.85 * width)
    axes.set_title(title.text, fontsize=title.size, pad=18)
    remark = law_text(laws, law, precision=2) if law.is_varying else law.status
    below = fitting(remark, 0.7 * width)
    if below.text != remark:
        below = Words(f"law of {len(law.terms)} terms", "small")
    axes.annotate(
        below.text,
        (0.5, 1.0),
        (0, 4),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=GREY,
        fontsize="small" if below.size == "medium" else below.size,
    )


def _handles() -> list[Artist]:
    """Entries of the legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        Line2D([], [], color=GREY, marker="o", ls="", ms=4, label="environments"),
        Line2D([], [], color=GREY, label="law"),
        Patch(color=GREY, alpha=0.3, lw=0, label="95 % of new environments"),
    ]
