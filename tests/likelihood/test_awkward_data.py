"""The default fit on data as they come: gaps, missing and wild values, still and absent states, inputs, stretches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from measured import Measured, lotka, mask_of

from spreme import SpReME, Trajectories
from spreme.data import Trajectory
from spreme.library import CustomLibrary
from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.problem import pose
from spreme.likelihood.shooting.gauss_newton import Control

TRUE_TERMS = {"x": ["x", "x*y"], "y": ["y", "x*y"]}


@pytest.fixture(name="measured", scope="module")
def _measured() -> Measured:
    return lotka(noise=0.05, n=161)


def collected(measured: Measured, change: Callable[[np.ndarray, np.ndarray], tuple]) -> Trajectories:
    """Trajectories after a change of their times and states."""
    runs = [(*change(run.t.copy(), run.x.copy()), run.env) for own in measured.environments for run in own]
    t, x, env = zip(*runs, strict=True)
    return Trajectories(list(x), list(t), env=list(env), state_names=["x", "y"])


def assert_found(model: SpReME, measured: Measured, within: float = 4.0) -> None:
    """The true mask, and coefficients within some standard errors."""
    full = np.zeros(model.mask_.shape, bool)
    table = model.library.table(("x", "y"))
    for s, terms in enumerate(TRUE_TERMS.values()):
        full[s, [table.index(term) for term in terms]] = True
    np.testing.assert_array_equal(model.mask_, full)
    assert model.status_ == "converged"
    error = (model.coef_[:, full] - measured.coef) / model.coef_std_[:, full]
    assert np.abs(error).max() < within  # of twelve numbers


def alternating(t: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """States that are never measured at the same time."""
    x[::2, 0], x[1::2, 1] = np.nan, np.nan
    return t, x


def scattered(t: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two samples of three, at irregular times, a fifth of the values missing."""
    rng = np.random.default_rng(int(1e6 * abs(x[0, 0])))
    kept = np.sort(rng.choice(len(t), 2 * len(t) // 3, replace=False))
    x[rng.random(x.shape) < 0.2] = np.nan
    return t[kept], x[kept]


def interrupted(t: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nothing measured over almost a third of the time."""
    return np.delete(t, np.s_[60:110]), np.delete(x, np.s_[60:110], axis=0)


CHANGES = {
    "alternating": alternating,
    "scattered": scattered,
    "interrupted": interrupted,
    "late": lambda t, x: (t + 1e6, x),
    "short": lambda t, x: (t[:70], x[:70]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_law_is_found_all_the_same(change: str, measured: Measured) -> None:
    assert_found(SpReME().fit(collected(measured, CHANGES[change])), measured)


def test_pieces_of_trajectories_are_as_good(measured: Measured) -> None:
    runs = [run for own in measured.environments for run in own]
    pieces = [(run.x[part], run.t[part], run.env) for run in runs for part in (np.s_[:80], np.s_[80:])]
    x, t, env = zip(*pieces, strict=True)
    data = Trajectories(list(x), list(t), env=list(env), state_names=["x", "y"])
    assert_found(SpReME().fit(data), measured)


def test_a_short_trajectory_does_no_harm(measured: Measured) -> None:
    runs = [run for own in measured.environments for run in own]
    x, t = [run.x for run in runs], [run.t for run in runs]
    env = [run.env for run in runs]
    data = Trajectories([*x, x[0][:5]], [*t, t[0][:5]], env=[*env, 0], state_names=["x", "y"])
    assert_found(SpReME().fit(data), measured)


def test_noise_may_differ_between_environments() -> None:
    """Each environment is weighed by its own noise, and told its own."""
    exact, rng = lotka(n=161), np.random.default_rng(3)
    size = {0: 0.2, 1: 0.02, 2: 0.002}
    runs = [run for own in exact.environments for run in own]
    x = [run.x + size[run.env] * rng.standard_normal(run.x.shape) for run in runs]
    data = Trajectories(x, [run.t for run in runs], env=[run.env for run in runs], state_names=["x", "y"])
    model = SpReME().fit(data)
    assert_found(model, exact)
    # 322 values: 1/sqrt(644) is 4 %
    np.testing.assert_allclose(model.noise_std_, np.array([[0.2], [0.02], [0.002]]) * np.ones(2), rtol=0.16)


def test_an_absent_species_is_not_observed(measured: Measured) -> None:
    """In environment 3 there are no predators: it tells the growth of the prey and nothing else."""
    runs = [run for own in measured.environments for run in own]
    t, rng = np.linspace(0, 4, 81), np.random.default_rng(4)
    alone = [np.column_stack([s * np.exp(0.3 * t) + 0.04 * rng.standard_normal(81), np.zeros(81)]) for s in (1.0, 2.0)]
    data = Trajectories(
        [*(run.x for run in runs), *alone],
        [*(run.t for run in runs), t, t],
        env=[*(run.env for run in runs), 3, 3],
        state_names=["x", "y"],
    )
    model = SpReME().fit(data)
    coef, std = model.coef_[:, model.mask_], model.coef_std_[:, model.mask_]
    assert model.mask_.sum() == 4
    assert np.abs((coef[:3] - measured.coef) / std[:3]).max() < 4
    assert np.isnan(coef[3, 1:]).all()
    assert abs(coef[3, 0] - 0.3) < 4 * std[3, 0]
    # the error of the rate alone: noise over the root of the sum of squared sensitivities t x, less the start's share
    sensitivity = np.concatenate([s * t * np.exp(0.3 * t) for s in (1.0, 2.0)])
    start = [np.concatenate([np.exp(0.3 * t), 0 * t]), np.concatenate([0 * t, np.exp(0.3 * t)])]
    design = np.column_stack([sensitivity, *start])
    assert std[3, 0] == pytest.approx(0.04 * np.sqrt(np.linalg.inv(design.T @ design)[0, 0]), rel=0.2)


def test_a_state_that_never_changes_does_no_harm() -> None:
    """0.1 has a computed standard deviation of 1e-17, which is no noise."""
    rng, t = np.random.default_rng(0), np.linspace(0, 6, 81)
    x = [
        np.column_stack([s * np.exp(-(0.5 + 0.2 * e) * t) + 0.02 * rng.standard_normal(81), np.full(81, 0.1)])
        for e in range(3)
        for s in (1.0, 2.0)
    ]
    data = Trajectories(x, t, env=np.repeat(range(3), 2).tolist(), state_names=["x", "p"])
    with pytest.warns(UserWarning, match="never changes"):
        model = SpReME(excluded={"x": ["p", "x*p", "p**2", "x**2*p", "x*p**2", "p**3"]}).fit(data)
    assert model.equations(0)[1] == "0"
    assert np.flatnonzero(model.mask_[0]).tolist() == [1]
    np.testing.assert_allclose(model.noise_std_[:, 0], 0.02, rtol=0.25)  # 160 values: 6 %


def test_inputs_drive_the_law() -> None:
    """x' = -a x + b u, exactly solvable for linear pieces of u: coefficients are exact."""
    t, table = np.linspace(0, 5, 51), CustomLibrary(["x", "u", "x*u"]).table(["x", "u"])
    rng = np.random.default_rng(0)
    environments, coef = [], []
    for e in range(2):
        a, b = 1.0 + e, 2.0 - e
        u, x = rng.uniform(-1, 1, 51), np.zeros(51)
        x[0] = 1.0
        for i in range(50):  # x = exp(-a h) x + b int exp(-a (h - s)) (u0 + s slope) ds
            h, slope = t[i + 1] - t[i], (u[i + 1] - u[i]) / (t[i + 1] - t[i])
            decay = np.exp(-a * h)
            x[i + 1] = decay * x[i] + b * (u[i] * (1 - decay) / a + slope * (h / a - (1 - decay) / a**2))
        environments.append([Trajectory(t, x[:, None], e, u[:, None])])
        coef.append([-a, b])
    mask = np.array([[True, True, False]])
    problem = pose(environments, table, ~mask | True, ~mask & False, np.zeros((2, 1)))
    states = [own.y for own in problem.recordings]
    fit = Evaluator(problem, 3).fit(mask, 0.8 * np.array(coef), states, Control(60, 1e-12, 1e-6))
    np.testing.assert_allclose(fit.coef, coef, rtol=1e-9)


def test_sensitivities_that_overflow_are_no_information() -> None:
    """The second equation explodes where the first state is plenty; its state is all but zero and never shows it."""
    measured = lotka(noise=0.02)
    t = np.linspace(0, 16, 81)
    plenty = np.column_stack([np.exp(0.5 * t), 1e-300 * np.sin(t)])
    environments = [[Trajectory(t, plenty, 0)], *measured.environments[1:]]
    allowed = np.ones(measured.mask.shape, bool)
    sd = np.vstack([[0.01, 1e-3], measured.sd[1:]])
    problem = pose(environments, measured.table, allowed, ~allowed, sd)
    states = [own.y for own in problem.recordings]
    coef = np.vstack([[0.5, 0.0, -0.5, 0.9], measured.coef[1:]])
    fit = Evaluator(problem, 1).fit(measured.mask, coef, states, Control(30, 1e-3, 1e-3))
    assert np.isfinite(fit.information).all()
    assert fit.observed[1:].all()


@pytest.mark.parametrize("loss", ["gaussian", "huber"])
def test_noise_is_told_whatever_the_loss(loss: str) -> None:
    measured = lotka(noise=0.05, n=161)
    model = SpReME(loss=loss).fit(collected(measured, lambda t, x: (t, x)))
    assert_found(model, measured)
    # 1932 values: 1.6 %, a little more with the loss of Huber
    assert (model.noise_std_ / measured.sd).mean() == pytest.approx(1.0, abs=0.07)


def test_wild_values_hardly_matter_with_huber(measured: Measured) -> None:
    def wild(t: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(int(1e6 * abs(x[0, 0])))
        return t, x + 0.6 * (rng.random(x.shape) < 0.03) * rng.choice([-1, 1], x.shape)

    models = {loss: SpReME(loss=loss).fit(collected(measured, wild)) for loss in ("gaussian", "huber")}
    error = {loss: np.abs(own.coef_[:, own.mask_] - measured.coef).mean() for loss, own in models.items()}
    assert error["huber"] < 0.7 * error["gaussian"]


@pytest.mark.slow
def test_standard_errors_are_calibrated() -> None:
    """Errors over standard errors have variance 1: 20 draws of 12 numbers, known to 5 %."""
    error = []
    for seed in range(20):
        measured = lotka(noise=0.05, n=161, seed=seed)
        only = {"allowed": TRUE_TERMS, "required": TRUE_TERMS}
        model = SpReME(**only).fit(collected(measured, lambda t, x: (t, x)))
        error.append((model.coef_[:, model.mask_] - measured.coef) / model.coef_std_[:, model.mask_])
    assert np.sqrt(np.mean(np.square(error))) == pytest.approx(1.0, abs=0.15)


def test_the_true_mask_is_written_as_the_terms_say(measured: Measured) -> None:
    """The oracle of these tests itself."""
    np.testing.assert_array_equal(mask_of(measured.table, list(TRUE_TERMS.values())), measured.mask)
