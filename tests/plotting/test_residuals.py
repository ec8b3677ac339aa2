"""Residuals of fitted forecasts over time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

from spreme import PolynomialLibrary, SpReME, Trajectories
from spreme.plotting import plot_residuals

T = np.linspace(0, 4, 81)
NOISE = 0.02


def decays(missing: tuple[str, ...] = ()) -> Trajectories:
    """Two decaying states in two environments, with noise; some states are absent from the second."""
    rng = np.random.default_rng(4)
    clean = [np.exp(-np.outer(T, rates)) for rates in ((0.5, 1.0), (0.7, 1.5))]
    x = [own + NOISE * rng.standard_normal(own.shape) for own in clean]
    for name in missing:
        x[1][:, ["a", "b"].index(name)] = 0.0
    return Trajectories(x, T, env=["slow", "fast"], state_names=["a", "b"], units={"a": "mg", "b": "mg"}, time_unit="h")


def fitted(data: Trajectories) -> SpReME:
    return SpReME(library=PolynomialLibrary(1, False), allowed={"a": ["a"], "b": ["b"]}).fit(data)


def drawn(axes: Axes) -> list[Any]:
    """Ordinates of the points, state by state."""
    return [np.asarray(line.get_ydata()) for line in axes.lines if line.get_linestyle() == "None"]


def test_they_are_measurements_minus_forecast_in_units_of_the_noise() -> None:
    data = decays()
    model = fitted(data)
    figure = plot_residuals(model, data)
    assert [axes.get_title() for axes in figure.axes] == ["slow", "fast"]
    for axes, rates in zip(figure.axes, ((0.5, 1.0), (0.7, 1.5)), strict=True):
        e = ["slow", "fast"].index(axes.get_title())
        errors = (data[e].x - np.exp(-np.outer(T, rates))) / model.noise_std_[e]
        # the fitted curve is off the true one by two parameters' worth of 81 samples
        for s, values in enumerate(drawn(axes)):
            assert np.sqrt(np.mean((values - errors[:, s]) ** 2)) < 3 * np.sqrt(2 / 81)
    figure.canvas.draw()
    said = [text.get_text() for text in figure.texts]
    assert figure.get_supxlabel() == "time (h)" and figure.get_supylabel() == "residual / noise", said


def test_a_state_that_is_absent_has_no_points() -> None:
    data = decays(missing=("b",))
    first, second = (drawn(axes) for axes in plot_residuals(fitted(data), data).axes)
    assert all(np.isfinite(own).all() for own in first)
    assert np.isfinite(second[0]).all() and np.isnan(second[1]).all()


def test_a_wrong_law_is_drawn_by_logarithms() -> None:
    data = decays()
    wrong = Trajectories([10 * x + T[:, None] for x in data.x], T, env=data.env, state_names=["a", "b"])
    axes = plot_residuals(fitted(data), wrong).axes[0]
    assert axes.get_yscale() == "symlog"
    low, high = axes.get_ylim()
    assert low == -high and max(np.nanmax(np.abs(own)) for own in drawn(axes)) <= high


def test_what_is_left_out_is_said() -> None:
    data = decays()
    x = [x for x in data.x for _ in range(6)]
    many = Trajectories(x, T, env=[env for env in data.env for _ in range(6)], state_names=["a", "b"])
    figure = plot_residuals(fitted(data), many)
    assert len(drawn(figure.axes[0])) == 2 * 4
    assert "the first 4 trajectories of each environment" in figure.get_supxlabel()


def test_strange_data_are_refused() -> None:
    data = decays()
    with pytest.raises(TypeError, match="plot_residuals needs data as Trajectories"):
        plot_residuals(fitted(data), data.x)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="environment 'pond' was not fitted"):
        plot_residuals(fitted(data), Trajectories(data.x, T, env=["pond", "pond"], state_names=["a", "b"]))
