"""Coefficients over the covariates of their environments."""

from __future__ import annotations

import numpy as np
import pytest

from spreme import CoefficientLaws, SpReME, coefficient_law
from spreme.plotting import plot_coefficient_law

T = np.linspace(0, 3, 61)
WARMTH = {f"run {i}": 280.0 + 10 * i for i in range(7)}


@pytest.fixture(scope="module")
def laws() -> CoefficientLaws:
    """Decay that is faster where it is warmer, and a state that decays alike everywhere."""
    rng = np.random.default_rng(0)
    rates = [(0.02 * (warmth - 250), 0.8) for warmth in WARMTH.values()]
    x = [np.exp(-np.outer(T, own)) + 0.01 * rng.standard_normal((len(T), 2)) for own in rates]
    model = SpReME(allowed={"a": ["a"], "b": ["b"]}).fit(x, T, env=list(WARMTH), state_names=["a", "b"])
    return coefficient_law(model, {"warmth": WARMTH})


def test_points_are_estimates_and_the_line_is_the_law(laws: CoefficientLaws) -> None:
    figure = plot_coefficient_law(laws)
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    assert {axes.get_xlabel() for axes in figure.axes} == {"warmth"}
    for s, axes in enumerate(figure.axes):
        (line, *_), (points, *_) = axes.lines, axes.containers[0].lines  # type: ignore[attr-defined]
        np.testing.assert_array_equal(points.get_xdata(), list(WARMTH.values()))
        np.testing.assert_array_equal(
            points.get_ydata(), laws.model.coef_[:, s][laws.model.mask_[None, s].repeat(7, 0)]
        )
        at = np.interp(300.0, line.get_xdata(), line.get_ydata())
        assert at == pytest.approx(laws.predict({"warmth": 300.0}).coef[s][laws.model.mask_[s]][0], rel=1e-3)


def test_the_law_or_why_there_is_none_stands_below_the_name(laws: CoefficientLaws) -> None:
    said = [[text.get_text() for text in axes.texts] for axes in plot_coefficient_law(laws).axes]
    assert "warmth" in said[0][0] and said[1] == ["same in all environments"]


def test_only_laws_are_drawn(laws: CoefficientLaws) -> None:
    with pytest.raises(TypeError, match="needs CoefficientLaws, as coefficient_law returns them, got SpReME"):
        plot_coefficient_law(laws.model)  # type: ignore[arg-type]
