"""The chaotic systems: bounded on every run of the benchmark, and as unpredictable as their records say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy
from numpy.typing import NDArray

import systems
from systems.environments import ParameterSets, RelativeRanges
from systems.simulation import draw_runs
from systems.system import System

Array = NDArray[np.float64]

CHAOS = systems.names("chaos")
EXPONENTS = [name for name in systems.names() if systems.get(name).lyapunov_time is not None]

N_STARTS = 100
BURN_IN, MEASURED = 10.0, 30.0  # Lyapunov times


def lengths(system: System) -> float:
    """Horizon in Lyapunov times."""
    assert system.lyapunov_time is not None
    return system.horizon / system.lyapunov_time


@pytest.mark.parametrize("name", CHAOS)
def test_all_parameters_differ_by_five_percent(name: str) -> None:
    system = systems.get(name)
    assert isinstance(system.environments, RelativeRanges)
    assert dict(system.environments.half_ranges) == dict.fromkeys(system.parameters, 0.05)


@pytest.mark.parametrize("name", CHAOS)
def test_the_horizon_is_some_lyapunov_times(name: str) -> None:
    assert 2 <= lengths(systems.get(name)) <= 8


@pytest.mark.parametrize("name", ["lorenz", "sprott_b"])
def test_the_tangent_flow_has_the_published_exponent(name: str) -> None:
    """Few and short runs: within a fifth, see the slow test for the rest."""
    system = systems.get(name)
    mean, error = largest_exponent(system, n_starts=40, measured=10.0)
    assert system.lyapunov_time is not None
    assert mean == pytest.approx(1 / system.lyapunov_time, abs=0.2 / system.lyapunov_time)
    assert error < 0.1 / system.lyapunov_time


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPONENTS)
def test_lyapunov_times(name: str) -> None:
    system = systems.get(name)
    mean, error = largest_exponent(system, n_starts=N_STARTS, measured=MEASURED)
    assert system.lyapunov_time is not None
    # Two printed digits round by up to 5 %; a finite run begins with the tangent not yet aligned; four standard errors.
    assert abs(mean * system.lyapunov_time - 1) < 0.08 + 4 * error * system.lyapunov_time


@pytest.mark.slow
@pytest.mark.parametrize("name", [*systems.names("textbook"), *CHAOS])
def test_no_run_of_the_benchmark_escapes(name: str) -> None:
    system = systems.get(name)
    longer = replace(system, horizon=2.5 * system.horizon)
    runs = draw_runs(system, range(8), 4) + draw_runs(system, range(100, 104), 1, split="adaptation")
    unseen = draw_runs(longer, [*range(8), *range(100, 104)], 8, split="test")
    assert all(run.t[-1] == pytest.approx(system.horizon, abs=system.dt) for run in runs)
    assert all(run.t[-1] == pytest.approx(longer.horizon, abs=system.dt) for run in unseen)


def largest_exponent(system: System, *, n_starts: int, measured: float) -> tuple[float, float]:
    """Mean and standard error of the growth of tangent vectors at the base parameters, over many starts (Benettin)."""
    flow = with_tangent(system)
    rng = np.random.default_rng(0)
    state = np.vstack([system.starts.draw(rng, n_starts).T, rng.standard_normal((len(system.states), n_starts))])
    step = system.dt / 2  # some 150 steps in the fastest period, for which the classical method errs by 1e-6
    assert system.lyapunov_time is not None
    n_burn, n = (round(times * system.lyapunov_time / step) for times in (BURN_IN, measured))
    growth = np.zeros(n_starts)
    for k in range(n_burn + n):
        state, logarithm = rescaled(runge_kutta(flow, state, step))
        growth += logarithm if k >= n_burn else 0.0
    rates = growth / (n * step)
    return float(rates.mean()), float(rates.std(ddof=1) / np.sqrt(n_starts))


def with_tangent(system: System) -> Callable[[Array], Array]:
    """Compile the law and its linearization: states (S, n) above tangent vectors (S, n)."""
    law = systems.truth(replace(system, environments=ParameterSets({0: {}})), 0)
    states = [sympy.Symbol(state) for state in law]
    tangent = [sympy.Symbol(f"d_{state}") for state in law]
    linear = sympy.Matrix(list(law.values())).jacobian(states) * sympy.Matrix(tangent)
    compiled: Any = sympy.lambdify([*states, *tangent], [*law.values(), *linear], "numpy")
    return lambda state: np.array([np.broadcast_to(row, state[0].shape) for row in compiled(*state)])


def runge_kutta(flow: Callable[[Array], Array], state: Array, step: float) -> Array:
    """One step of the classical method."""
    first = flow(state)
    second = flow(state + step / 2 * first)
    third = flow(state + step / 2 * second)
    return state + step / 6 * (first + 2 * second + 2 * third + flow(state + step * third))


def rescaled(state: Array) -> tuple[Array, Array]:
    """Tangent vectors of length 1, and the logarithms of the lengths they had."""
    half = len(state) // 2
    length = np.sqrt(np.sum(state[half:] ** 2, axis=0))
    return np.vstack([state[:half], state[half:] / length]), np.log(length)
