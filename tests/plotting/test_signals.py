"""Pictures of signals: what stands in them, that pixels are where they belong, and what is refused."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError

from spreme.inr import SparseINR
from spreme.plotting import plot_signal

T = np.linspace(-1, 1, 30)[:, None]
ROWS, COLUMNS = np.linspace(-1, 1, 7), np.linspace(0, 1, 5)
X = np.stack(np.meshgrid(ROWS, COLUMNS, indexing="ij"), axis=-1).reshape(-1, 2)


def fitted(x, y):
    return SparseINR(hidden=(8, 8), w0=6.0, max_iter=20, random_state=0).fit(x, y)


def words(axes):
    legend = axes.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def images(figure):
    """Arrays of all pictures, panel by panel."""
    return [own.images[0].get_array() for own in figure.axes if own.images]


def test_a_series():
    y = np.sin(4 * T)
    model = fitted(T, y)
    figure = plot_signal(model, T, y)
    assert isinstance(figure, Figure)
    (axes,) = figure.axes
    points, curve = axes.lines
    np.testing.assert_array_equal(points.get_xydata(), np.hstack([T, y]))
    x = curve.get_xdata()
    assert len(x) >= 1000 and set(T[:, 0]) <= set(x)
    np.testing.assert_array_equal(curve.get_ydata(), model.predict(x[:, None])[:, 0])
    assert words(axes) == ["data", "network"]
    assert axes.get_title() == f"network of 80 weights, {model.score(T, y):.1f} dB"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("coordinate", "value")


def test_several_outputs_of_a_series():
    y = np.hstack([np.sin(4 * T), np.cos(3 * T)])
    (axes,) = plot_signal(fitted(T, y), T, y).axes
    assert len(axes.lines) == 4
    assert words(axes) == ["output 0", "output 1", "data", "network"]
    assert axes.lines[1].get_color() != axes.lines[3].get_color()


def test_a_network_without_data():
    (axes,) = plot_signal(fitted(T, T[:, 0]), T).axes
    assert len(axes.lines) == 1 and words(axes) == [] and axes.get_title() == ""
    (panel,) = plot_signal(fitted(X, X[:, 0]), X).axes
    assert panel.get_title() == "network" and panel.get_xlabel() == "88 weights"


def test_series_into_given_axes():
    figure, ax = plt.subplots(1, 2)
    assert plot_signal(fitted(T, T), T, T, ax=ax[1]) is figure
    assert len(ax[0].lines) == 0 and len(ax[1].lines) == 2


def test_grey_pictures():
    """The first coordinate runs down, the second to the right, in whatever order the points come."""
    y = X[:, 0] + 10 * X[:, 1]
    model, order = fitted(X, y), np.random.default_rng(0).permutation(len(X))
    figure = plot_signal(model, X[order], y[order])
    data, network, error = images(figure)
    np.testing.assert_array_equal(data, ROWS[:, None] + 10 * COLUMNS)
    np.testing.assert_allclose(network, model.predict(X).reshape(7, 5), rtol=0, atol=1e-5)
    np.testing.assert_allclose(error, network - data, rtol=0, atol=1e-5)
    panels = figure.axes[:3]
    assert [own.get_title() for own in panels] == ["data", f"network, {model.score(X, y):.1f} dB", "error"]
    assert panels[1].get_xlabel() == "88 weights"
    limits = [own.images[0].get_clim() for own in panels]
    assert limits[0] == limits[1] == (data.min(), data.max())
    assert limits[2][0] == -limits[2][1] == -np.abs(error).max()
    assert len(figure.axes) == 4, "errors have a scale"


def test_colours():
    y = np.column_stack([X, X[:, 0] * X[:, 1]]) / 2 + 0.5
    model = fitted(X, y)
    data, network, error = images(plot_signal(model, X, y))
    assert data.shape == network.shape == (7, 5, 3)
    np.testing.assert_allclose(data, y.reshape(7, 5, 3))
    np.testing.assert_allclose(network, np.clip(model.predict(X), 0, 1).reshape(7, 5, 3))
    np.testing.assert_allclose(error, np.sqrt(((model.predict(X) - y) ** 2).mean(axis=1)).reshape(7, 5))


def test_two_outputs_are_two_rows():
    figure = plot_signal(fitted(X, X), X, X)
    panels = [own for own in figure.axes if own.images]
    assert len(panels) == 6
    assert [own.get_ylabel() for own in panels[::3]] == ["output 0", "output 1"]
    figure.canvas.draw()


def test_pictures_into_given_axes():
    figure, ax = plt.subplots(1, 2, layout="constrained")
    assert plot_signal(fitted(X, X[:, 0]), X, X[:, 0], ax=ax[1]) is figure
    assert len(images(figure)) == 3
    figure.canvas.draw()


def test_a_perfect_network_has_a_scale_of_errors():
    model = fitted(X, X[:, 0])
    plot_signal(model, X, model.predict(X)).canvas.draw()


def test_wrong_arguments_are_named():
    model, cube = fitted(X, X[:, 0]), np.random.default_rng(0).random((9, 3))
    with pytest.raises(TypeError, match="plot_signal needs a fitted SparseINR, got dict"):
        plot_signal({}, X)
    with pytest.raises(NotFittedError):
        plot_signal(SparseINR(), X)
    with pytest.raises(ValueError, match="X has 1 features, but SparseINR is expecting 2 features"):
        plot_signal(model, T)
    with pytest.raises(ValueError, match="Y has 2 outputs, the fitted network 1"):
        plot_signal(model, X, X)
    with pytest.raises(ValueError, match=r"the 34 points of X form no grid \(7 different first coordinates, 5 second"):
        plot_signal(model, X[1:])
    with pytest.raises(ValueError, match="form no grid"):
        plot_signal(model, np.vstack([X[1:], X[1]]))
    with pytest.raises(ValueError, match="the first coordinates of X are not equally spaced"):
        plot_signal(model, X[X[:, 0] != ROWS[2]])
    with pytest.raises(ValueError, match="X has 3 coordinates: plot_signal draws signals of one or two"):
        plot_signal(fitted(cube, cube[:, 0]), cube)
    with pytest.raises(TypeError, match="ax must be one matplotlib Axes"):
        plot_signal(model, X, ax=Figure())
