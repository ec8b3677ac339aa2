"""True fits of masks: what a fit says of itself, and the quadratic model that foretells other fits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from measured import Measured, decay, lotka, mask_of, oscillator

from spreme.data import Trajectory
from spreme.library import PolynomialLibrary
from spreme.likelihood import quick_evidence
from spreme.likelihood.criteria import FLOOR, deviance, score
from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.fits import Fit
from spreme.likelihood.population import fit_population
from spreme.likelihood.search import Model, carried, quadratic_model
from spreme.likelihood.shooting.gauss_newton import Control, Prior
from spreme.likelihood.starting_states import starting_states

PRECISE = Control(60, 1e-10, 1e-3)


def opened(measured: Measured, pieces: int = 3, **options: object) -> tuple[Evaluator, list[np.ndarray]]:
    """An evaluator and states to start from."""
    evaluator = Evaluator(measured.problem(**options), pieces)
    return evaluator, starting_states(evaluator.problem.recordings, evaluator.edges, False)


def fitted(measured: Measured, pieces: int = 3, mask: np.ndarray | None = None) -> Fit:
    """Precise fit of a mask (the true one)."""
    evaluator, states = opened(measured, pieces)
    mask = measured.mask if mask is None else mask
    coef = np.zeros((len(measured.coef), *mask.shape))
    coef[:, measured.mask] = measured.coef
    return evaluator.fit(mask, coef[:, mask], states, PRECISE)


def test_a_fit_recovers_coefficients_and_noise() -> None:
    measured = lotka(noise=0.05, n=201)
    fit = fitted(measured, 1)
    assert fit.converged
    assert fit.is_feasible
    assert fit.n_terms == 4
    error = np.sqrt(np.einsum("eqq->eq", np.linalg.inv(fit.information)))
    assert np.abs((fit.coef - measured.coef) / error).max() < 4  # twelve numbers
    # 402 values of each state: 1/sqrt(804) is 3.5 %
    np.testing.assert_allclose(fit.residual_std(measured.problem()), measured.sd, rtol=0.12)
    # chi squared of 804 degrees in each of three environments
    assert fit.spread == pytest.approx(1.0, abs=4 * np.sqrt(2 / 2400))
    np.testing.assert_array_equal(fit.n_free, 804 - 4 - 4)
    np.testing.assert_allclose(fit.misfit, np.mean(fit.cost / 804))
    assert fit.observed.all()


def test_costs_are_residuals_of_the_states() -> None:
    measured = oscillator(noise=0.1)
    evaluator, states = opened(measured)
    fit = fitted(measured)
    found = evaluator.states(fit, states)
    for e, own in enumerate(evaluator.problem.recordings):
        cost = np.sum(((own.y - found[e]) / measured.sd[e]) ** 2)
        assert fit.cost[e] == pytest.approx(cost, rel=1e-9)
        np.testing.assert_allclose(fit.squares[e], np.sum((own.y - found[e]) ** 2, axis=0), rtol=1e-9)
    np.testing.assert_allclose(evaluator.costs(fit, evaluator.problem), fit.cost, rtol=1e-9)
    np.testing.assert_allclose(evaluator.costs(fit, evaluator.problem.finer()), fit.cost, rtol=1e-4)


def test_threads_change_nothing() -> None:
    measured = lotka(noise=0.05)
    alone, states = opened(measured)
    masks = [measured.mask, mask_of(measured.table, [["x", "x*y"], ["y", "x*y", "x"]]), np.zeros_like(measured.mask)]
    coefs = [np.zeros((3, int(mask.sum()))) for mask in masks]
    coefs[0] = measured.coef
    one = alone.fit_all(masks, coefs, states, PRECISE)
    with ThreadPoolExecutor(2) as pool:
        many = Evaluator(alone.problem, 3, pool).fit_all(masks, coefs, states, PRECISE)
    for a, b in zip(one, many, strict=True):
        np.testing.assert_array_equal(a.coef, b.coef)
        np.testing.assert_array_equal(a.cost, b.cost)
        np.testing.assert_array_equal(a.information, b.information)
        np.testing.assert_array_equal(a.mask, b.mask)
    np.testing.assert_array_equal(coefs[0], measured.coef)  # what was given is not changed


def test_the_empty_mask_is_a_mean_per_segment() -> None:
    measured = oscillator(noise=0.1)
    fit = fitted(measured, 3, np.zeros_like(measured.mask))
    evaluator, _ = opened(measured)
    for e, (own, edges) in enumerate(zip(evaluator.problem.recordings, evaluator.edges, strict=True)):
        means = np.array([own.y[a:b].mean(axis=0) for a, b in pairwise(edges)])
        np.testing.assert_allclose(fit.starts[e], means, atol=1e-5)  # the first step is damped by 1e-3
    assert fit.coef.shape == (3, 0)
    assert np.isfinite(score(fit, "evidence"))
    assert score(fit, "evidence") == pytest.approx(score(fit, "bic"))


def test_explosions_are_infeasible() -> None:
    measured = lotka(noise=0.05)
    evaluator, states = opened(measured, 1)
    mask = mask_of(measured.table, [["x**2"], ["y**2"]])
    fit = evaluator.fit(mask, np.full((3, 2), 5.0), states, PRECISE)
    assert not fit.is_feasible
    assert score(fit, "bic") == score(fit, "evidence") == np.inf
    for own, state in zip(evaluator.states(fit, states), states, strict=True):
        np.testing.assert_array_equal(own, state)
    assert evaluator.model(fit, evaluator.problem.allowed) is None


def model_at(measured: Measured, mask: np.ndarray, pieces: int = 3) -> tuple[Model, Evaluator, list[np.ndarray]]:
    """Quadratic model about the fit of a mask."""
    evaluator, states = opened(measured, pieces)
    model = quadratic_model(evaluator, fitted(measured, pieces, mask))
    assert model is not None
    return model, evaluator, states


@pytest.mark.parametrize("make", [lotka, oscillator, decay])
def test_the_model_holds_where_it_was_made(make: object) -> None:
    measured = make(noise=0.05)  # type: ignore[operator]
    model, _, _ = model_at(measured, measured.mask)
    own = model.fit(measured.mask)
    np.testing.assert_allclose(own.cost, model.centre.cost, rtol=1e-5)
    error = 1.0 / np.sqrt(np.einsum("eqq->eq", model.centre.information))
    np.testing.assert_allclose((own.coef - model.centre.coef) / error, 0, atol=0.01)
    np.testing.assert_allclose(own.information, model.centre.information, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("state", "term"), [(0, "1"), (0, "x**2"), (1, "x"), (1, "y**2"), (0, "y")])
def test_the_model_foretells_what_another_term_gains(state: int, term: str) -> None:
    """Within a standard error or so the cost is quadratic; a spurious term moves coefficients by as much."""
    measured = lotka(noise=0.05)
    model, evaluator, states = model_at(measured, measured.mask)
    mask = measured.mask.copy()
    mask[state, measured.table.index(term)] = True
    foretold = model.fit(mask)
    true = evaluator.fit(mask, carried(model.centre, mask), evaluator.states(model.centre, states), PRECISE)
    np.testing.assert_allclose(foretold.cost, true.cost, atol=0.5, rtol=2e-3)
    assert score(foretold, "bic") == pytest.approx(score(true, "bic"), abs=1.0)
    assert score(foretold, "evidence") == pytest.approx(score(true, "evidence"), abs=1.5)


def test_the_model_foretells_what_a_spurious_term_is_worth() -> None:
    """From a larger mask back to the true one."""
    measured = lotka(noise=0.05)
    wide = measured.mask.copy()
    wide[0, measured.table.index("x**2")] = wide[1, measured.table.index("1")] = True
    model, _, _ = model_at(measured, wide)
    np.testing.assert_allclose(model.fit(measured.mask).cost, fitted(measured).cost, atol=0.5, rtol=2e-3)


def test_a_prior_for_every_environment() -> None:
    measured = decay(noise=0.05)
    evaluator, states = opened(measured)
    free = fitted(measured)
    held = np.array([[0.1, -0.9], [0.5, -1.1], [0.6, -1.3]])
    priors = [Prior(own, 1e12 * np.eye(2)) for own in held]
    fit = evaluator.fit(measured.mask, measured.coef, states, PRECISE, priors)
    np.testing.assert_allclose(fit.coef, held, rtol=1e-6)
    assert (fit.cost > free.cost).all()
    nothing = [Prior(np.zeros(2), np.zeros((2, 2)))] * 3
    np.testing.assert_array_equal(evaluator.fit(measured.mask, measured.coef, states, PRECISE, nothing).coef, free.coef)


def test_bic_by_its_definition() -> None:
    measured = oscillator(noise=0.1)
    fit = fitted(measured)
    n = fit.n_values
    np.testing.assert_allclose(deviance(fit), n * np.log(fit.cost / n + FLOOR))
    wanted = (n * np.log(fit.cost / n + FLOOR)).sum() + 3 * np.log(n).sum()
    assert score(fit, "bic") == pytest.approx(wanted)
    assert score(fit, "ebic") > score(fit, "bic")
    # 12 choose 3
    assert score(fit, "ebic") - score(fit, "bic") == pytest.approx(2 * np.log(220))


def with_a_still_state(measured: Measured) -> Measured:
    """The same data with a third state that is always 1, and that is measured without noise."""
    runs = [
        [Trajectory(run.t, np.column_stack([run.x, np.ones(len(run.t))]), run.env) for run in own]
        for own in measured.environments
    ]
    table = PolynomialLibrary(degree=2).table(["x", "y", "p"])
    return replace(
        measured,
        environments=runs,
        table=table,
        mask=mask_of(table, [["y"], ["x", "y"], []]),
        sd=np.hstack([measured.sd, np.zeros((len(runs), 1))]),
    )


def test_a_state_that_never_moves_says_nothing_about_the_others() -> None:
    measured = oscillator(noise=0.1)
    more = with_a_still_state(measured)
    alone = deviance(fitted(measured, mask=mask_of(measured.table, [["y"], ["x"]]))) - deviance(fitted(measured))
    found = deviance(fitted(more, mask=mask_of(more.table, [["y"], ["x"], []]))) - deviance(fitted(more))
    np.testing.assert_allclose(found, alone, rtol=0.01)


def quick_deviance(coef: np.ndarray, fisher: np.ndarray) -> float:
    """Of estimates with NaN where nothing is known, for residuals of variance 1."""
    fisher = np.ascontiguousarray(fisher)
    return quick_evidence.quick_deviance(np.array(coef), fisher, np.ones(len(coef)), np.isfinite(coef))


@pytest.mark.parametrize("seed", range(12))
def test_quick_evidence_is_the_population_evidence(seed: int) -> None:
    rng = np.random.default_rng(seed)
    E, q = int(rng.integers(1, 9)), int(rng.integers(1, 7))
    coef, fisher = [], []
    mean, spread = rng.standard_normal(q), rng.choice([0.0, 0.1, 1.0], q)
    for _ in range(E):
        design = rng.standard_normal((30, q)) + rng.standard_normal((30, 1))
        own = design.T @ design * 10.0 ** rng.uniform(0, 4)
        error = np.linalg.solve(np.linalg.cholesky(own).T, rng.standard_normal(q))
        coef.append(mean + spread * rng.standard_normal(q) + error)
        fisher.append(own)
    best = fit_population(np.array(coef), np.array(fisher))
    quick = quick_deviance(np.array(coef), np.array(fisher))
    assert best.converged
    assert quick >= -2 * best.log_marginal - 0.01
    assert quick == pytest.approx(-2 * best.log_marginal, abs=0.3)


def test_quick_evidence_follows_units_and_order() -> None:
    rng = np.random.default_rng(0)
    coef = rng.standard_normal((5, 3)) + np.arange(1.0, 4.0)
    roots = rng.standard_normal((5, 10, 3))
    fisher = 100 * np.einsum("eia,eib->eab", roots, roots)
    coef[2, 1] = np.nan
    value = quick_deviance(coef, fisher)
    units = np.array([1e6, 1e-3, 1.0])
    assert quick_deviance(coef * units, fisher / np.outer(units, units)) == pytest.approx(value, abs=1e-6)
    order, other = [3, 1, 4, 0, 2], [2, 0, 1]
    assert quick_deviance(coef[order], fisher[order]) == pytest.approx(value, abs=1e-6)
    assert quick_deviance(coef[:, other].copy(), fisher[:, other][:, :, other]) == pytest.approx(value, abs=1e-6)
    assert value == pytest.approx(-2 * fit_population(coef, fisher).log_marginal, abs=0.3)


def test_coefficients_equal_everywhere_cost_nothing() -> None:
    assert quick_deviance(np.ones((4, 2)), np.tile(100 * np.eye(2), (4, 1, 1))) == pytest.approx(0, abs=1e-6)
    assert quick_deviance(np.array([[3.0, 1.0]]), 10 * np.eye(2)[None]) == pytest.approx(0, abs=0.05)


def test_evidence_by_its_definition() -> None:
    """Evidence of the fit: deviance, the population's part, the price of mean and spread, and of the choice."""
    measured = lotka(noise=0.05)
    fit = fitted(measured)
    variance = fit.cost / fit.n_values + FLOOR
    population = fit_population(fit.coef, fit.information / variance[:, None, None])
    price = 4 * (np.log(fit.n_values.sum()) + np.log(3)) + 2 * 4 * np.log(12)
    wanted = deviance(fit).sum() - 2 * population.log_marginal + price
    assert score(fit, "evidence") == pytest.approx(wanted, abs=0.3)
