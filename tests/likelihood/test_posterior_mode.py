"""The evidence about the posterior mode: against integration, and what the parabola about the estimates gets wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from measured import decay, lotka, mask_of, measure

from spreme.data import Trajectory
from spreme.library import PolynomialLibrary
from spreme.likelihood import posterior_mode
from spreme.likelihood.criteria import FLOOR, deviance, evidence, price_of_terms
from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.fits import Fit
from spreme.likelihood.population import fit_population
from spreme.likelihood.posterior_mode import evidence_at_mode, leader
from spreme.likelihood.restarts import best_of, drawn_together, is_poor, is_vague, started_again
from spreme.likelihood.search import Visited, carried
from spreme.likelihood.shooting.gauss_newton import Control, Prior
from spreme.likelihood.starting_states import starting_states

PRECISE = Control(60, 1e-8, 1e-9)


def fitted(measured: Any, mask: np.ndarray, start: np.ndarray | None = None) -> tuple[Evaluator, Fit, Any]:
    """A fit of whole trajectories, from the true coefficients of the terms that the mask shares with the truth."""
    evaluator = Evaluator(measured.problem(), 1)
    states = starting_states(evaluator.problem.recordings, evaluator.edges, False)
    full = np.zeros((len(measured.coef), *mask.shape))
    full[:, measured.mask] = measured.coef
    fit = evaluator.fit(mask, full[:, mask] if start is None else start, states, PRECISE)
    assert fit.is_feasible
    return evaluator, fit, evaluator.states(fit, states)


def line(noise: float, n_environments: int = 5) -> Any:
    """x' = a: the solution is linear in the coefficient and the start, and the parabola about the estimate exact."""
    return measure(
        PolynomialLibrary(degree=1).table(["x"]),
        [["1"]],
        lambda e: {(0, "1"): 1.0 + 0.3 * e},
        lambda rng: rng.uniform(0, 1, 1),
        np.linspace(0, 1, 400),
        n_environments=n_environments,
        noise=noise,
    )


def test_where_the_parabola_is_exact_nothing_changes() -> None:
    measured = line(noise=0.3)
    evaluator, fit, states = fitted(measured, measured.mask)
    # n log(cost / n) bends by (pull / n) relative to the cost: with 400 values less than a tenth
    assert evidence_at_mode(evaluator, fit, states) == pytest.approx(evidence(fit), abs=0.1)


@pytest.mark.parametrize("make", [lotka, decay])
def test_well_determined_coefficients_leave_it_as_it_is(make: Any) -> None:
    measured = make(noise=0.01)
    evaluator, fit, states = fitted(measured, measured.mask)
    assert not is_vague(fit)
    assert evidence_at_mode(evaluator, fit, states) == pytest.approx(evidence(fit), abs=0.5)


