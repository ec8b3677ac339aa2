"""SpReME's set-ups: the published order of draws, written out with NumPy's legacy functions, and its rounding."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import systems
from systems import replicas

NAMES = [name for name in replicas.names() if name.startswith("spreme")]
BASE = {
    "spreme-linear": (-0.1, 2.0, -2.0, -0.1, -0.3),
    "spreme-lorenz": (10, 28, 8 / 3),
    "spreme-pendulum": (0.5, 0.98),
}
LOTKA = [(0.5, 0.5), (0.75, 0.5), (1, 0.5), (0.5, 0.75), (0.5, 1), (0.75, 0.75), (0.75, 1), (1, 0.75), (1, 1)]


def _starts(name: str, rng: np.random.RandomState, n: int) -> np.ndarray:
    if name == "spreme-lotka":
        return rng.random_sample((n, 2)) + 1.0
    if name == "spreme-pendulum":
        v = rng.randn(n, 2) * 2.0 - 1.0
        radius = rng.rand(n, 1) + 1.3
        return v / np.linalg.norm(v, axis=1, keepdims=True) * radius
    return rng.randn(n, 3)


def _parameters(name: str, rng: np.random.RandomState) -> np.ndarray:
    return np.array(BASE[name]) + 0.1 * rng.randn(3, len(BASE[name]))


def _training_draws(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Starts and parameters in half precision."""
    rng = np.random.RandomState(1000)
    if name == "spreme-lotka":
        starts, parameters = _starts(name, rng, 16), np.array([(0.5, b, 0.5, d) for b, d in LOTKA])
    elif name == "spreme-pendulum":
        parameters = _parameters(name, rng)
        starts = _starts(name, rng, 16)
    else:
        starts = _starts(name, rng, 16)
        parameters = _parameters(name, rng)
    return starts.astype(np.float16), parameters.astype(np.float16)


@cache
def published(name: str) -> replicas.Experiment:
    """The training data of the publication."""
    return replicas.get(name).training()


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def training(name: str) -> replicas.Experiment:
    return published(name)


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown replica 'lotka': there are spreme-linear, spreme-lorenz, "):
        replicas.get("lotka")


def test_training_repeats_the_published_draws(name: str, training: replicas.Experiment) -> None:
    starts, parameters = _training_draws(name)
    environments = training.data.environments
    assert environments == list(range(9 if name == "spreme-lotka" else 3))
    found = [list(training.system.parameters_in(env).values()) for env in environments]
    np.testing.assert_array_equal(found, parameters.astype(float))
    for env in environments:
        first = [run.x[0] for run in training.data.where(env=env)]
        np.testing.assert_array_equal(first, starts.astype(float))


def test_shapes_and_rounding_of_training(name: str, training: replicas.Experiment) -> None:
    x = np.array(training.data.x)
    assert x.shape[1:] == (200, len(training.system.states))
    assert len(x) == 16 * len(training.data.environments)
    np.testing.assert_array_equal(x, x.astype(np.float32))
    np.testing.assert_array_equal(training.data.t[0], np.arange(200) * 0.02)
    assert training.system.dt == 0.02
    assert training.system.horizon == 4.0


def test_the_linear_system_is_solved_to_single_precision() -> None:
    """Closed form: z decays with exp(e t), and x^2 + y^2 with exp(2 a t) where a = d and b = -c."""
    experiment = published("spreme-linear")
    for env in experiment.data.environments:
        rate = experiment.system.parameters_in(env)["e"]
        for run in experiment.data.where(env=env):
            # Rounding to single precision: 2^-24 = 6e-8 relative.
            np.testing.assert_allclose(run.x[:, 2], run.x[0, 2] * np.exp(rate * run.t), rtol=1e-7)


def test_the_pendulum_agrees_with_an_independent_solution() -> None:
    experiment = published("spreme-pendulum")
    starts, parameters = _training_draws("spreme-pendulum")
    b, g = parameters[1].astype(float)
    run = solve_ivp(
        lambda _, x: [x[1], -b * x[1] - g * np.sin(x[0])],
        (0, 4),
        starts[7].astype(float),
        t_eval=np.arange(200) * 0.02,
        method="DOP853",
        rtol=1e-12,
        atol=1e-12,
    )
    np.testing.assert_allclose(experiment.data.where(env=1)[7].x, run.y.T, rtol=0, atol=3e-7)  # |x| < 4: 2^-23 at most


