"""Pictures of the path of densities: the numbers they show, and what is refused."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from sklearn.exceptions import NotFittedError

from spreme.inr import MetaSparseINR, SparseINR
from spreme.plotting import plot_density_path
from spreme.plotting.densities import _ticks

T = np.linspace(-1, 1, 30)[:, None]
FAMILY = np.array([np.sin((3 + k / 4) * T) for k in range(5)])


@pytest.fixture(scope="module")
def meta():
    inr = SparseINR(hidden=(8, 8), w0=6.0)
    settings = {"meta_iter": 25, "retrain_iter": 5, "random_state": 0}
    return MetaSparseINR(inr, densities=(1.0, 0.5, 0.25), **settings).fit(FAMILY, X=T)


def test_scores_of_a_family(meta):
    axes = plot_density_path(meta, FAMILY, X=T)
    assert isinstance(axes, Axes) and axes.get_xscale() == "log"
    (line,), (band,) = axes.lines, axes.collections
    np.testing.assert_array_equal(line.get_xdata(), [80, 40, 20])
    scores = np.array(
        [[meta.adapt(T, y, 2, "sgd", None, density).score(T, y) for y in FAMILY] for density in (1.0, 0.5, 0.25)]
    )
    np.testing.assert_allclose(line.get_ydata(), scores.mean(axis=1))
    assert np.isclose(line.get_ydata()[-1], meta.score(FAMILY, X=T))
    heights = band.get_paths()[0].vertices[:, 1]
    assert np.isclose(heights.min(), scores.min()) and np.isclose(heights.max(), scores.max())
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["range of 5 signals", "mean"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("number of weights", "PSNR after 2 steps (dB)")
    axes.figure.canvas.draw()
    assert sorted(label.get_text() for label in axes.get_xticklabels()) == ["20", "40", "80"]


def test_pairs_and_a_single_signal(meta):
    pairs = plot_density_path(meta, [(T, own) for own in FAMILY])
    array = plot_density_path(meta, FAMILY, X=T)
    np.testing.assert_array_equal(pairs.lines[0].get_ydata(), array.lines[0].get_ydata())
    alone = plot_density_path(meta, FAMILY[:1], X=T)
    assert alone.get_legend() is None


def test_losses_of_the_training(meta):
    axes = plot_density_path(meta)
    wanted = [-10 * np.log10(np.mean(point.loss[-20:])) for point in meta.path_]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), wanted)
    assert axes.get_ylabel() == "PSNR of the training loss (dB)" and not axes.collections
    assert axes.get_legend() is None


def test_given_axes(meta):
    _, ax = plt.subplots()
    assert plot_density_path(meta, ax=ax) is ax


def test_one_density():
    inr = SparseINR(hidden=(4,), w0=6.0)
    model = MetaSparseINR(inr, meta_iter=2, random_state=0).fit(FAMILY, X=T)
    plot_density_path(model, FAMILY, X=T).figure.canvas.draw()


def test_ticks_do_not_crowd():
    """Of twenty rounds every third has one; numbers that are close share one."""
    ticks = _ticks(np.round(197_888 * 0.8 ** np.arange(21)).astype(int))
    assert ticks[0] == 197_888 and len(ticks) == 7
    assert _ticks(np.array([1000, 990, 100])) == [1000, 100]
    assert _ticks(np.array([12])) == [12]


def test_wrong_arguments_are_named(meta):
    with pytest.raises(TypeError, match="plot_density_path needs a fitted MetaSparseINR, got SparseINR"):
        plot_density_path(SparseINR())
    with pytest.raises(NotFittedError):
        plot_density_path(MetaSparseINR())
    with pytest.raises(ValueError, match="give the coordinates of its n points as X="):
        plot_density_path(meta, FAMILY)
    with pytest.raises(TypeError, match="ax must be one matplotlib Axes"):
        plot_density_path(meta, ax="here")
