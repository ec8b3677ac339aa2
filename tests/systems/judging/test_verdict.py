"""The judge on laws whose verdict is known: the truth, the truth with a term more or less, and what is no law."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import systems
from systems.judging import FIELDS, judge
from systems.judging.coefficients import judge_coefficients
from systems.judging.structure import judge_environments
from systems.judging.true_law import TrueLaw, true_law
from systems.methods import Found
from systems.methods.method import majority
from systems.setups import Experiment, Measured, find

LOTKA = find("lotka", "few")


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return LOTKA.training(noise=0.05)


@pytest.fixture(scope="module")
def law(experiment: Experiment) -> TrueLaw:
    return true_law(experiment)


def found(coef: np.ndarray, **more: object) -> Found:
    return Found(mask=(coef != 0).any(axis=0), coef=coef, **more)  # type: ignore[arg-type]


def test_the_truth_is_right(experiment: Experiment, law: TrueLaw) -> None:
    assert law.coef is not None
    verdict = judge(found(law.coef), LOTKA, experiment, noise=0.05, with_gap=True)
    assert tuple(verdict)[: len(FIELDS)] == FIELDS
    assert verdict["exact"] and verdict["precision"] == verdict["recall"] == verdict["f1"] == verdict["support_f1"] == 1
    assert verdict["coef_error"] == verdict["worst_term_error"] == verdict["search_gap"] == 0
    assert (verdict["n_environments"], verdict["n_states"], verdict["n_library"]) == (2, 2, 21)
    assert (verdict["n_samples"], verdict["n_true"], verdict["n_found"]) == (202, 4, 4)
    # Both integrations keep 1e-8 a step or better; over two periods the errors grow by far less than a thousand.
    assert verdict["rollout"] < 1e-5 and verdict["rollout_beyond"] < 1e-5
    assert (verdict["rollout_diverged"], verdict["rollout_r2"], verdict["valid_time"]) == (0, 1.0, None)
    assert verdict["environments_right"] is None and verdict["adapt_error"] is None
    json.dumps(verdict, allow_nan=False)


def test_a_term_too_many_and_one_too_few(experiment: Experiment, law: TrueLaw) -> None:
    assert law.coef is not None
    coef = law.coef.copy()
    coef[:, 0, law.table.index("y**2")], coef[:, 1, law.table.index("y")] = 0.01, 0.0
    verdict = judge(found(coef), LOTKA, experiment, noise=0.05, with_gap=True)
    assert (verdict["exact"], verdict["missing"], verdict["extra"]) == (False, ["y': y"], ["x': y**2"])
    assert verdict["precision"] == verdict["recall"] == verdict["f1"] == 0.75
    assert verdict["worst_term_error"] == 1.0
    assert verdict["search_gap"] > 100  # without y' = ... y the predators never die: 202 values, a residual far beyond
    assert verdict["rollout"] > 0.1


def test_what_does_not_count_is_no_support(experiment: Experiment, law: TrueLaw) -> None:
    assert law.coef is not None
    coef = law.coef.copy()
    coef[:, 0, law.table.index("y**2")] = 1e-9  # features and derivatives are of the order of one
    verdict = judge(found(coef), LOTKA, experiment)
    assert (verdict["f1"], verdict["support_f1"]) == (pytest.approx(8 / 9), 1.0)


def test_masks_without_coefficients(experiment: Experiment, law: TrueLaw) -> None:
    present = law.present
    assert present is not None
    verdict = judge(Found(mask=majority(present), masks=present), LOTKA, experiment)
    assert verdict["exact"] and verdict["environments_right"] == 2
    assert verdict["coef_error"] is None and verdict["rollout"] is None


def test_ways_to_join_environments() -> None:
    duffing = systems.get("duffing_zero")  # one environment lacks a term
    present = systems.true_coefficients(duffing, duffing.library.table(duffing.states), range(8)) != 0
    verdict = judge_environments(present, present)
    assert verdict["environments_right"] == 8
    assert (verdict["exact_majority"], verdict["exact_union"], verdict["exact_intersection"]) == (True, True, False)


def test_errors_of_coefficients() -> None:
    true_coef = np.array([[[3.0, 4.0]], [[0.0, 2.0]]])
    verdict = judge_coefficients(true_coef + np.array([[[0.0, 1.0]], [[1.0, np.nan]]]), true_coef)
    # environments: 1/5, and |(1, -2)| / 2 where not observed is zero
    assert verdict["coef_error"] == pytest.approx((0.2 + np.sqrt(5) / 2) / 2)
    assert verdict["worst_term_error"] == 1.0


def test_a_law_that_runs_away_counts_with_the_cap(experiment: Experiment, law: TrueLaw) -> None:
    assert law.coef is not None
    coef = law.coef.copy()
    coef[:, 0, law.table.index("x**3")] = 5.0
    verdict = judge(found(coef), LOTKA, experiment)
    # both windows of all 16 runs; x loses everything, y may be right for a while
    assert verdict["rollout_diverged"] <= 16 and verdict["rollout_beyond"] == 1e3
    assert verdict["rollout"] > 100


def test_adaptation(experiment: Experiment, law: TrueLaw) -> None:
    assert law.coef is not None
    new = LOTKA.adaptation(0.05)
    assert new is not None
    right = true_law(new).coef
    assert right is not None
    verdict = judge(found(law.coef, adapt=lambda data: right), LOTKA, experiment, noise=0.05)
    assert verdict["adapt_error"] == 0 and verdict["adapt_rollout"] < 1e-5 and verdict["adapt_rollout_mse"] < 1e-10
    short = judge(found(law.coef, adapt=lambda data: right[:1]), LOTKA, experiment, noise=0.05)
    assert short["adapt_rollout"] == 1e3 and "environments 100, 101, 102, 103" in short["error"]


def test_a_misspecified_system_is_judged_by_its_forecasts() -> None:
    lotka = systems.get("lotka")
    poor = replace(lotka, library=type(lotka.library)(degree=1))
    setup = Measured(poor, "few")
    measured = setup.training(0.0)
    coef = np.zeros((2, 2, 3))
    verdict = judge(found(coef), setup, measured, with_gap=True)
    assert verdict["exact"] is None and verdict["f1"] is None and verdict["coef_error"] is None
    assert verdict["search_gap"] is None
    assert 0 < verdict["rollout"] < 10  # constant forecasts are off by a spread or so


def test_shapes_are_checked(experiment: Experiment, law: TrueLaw) -> None:
    assert law.coef is not None
    with pytest.raises(
        ValueError, match=r"the mask must be \(states, terms\) = \(2, 21\), the method returned \(2, 20\)"
    ):
        judge(Found(mask=np.ones((2, 20), bool)), LOTKA, experiment)
    with pytest.raises(ValueError, match=r"each of the environments 0, 1; the method returned \(1, 2, 21\)"):
        judge(found(law.coef[:1]), LOTKA, experiment)
