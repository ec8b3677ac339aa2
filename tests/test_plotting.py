"""Pictures: what they return, what stands in them, and that they leave matplotlib as it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError

from spreme import Forecast, PolynomialLibrary, SpReME, Trajectories
from spreme.datasets import load_gause, load_hare_lynx
from spreme.plotting import plot_coefficients, plot_fit, plot_forecast, plot_mask, plot_path
from spreme.plotting.panels import COLOURS, look
from spreme.results import SearchPath

OF_MODEL = (plot_coefficients, plot_mask, plot_path)


@pytest.fixture(autouse=True)
def _quiet_matplotlib() -> Iterator[None]:
    """Draw into memory, find global settings unchanged, and close what was opened."""
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before
    plt.close("all")


@pytest.fixture(scope="module")
def gause() -> tuple[SpReME, Trajectories]:
    data = load_gause()
    return SpReME(library=PolynomialLibrary(degree=2)).fit(data), data


def oscillators(n_environments: int, n_states: int, n_runs: int = 1) -> tuple[SpReME, Trajectories]:
    """Decaying states in many environments, the last in units a thousand times smaller; the first runs are fitted."""
    t = np.linspace(0, 3, 41)
    rates = 0.5 + np.arange(n_states) / n_states
    scale = np.where(np.arange(n_states) == n_states - 1, 1e3, 1.0)
    x, env = [], []
    for e in range(n_environments):
        for run in range(n_runs):
            x.append((1 + run) * scale * np.exp(-np.outer(t, rates * (1 + e / n_environments))))
            env.append(e)
    data = Trajectories(x, t, env=env)
    names = data.state_names
    # Of many environments the pictures are of interest: the regression alone draws as much in less time.
    model = SpReME(
        library=PolynomialLibrary(degree=1, include_bias=False),
        allowed={name: [name] for name in names},
        refine="trajectory" if n_environments < 10 else None,
    )
    return model.fit(data[::n_runs]), data


def words(figure: Any) -> list[str]:
    """All visible texts of a figure, once they are laid out."""
    from matplotlib.text import Text

    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


def points(axes: Axes) -> list[Any]:
    """Lines that are drawn as markers only."""
    return [line for line in axes.lines if line.get_linestyle() == "None"]


def lines(axes: Axes) -> list[Any]:
    """Lines that are drawn as such, reference lines left out."""
    return [line for line in axes.lines if line.get_linestyle() != "None" and len(line.get_xdata()) > 2]


# ------------------------------------------------------------------------------------------------ returned objects


def test_types_and_layout(gause: tuple[SpReME, Trajectories]) -> None:
    model, data = gause
    figures = [plot_fit(model, data), plot_coefficients(model), plot_path(model)]
    figures.append(plot_mask(model).get_figure())  # type: ignore[arg-type]
    figures.append(plot_forecast(model.simulate([2, 2], [0, 5, 10], env="mixed"), data).get_figure())  # type: ignore[arg-type]
    for figure in figures:
        assert isinstance(figure, Figure)
        assert type(figure.get_layout_engine()).__name__ == "ConstrainedLayoutEngine"
        figure.canvas.draw()


@pytest.mark.parametrize(
    "plot", [plot_mask, lambda m, ax: plot_forecast(m.simulate([2, 2], [0, 5], env="mixed"), ax=ax)]
)
def test_one_panel_is_drawn_in_the_given_axes(gause: tuple[SpReME, Trajectories], plot: Callable[..., Axes]) -> None:
    ax = Figure().subplots()
    assert plot(gause[0], ax=ax) is ax
    assert ax.get_title() or ax.get_xlabel()


def test_several_panels_take_the_place_of_the_given_axes(gause: tuple[SpReME, Trajectories]) -> None:
    model, data = gause
    figure = Figure(figsize=(13, 8), layout="constrained")
    top, bottom = figure.subplots(2, 2)
    assert plot_fit(model, data, ax=top[0]) is figure
    assert plot_coefficients(model, ax=top[1]) is figure
    assert plot_path(model, ax=bottom[0]) is figure
    plot_mask(model, ax=bottom[1])
    figure.canvas.draw()
    assert [len(part.axes) for part in figure.subfigs] == [3, 5, 2]


def test_axes_without_a_grid_cannot_be_replaced(gause: tuple[SpReME, Trajectories]) -> None:
    with pytest.raises(ValueError, match=r"plt\.subplots"):
        plot_coefficients(gause[0], ax=Figure().add_axes((0, 0, 1, 1)))


# ----------------------------------------------------------------------------------------------------- what is drawn


def test_fit_shows_every_measurement_and_names_the_axes(gause: tuple[SpReME, Trajectories]) -> None:
    model, data = gause
    figure = plot_fit(model, data)
    for axes, run in zip(figure.axes, data, strict=True):
        for line, values in zip(points(axes), run.x.T, strict=True):
            np.testing.assert_array_equal(line.get_ydata(), values)
        assert {line.get_color() for line in lines(axes)} == set(COLOURS[:2])
    assert {"time", "state", "aurelia", "caudatum", "data", "model", "mixed"} <= set(words(figure))


def test_fit_follows_the_data() -> None:
    model, data = oscillators(n_environments=2, n_states=1)
    for axes, run in zip(plot_fit(model, data).axes, data, strict=True):
        (line,) = lines(axes)
        drawn = np.interp(run.t, line.get_xdata(), line.get_ydata())
        np.testing.assert_allclose(drawn, run.x[:, 0], atol=1e-3)
        assert axes.get_title().startswith("environment ")


def test_fit_counts_what_it_leaves_out() -> None:
    model, data = oscillators(n_environments=14, n_states=2, n_runs=6)
    figure = plot_fit(model, data)
    said = words(figure)
    assert len([axes for axes in figure.axes if axes.axison]) == 12
    assert any("2 more environments not drawn" in text for text in said)
    assert any("the first 4 trajectories of each environment" in text for text in said)


def test_states_of_very_different_size_are_scaled() -> None:
    model, data = oscillators(n_environments=2, n_states=2)
    figure = plot_fit(model, data)
    assert "state / its standard deviation" in words(figure)
    assert max(float(np.max(line.get_ydata())) for line in points(figure.axes[0])) < 100


def test_not_observed_is_said_and_never_drawn_as_zero(gause: tuple[SpReME, Trajectories]) -> None:
    model, _ = gause
    figure = plot_coefficients(model)
    values = model.coef_[:, model.mask_].T
    assert [axes.get_title() for axes in figure.axes] == [
        str(name) for row in model.mask_ for name in model.get_feature_names_out()[row]
    ]
    for axes, own in zip(figure.axes, values, strict=True):
        drawn = axes.containers[0].lines[0]  # type: ignore[attr-defined]
        np.testing.assert_array_equal(drawn.get_xdata(), own[np.isfinite(own)])
        np.testing.assert_array_equal(drawn.get_ydata(), np.flatnonzero(np.isfinite(own)))
        said = [text.get_text() for text in axes.texts]
        assert said == ["not observed"] * int(np.isnan(own).sum())
    assert "coefficient with 95 % interval" in words(figure)


def test_intervals_are_of_95_percent(gause: tuple[SpReME, Trajectories]) -> None:
    model, _ = gause
    axes = plot_coefficients(model).axes[0]
    (bars,) = axes.containers[0].lines[2]  # type: ignore[attr-defined]
    s, k = np.argwhere(model.mask_)[0]
    std = model.coef_std_[:, s, k]
    widths = [segment[1, 0] - segment[0, 0] for segment in bars.get_segments()]
    np.testing.assert_allclose(widths, 2 * 1.96 * std[np.isfinite(std)])


def test_mask_shows_terms_and_where_they_are_observed(gause: tuple[SpReME, Trajectories]) -> None:
    model, _ = gause
    axes = plot_mask(model)
    np.testing.assert_array_equal(axes.images[0].get_array(), model.mask_.T)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(model.get_feature_names_out())
    assert [label.get_text() for label in axes.get_xticklabels()] == ["aurelia'", "caudatum'"]
    seen = np.isfinite(model.coef_).sum(axis=0).T
    expected = [f"in {n} of 3" for n in seen[model.mask_.T] if n < 3]
    assert [text.get_text() for text in axes.texts] == expected


def test_mask_of_a_large_library_shows_the_terms_in_use() -> None:
    model = SpReME(library=PolynomialLibrary(degree=7), max_terms=2).fit(load_hare_lynx())
    axes = plot_mask(model)
    n_used = int(model.mask_.any(axis=0).sum())
    assert len(axes.get_yticklabels()) == n_used
    assert axes.get_ylabel() == f"term ({model.mask_.shape[1] - n_used} more in no equation)"


def test_path_marks_the_chosen_equation(gause: tuple[SpReME, Trajectories]) -> None:
    model, _ = gause
    figure = plot_path(model)
    for axes, (state, candidates) in zip(figure.axes, model.path_.candidates.items(), strict=True):
        _, scattered, ring, *_ = axes.lines
        assert sorted(scattered.get_ydata()) == sorted(own.distance for own in candidates)
        assert ring.get_xdata()[0] == len(model.selection_.chosen[state].terms)
        assert ring.get_ydata()[0] == 0
        assert axes.get_title().startswith(f"{state}' ")
    assert {"number of terms", "worse than the chosen (evidence)", "chosen", "not ruled out"} <= set(words(figure))


def test_path_without_scores_says_so() -> None:
    model = SpReME(library=PolynomialLibrary(degree=2)).fit(load_hare_lynx())
    first, *others = model.path_.candidates["hare"]
    hopeless = (first, *(replace(own, score=np.inf, distance=np.inf) for own in others))
    model.path_ = SearchPath({**model.path_.candidates, "hare": hopeless})
    assert f"{len(others)} candidates without a score" in words(plot_path(model))


# ----------------------------------------------------------------------------------------------------------- forecast


def test_forecast_with_data_of_its_environment(gause: tuple[SpReME, Trajectories]) -> None:
    model, data = gause
    forecast = model.simulate([2, 2], np.linspace(0, 25, 51), env="mixed")
    axes = plot_forecast(forecast, data)
    assert axes.get_title() == "mixed"
    assert axes.get_xlabel() == "time"
    assert len(points(axes)) == 2
    np.testing.assert_array_equal(lines(axes)[1].get_ydata(), forecast.x[:, 1])
    assert axes.get_legend() is not None


def test_forecast_of_several_starts(gause: tuple[SpReME, Trajectories]) -> None:
    forecast = gause[0].simulate([[2, 2], [20, 5], [50, 50]], np.linspace(0, 25, 51), env="mixed")
    assert len(plot_forecast(forecast).lines) == 3 * 2


def test_forecast_that_stops_early_says_so() -> None:
    t = np.linspace(0, 4, 5)
    stopped = Forecast(t[:3], np.array([[1.0], [3.0], [9.0]]), "unbounded at 2.1", ("x",), "A")
    axes = plot_forecast(stopped)
    assert "unbounded at 2.1" in axes.get_xlabel()
    assert [line.get_xdata()[0] for line in points(axes)] == [2.0]
    several = replace(
        stopped, t=t, x=np.array([[[1.0]] * 5, [[1.0]] * 2 + [[np.nan]] * 3]), status=["converged", "lost"]
    )
    axes = plot_forecast(several)
    assert "1 of 2 forecasts stopped early: lost" in axes.get_xlabel()
    assert [line.get_xdata()[0] for line in points(axes)] == [1.0]


# --------------------------------------------------------------------------------------------------------- many things


@pytest.mark.parametrize(("n_environments", "n_states"), [(1, 1), (30, 2), (2, 7), (50, 1)])
def test_pictures_of_many_environments_and_states(n_environments: int, n_states: int) -> None:
    model, data = oscillators(n_environments, n_states)
    for figure in (plot_fit(model, data), plot_coefficients(model), plot_path(model), plot_mask(model).figure):
        figure.canvas.draw()  # type: ignore[union-attr]
        for axes in figure.axes:
            labels = [label for label in axes.get_yticklabels() if label.get_text()]
            boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.y0)
            overlaps = [a.y1 - b.y0 for a, b in pairwise(boxes)]
            assert max(overlaps, default=0) <= 2, "labels run into each other"


def test_a_law_without_terms_is_drawn_in_words() -> None:
    data = Trajectories([np.ones((20, 1)) * 3], 0.1, state_names=["x"])
    with pytest.warns(UserWarning, match="never changes"):
        model = SpReME().fit(data)
    assert "the law has no terms" in words(plot_coefficients(model))
    for figure in (plot_fit(model, data), plot_path(model), plot_mask(model).figure):
        figure.canvas.draw()  # type: ignore[union-attr]


def test_looks_of_states_differ() -> None:
    looks = [look(s) for s in range(14)]
    assert len(set(looks)) == 14
    assert len({own.colour for own in looks[:7]}) == 7


# ------------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("plot", OF_MODEL)
def test_only_fitted_models_of_the_right_type(plot: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=rf"{plot.__name__} needs a fitted SpReME model, got dict"):
        plot({})
    with pytest.raises(NotFittedError, match="fit"):
        plot(SpReME())


def test_wrong_arguments_are_named(gause: tuple[SpReME, Trajectories]) -> None:
    model, data = gause
    forecast = model.simulate([2, 2], [0, 5], env="mixed")
    other = Trajectories([np.random.default_rng(0).random((9, 1))], 0.1)
    with pytest.raises(TypeError, match="needs data as Trajectories, got list"):
        plot_fit(model, data.x)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"1 states? .*instead of 2 \(aurelia, caudatum\)"):
        plot_fit(model, other)
    with pytest.raises(ValueError, match="environment 'pond' was not fitted"):
        plot_fit(model, Trajectories(data.x, data.t, env=["pond"] * 3, state_names=data.state_names))
    with pytest.raises(TypeError, match="needs a Forecast"):
        plot_forecast(forecast.x)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="instead of 2"):
        plot_forecast(forecast, other)
    with pytest.raises(ValueError, match="'mixed'"):
        plot_forecast(forecast, data.where(env="aurelia alone"))
    with pytest.raises(TypeError, match="ax must be one matplotlib Axes"):
        plot_mask(model, ax=Figure())  # type: ignore[arg-type]


def test_matplotlib_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, spreme.plotting; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
