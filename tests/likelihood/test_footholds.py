"""Environments by whose law others are understood, where samples are too far apart for regressions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from measured import lotka

import systems
from spreme import SpReME, Trajectories
from spreme.data import Trajectory
from spreme.likelihood.footholds import calmest_first, carried_over, nearest
from spreme.likelihood.precision import with_fine_steps
from spreme.likelihood.problem import Problem, pose
from spreme.likelihood.recording import record
from spreme.likelihood.shooting.gauss_newton import Control
from spreme.likelihood.spline.evaluation import JointEvaluator
from spreme.likelihood.starting_states import starting_states
from systems import replicas


def far_apart(environments: list[int]) -> tuple[Trajectories, systems.System]:
    """Some environments of a system whose states relax four times between two samples; no noise."""
    experiment = replicas.get("ncf-selkov-exact").training()
    runs = [run for run in experiment.data if run.env in environments]
    data = Trajectories(
        [run.x for run in runs], [run.t for run in runs], env=[run.env for run in runs], state_names=["x", "y"]
    )
    return data, experiment.system


def posed(data: Trajectories, system: systems.System) -> Problem:
    """The problem of some data with little noise."""
    table = system.library.table(data.state_names)
    every = [list(data.where(env=env)) for env in data.environments]
    shape = (len(data.state_names), table.n_terms)
    return pose(every, table, np.ones(shape, bool), np.zeros(shape, bool), np.full((len(every), shape[0]), 1e-3))


def test_the_calmest_environment_comes_first() -> None:
    t = np.linspace(0.0, 1.0, 21)
    waves = [np.sin(2 * np.pi * cycles * t) for cycles in (2, 0.5, 1)]
    recordings = tuple(record([Trajectory(t, np.column_stack([own, own]), 0)]) for own in waves)
    problem = replace(lotka(n_environments=3).problem(), recordings=recordings)
    assert calmest_first(problem).tolist() == [1, 2, 0]


def test_a_law_is_carried_from_environment_to_environment() -> None:
    data, system = far_apart([5, 6, 7])
    problem = with_fine_steps(posed(data, system))
    mask = systems.true_mask(system, problem.table, data.environments)
    truth = systems.true_coefficients(system, problem.table, data.environments)[:, mask]
    every_sample = [np.arange(len(own.t) + 1) for own in problem.recordings]
    states = starting_states(problem.recordings, every_sample, problem.is_quiet)
    middle = problem.only([1])
    fit = JointEvaluator(middle).fit(mask, truth[[1]], states[1:2], Control(60, 1e-3, 1e-3))
    coef = carried_over(problem, 1, fit, states, None)
    assert coef is not None
    # fits end within a small share of a standard error, some 1e-3 of a coefficient here; so does a step of 1/4
    np.testing.assert_allclose(coef, truth, rtol=0.01, atol=1e-3)


def test_new_data_are_described_best_by_the_environment_most_like_them() -> None:
    data, system = far_apart([6, 7, 8])
    problem = posed(data, system)
    mask = systems.true_mask(system, problem.table, data.environments)
    known = systems.true_coefficients(system, problem.table, [5, 7, 12, 20])[:, mask]
    middle = with_fine_steps(problem.only([1]))
    best, *others = nearest(middle, mask, known)
    np.testing.assert_array_equal(best, known[1])
    assert len(others) <= 2


@pytest.mark.slow
def test_a_fit_that_has_no_beginning_finds_one_in_a_single_environment() -> None:
    data, system = far_apart([5, 6, 7])
    model = SpReME(library=system.library).fit(data)
    table = system.library.table(data.state_names)
    np.testing.assert_array_equal(model.mask_, systems.true_mask(system, table, data.environments))
    # no noise: what is left is the error of the integration
    np.testing.assert_allclose(
        model.coef_, systems.true_coefficients(system, table, data.environments), rtol=1e-7, atol=1e-7
    )
    new = model.adapt(far_apart([8])[0])
    np.testing.assert_allclose(new.coef_, systems.true_coefficients(system, table, [8]), rtol=1e-7, atol=1e-7)
