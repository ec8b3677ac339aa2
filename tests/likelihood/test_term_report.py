"""The term report: its tests against SciPy, their error rates, and how it reads."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from scipy import stats

from spreme.library import PolynomialLibrary
from spreme.likelihood.population import fit_population
from spreme.likelihood.term_report import NOT_FITTED, TermReport, report_terms
from spreme.likelihood.wald import equality, holm, information, is_anything_known, observed_estimates
from spreme.results import Law

TERMS = [(0, 1), (0, 4), (1, 2), (1, 4)]  # x and x*y in x', y and x*y in y'


def make_law(values: Any, environments: Any = None, names: tuple[str, str] = ("x", "y")) -> Law:
    """Law with the coefficients (E, 4) of Lotka and Volterra's equations."""
    values = np.asarray(values, dtype=float)
    table = PolynomialLibrary(degree=2).table(names)
    mask = np.zeros((2, len(table.names)), dtype=bool)
    mask[tuple(np.transpose(TERMS))] = True
    coef = np.zeros((len(values), *mask.shape))
    coef[:, mask] = values
    labels = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(values)]) if environments is None else environments
    return Law(table, mask, coef, np.full(coef.shape, np.nan), labels, np.zeros((len(values), 2)))


def make_covariance(n_environments: int, std: float = 0.1, correlation: float = 0.5) -> Any:
    """Equally correlated errors, of another size in each environment."""
    unit = np.full((4, 4), correlation) + (1 - correlation) * np.eye(4)
    return std**2 * unit * np.geomspace(0.5, 2.0, n_environments)[:, None, None]


def simulate(rng: np.random.Generator, n_environments: int, spread: Any = 0.0, mean: Any = 1.0) -> tuple[Law, Any]:
    """A law with Gaussian errors, and their covariances."""
    covariance = make_covariance(n_environments)
    truth = mean + spread * rng.standard_normal((n_environments, 4))
    errors = (np.linalg.cholesky(covariance) @ rng.standard_normal((n_environments, 4, 1)))[:, :, 0]
    return make_law(truth + errors), covariance


def report(values: Any, std: float = 0.1, **options: Any) -> TermReport:
    return report_terms(make_law(values, **options), make_covariance(len(values), std))


def test_statistic_is_that_of_least_squares() -> None:
    law, covariance = simulate(np.random.default_rng(0), 6, spread=0.2)
    for (s, k), row in zip(TERMS, report_terms(law, covariance).rows, strict=True):
        variance = covariance[:, 0, 0]
        mean, cost = np.polyfit(np.arange(6), law.coef[:, s, k], 0, w=variance**-0.5, full=True)[:2]
        assert row.statistic == pytest.approx(float(cost[0]), rel=1e-9), mean
        assert row.degrees == 5
        assert row.p_value == pytest.approx(stats.chi2(5).sf(float(cost[0])), rel=1e-9)


def test_mean_and_spread_are_those_of_the_population() -> None:
    law, covariance = simulate(np.random.default_rng(1), 6, spread=0.5)
    population = fit_population(law.coef[:, law.mask], np.linalg.inv(covariance))
    rows = report_terms(law, covariance).rows
    np.testing.assert_allclose([row.mean for row in rows], population.mean, rtol=1e-6)
    np.testing.assert_allclose([row.spread for row in rows], population.std, rtol=1e-3)
    np.testing.assert_allclose([row.mean_std for row in rows], np.sqrt(np.diag(population.mean_covariance)), rtol=1e-3)
    assert rows[0].relative_spread == pytest.approx(rows[0].spread / abs(rows[0].mean))


def test_holm_by_hand() -> None:
    adjusted = holm(np.array([[0.01, 0.04], [np.nan, 0.03]]))
    np.testing.assert_allclose(adjusted, [[0.03, 0.06], [np.nan, 0.06]])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]
    assert holm(np.array([])).size == 0


def test_familywise_error_of_equality_is_the_level() -> None:
    # 4000 laws, standard error of the rate 0.0035; errors correlate within an environment, so Holm may be conservative
    rng = np.random.default_rng(2)
    covariance = make_covariance(5)
    variance = np.einsum("ejj->ej", covariance)
    root = np.linalg.cholesky(covariance)
    alarms = 0
    for _ in range(4000):
        coef = 1.0 + (root @ rng.standard_normal((5, 4, 1)))[:, :, 0]
        alarms += bool((holm(equality(coef, variance)[2]) < 0.05).any())
    assert 0.035 < alarms / 4000 < 0.062


def test_familywise_error_of_the_whole_report() -> None:
    # 300 laws, standard error 0.0126
    rng = np.random.default_rng(3)
    alarms = sum(any(row.verdict == "varies" for row in report_terms(*simulate(rng, 3)).rows) for _ in range(300))
    assert alarms / 300 < 0.09


