"""The population evidence: against its definition, against SciPy's optimisers, and its invariances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from spreme.likelihood.population import Population, fit_population, log_evidence
from spreme.likelihood.spread_profile import Estimates, evaluate

# An ascent ends when the model promises less than 1e-6; two of them give way below 1e-4.
REACHED = 2e-4


def simulate(n_environments: int, mean: Any, spread: Any, n_rows: int = 30, seed: int = 0) -> tuple[Any, Any]:
    """Estimates and information matrices of linear regressions, of different size in each environment."""
    rng = np.random.default_rng(seed)
    mean, spread = np.asarray(mean, dtype=float), np.asarray(spread, dtype=float)
    coef, fisher = [], []
    for _ in range(n_environments):
        design = rng.standard_normal((n_rows, len(mean))) + rng.standard_normal((n_rows, 1))
        own = design.T @ design * 10.0 ** rng.uniform(-1, 1)
        truth = mean + spread * rng.standard_normal(len(mean))
        coef.append(truth + np.linalg.solve(np.linalg.cholesky(own).T, rng.standard_normal(len(mean))))
        fisher.append(own)
    return np.array(coef), np.array(fisher)


def log_marginal(mean: Any, std: Any, coef: Any, fisher: Any) -> float:
    """The definition, with the inverses that the package avoids."""
    value = 0.0
    for own, information in zip(coef, fisher, strict=True):
        error = np.linalg.inv(information)
        value += 0.5 * np.linalg.slogdet(2 * np.pi * error)[1]
        value += multivariate_normal(mean, np.diag(std**2) + error).logpdf(own)
    return value


def slow_maximum(coef: Any, fisher: Any, n_starts: int) -> float:
    """Maximise the definition over mean and log tau from several starts."""
    q = coef.shape[1]
    rng = np.random.default_rng(0)
    bounds = [(None, None)] * q + [(-16, 3)] * q

    def cost(z: Any) -> float:
        return -log_marginal(z[:q], np.exp(z[q:]), coef, fisher)

    starts = [np.concatenate([np.median(coef, axis=0), rng.uniform(-6, 0, q)]) for _ in range(n_starts)]
    return -min(minimize(cost, start, method="L-BFGS-B", bounds=bounds).fun for start in starts)


def value_at(variance: Any, coef: Any, fisher: Any) -> Any:
    """Profile at given variances."""
    root = np.linalg.cholesky(fisher).transpose(0, 2, 1)
    return evaluate(Estimates(coef, np.ascontiguousarray(root)), np.asarray(variance, dtype=float))


def test_profile_is_the_definition_at_the_best_mean() -> None:
    coef, fisher = simulate(4, [1.0, -0.5, 2.0], [0.3, 0.1, 0.0])
    variance = np.array([0.1, 0.01, 1e-4])
    point = value_at(variance, coef, fisher)
    assert point.value == pytest.approx(log_marginal(point.mean, np.sqrt(variance), coef, fisher), rel=1e-9)
    for shift in 1e-3 * np.eye(3):  # the mean is a maximum
        assert log_marginal(point.mean + shift, np.sqrt(variance), coef, fisher) < point.value
        assert log_marginal(point.mean - shift, np.sqrt(variance), coef, fisher) < point.value


def test_gradient_is_that_of_finite_differences() -> None:
    coef, fisher = simulate(5, [1.0, -0.5, 2.0], [0.3, 0.1, 0.5])
    variance = np.array([0.1, 0.02, 0.3])
    gradient = value_at(variance, coef, fisher).gradient
    steps = 1e-5 * np.diag(variance)  # central differences: relative error 1e-10, rounding 1e-13 / 1e-6
    found = [
        (value_at(variance + h, coef, fisher).value - value_at(variance - h, coef, fisher).value) / (2 * h.sum())
        for h in steps
    ]
    np.testing.assert_allclose(gradient, found, rtol=1e-5)


def assert_highest(coef: Any, fisher: Any, n_starts: int) -> None:
    population = fit_population(coef, fisher)
    assert population.converged
    assert population.log_marginal >= slow_maximum(coef, fisher, n_starts) - REACHED
    value = log_marginal(population.mean, np.maximum(population.std, 1e-12), coef, fisher)
    assert population.log_marginal == pytest.approx(value, abs=1e-7)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n_environments", [2, 5])
def test_maximum_is_that_of_a_slow_optimiser(n_environments: int, seed: int) -> None:
    assert_highest(*simulate(n_environments, [1.0, 2.0], [0.3, 0.05], seed=seed), n_starts=3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("n_environments", [2, 8])
def test_maximum_is_that_of_a_slow_optimiser_for_more_terms(n_environments: int, seed: int) -> None:
    assert_highest(*simulate(n_environments, [1.0, -0.5, 2.0], [0.3, 0.05, 0.0], seed=seed), n_starts=8)


@pytest.mark.parametrize("seed", range(4))
def test_collinear_terms_converge_to_a_stationary_point(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    fisher = np.array([(vectors * 10.0 ** np.linspace(1, 7, 8)) @ vectors.T * 10.0 ** rng.normal() for _ in range(6)])
    truth = 1.0 + rng.standard_normal((6, 8)) * np.array([0.5, 0.2, 0.1, 0.05, 0, 0, 0, 0])
    coef = truth + np.array([np.linalg.solve(np.linalg.cholesky(f).T, rng.standard_normal(8)) for f in fisher])
    population = fit_population(coef, fisher)
    assert population.converged
    variance = population.std**2
    gradient = value_at(variance, coef, fisher).gradient
    assert np.all(gradient[variance == 0] <= 0)
    # relative changes of the variances that are not zero move the evidence by no more than the stopping rule allows
    np.testing.assert_allclose(gradient * variance, 0.0, atol=5e-3)


def test_equal_exact_estimates_need_no_spread() -> None:
    fisher = simulate(6, [1.0, -0.5], [0.0, 0.0])[1]
    population = fit_population(np.tile([1.0, -0.5], (6, 1)), fisher)
    assert population.std.tolist() == [0.0, 0.0]
    np.testing.assert_allclose(population.mean, [1.0, -0.5], rtol=1e-12)
    assert population.log_marginal == pytest.approx(0.0, abs=1e-12)


def test_closed_form_for_one_term_known_equally_well() -> None:
    # tau^2 = mean square deviation - error variance
    coef = np.array([[1.0], [2.0], [4.0], [5.0]])
    population = fit_population(coef, np.full((4, 1, 1), 2.0))
    assert population.mean[0] == pytest.approx(3.0)
    assert population.std[0] ** 2 == pytest.approx(2.5 - 0.5, rel=1e-3)  # flat top: 1e-6 in log Z is 1e-3 in tau
    shrunken = 3.0 + (coef[:, 0] - 3.0) * 2.0 / 2.5
    np.testing.assert_allclose(population.coef[:, 0], shrunken, rtol=1e-3)
    close = fit_population(3.0 + 0.1 * (coef - 3.0), np.full((4, 1, 1), 2.0))
    assert close.std[0] == 0.0
    np.testing.assert_allclose(close.coef, 3.0)
    np.testing.assert_allclose(close.covariance, 1 / 8)


def test_posterior_is_that_of_all_environments_and_the_mean_in_one_gaussian() -> None:
    coef, fisher = simulate(3, [1.0, -0.5], [0.5, 0.4], seed=3)
    population = fit_population(coef, fisher)
    assert (population.std > 0).all()
    prior, q = np.diag(population.std**-2), 2
    precision, right = np.zeros((4 * q, 4 * q)), np.zeros(4 * q)  # three environments, then the mean with a flat prior
    for e in range(3):
        own = slice(e * q, (e + 1) * q)
        precision[own, own] = fisher[e] + prior
        precision[own, -q:] = precision[-q:, own] = -prior
        precision[-q:, -q:] += prior
        right[own] = fisher[e] @ coef[e]
    covariance, joint = np.linalg.inv(precision), np.linalg.solve(precision, right)
    np.testing.assert_allclose(joint, [*population.coef.ravel(), *population.mean], rtol=1e-8)
    np.testing.assert_allclose(population.mean_covariance, covariance[-q:, -q:], rtol=1e-8)
    for e in range(3):
        own = slice(e * q, (e + 1) * q)
        np.testing.assert_allclose(population.covariance[e], covariance[own, own], rtol=1e-8)


def test_one_environment_is_bic() -> None:
    coef, fisher = simulate(1, [1.0, -0.5, 3.0], [0.3, 0.1, 0.2])
    population = fit_population(coef, fisher)
    assert population.std.tolist() == [0.0, 0.0, 0.0]
    np.testing.assert_allclose(population.coef, coef, rtol=1e-10)
    np.testing.assert_allclose(population.covariance[0], np.linalg.inv(fisher[0]), rtol=1e-8)
    bic = -2 * -57.0 + 3 * np.log(400)
    assert -2 * log_evidence(population, np.array([-57.0]), 400) == pytest.approx(bic, rel=1e-12)


def test_evidence_sums_likelihoods_and_charges_terms() -> None:
    coef, fisher = simulate(4, [1.0, -0.5], [0.3, 0.1])
    population = fit_population(coef, fisher)
    value = log_evidence(population, np.array([-1.0, -2.0, -3.0, -4.0]), np.array([10, 20, 30, 40]))
    assert value == pytest.approx(-10.0 + population.log_marginal - np.log(100) - np.log(4), rel=1e-12)


def assert_same(one: Population, other: Population, scale: Any = 1.0) -> None:
    assert one.log_marginal == pytest.approx(other.log_marginal, abs=REACHED)
    # log Z is flat at its top: a difference of 1e-4 in it allows 1e-2 in tau
    np.testing.assert_allclose(one.mean, other.mean * scale, rtol=1e-3)
    np.testing.assert_allclose(one.std, other.std * scale, rtol=2e-2, atol=1e-6)


def test_units_do_not_matter() -> None:
    coef, fisher = simulate(6, [1.0, -0.5, 2.0], [0.3, 0.1, 0.0])
    units = np.array([1e-6, 1e3, 1e9])
    assert_same(fit_population(coef * units, fisher / units / units[:, None]), fit_population(coef, fisher), units)


def test_order_does_not_matter() -> None:
    coef, fisher = simulate(6, [1.0, -0.5, 2.0], [0.3, 0.1, 0.0])
    rng = np.random.default_rng(0)
    rows, terms = rng.permutation(6), rng.permutation(3)
    population = fit_population(coef, fisher)
    assert_same(fit_population(coef[rows], fisher[rows]), population)
    turned = fit_population(coef[:, terms], fisher[:, terms][:, :, terms])
    assert turned.log_marginal == pytest.approx(population.log_marginal, abs=REACHED)
    np.testing.assert_allclose(turned.mean, population.mean[terms], rtol=1e-3)


def test_a_term_that_one_environment_does_not_observe() -> None:
    coef, fisher = simulate(4, [1.0, -0.5], [0.3, 0.1])
    coef[2, 1], fisher[2, 1], fisher[2, :, 1] = np.nan, 0.0, 0.0
    population = fit_population(coef, fisher)
    variance = np.diag(population.std**2)
    expected = 0.0
    for e, own in enumerate([[0, 1], [0, 1], [0], [0, 1]]):
        index = np.ix_(own, own)
        error = np.linalg.inv(fisher[e][index])
        density = multivariate_normal(population.mean[own], variance[index] + error)
        expected += 0.5 * np.linalg.slogdet(2 * np.pi * error)[1] + density.logpdf(coef[e, own])
    assert population.log_marginal == pytest.approx(expected, abs=1e-7)
    predicted = population.std[1] ** 2 + population.mean_covariance[1, 1]
    assert population.covariance[2, 1, 1] <= predicted * (1 + 1e-9)
    np.testing.assert_allclose(population.covariance[2, 1, 1], predicted, rtol=0.2)


def test_an_unknown_direction_contributes_nothing() -> None:
    coef, fisher = simulate(5, [1.0, -0.5, 2.0], [0.3, 0.1, 0.0])
    vectors = np.linalg.eigh(fisher[1])[1]
    fisher[1] = (vectors[:, 1:] * [2.0, 30.0]) @ vectors[:, 1:].T
    population = fit_population(coef, fisher)
    moved = coef.copy()
    moved[1] += 50.0 * vectors[:, 0]
    shifted = fit_population(moved, fisher)
    assert_same(shifted, population)
    limit = fisher.copy()
    limit[1] += 1e-9 * np.outer(vectors[:, 0], vectors[:, 0])
    assert fit_population(coef, limit).log_marginal == pytest.approx(population.log_marginal, abs=REACHED)
    # known nowhere else either: nothing breaks, and only the other directions count
    assert fit_population(coef[1:2], fisher[1:2]).log_marginal == pytest.approx(0.0, abs=1e-9)


def test_two_terms_of_which_only_the_sum_is_known() -> None:
    fisher = np.full((4, 2, 2), 25.0)
    sums = np.array([1.0, 2.0, 3.0, 4.0])
    coef = np.column_stack([sums - [7.0, -1.0, 0.0, 2.0], [7.0, -1.0, 0.0, 2.0]])
    population = fit_population(coef, fisher)
    single = fit_population(sums[:, None], np.full((4, 1, 1), 25.0))
    assert population.log_marginal == pytest.approx(single.log_marginal, abs=REACHED)
    assert population.mean.sum() == pytest.approx(single.mean[0], rel=1e-6)
    assert np.hypot(*population.std) == pytest.approx(single.std[0], rel=1e-2)


def test_terms_that_nobody_observes_and_masks_without_terms() -> None:
    coef, fisher = simulate(4, [1.0, -0.5], [0.3, 0.1])
    wide = np.zeros((4, 3, 3))
    wide[:, :2, :2] = fisher
    population = fit_population(np.column_stack([coef, np.full(4, np.nan)]), wide)
    assert_same(
        Population(**{**vars(population), "mean": population.mean[:2], "std": population.std[:2]}),
        fit_population(coef, fisher),
    )
    assert np.isnan(population.mean[2]) and np.isnan(population.coef[:, 2]).all()
    empty = fit_population(np.empty((4, 0)), np.empty((4, 0, 0)))
    assert log_evidence(empty, np.full(4, -1.0), 100) == pytest.approx(-4.0)


def test_nearly_exact_estimates() -> None:
    coef, fisher = simulate(6, [1.0, -0.5, 2.0], [0.3, 0.0, 0.0], seed=1)
    exact = np.column_stack([coef[:, 0], np.full(6, -0.5), np.full(6, 2.0)])
    population = fit_population(exact, 1e16 * fisher)
    assert population.converged
    assert population.std[0] == pytest.approx(exact[:, 0].std(), rel=1e-2)
    assert np.all(population.std[1:] < 1e-7)
    np.testing.assert_allclose(population.coef, exact, rtol=1e-7)


def test_price_of_a_term_that_is_not_needed() -> None:
    # Ten environments with 200 values each; a term whose true coefficient is zero everywhere. BIC charges E/2 log n.
    n_environments, n_values, n_repeats = 10, 200, 200
    rng = np.random.default_rng(0)
    gains = np.empty(n_repeats)
    coef, fisher = simulate(n_environments, [1.0, -0.5], [0.3, 0.0])
    bare = log_evidence(fit_population(coef, fisher), np.zeros(n_environments), n_environments * n_values)
    for repeat in range(n_repeats):
        more = rng.standard_normal(n_environments)  # unit information, independent of the other terms
        wide = np.zeros((n_environments, 3, 3))
        wide[:, :2, :2], wide[:, 2, 2] = fisher, 1.0
        population = fit_population(np.column_stack([coef, more]), wide)
        gains[repeat] = log_evidence(population, 0.5 * more**2, n_environments * n_values) - bare
    price = 0.5 * (np.log(n_environments * n_values) + np.log(n_environments))
    # What the noise gains: half a chi2 with one degree for the mean, and for the spread, which is 0 about half the
    # time, half of one with one degree: 0.5 and about 0.25. Standard error of the mean of 200 gains: 0.06.
    assert 0.4 < gains.mean() + price < 1.0
    assert price < 0.25 * (0.5 * n_environments * np.log(n_values))


def test_price_of_a_term_that_varies() -> None:
    # Where every environment needs its own coefficient the evidence is the sum of Laplace approximations to a Gaussian.
    rng = np.random.default_rng(0)
    coef = rng.standard_normal((50, 1))
    population = fit_population(coef, np.full((50, 1, 1), 1e4))
    spread = coef.std()
    expected = -0.5 * 50 * (np.log(1e4 * spread**2) + 1.0)
    assert population.log_marginal == pytest.approx(expected, rel=1e-3)
