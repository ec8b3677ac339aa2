"""Data drawn from the systems: exact solutions, keyed noise, independence of order and number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import systems
from systems.environments import ParameterSets
from systems.simulation import add_noise, draw_runs
from systems.starts import Box

LAWFUL = [
    name
    for suite in ("bench", "textbook", "chaos")
    for name in systems.names(suite)
    if not systems.get(name).is_misspecified
]


def _kronecker(base: float, half_range: float, prime: int, env: int) -> float:
    return base * (1 + half_range * (2 * ((env + 1) * np.sqrt(prime) % 1) - 1))


def test_lotka_agrees_with_an_independent_solution() -> None:
    for env, trajectory in ((0, 0), (5, 3)):
        b, d = _kronecker(0.75, 0.34, 2, env), _kronecker(0.75, 0.34, 3, env)
        rng = np.random.default_rng([0, 2, env, trajectory])
        start = [rng.uniform(1, 2), rng.uniform(1, 2)]
        t = np.arange(101) * 0.1
        run = solve_ivp(
            lambda _, x, b=b, d=d: [0.5 * x[0] - b * x[0] * x[1], d * x[0] * x[1] - 0.5 * x[1]],
            (0, 10),
            start,
            t_eval=t,
            method="Radau",
            rtol=1e-10,
            atol=1e-12,
        )
        clean = systems.simulate_clean(systems.get("lotka"), n_environments=env + 1)[4 * env + trajectory]
        np.testing.assert_array_equal(clean.x[0], start)
        np.testing.assert_allclose(clean.t, t, rtol=1e-14)
        # Each solver is asked for 1e-9 per step; errors grow by less than 100 over one and a half periods.
        np.testing.assert_allclose(clean.x, run.y.T, rtol=0, atol=1e-7)


def test_literal_numbers() -> None:
    """Numbers that every later version must repeat: they make results comparable over time."""
    t = {name: systems.simulate_clean(systems.get(name), 1, 1)[0] for name in ("lotka", "fhn", "vdp")}
    assert [(run.n_samples, run.t[-1]) for run in t.values()] == [
        (101, pytest.approx(10.0)),
        (301, pytest.approx(60.0)),
        (501, pytest.approx(10.0)),
    ]
    # The solver is asked for 1e-9; eight printed digits and other processors' rounding leave 1e-7.
    np.testing.assert_allclose(t["lotka"].x[[0, -1]], [[1.08082404, 1.40243779], [0.73183631, 0.20951771]], rtol=1e-7)
    np.testing.assert_allclose(t["fhn"].x[[0, -1]], [[1.11616804, 0.64370806], [-0.9526864, -0.30305957]], rtol=1e-7)
    np.testing.assert_allclose(t["vdp"].x[[0, -1]], [[-0.38169205, 0.65303128], [-1.52251378, -2.22229458]], rtol=1e-7)
    noisy = systems.generate(systems.get("lotka"), 1, 1, noise=0.05, seed=0)
    np.testing.assert_allclose(noisy.x[0][0], [1.04937696, 1.3898312], rtol=1e-7)


@pytest.mark.parametrize("name", LAWFUL)
def test_clean_trajectories_obey_the_law(name: str) -> None:
    system = systems.get(name)
    data = systems.simulate_clean(system, n_environments=2, n_trajectories=1)
    table = system.library.table(system.states)
    coef = systems.true_coefficients(system, table, data.environments)
    for run, group in zip(data, data.groups, strict=True):
        speed = table.evaluate(run.x) @ coef[group].T
        # Simpson's rule over two steps: its error, h^5/90 times a fourth derivative, is far below 1e-2 of the path.
        h = run.t[1] - run.t[0]
        simpson = h / 3 * (speed[:-2] + 4 * speed[1:-1] + speed[2:])
        path = np.abs(run.x[2:] - run.x[:-2]).max(axis=0)
        assert np.all(np.abs(run.x[2:] - run.x[:-2] - simpson) <= 1e-2 * path + 1e-8)


def test_noise_is_relative_to_the_root_mean_square_of_the_environment() -> None:
    lorenz = systems.get("lorenz")
    noisy, clean = (
        systems.generate(lorenz, n_environments=2, noise=0.1),
        systems.simulate_clean(lorenz, n_environments=2),
    )
    for env in noisy.environments:
        measured, exact = np.vstack(noisy.where(env=env).x), np.vstack(clean.where(env=env).x)
        std = 0.1 * np.sqrt(np.mean(exact**2, axis=0))
        # 4 x 801 numbers: their standard deviation is known to 1/sqrt(2 x 3204) = 1.25 %; four of these are allowed.
        np.testing.assert_allclose((measured - exact).std(axis=0), std, rtol=0.05)
        np.testing.assert_allclose((measured - exact).mean(axis=0) / std, 0, atol=4 / np.sqrt(3204))


def test_without_noise_the_clean_data_are_measured() -> None:
    lotka = systems.get("lotka")
    for measured, exact in zip(systems.generate(lotka, 2, noise=0), systems.simulate_clean(lotka, 2), strict=True):
        np.testing.assert_array_equal(measured.x, exact.x)


def test_labels_and_order() -> None:
    data = systems.generate(systems.get("vdp"), n_environments=3, n_trajectories=2)
    assert data.env == [0, 0, 1, 1, 2, 2]
    assert data.state_names == ["x", "y"]


def test_a_trajectory_does_not_depend_on_what_else_is_generated() -> None:
    lotka = systems.get("lotka")
    few, many = systems.simulate_clean(lotka, 2, 2), systems.simulate_clean(lotka, 3, 4)
    for env in few.environments:
        for one, same in zip(few.where(env=env), many.where(env=env), strict=False):
            np.testing.assert_array_equal(one.x, same.x)
    forwards, backwards = draw_runs(lotka, [0, 4], 2), draw_runs(lotka, [4, 0], 2)
    noisy, reversed_noisy = add_noise(lotka, forwards, 0.1, 3), add_noise(lotka, backwards, 0.1, 3)
    np.testing.assert_array_equal(noisy[0].x, reversed_noisy[2].x)


def test_seeds_change_the_noise_alone() -> None:
    lotka = systems.get("lotka")
    first, again, other = (systems.generate(lotka, 1, 1, seed=seed).x[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05


def test_splits_have_starts_of_their_own() -> None:
    lotka = systems.get("lotka")
    starts = [draw_runs(lotka, [0], 1, split=split)[0].x[0] for split in ("training", "test", "adaptation")]
    assert len({tuple(start) for start in starts}) == 3


def test_a_state_that_runs_away_ends_its_trajectory() -> None:
    linear = systems.get("linear3d")
    growing = replace(
        linear, environments=ParameterSets({0: {"e": 3.0}}), starts=Box(((1, 1), (1, 1), (1, 1))), horizon=4.0
    )
    run = draw_runs(growing, [0], 1)[0]
    # exp(3 t) passes 1000 at t = ln(1000) / 3 = 2.303.
    assert run.t[-1] == pytest.approx(2.3)
    assert np.all(np.abs(run.x) < 1e3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_environments": 0}, "n_environments must be 1 or more"),
        ({"n_trajectories": 0}, "n_trajectories must be 1 or more"),
        ({"noise": -0.1}, "noise must be a finite number"),
        ({"noise": float("nan")}, "noise must be a finite number"),
        ({"seed": -1}, "seed must be a whole number"),
    ],
)
def test_refusals(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        systems.generate(systems.get("lotka"), **arguments)  # type: ignore[arg-type]