def test_familywise_error_of_zero_is_the_level() -> None:
    # All coefficients are zero: with probability 0.95 all are listed. 300 laws, standard error 0.0126
    rng = np.random.default_rng(4)
    alarms = sum(
        any(len(row.zero_in) < 3 for row in report_terms(*simulate(rng, 3, mean=0.0)).rows) for _ in range(300)
    )
    assert 0.01 < alarms / 300 < 0.09


def test_terms_that_vary_and_terms_that_do_not() -> None:
    law, covariance = simulate(np.random.default_rng(5), 8, spread=[1.0, 0.0, 0.0, 0.0])
    rows = report_terms(law, covariance).rows
    assert [row.verdict for row in rows] == ["varies", *["same in all environments"] * 3]
    assert [row.symbol for row in rows] == ["c_x_1", "c_x_2", "c_y_1", "c_y_2"]
    assert [(row.state, row.term) for row in rows] == [("x", "x"), ("x", "x*y"), ("y", "y"), ("y", "x*y")]


def test_zero_in_one_environment() -> None:
    found = report([[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 0.05, 1.0], [1.0, 1.0, 1.0, 1.0]])
    assert [row.zero_in for row in found.rows] == [(), (), ("B",), ()]
    assert "compatible with zero in B" in str(found)
    everywhere = report([[1.0, 1.0, 0.01, 1.0]] * 3)
    assert "compatible with zero in all environments" in str(everywhere)


def test_not_observed_in_some() -> None:
    values = np.ones((3, 4))
    values[1, 2] = np.nan
    values[1:, 3] = np.nan
    values[:, 1] = np.nan
    covariance = make_covariance(3)
    covariance[1, 2] = covariance[1, :, 2] = np.nan
    found = report_terms(make_law(values), covariance)
    verdicts = ["same in all environments", "not observed", "same where observed", "one environment"]
    assert [row.verdict for row in found.rows] == verdicts
    assert [row.not_observed_in for row in found.rows] == [(), ("A", "B", "C"), ("B",), ("B", "C")]
    assert [row.degrees for row in found.rows] == [2, 0, 1, 0]
    assert np.isnan([found.rows[1].mean, found.rows[1].spread, found.rows[3].spread, found.rows[3].p_value]).all()
    assert found.rows[3].mean == pytest.approx(1.0)
    assert "not observed in B" in str(found) and "nan" not in str(found)
    values[0, 2] = 5.0
    row = report_terms(make_law(values), covariance).rows[2]
    assert (row.verdict, row.not_observed_in) == ("varies", ("B",))


def test_an_infinite_variance_is_not_observed() -> None:
    covariance = make_covariance(3)
    covariance[2, 0, 0] = np.inf
    row = report_terms(make_law(np.ones((3, 4))), covariance).rows[0]
    assert (row.not_observed_in, row.degrees) == (("C",), 1)


def test_one_environment() -> None:
    found = report([[1.0, -2.0, 0.01, 3.0]], environments=("only",))
    assert [row.verdict for row in found.rows] == ["one environment"] * 4
    np.testing.assert_allclose([row.mean for row in found.rows], [1.0, -2.0, 0.01, 3.0], rtol=1e-9)
    assert [row.zero_in for row in found.rows] == [(), (), ("only",), ()]
    text = str(found)
    assert text.startswith("one environment, only: whether terms are the same elsewhere cannot be told")
    assert "chi2" not in text and "nan" not in text
    assert len(text.splitlines()) == 2 + 1 + 4


def test_exact_coefficients() -> None:
    # differences below what integration can tell are none
    values = 1.0 + 1e-11 * np.arange(12).reshape(3, 4)
    values[2, 3] = 1.1
    found = report_terms(make_law(values), np.zeros((3, 4, 4)))
    assert [row.verdict for row in found.rows] == [*["same in all environments"] * 3, "varies"]
    assert all(row.zero_in == () for row in found.rows)


def test_information_inverts_and_leaves_out() -> None:
    covariance = make_covariance(2)
    covariance[1, 3] = covariance[1, :, 3] = np.nan
    found = information(covariance, np.einsum("ejj->ej", covariance))
    np.testing.assert_allclose(found[0], np.linalg.inv(covariance[0]), rtol=1e-9)
    np.testing.assert_allclose(found[1, :3, :3], np.linalg.inv(covariance[1, :3, :3]), rtol=1e-9)
    assert not found[1, 3].any() and not found[1, :, 3].any()


