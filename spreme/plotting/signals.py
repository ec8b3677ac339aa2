"""A signal and the network that represents it: a curve through points, or pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from spreme.inr import SparseINR
from spreme.inr.checks import as_coordinates, as_signal
from spreme.plotting.panels import GREY, look, make_panels, one_panel, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase
    from matplotlib.lines import Line2D

Array = NDArray[Any]

# Points of a curve.
CURVE = 1000
# Blue and orange of Okabe and Ito around white: errors below and above zero.
BELOW_AND_ABOVE = ("#0072B2", "#FFFFFF", "#D55E00")


class Grid(NamedTuple):
    """Coordinates of rows and columns, and the positions of the points, row by row."""

    rows: Array
    columns: Array
    order: NDArray[np.int64]

    def picture(self, values: Array) -> Array:
        """Values (n, ...) of the points as a picture (rows, columns, ...)."""
        return values[self.order].reshape(len(self.rows), len(self.columns), *values.shape[1:])


def plot_signal(model: SparseINR, X: ArrayLike, Y: ArrayLike | None = None, ax: Axes | None = None) -> Figure:
    """Draw a signal and the network that represents it.

    Parameters
    ----------
    model : SparseINR
        Fitted network.
    X : array_like (n, 1) or (n, 2)
        Coordinates; two must form a grid, in any order: the first runs down the pictures, the second to the right.
    Y : array_like (n, d_out) or (n,), default None
        Values; None draws the network alone.
    ax : matplotlib.axes.Axes, default None
        Axes to draw into, for two coordinates to be replaced by the panels; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure. Of one coordinate: points and a curve per output. Of two: pictures of data, network and error, in
        colours if there are three outputs, else grey, a row per output. Errors of colours are their root mean square.

    Raises
    ------
    TypeError
        If the model is no SparseINR.
    ValueError
        If the model is not fitted, data do not fit it, there are more than two coordinates, or two form no grid.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from spreme.inr import SparseINR
    >>> t = np.linspace(-1, 1, 50)[:, None]
    >>> model = SparseINR(hidden=(16, 16), w0=8.0, max_iter=200, lr=5e-3, random_state=0).fit(t, np.sin(5 * t))
    >>> figure = plot_signal(model, t, np.sin(5 * t))
    >>> len(figure.axes)
    1
    >>> plt.close(figure)
    """
    if not isinstance(model, SparseINR):
        raise TypeError(f"plot_signal needs a fitted SparseINR, got {type(model).__name__}")
    check_is_fitted(model)
    x = as_coordinates(X, n_inputs=model.n_features_in_)
    n_outputs = model.weights_[-1].shape[1]
    y = None if Y is None else as_signal(x, Y, n_inputs=model.n_features_in_, n_outputs=n_outputs)[1]
    if x.shape[1] == 1:
        return _draw_curve(model, x, y, ax)
    if x.shape[1] > 2:
        raise ValueError(f"X has {x.shape[1]} coordinates: plot_signal draws signals of one or two")
    return _draw_pictures(model, x, y, ax)


def _draw_curve(model: SparseINR, x: Array, y: Array | None, ax: Axes | None) -> Figure:
    """Points and curves over one coordinate."""
    axes = one_panel(ax, 6.4, 3.4)
    line = np.union1d(np.linspace(x.min(), x.max(), CURVE), x[:, 0])[:, None]
    curves = model.predict(line).reshape(len(line), -1)
    for k, curve in enumerate(curves.T):
        own = look(k)
        if y is not None:
            axes.plot(x[:, 0], y[:, k], ls="", marker=own.marker, ms=4.5, mfc="none", mec=own.colour)
        # A single curve is black: it passes through its points where the network fits.
        axes.plot(line[:, 0], curve, color=own.colour if curves.shape[1] > 1 else "black", ls=own.line, lw=1.4)
    axes.set_xlabel("coordinate")
    axes.set_ylabel("value")
    if y is not None:
        axes.set_title(f"network of {_size(model)}, {model.score(x, y):.1f} dB", fontsize="medium")
    if entries := _entries(curves.shape[1], has_data=y is not None):
        # Outside the axes, where no curve runs.
        axes.legend(handles=entries, frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1.0, 1.0))
    tidy(axes)
    parent: Any = axes.get_figure()
    root: Figure = parent.figure
    return root


def _entries(n_outputs: int, *, has_data: bool) -> list[Line2D]:
    """What a legend has to tell: outputs if there are several, points and curves if there are both."""
    from matplotlib.lines import Line2D

    looks = [look(k) for k in range(n_outputs)]
    entries = [
        Line2D([], [], color=own.colour, marker=own.marker, mfc="none", ls=own.line, ms=5, label=f"output {k}")
        for k, own in enumerate(looks)
    ]
    points, curve = (looks[0].colour, "black") if n_outputs == 1 else (GREY, GREY)
    both = [
        Line2D([], [], color=points, marker="o", mfc="none", ls="", ms=5, label="data"),
        Line2D([], [], color=curve, label="network"),
    ]
    return (entries if n_outputs > 1 else []) + (both if has_data else [])


def _size(model: SparseINR) -> str:
    """How many weights are in use."""
    return f"{sum(int(own.sum()) for own in model.mask_):,} weights"


def _draw_pictures(model: SparseINR, x: Array, y: Array | None, ax: Axes | None) -> Figure:
    """Pictures of data, network and error."""
    grid = _grid_of(x)
    network = model.predict(x).reshape(len(x), -1)
    is_colour = network.shape[1] == 3
    n_rows = 1 if is_colour else network.shape[1]
    shape = len(grid.rows) / len(grid.columns)
    size = (2.9, min(max(2.6 * shape, 1.2), 6.0) + 0.7)
    root, part, panels = make_panels(ax, n_rows, 1 if y is None else 3, size)
    for k, row in enumerate(panels):
        chosen = slice(None) if is_colour else slice(k, k + 1)
        data = None if y is None else y[:, chosen]
        _draw_row(part, list(row), grid, data, network[:, chosen])
        if n_rows > 1:
            row[0].set_ylabel(f"output {k}")
    titles = ["network"] if y is None else ["data", f"network, {model.score(x, y):.1f} dB", "error"]
    for own, title in zip(panels[0], titles, strict=True):
        own.set_title(title, fontsize="medium")
    panels[-1, 0 if y is None else 1].set_xlabel(_size(model))
    return root


def _draw_row(part: FigureBase, axes: list[Axes], grid: Grid, data: Array | None, network: Array) -> None:
    """One picture, or three."""
    limits = _limits(network if data is None else data)
    _draw_values(axes[0], grid, network if data is None else data, limits)
    if data is not None:
        _draw_values(axes[1], grid, network, limits)
        _draw_error(part, axes[2], grid, network - data)
    for own in axes:
        own.set_xticks([])
        own.set_yticks([])
        own.spines[:].set_visible(False)


def _limits(values: Array) -> tuple[float, float]:
    """Values that are drawn black and white: colours are shares of 0 to 1, greys take what there is."""
    return (0.0, 1.0) if values.shape[1] == 3 else (float(values.min()), float(values.max()))


def _draw_values(axes: Axes, grid: Grid, values: Array, limits: tuple[float, float]) -> None:
    """A picture in colours or greys."""
    picture = grid.picture(values)
    if values.shape[1] == 3:
        axes.imshow(np.clip(picture, 0.0, 1.0))
    else:
        axes.imshow(picture[..., 0], cmap="gray", vmin=limits[0], vmax=limits[1])


def _draw_error(part: FigureBase, axes: Axes, grid: Grid, error: Array) -> None:
    """Errors with their scale."""
    from matplotlib.colors import LinearSegmentedColormap

    if error.shape[1] == 3:
        picture = grid.picture(np.sqrt((error**2).mean(axis=1)))
        image = axes.imshow(picture, cmap="cividis", vmin=0.0)
    else:
        largest = float(np.abs(error).max()) or 1.0
        colours = LinearSegmentedColormap.from_list("below and above", BELOW_AND_ABOVE)
        image = axes.imshow(grid.picture(error)[..., 0], cmap=colours, vmin=-largest, vmax=largest)
    bar = part.colorbar(image, ax=axes, fraction=0.05, pad=0.03)
    bar.ax.tick_params(labelsize="small")
    bar.outline.set_visible(False)  # type: ignore[operator]


def _grid_of(x: Array) -> Grid:
    """The grid that points (n, 2) form."""
    rows, of_row = np.unique(x[:, 0], return_inverse=True)
    columns, of_column = np.unique(x[:, 1], return_inverse=True)
    place = of_row * len(columns) + of_column
    if len(rows) * len(columns) != len(x) or len(np.unique(place)) != len(x):
        raise ValueError(
            f"the {len(x)} points of X form no grid ({len(rows)} different first coordinates, {len(columns)} second "
            "ones): give the points of a grid, and Y=None to see the network where there are no data"
        )
    for name, own in (("first", rows), ("second", columns)):
        steps = np.diff(own)
        if len(steps) and steps.max() > 1.01 * steps.min() + 1e-6 * np.abs(own).max():
            raise ValueError(f"the {name} coordinates of X are not equally spaced: give the points of an even grid")
    return Grid(rows, columns, np.argsort(place))
