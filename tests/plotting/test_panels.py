"""Texts that fit, and lines that stay within their panels."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from spreme import PolynomialLibrary, SpReME, Trajectories
from spreme.plotting import plot_coefficients, plot_fit, plot_mask, plot_path
from spreme.plotting.panels import SIZES, fitting, shortened, with_unit

LONG = ["substrate_in_the_reactor", "intermediate_complex", "phosphorylated_kinase", "protein_misfolded"]
T = np.linspace(0, 4, 31)


def chain(n_environments: int, names: list[str]) -> tuple[SpReME, Trajectories]:
    """Independent decays, the states and environments of long names."""
    rates = np.linspace(0.4, 0.8, len(names))
    x = [np.exp(-np.outer(T, rates * (1 + e / 10))) for e in range(n_environments)]
    env = [f"patient {e:02d} (group {'treated' if e % 2 else 'placebo'}), second visit" for e in range(n_environments)]
    data = Trajectories(x, T, env=env, state_names=names)
    # Pictures are of interest here: the regression alone gives as many laws, terms and intervals in less time.
    model = SpReME(library=PolynomialLibrary(1, False), allowed={name: [name] for name in names}, refine=None)
    return model.fit(data), data


@pytest.mark.parametrize("text", ["x", "environment 3", "patient 3 (group treated), visit 2", "W" * 200])
def test_a_text_is_no_wider_than_its_room(text: str) -> None:
    words = fitting(text, 2.0)
    path = TextPath((0, 0), words.text, prop=FontProperties(size=10 * SIZES[words.size]))
    # letters are taken to be of the mean width; a row of the widest one is the worst there is
    assert path.get_extents().width / 72 < 2.0 * (1.8 if set(text) == {"W"} else 1.1)


def test_long_names_lose_their_middle() -> None:
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghij", 7) == "abc…hij"
    assert with_unit("x", "mol/L") == "x (mol/L)" and with_unit("x", None) == "x"


@pytest.mark.parametrize("n_environments", [2, 14])
def test_labels_and_titles_do_not_run_into_each_other(n_environments: int) -> None:
    model, data = chain(n_environments, LONG)
    for figure in (plot_fit(model, data), plot_coefficients(model), plot_path(model), plot_mask(model).figure):
        assert isinstance(figure, Figure)
        renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
        figure.canvas.draw()
        titles = [axes.title.get_window_extent(renderer) for axes in figure.axes if axes.get_title()]
        assert not any(a.overlaps(b) for i, a in enumerate(titles) for b in titles[:i]), "titles overlap"
        size = figure.bbox
        assert all(box.x0 >= -2 and box.x1 <= size.x1 + 2 for box in titles), "a title is cut"


def test_many_environments_take_several_equations_a_line() -> None:
    model, _ = chain(14, [f"s{i}" for i in range(8)])
    figure = plot_coefficients(model)
    assert len(figure.axes) == 8 and figure.get_size_inches()[1] < 12
    assert [axes.get_ylabel() for axes in figure.axes] == [f"s{i}'" for i in range(8)]


def test_a_forecast_that_runs_away_does_not_squeeze_the_data() -> None:
    t = np.linspace(0, 1, 21)
    data = Trajectories([np.exp(t)], t, env=["A"], state_names=["x"])
    model = SpReME(library=PolynomialLibrary(2), allowed={"x": ["x"]}).fit(data)
    flat = Trajectories([1 + 0.01 * t, 1.0 + 0.0 * t], t, env=["A", "A"], state_names=["x"])
    low, high = plot_fit(model, flat).axes[0].get_ylim()
    assert 1.0 - 0.011 <= low < 1.0 and 1.01 < high <= 1.021