def test_the_mask_sizes_of_the_publication() -> None:
    sizes = {}
    for each in NAMES:
        experiment = published(each)
        table = experiment.system.library.table(experiment.system.states)
        sizes[each] = int(systems.true_mask(experiment.system, table, experiment.data.environments).sum())
    assert sizes == {"spreme-linear": 5, "spreme-lorenz": 7, "spreme-lotka": 4, "spreme-pendulum": 3}


def test_libraries_of_the_publication() -> None:
    tables = {each: replicas.get(each).system.library.table(replicas.get(each).system.states) for each in NAMES}
    assert {each: table.n_terms for each, table in tables.items()} == {
        "spreme-linear": 56,
        "spreme-lorenz": 56,
        "spreme-lotka": 21,
        "spreme-pendulum": 24,
    }
    assert tables["spreme-pendulum"].names[-3:] == ("sin(x)", "sin(y)", "sin(x + y)")


def test_adaptation_and_test_share_one_stream(name: str) -> None:
    rng = np.random.RandomState(100)
    start, others = _starts(name, rng, 1), _starts(name, rng, 16)
    replica = replicas.get(name)
    adaptation, test = replica.adaptation(), replica.unseen_adapted()
    np.testing.assert_array_equal(adaptation.data[0].x[0], start[0].astype(np.float16).astype(float))
    np.testing.assert_array_equal([run.x[0] for run in test.data], others.astype(np.float32).astype(float))
    assert np.array(adaptation.data.x).shape[:2] == (1, 200)
    assert np.array(test.data.x).shape[:2] == (16, 1000)
    np.testing.assert_allclose(test.data.t[0], np.arange(1000) * 0.01, rtol=1e-14)
    base = (0.5, 0.625, 0.5, 1.125) if name == "spreme-lotka" else BASE[name]
    for experiment in (adaptation, test):
        assert experiment.data.environments == [100]
        found = list(experiment.system.parameters_in(100).values())
        np.testing.assert_array_equal(found, np.array(base).astype(np.float16).astype(float))


def test_seeds_and_sizes_can_be_chosen() -> None:
    replica = replicas.get("spreme-linear")
    usual, small, other = (
        published("spreme-linear"),
        replica.training(n_environments=2, n_trajectories=3),
        replica.training(draw_seed=1, n_environments=2, n_trajectories=3),
    )
    assert (len(small.data), small.data.environments) == (6, [0, 1])
    np.testing.assert_array_equal(small.data.x[0][0], usual.data.x[0][0])
    assert not np.array_equal(small.data.x[0][0], other.data.x[0][0])


def test_noise_is_added_to_the_published_draws() -> None:
    clean, noisy = published("spreme-linear").data, replicas.get("spreme-linear").training(noise=0.05, seed=3).data
    for env in clean.environments:
        exact, measured = np.vstack(clean.where(env=env).x), np.vstack(noisy.where(env=env).x)
        std = 0.05 * np.sqrt(np.mean(exact**2, axis=0))
        # 3200 numbers: their standard deviation is known to 1.25 %; four of these are allowed.
        np.testing.assert_allclose((measured - exact).std(axis=0), std, rtol=0.05)
    again = replicas.get("spreme-linear").training(noise=0.05, seed=3).data
    np.testing.assert_array_equal(again.x[5], noisy.x[5])


def test_the_starts_of_the_test_run_in_the_environments_of_training_too() -> None:
    replica = replicas.get("spreme-pendulum")
    seen, adapted = replica.unseen(), replica.unseen_adapted()
    assert seen.data.environments == [0, 1, 2]
    assert seen.system.parameters_in(1) == published("spreme-pendulum").system.parameters_in(1)
    for env in seen.data.environments:
        first = [run.x[0] for run in seen.data.where(env=env)]
        np.testing.assert_array_equal(first, [run.x[0] for run in adapted.data])


def test_the_global_generator_is_left_alone() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    replicas.get("spreme-pendulum").training(n_trajectories=2)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_the_last_fifth_is_held_out() -> None:
    data = replicas.get("spreme-lotka").adaptation().data
    training, validation = replicas.hold_out(data)
    np.testing.assert_array_equal(training.x[0], data.x[0][:160])
    np.testing.assert_array_equal(validation.x[0], data.x[0][159:])
    np.testing.assert_array_equal(validation.t[0], data.t[0][159:])
    assert training.environments == validation.environments == data.environments
    assert training.state_names == data.state_names
