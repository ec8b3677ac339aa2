"""Integrals over the fitted states: what they say about every equation, and the masks they propose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from measured import Measured, decay, lotka, mask_of, oscillator

from spreme.data import Trajectory
from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.integral_matching import better_equations, matched_model
from spreme.likelihood.search import Model, Visited, carried
from spreme.likelihood.shooting.gauss_newton import Control
from spreme.likelihood.starting_states import starting_states

PRECISE = Control(60, 1e-6, 1e-6)


def matched(measured: Measured, mask: np.ndarray, windows: int = 2, pieces: int = 1, **options: Any) -> Model:
    """The model about the fit of a mask, from the true coefficients of the terms it shares with the truth."""
    evaluator = Evaluator(measured.problem(**options), pieces)
    states = starting_states(evaluator.problem.recordings, evaluator.edges, False)
    full = np.zeros((len(measured.coef), *mask.shape))
    full[:, measured.mask] = measured.coef
    fit = evaluator.fit(mask, full[:, mask], states, PRECISE)
    assert fit.is_feasible
    return matched_model(evaluator.problem, fit, evaluator.states(fit, states), evaluator.edges, windows)


@pytest.mark.parametrize("make", [lotka, oscillator, decay])
@pytest.mark.parametrize("pieces", [1, 3])
def test_without_noise_the_fit_of_the_truth_is_the_truth(make: Any, pieces: int) -> None:
    measured = make(noise=1e-6)
    model = matched(measured, measured.mask, pieces=pieces)
    # errors of the quadrature are taken out at the present law, so that only the noise is left; but not where states
    # begin anew: there the trapezoidal rule is wrong by h^2 w^2 / 12 = 0.4 %, in one interval of twenty
    rtol = 1e-4 if pieces == 1 else 1e-3
    np.testing.assert_allclose(model.fit(measured.mask).coef, measured.coef, rtol=rtol)


def test_equations_do_not_interact() -> None:
    model = matched(lotka(noise=0.05), lotka().mask)
    owner = np.nonzero(model.terms)[0]
    assert (model.gram[:, owner[:, None] != owner] == 0.0).all()
    assert (np.linalg.eigvalsh(model.gram) > -1e-9 * np.abs(model.gram).max()).all()


def test_integrals_are_those_of_the_terms() -> None:
    """x' = 1 with the library 1, x, x^2, x^3: all integrals over x = t are known."""
    t = np.linspace(0.0, 2.0, 201)
    line = decay(n=201)
    measured = replace(
        line,
        environments=[[Trajectory(t, t[:, None], 0)]],
        mask=mask_of(line.table, [["1"]]),
        coef=np.array([[1.0]]),
        sd=np.array([[0.1]]),
    )
    model = matched(measured, measured.mask, windows=1)
    columns = np.column_stack([t ** (k + 1) / (k + 1) for k in range(4)])
    columns = (columns - columns.mean(axis=0)) / 0.1
    # the trapezoidal rule is wrong by h^2 / 12 of the change of the slope: 1e-4 of these integrals at most
    np.testing.assert_allclose(model.gram[0], columns.T @ columns, rtol=1e-3)


def test_missing_values_and_trajectories_without_them_count_what_they_hold() -> None:
    measured = lotka(noise=0.05)
    rng = np.random.default_rng(1)
    holes = [
        [Trajectory(own.t, np.where(rng.random(own.x.shape) < 0.3, np.nan, own.x), own.env) for own in runs]
        for runs in measured.environments
    ]
    whole, part = (matched(own, measured.mask) for own in (measured, replace(measured, environments=holes)))
    share = np.einsum("ejj->ej", part.gram).sum() / np.einsum("ejj->ej", whole.gram).sum()
    assert 0.6 < share < 0.8
    assert np.isfinite(part.cross).all()


@pytest.mark.parametrize("criterion", ["evidence", "bic"])
def test_an_equation_wrong_in_every_term_is_put_right(criterion: str) -> None:
    measured = lotka(degree=3, noise=0.05, n=161, n_environments=4)
    wrong = measured.mask.copy()
    wrong[0] = mask_of(measured.table, [["1", "x**2", "y**2", "x**2*y", "x*y**2"], []])[0]
    model = matched(measured, wrong, pieces=8)
    visited = Visited(criterion, 8)
    visited.add(model.centre)
    proposals = better_equations(model, visited)
    assert proposals and (proposals[0][0] == measured.mask).all()
    np.testing.assert_allclose(proposals[0][1], measured.coef, rtol=0.3)
    values = [visited.judge(model.fit(mask)) for mask, _ in proposals]
    assert values == sorted(values)


def test_terms_that_are_alike_everywhere_are_found_behind_terms_that_fit_better() -> None:
    """Orthogonal terms with errors of 0.01: three scatter and explain a little more than three that do not.

    The evidence prefers those, which differ in three terms from the present equation and from the best of every size.
    """
    measured = decay(noise=0.05, n_environments=6, degree=5)
    scattered, uniform = ["1", "x", "x**2"], ["x**3", "x**4", "x**5"]
    model = matched(measured, mask_of(measured.table, [scattered]))
    scatter = 0.05 * np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    alike = np.full(6, np.sqrt(0.1**2 + 0.05**2 - 5e-5))
    coef = np.column_stack([0.1 + scatter, 0.1 - scatter, 0.1 + scatter, alike, alike, alike])
    model = replace(model, gram=np.tile(1e4 * np.eye(6), (6, 1, 1)), cross=1e4 * coef, empty=model.centre.cost + 8e2)
    proposals = better_equations(model, Visited("evidence", 8))
    assert any((mask == mask_of(measured.table, [uniform])).all() for mask, _ in proposals)


def test_nothing_is_better_than_the_truth() -> None:
    measured = lotka(noise=0.05, n_environments=6)
    model = matched(measured, measured.mask)
    assert better_equations(model, Visited("evidence", 8)) == []


def test_required_terms_stay_and_forbidden_ones_stay_out() -> None:
    measured = lotka(degree=3, noise=0.05, n=161)
    allowed = np.ones(measured.mask.shape, bool)
    allowed[0, measured.table.index("x")] = False
    required = mask_of(measured.table, [["1"], ["y"]])
    wrong = (measured.mask | required) & allowed
    model = matched(measured, wrong, allowed=allowed, required=required)
    for mask, coef in better_equations(model, Visited("bic", 8)):
        assert (mask | ~required).all() and (allowed | ~mask).all()
        assert coef.shape == (len(measured.coef), mask.sum())


def test_states_that_never_change_say_nothing() -> None:
    measured = lotka(noise=0.05)
    t = np.linspace(0.0, 3.0, 31)
    absent = [Trajectory(t, np.column_stack([np.exp(0.5 * t), np.zeros(31)]), 0)]  # prey without predators
    changed = replace(measured, environments=[absent, *measured.environments[1:]])
    model = matched(changed, measured.mask)
    owner = np.nonzero(model.terms)[0]
    assert (model.gram[0][owner == 1] == 0.0).all() and (model.cross[0][owner == 1] == 0.0).all()
    assert carried(model.centre, measured.mask).shape == measured.coef.shape
