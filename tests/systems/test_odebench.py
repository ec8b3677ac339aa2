"""ODEBench: its facts, which of its equations are linear in a library, and its protocol."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
import sympy

import systems
from spreme.library import PolynomialLibrary
from systems import methods, replicas
from systems.catalogue.odebench import as_given, jittered
from systems.catalogue.odebench.equation import Equation
from systems.catalogue.odebench.libraries import EQUATIONS, find_library, linear_equations
from systems.integration import DOP853, ESCAPED, vector_field
from systems.judging import judge
from systems.replicas.odebench import NOISES, PARTS, OdebenchReplica
from systems.simulation import draw_runs

# From reading the equations: exponentials, logarithms, quotients, |x|, powers with a constant, cot.
NONLINEAR = {4, 7, 10, 14, 15, 18, 19, 20, 21, 22, 33, 35, 42, 44, 47, 48, 53, 62}
TRIGONOMETRIC = {13, 23, 28, 34, 36, 43, 46, 51}
FUNCTIONS = {
    "sin": math.sin,
    "cos": math.cos,
    "cot": lambda angle: 1 / math.tan(angle),
    "exp": math.exp,
    "log": math.log,
    "Abs": abs,
}


def _replica(name: str) -> OdebenchReplica:
    replica = replicas.get(name)
    assert isinstance(replica, OdebenchReplica)
    return replica


def test_there_are_as_many_equations_as_published() -> None:
    assert [equation.number for equation in EQUATIONS] == list(range(1, 64))
    assert Counter(len(equation.laws) for equation in EQUATIONS) == {1: 23, 2: 28, 3: 10, 4: 2}


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda equation: equation.name)
def test_facts_of_an_equation_fit_together(equation: Equation) -> None:
    symbols = {str(symbol) for rhs in equation.expressions().values() for symbol in rhs.free_symbols}
    assert set(equation.parameters) <= symbols <= {*equation.states, *equation.parameters}
    assert all(len(start) == len(equation.states) for start in equation.starts)
    assert equation.starts[0] != equation.starts[1]
    assert equation.description and equation.source


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda equation: equation.name)
def test_the_expanded_law_is_the_law_as_written(equation: Equation) -> None:
    values = dict(zip(equation.states, equation.starts[0], strict=True)) | equation.parameters
    written = [eval(law, {**FUNCTIONS, **values}) for law in equation.laws]
    expanded = [float(rhs.subs(values)) for rhs in equation.expressions().values()]
    # Terms of the size of the law's largest cancel: the error is a few roundings of that, here below 1e5.
    np.testing.assert_allclose(expanded, written, rtol=1e-9, atol=1e-9)


def test_45_equations_are_linear_in_a_library() -> None:
    found = {equation.number: library for equation, library in linear_equations()}
    assert set(range(1, 64)) - set(found) == NONLINEAR
    assert {number for number, own in found.items() if not isinstance(own, PolynomialLibrary)} == TRIGONOMETRIC
    assert len(found) == 45


def test_a_constant_inside_a_function_is_in_no_library() -> None:
    equation = EQUATIONS[22]._replace(laws=("c0 - sin(c1*x)",), constants=(0.21, 1.0))
    assert find_library(equation) is None
    assert find_library(equation._replace(laws=("c0 - c1*sin(x)",))) is not None


@pytest.mark.parametrize("name", [system.name for system in as_given.SYSTEMS])
def test_no_library_is_made_for_its_system(name: str) -> None:
    system = systems.get(name)
    mask = systems.true_mask(system, system.library.table(system.states), [0])
    assert np.all(mask.any(axis=1)) and np.all(mask.sum(axis=1) < mask.shape[1])
    assert not mask.any(axis=0).all()


def test_names_and_keys_follow_the_numbers() -> None:
    numbers = [equation.number for equation, _ in linear_equations()]
    assert [(own.name, own.key) for own in as_given.SYSTEMS] == [(f"odebench-{n:02d}", 300 + n) for n in numbers]
    expected = [(f"odebench-{n:02d}-jittered", 400 + n) for n in numbers if n != 11]  # 11 has no constants
    assert [(own.name, own.key) for own in jittered.SYSTEMS] == expected
    assert systems.get("odebench-63-jittered").environments.varied == ("c0", "c1", "c2")


def test_jittered_starts_lie_between_the_given_ones() -> None:
    drawn = systems.get("odebench-31-jittered").starts.draw(np.random.default_rng(0), 200)
    assert np.all((drawn >= [7.2, 0.98]) & (drawn <= [20, 12.4]))


@pytest.mark.slow
@pytest.mark.parametrize("system", jittered.SYSTEMS, ids=lambda system: system.name)
def test_jittered_trajectories_stay_bounded(system: systems.System) -> None:
    runs = draw_runs(system, range(8), 4) + draw_runs(system, range(100, 104), 1, split="adaptation")
    assert all(len(run.t) == as_given.N_SAMPLES and np.abs(run.x).max() < ESCAPED for run in runs)


def test_the_published_protocol_has_one_trajectory_to_learn_from() -> None:
    data = _replica("odebench-27").training(0.05).data
    assert (len(data), list(data.environments), data.n_samples) == (1, [0], 150)
    np.testing.assert_allclose(data.t[0], np.linspace(0, 10, 150), rtol=0, atol=1e-14)
    assert NOISES == (0.0, 0.01, 0.02, 0.03, 0.04, 0.05)


def test_two_clean_runs_judge_and_are_told_apart() -> None:
    assert PARTS == ("reconstruction", "generalization")
    for name, order in (("odebench-27", (0, 1)), ("odebench-27-swapped", (1, 0))):
        replica = _replica(name)
        clean = replica.unseen().data
        starts = EQUATIONS[26].starts
        np.testing.assert_allclose([run[0] for run in clean.x], [starts[i] for i in order], rtol=1e-15)
        np.testing.assert_array_equal(replica.training().data.x[0], clean.x[0])
        assert replica.adaptation() is None and replica.unseen_adapted() is None


def test_noise_is_in_proportion_to_every_value() -> None:
    replica = _replica("odebench-56")
    clean, noisy = replica.unseen().data.x[0], replica.training(0.04, seed=3).data.x[0]
    relative = (noisy / clean - 1) / 0.04
    # 450 standard normal numbers: their standard deviation is off by 1 / sqrt(900) = 0.033, their mean by 0.047.
    assert abs(relative.std() - 1) < 0.12 and abs(relative.mean()) < 0.15
    again = replica.training(0.04, seed=3).data.x[0]
    np.testing.assert_array_equal(noisy, again)
    assert not np.allclose(noisy, replica.training(0.04, seed=4).data.x[0])
    np.testing.assert_allclose(noisy - clean, 2 * (replica.training(0.02, seed=3).data.x[0] - clean), atol=1e-12)


def test_half_of_the_samples_are_dropped() -> None:
    whole, half = _replica("odebench-27").training(0.02).data, _replica("odebench-27-half").training(0.02).data
    assert half.n_samples == 75
    kept = np.searchsorted(whole.t[0], half.t[0] - 1e-9)
    np.testing.assert_array_equal(half.x[0], whole.x[0][kept])


def test_trajectories_solve_their_equation() -> None:
    x = _replica("odebench-01").unseen().data.x[0][:, 0]
    t = np.linspace(0, 10, 150)
    rest, rate = 0.7 * 1.2, 1 / (1.2 * 2.31)
    # The published solver keeps each step within 1e-5 of the state; over the interval they add up to a few times that.
    np.testing.assert_allclose(x, rest + (10 - rest) * np.exp(-rate * t), rtol=1e-4)
    # A value stored with the collection, by another tolerance of the same size.
    stored = 2.014073381311672
    assert rest + (10 - rest) * math.exp(-rate * 5.694716242661448) == pytest.approx(stored, rel=1e-4)


def test_forecasts_are_made_by_the_solver_of_the_data() -> None:
    replica = _replica("odebench-56")
    assert replica.forecast_integrator == replica.integrator
    exact = _replica("odebench-56-exact")
    assert exact.forecast_integrator == DOP853
    assert np.abs(exact.unseen().data.x[0] - replica.unseen().data.x[0]).max() > 1.0  # chaos


@pytest.mark.parametrize("name", ["odebench-27", "odebench-37"])
def test_the_law_is_found_from_one_noisy_trajectory(name: str) -> None:
    replica = _replica(name)
    experiment = replica.training(noise=0.01)
    task = methods.Task(experiment.data, experiment.system.library, np.random.default_rng(0), experiment.system)
    verdict = judge(methods.get("spreme").fit(task), replica, experiment, noise=0.01)
    assert verdict["exact"]
    assert verdict["rollout_r2"] == 1.0


def test_the_vector_field_is_that_of_the_equation() -> None:
    angle, rate = 2.1, 0.3
    field = vector_field(systems.get("odebench-34"), 0)  # a product of sine and cosine, written as sin(2x)
    expected = [rate, math.sin(angle) * (math.cos(angle) - 0.93)]
    np.testing.assert_allclose(field(0.0, np.array([angle, rate])), expected, rtol=1e-13)
    assert sympy.Symbol("c0") in systems.get("odebench-34").equations["y"].free_symbols
