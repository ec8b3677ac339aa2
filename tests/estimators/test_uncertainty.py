"""What a fitted model says about the errors of its coefficients, and about laws that are nearly as good."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from estimators.test_spreme import RATES, lotka_volterra

from spreme import PolynomialLibrary, SpReME
from spreme.datasets import load_gause
from spreme.estimators import display
from spreme.likelihood.term_report import NOT_FITTED
from spreme.results import LawCandidate

TERMS = {"x": ["x", "x*y"], "y": ["y", "x*y"]}


@pytest.fixture(scope="module")
def model() -> SpReME:
    library = PolynomialLibrary(degree=2)
    return SpReME(library=library, allowed=TERMS, required=TERMS).fit(lotka_volterra(0.02))


def test_covariances_agree_with_the_standard_errors(model: SpReME) -> None:
    q = int(model.mask_.sum())
    assert model.covariance_.shape == (len(model.environments_), q, q)
    std = np.sqrt(np.einsum("eqq->eq", model.covariance_))
    np.testing.assert_allclose(std, model.coef_std_[:, model.mask_], rtol=1e-12)
    assert (np.linalg.eigvalsh(model.covariance_) > 0).all()
    with pytest.raises(ValueError, match="read-only"):
        model.covariance_[0, 0, 0] = 1.0


def test_confidence_intervals(model: SpReME) -> None:
    table = model.conf_int()
    assert list(table.columns) == ["env", "state", "term", "value", "std", "lower", "upper"]
    assert len(table) == len(model.environments_) * 4
    np.testing.assert_allclose(table["upper"] - table["value"], 1.959964 * table["std"], rtol=1e-6)
    a, b, c, d = RATES["A"]
    own = table[table["env"] == "A"].set_index(["state", "term"])
    for pair, value in {("x", "x"): a, ("x", "x*y"): -b, ("y", "y"): -c, ("y", "x*y"): d}.items():
        assert abs(own.loc[pair, "value"] - value) < 4 * own.loc[pair, "std"]
    assert (model.conf_int(0.5)["upper"] < table["upper"]).all()
    with pytest.raises(ValueError, match="between 0 and 1"):
        model.conf_int(95)


def test_not_observed_has_no_interval() -> None:
    model = SpReME(library=PolynomialLibrary(degree=2)).fit(load_gause())
    table = model.conf_int()
    unknown = table["value"].isna()
    assert (table["lower"].isna() == unknown).all() and (table["upper"].isna() == unknown).all()


def test_term_report(model: SpReME) -> None:
    report = model.term_report()
    assert [(row.state, row.term) for row in report.rows] == [("x", "x"), ("x", "x*y"), ("y", "y"), ("y", "x*y")]
    assert report.environments == tuple(model.environments_) and report.level == 0.05
    assert model.term_report(0.01).level == 0.01


def law_candidate(distance: float, *support: tuple[int, int], table: tuple[str, ...]) -> LawCandidate:
    equations = tuple(tuple(table[k] for state, k in support if state == s) for s in range(2))
    return LawCandidate(equations, support, distance, distance, 0.0, 0.0, 1.0, 1, f"worse by {distance:.1f}")


def test_other_laws_stand_beside_the_law(model: SpReME) -> None:
    """A law nearly as good, one that changes much, and the choice of the other criterion."""
    names = tuple(model.get_feature_names_out())
    k = names.index
    chosen = [(0, k("x")), (0, k("x*y")), (1, k("y")), (1, k("x*y"))]
    near = law_candidate(1.3, (0, k("1")), *chosen, table=names)
    far = law_candidate(4.2, *chosen[:2], (1, k("1")), (1, k("x")), (1, k("x**2")), table=names)
    lost = law_candidate(9.0, *chosen[:2], (1, k("y")), table=names)
    selection = replace(model.selection_, criterion="evidence", rivals=(near, far), other_choice=near)
    state = replace(model._state, selection=selection, status="converged")
    assert display.notes(state) == [
        "not ruled out (evidence worse by less than 6):\n"
        "1.3  x' with a constant added   (BIC prefers it)\n"
        "4.2  y' ~ 1 + x + x**2"
    ]
    assert "      1.3  x' with a constant added" in display.text(state)
    assert "1.3  x&#x27; with a constant added" in display.html(state)
    other = replace(state, selection=replace(selection, rivals=(), other_choice=lost))
    assert display.notes(other) == ["BIC prefers y' without x*y (evidence worse by 9.0)"]
    many = replace(state, selection=replace(selection, rivals=(near, far, lost, lost, lost), other_choice=None))
    assert display.notes(many)[0].startswith(
        "not ruled out (evidence worse by less than 6; 2 more in selection_.rivals)"
    )


def test_a_law_that_could_not_be_fitted_is_shown_without_a_table(model: SpReME) -> None:
    unknown = np.where(model.mask_, np.nan, model.coef_)
    law = replace(model._state.law, coef=unknown, coef_std=np.full(unknown.shape, np.nan))
    failed = "the law could not be integrated over the data: do not trust its coefficients"
    state = replace(model._state, law=law, status=failed)
    lines = display.text(state).splitlines()
    assert lines[:5] == [*str(model).splitlines()[:2], "", NOT_FITTED, ""] and lines[5] == f"note: {failed}"
    assert "not observed" not in display.text(state) + display.html(state)
    assert f"<p>{NOT_FITTED}</p>" in display.html(state) and "<table" not in display.html(state)
    assert "<table" in display.html(model._state) and NOT_FITTED not in display.text(model._state)


def test_without_other_laws_there_is_nothing_to_say(model: SpReME) -> None:
    selection = replace(model.selection_, rivals=(), other_choice=None)
    assert display.notes(replace(model._state, selection=selection, status="converged")) == []