def test_least_error_is_relative() -> None:
    coef, variance = observed_estimates(np.array([[2.0, 0.0], [2.0, 0.0]]), np.zeros((2, 2)))
    np.testing.assert_allclose(variance[:, 0], (1e-9 * 2.0) ** 2)
    assert (variance[:, 1] > 0).all() and np.isfinite(coef).all()


def test_order_of_environments_does_not_matter() -> None:
    law, covariance = simulate(np.random.default_rng(6), 5, spread=0.3)
    turned = Law(law.table, law.mask, law.coef[::-1], law.coef_std, law.environments[::-1], law.noise_std)
    for one, other in zip(report_terms(law, covariance).rows, report_terms(turned, covariance[::-1]).rows, strict=True):
        assert (one.verdict, one.degrees) == (other.verdict, other.degrees)
        assert one.statistic == pytest.approx(other.statistic)
        assert set(one.zero_in) == set(other.zero_in)


def test_text_is_one_line_a_term() -> None:
    values = np.tile([1.0, -0.5, 2.0, 1e-9], (12, 1))
    values[:, 0] += np.linspace(-1, 1, 12)
    text = str(report(values))
    lines = text.splitlines()
    assert lines[0] == "12 environments; tests at familywise level 0.05 (Holm)"
    assert len(lines) == 2 + 1 + 4
    assert max(map(len, lines)) < 160
    assert all(line == line.rstrip() for line in lines)
    some = values.copy()
    some[:6, 1] = 0.0
    assert "compatible with zero in A, B, C, D and 2 more" in str(report(some, std=0.01))


def test_html_is_escaped() -> None:
    values = np.ones((3, 4))
    values[0, 0] = 0.0
    html = report(values, environments=("<b>", "&", "c"))._repr_html_()
    assert html.count("<tr>") == 5
    assert "<b>" not in html and "compatible with zero in &lt;b&gt;" in html


def test_frame_holds_all_fields() -> None:
    frame = report(np.ones((3, 4))).to_frame()
    assert len(frame) == 4
    assert list(frame.columns[:5]) == ["state", "term", "symbol", "verdict", "mean"]
    assert {"spread", "relative_spread", "adjusted_p_value", "zero_in", "not_observed_in"} <= set(frame.columns)
    assert frame["mean"].tolist() == pytest.approx([1.0] * 4)


def test_frame_without_pandas_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"spreme\[frames\]"):
        report(np.ones((3, 4))).to_frame()


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, float("nan")])
def test_level_must_be_a_probability(level: float) -> None:
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        report_terms(make_law(np.ones((2, 4))), make_covariance(2), level)


def test_a_law_without_terms() -> None:
    law = make_law(np.ones((2, 4)))
    empty = Law(law.table, np.zeros_like(law.mask), law.coef, law.coef_std, law.environments, law.noise_std)
    found = report_terms(empty, np.empty((2, 0, 0)))
    assert found.rows == ()
    assert str(found).startswith("2 environments")


def test_a_law_that_could_not_be_fitted_has_no_table() -> None:
    law = make_law(np.full((3, 4), np.nan))
    found = report_terms(law, np.full((3, 4, 4), np.nan))
    assert not found.is_fitted and len(found.rows) == 4
    assert str(found) == NOT_FITTED and found._repr_html_() == f"<p>{NOT_FITTED}</p>"
    # numbers without any error are those of a fit that did not come to its end
    assert not report_terms(make_law(np.ones((3, 4))), np.full((3, 4, 4), np.nan)).is_fitted


def test_zeros_of_states_that_never_change_are_no_fit() -> None:
    coef, variance = np.full((2, 3), np.nan), np.full((2, 3), np.nan)
    coef[0, 0] = variance[0, 0] = 0.0
    assert not is_anything_known(coef, variance)
    assert is_anything_known(np.zeros((2, 3)), np.zeros((2, 3))) and is_anything_known(coef[:, :0], variance[:, :0])
    coef[1, 2], variance[1, 2] = 1.0, 0.01
    assert is_anything_known(coef, variance)


def test_a_tied_term_is_one_estimate_with_its_own_error() -> None:
    values = np.array([[0.5, -0.4, -0.3, 0.2], [0.5, -0.6, -0.3, 0.25], [0.5, -0.5, -0.3, 0.3]])
    tied, free, *_ = report_terms(make_law(values), make_covariance(3, std=0.1)).rows
    assert tied.mean_std == pytest.approx(np.sqrt(make_covariance(3, std=0.1)[:, 0, 0].max()))
    assert free.mean_std < tied.mean_std


def test_terminals_show_the_table() -> None:
    report = report_terms(make_law([[1.0, 2.0, 3.0, 4.0]] * 3), make_covariance(3))
    assert repr(report) == str(report) and "same in all environments" in repr(report)
