"""What spreme finds in the published set-ups: the law, and forecasts as good as rounding allows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import systems
from spreme import SpReME
from systems import replicas
from systems.integration import integrate
from systems.methods import Found, Task, get
from systems.methods.spreme_solver import error_of
from systems.replicas.seeded_protocol import EXACT
from systems.setups import Experiment, Setup

# Single precision of states up to 8 errs by 2^-22 at most, squared 6e-14. Coefficients from 80 such samples err as
# much, relatively, and so do forecasts over two periods; 1e-12 leaves them a factor of four.
ROUNDING = 1e-12


def task_of(setup: Setup) -> Task:
    experiment = setup.training()
    system = experiment.system
    return Task(experiment.data, system.library, np.random.default_rng(0), system, setup.forecast_integrator)


def true_mask(experiment: Experiment) -> np.ndarray:
    system = experiment.system
    return systems.true_mask(system, system.library.table(system.columns), experiment.data.environments)


def mean_squared_error(setup: Setup, found: np.ndarray, unseen: Experiment) -> float:
    """Error of forecasts of every eighth unseen run, by the solver of the protocol."""
    table = unseen.system.library.table(unseen.system.columns)
    squares = []
    for run in unseen.data[::8]:
        coef = found[unseen.data.environments.index(run.env)]
        integrator = setup.forecast_integrator or EXACT
        x = integrate(lambda _, x, coef=coef: coef @ table.evaluate(x[None])[0], run.x[0], run.t, integrator)[1]
        squares.append(np.mean((x - run.x) ** 2))
    return float(np.mean(squares))


def adapted(found: Found, setup: Setup) -> np.ndarray:
    adaptation = setup.adaptation()
    assert adaptation is not None
    assert found.adapt is not None
    return found.adapt(adaptation.data)


@pytest.mark.parametrize("name", ["leads-lv-exact", "coda-lv-exact"])
def test_defaults_find_the_law_in_exact_data(name: str) -> None:
    setup = replicas.get(name)
    found = get("spreme").fit(task_of(setup))
    np.testing.assert_array_equal(found.mask, true_mask(setup.training()))
    assert mean_squared_error(setup, found.coef, setup.unseen()) < ROUNDING
    if setup.adaptation() is not None:
        assert mean_squared_error(setup, adapted(found, setup), setup.unseen_adapted()) < ROUNDING


@pytest.mark.slow
def test_few_trajectories_of_the_pendulum_tell_its_law() -> None:
    setup = replace(replicas.get("ncf-pendulum-exact"), n_trajectories=2, n_unseen=2)
    found = get("spreme").fit(task_of(setup))
    np.testing.assert_array_equal(found.mask, true_mask(setup.training()))
    assert mean_squared_error(setup, found.coef, setup.unseen()) < ROUNDING


@pytest.mark.slow
def test_a_known_drive_is_found() -> None:
    setup = replicas.get("geps-pendulum-exact")
    found = get("spreme").fit(task_of(setup))
    np.testing.assert_array_equal(found.mask, true_mask(setup.training()))


@pytest.mark.slow
def test_the_law_is_found_in_the_data_of_a_coarse_solver() -> None:
    setup = replicas.get("coda-lv")
    found = get("spreme-solver").fit(task_of(setup))
    np.testing.assert_array_equal(found.mask, true_mask(setup.training()))
    assert mean_squared_error(setup, found.coef, setup.unseen()) < ROUNDING
    assert mean_squared_error(setup, adapted(found, setup), setup.unseen_adapted()) < ROUNDING


def test_the_error_of_the_solver_is_what_the_protocols_differ_by() -> None:
    setup, exact = replicas.get("coda-lv"), replicas.get("coda-lv-exact").training()
    system = exact.system
    table = system.library.table(system.states)
    truth = systems.true_coefficients(system, table, exact.data.environments)
    model = SpReME(library=system.library).fit(exact.data)
    np.testing.assert_allclose(model.coef_, truth, atol=1e-6)
    for coarse, fine in zip(setup.training().data[::6], exact.data[::6], strict=True):
        error = error_of(coarse, model, setup.forecast_integrator)
        # Both are rounded to single precision, and start from rounded states: 2^-21 in states below 8.
        np.testing.assert_allclose(error, coarse.x - fine.x, rtol=0, atol=2e-6)