def saturating(seed: int = 0) -> Any:
    """x' = 1 - k x^2, measured so roughly that single environments hardly know k."""
    return measure(
        PolynomialLibrary(degree=3).table(["x"]),
        [["1", "x**2"]],
        lambda e: {(0, "1"): 1.0, (0, "x**2"): -0.5 - 0.1 * e},
        lambda rng: rng.uniform(0.2, 1.0, 1),
        np.linspace(0, 1.5, 30),
        n_environments=4,
        n_trajectories=1,
        noise=0.25,
        seed=seed,
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_is_nearer_to_the_integral_than_the_parabola_about_the_estimates(seed: int) -> None:
    """One coefficient, decay x' = -k x^3 from rough data: the integral over it is taken by quadrature."""
    measured = measure(
        PolynomialLibrary(degree=3).table(["x"]),
        [["x**3"]],
        lambda e: {(0, "x**3"): -0.4 - 0.1 * e},
        lambda rng: rng.uniform(1.0, 1.5, 1),
        np.linspace(0, 1.0, 12),
        n_environments=4,
        n_trajectories=1,
        noise=0.3,
        seed=seed,
    )
    evaluator, fit, states = fitted(measured, measured.mask)
    value = evidence_at_mode(evaluator, fit, states)
    exact = integrated(evaluator, fit, states)
    assert abs(value - exact) < 0.5
    assert abs(value - exact) <= abs(evidence(fit) - exact) + 0.2


def integrated(evaluator: Evaluator, fit: Fit, states: Any) -> float:
    """-2 log of the largest integral over the coefficients, populations on a grid, starts profiled out."""
    grid = np.linspace(-6.0, 6.0, 481)
    cost = np.empty((len(grid), len(fit.coef)))
    for i, value in enumerate(grid):
        prior = [priors_at(value) for _ in fit.coef]
        cost[i] = evaluator.fit(fit.mask, np.full_like(fit.coef, value), states, PRECISE, prior).cost
    deviance = fit.n_values * np.log(cost / fit.n_values + FLOOR)
    deviance[~np.isfinite(deviance)] = np.inf
    best = np.inf
    for mean in np.linspace(-3.0, 1.0, 81):
        for std in (0.02, 0.05, 0.1, 0.2, 0.4, 0.8):
            density = np.exp(-0.5 * ((grid - mean) / std) ** 2) / (std * np.sqrt(2 * np.pi))
            lowest = deviance.min(axis=0)
            total = (density[:, None] * np.exp(-0.5 * (deviance - lowest))).sum(axis=0) * (grid[1] - grid[0])
            best = min(best, float((lowest - 2.0 * np.log(np.maximum(total, 1e-300))).sum()))
    return best + price_of_terms(fit)


def priors_at(value: float) -> Prior:
    """A prior that holds the only coefficient."""
    return Prior(np.array([value]), np.array([[1e12]]))


def test_a_superfluous_term_loses_what_the_parabola_gave_it() -> None:
    """With one term too many, single environments hardly determine any coefficient."""
    flattered = 0
    for seed in range(4):
        measured = saturating(seed)
        wide = measured.mask | mask_of(measured.table, [["x**3"]])
        (evaluator, true, states), (_, wider, _) = fitted(measured, measured.mask), fitted(measured, wide)
        assert is_vague(wider)
        by_parabola = evidence(wider) - evidence(true)
        by_mode = evidence_at_mode(evaluator, wider, states) - evidence_at_mode(evaluator, true, states)
        flattered += by_mode > by_parabola
        assert by_mode > 0.0
    assert flattered >= 3


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_units_do_not_matter(factor: float) -> None:
    measured = saturating(seed=1)
    evaluator, fit, states = fitted(measured, measured.mask)
    assert fit.converged
    scaled = replace(
        measured,
        environments=[[Trajectory(own.t, factor * own.x, own.env) for own in runs] for runs in measured.environments],
        coef=measured.coef * [factor, 1.0 / factor],  # of 1 and of x^2
        sd=factor * measured.sd,
    )
    other, own, there = fitted(scaled, measured.mask)
    # residuals are in units of the noise; fits end within a small share of a standard error of each other
    assert evidence_at_mode(other, own, there) == pytest.approx(evidence_at_mode(evaluator, fit, states), abs=0.1)


def test_one_environment_has_no_population() -> None:
    measured = decay(noise=0.1, n_environments=1)
    evaluator, fit, states = fitted(measured, measured.mask)
    assert evidence_at_mode(evaluator, fit, states) == pytest.approx(evidence(fit), abs=1e-6)


def test_coefficients_are_drawn_together() -> None:
    measured = saturating()
    _, fit, _ = fitted(measured, measured.mask)
    closer = drawn_together(fit)
    assert (closer.std(axis=0) <= fit.coef.std(axis=0) + 1e-12).all()
    population = fit_population(fit.coef, fit.information / (fit.cost / fit.n_values)[:, None, None])
    assert np.abs(closer - population.mean).sum() < np.abs(fit.coef - population.mean).sum()


def test_a_second_start_leaves_local_minima_and_never_makes_a_fit_worse() -> None:
    measured = saturating(seed=1)
    far = np.array(measured.coef)
    far[0] = [12.0, -12.0]
    evaluator, fit, states = fitted(measured, measured.mask, far)
    assert is_poor(fit)
    again = started_again(evaluator, [fit], states, PRECISE, np.full(4, np.inf))[0]
    assert (again.cost <= fit.cost).all()
    _, known, _ = fitted(measured, measured.mask)
    np.testing.assert_allclose(again.cost, np.minimum(known.cost, fit.cost), rtol=1e-3)


def test_the_better_fit_is_taken_environment_by_environment() -> None:
    measured = saturating()
    _, fit, _ = fitted(measured, measured.mask)
    factor = np.array([0.5, 2.0, 1.0, 0.9])
    other = replace(fit, cost=fit.cost * factor, coef=fit.coef + 1.0, squares=fit.squares * 3.0)
    best = best_of(fit, other)
    better = factor < 1.0
    np.testing.assert_array_equal(best.cost, np.minimum(fit.cost, other.cost))
    np.testing.assert_array_equal(best.coef, np.where(better[:, None], other.coef, fit.coef))
    np.testing.assert_array_equal(best.squares, np.where(better[:, None], other.squares, fit.squares))


def test_a_term_that_does_not_pay_for_itself_never_leads() -> None:
    """Whatever a superfluous term does to the populations of the others."""
    measured = decay(noise=0.05)
    visited = Visited("evidence", 4)
    evaluator, fit, states = fitted(measured, measured.mask)
    mask = measured.mask | mask_of(measured.table, [["x**3"]])
    wider = evaluator.fit(mask, carried(fit, mask), states, PRECISE)
    assert float(deviance(fit).sum() - deviance(wider).sum()) < price_of_terms(wider) / 3
    visited.add(fit)
    visited.add(wider)
    visited.scores[wider.mask.tobytes()] = visited.score(fit.mask) - 50.0
    assert (leader(evaluator, visited, states).mask == measured.mask).all()


def test_the_leader_is_the_best_with_its_evidence_computed_with_care() -> None:
    measured = saturating()
    visited = Visited("evidence", 4)
    evaluator, fit, states = fitted(measured, measured.mask)
    masks = [measured.mask, *(measured.mask | mask_of(measured.table, [[term]]) for term in ("x", "x**3"))]
    for mask in masks:
        visited.add(evaluator.fit(mask, carried(fit, mask), states, PRECISE))
    first = leader(evaluator, visited, states)
    assert first.mask.tobytes() in visited.settled or not is_vague(first)
    assert visited.score(first.mask) <= min(visited.scores.values()) + posterior_mode.TIE
    before = visited.score(first.mask)
    assert visited.add(first) == before


@pytest.mark.parametrize(
    ("evidences", "prices", "expected"),
    [
        ((0.0, 1.0, 5.0), (30.0, 10.0, 0.0), 1),  # the evidence tells the first two hardly apart, BIC does
        ((0.0, 1.0, 1.5), (30.0, 11.0, 10.0), 1),  # nor does BIC the last two: of these the evidence
        ((0.0, 1.0, 1.5), (11.0, 10.0, 10.5), 0),
        ((0.0, 3.0, 4.0), (30.0, 10.0, 0.0), 0),
    ],
)
def test_where_the_evidence_is_a_tie_bic_may_object(
    evidences: tuple[float, ...], prices: tuple[float, ...], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = saturating()
    evaluator, fit, states = fitted(measured, measured.mask)
    assert is_vague(fit)
    visited, price = Visited("evidence", 4), {}
    masks = [measured.mask, *(mask_of(measured.table, [["1", term]]) for term in ("x", "x**3"))]
    for mask, value, own in zip(masks, evidences, prices, strict=True):
        visited.add(replace(fit, mask=mask))
        visited.settle(replace(fit, mask=mask), value)
        price[mask.tobytes()] = own
    monkeypatch.setattr(posterior_mode, "score", lambda own, criterion: price[own.mask.tobytes()])
    assert (leader(evaluator, visited, states).mask == masks[expected]).all()
