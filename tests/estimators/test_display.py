"""How models and results show themselves in notebooks: well-formed, escaped, without colours of their own."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from spreme import Forecast, PolynomialLibrary, SpReME, Trajectories
from spreme.datasets import load_gause
from spreme.gram import build
from spreme.solvers import solve_path


class Reader(HTMLParser):
    """Collects texts and rows, and fails on tags that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(page: str) -> Reader:
    """Read a page, which must be well-formed and leave colours to the notebook."""
    reader = Reader()
    reader.feed(page)
    assert not reader.open and "color:" not in page and "$" not in page
    return reader


@pytest.fixture(scope="module")
def gause() -> SpReME:
    return SpReME(library=PolynomialLibrary(degree=2)).fit(load_gause())


def test_a_law_is_written_by_hand_and_tabulated(gause: SpReME) -> None:
    page = gause._repr_html_()
    reader = read(page)
    assert "<i>c</i><sub>aurelia,2</sub>·<i>aurelia</i><sup>2</sup>" in page
    assert reader.tags.count("tr") == 1 + int(gause.mask_.sum())
    assert reader.texts.count("not\N{NO-BREAK SPACE}observed") == int(np.isnan(gause.coef_).sum())


def test_names_cannot_break_the_page() -> None:
    t = np.linspace(0, 3, 41)
    data = Trajectories([np.exp(-t), np.exp(-2 * t)], t, env=["<b>", "A & B"], state_names=["x"])
    model = SpReME(allowed={"x": ["x"]}).fit(data)
    for shown in (data, model, model.simulate([1.0], [0.0, 1.0], env="<b>"), model.path_):
        page = shown._repr_html_()
        read(page)
        assert "<b>'" not in page and "A & B" not in page


def test_a_forecast_tells_its_range_and_end() -> None:
    t = np.linspace(0, 4, 5)
    forecast = Forecast(t[:3], np.array([[1.0], [3.0], [9.0]]), "blow-up at t = 2.1", ("x",), "A")
    assert repr(forecast) == "Forecast: environment 'A', 3 times from 0 to 2; blow-up at t = 2.1\n  x  1 to 9"
    several = replace(
        forecast, t=t, x=np.array([[[1.0]] * 5, [[1.0]] * 2 + [[np.nan]] * 3]), status=["converged", "lost"]
    )
    assert "2 starts, 5 times from 0 to 4; 1 stopped early, the first: lost" in repr(several)
    assert read(several._repr_html_()).tags.count("path") == 2
    nothing = replace(forecast, x=np.full((3, 1), np.nan))
    assert "nan to nan" in repr(nothing) and read(nothing._repr_html_()).tags.count("path") == 1


def test_backward_times_are_drawn_too() -> None:
    forecast = Forecast(np.array([0.0, -1.0, -2.0]), np.array([[1.0], [2.0], [3.0]]), "converged", ("x",), "A")
    assert "M108 22.0L55 12.0L2 2.0" in forecast._repr_html_()


def test_the_search_is_a_table_of_candidates(gause: SpReME) -> None:
    reader = read(gause.path_._repr_html_())
    assert repr(gause.path_) == str(gause.path_) and repr(gause.selection_) == str(gause.selection_)
    for state, (chosen, *_) in gause.path_.candidates.items():
        assert " + ".join(chosen.terms) in reader.texts, state


def test_a_path_of_a_solver_lists_where_masks_change() -> None:
    rng = np.random.default_rng(0)
    thetas = [rng.standard_normal((50, 6)) for _ in range(3)]
    targets = [theta[:, :2] + 0.1 * rng.standard_normal((50, 2)) for theta in thetas]
    path = solve_path(build(thetas, targets), "group_lasso", max_terms=4)
    changes = sum(1 + int((np.diff(path.masks[:, s].astype(int), axis=0) != 0).any(axis=1).sum()) for s in range(2))
    assert read(path._repr_html_()).tags.count("tr") == 1 + changes
    assert repr(path).startswith(f"Path: {len(path.alphas)} strengths, 2 equations\n  equation 0: strengths ")
