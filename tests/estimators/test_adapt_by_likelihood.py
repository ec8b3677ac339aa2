"""New environments by the likelihood of their trajectories: prior and alarm."""

from __future__ import annotations

import numpy as np
import pytest
from estimators.test_adapt_and_save import errors
from estimators.test_spreme import RATES, lotka_volterra
from scipy.integrate import solve_ivp

from spreme import PolynomialLibrary, SpReME
from spreme.estimators.adaptation_prior import population, posterior_covariance, relaxed
from spreme.results import Law

LOTKA = {"x": ["x", "x*y"], "y": ["y", "x*y"]}


@pytest.fixture(scope="module")
def model() -> SpReME:
    library = PolynomialLibrary(degree=2)
    return SpReME(library=library, allowed=LOTKA, required=LOTKA).fit(lotka_volterra(0.02)[:4])


def one_term_law(coef: np.ndarray) -> tuple[Law, np.ndarray]:
    """A law x' = c x with given coefficients (E,), and covariances of 0.01^2."""
    table = PolynomialLibrary(degree=1).table(["x"])
    full = np.zeros((len(coef), 1, 2))
    full[:, 0, 1] = coef
    std = np.where(full != 0, 0.01, np.nan)
    law = Law(table, full[0] != 0, full, std, tuple(range(len(coef))), np.zeros((len(coef), 1)))
    return law, np.full((len(coef), 1, 1), 1e-4)


# the prior


def test_population_of_many_environments_is_their_sample() -> None:
    coef = -1.0 + 0.3 * np.random.default_rng(0).standard_normal(200)
    described = population(*one_term_law(coef))
    # errors of 0.01 are small beside 0.3; with 200 environments Student's t is the Gaussian to 1 %
    assert described.mean[0, 1] == pytest.approx(coef.mean(), abs=1e-3)
    assert described.std[0, 1] == pytest.approx(coef.std(ddof=1), rel=0.02)
    assert np.isinf(described.std[0, 0]) and described.mean[0, 0] == 0


def test_equal_environments_leave_the_least_spread_and_one_says_nothing() -> None:
    described = population(*one_term_law(np.full(30, -2.0)))
    # 1 % of the size and the error of the mean, 0.01 / sqrt(30), widened by t(29) / 1.96 = 1.043
    assert described.std[0, 1] == pytest.approx(1.043 * np.hypot(0.02, 0.01 / np.sqrt(30)), rel=1e-3)
    assert np.isinf(population(*one_term_law(np.array([-2.0]))).std[0, 1])


def test_relaxation_is_empirical_bayes() -> None:
    mean, variance = np.array([1.0, 1.0, 1.0]), np.array([0.01, 0.01, 0.01])
    fisher = np.diag([1e4, 1e4, 1e-6])
    alone = np.array([1.02, 3.0, 50.0])
    wider = relaxed(variance, mean, fisher, fisher @ alone)
    # one coefficient: tau^2 = max(given, distance^2 - error^2); the third is beyond what the data can tell
    assert wider == pytest.approx([0.01, 4.0 - 1e-4, 0.01], rel=1e-2)
    assert (relaxed(np.full(3, np.inf), mean, fisher, fisher @ alone) == np.inf).all()


def test_what_nobody_knows_is_nan() -> None:
    covariance = posterior_covariance(np.diag([4.0, 0.0]), np.array([np.inf, np.inf]))
    assert covariance[0, 0] == pytest.approx(0.25) and np.isnan(covariance[1]).all()


# recordings of all kinds


def test_errors_are_as_stated(model: SpReME) -> None:
    scaled = []
    for seed in range(6):
        adapted = model.adapt(lotka_volterra(0.02, seed=30 + seed).where(env="C"), env="C")
        scaled.append(errors(adapted) / adapted.coef_std_[0][adapted.mask_])
        assert adapted.covariance_.shape == (1, 4, 4)
    # the mean of 24 squares of standard normals has a standard error of 0.29
    assert 0.3 < np.mean(np.square(scaled)) < 2.2


def test_three_samples_with_a_prior(model: SpReME) -> None:
    run = lotka_volterra(0.02, seed=7).where(env="C")[0]
    with pytest.warns(UserWarning, match="rest on the prior"):
        adapted = model.adapt([run.x[:3]], [run.t[:3]])
    spread = model._state.population.std[model.mask_]
    assert (np.abs(errors(adapted)) < spread).all() and (adapted.coef_std_[0][adapted.mask_] <= 1.001 * spread).all()


def test_fewer_values_than_unknowns_are_refused_without_a_prior(model: SpReME) -> None:
    run = lotka_volterra(0.02, seed=7).where(env="C")[0]
    x = run.x[:4].copy()
    x[1:3, 1] = np.nan
    x[1, 0] = np.nan  # 5 values, 4 coefficients and 2 first states
    with pytest.raises(ValueError, match="too few samples: 5 values for 4 coefficients"):
        model.adapt([x], [run.t[:4]], prior=False)


def test_irregular_times_and_missing_values(model: SpReME) -> None:
    rng, runs = np.random.default_rng(3), list(lotka_volterra(0.02, seed=9).where(env="C"))
    kept = [np.sort(rng.choice(120, 70, replace=False)) for _ in runs]
    x = [np.where(rng.random((70, 2)) < 0.2, np.nan, run.x[own]) for run, own in zip(runs, kept, strict=True)]
    adapted = model.adapt(x, [run.t[own] for run, own in zip(runs, kept, strict=True)])
    assert adapted.status_ == "converged"
    # 220 of 480 values: errors 1.5 times those of the complete recording, about 0.004; 5 standard errors
    assert np.abs(errors(adapted)).max() < 0.03


def test_what_is_not_observed_comes_from_the_prior_or_is_nan(model: SpReME) -> None:
    t = 0.1 * np.arange(60)
    grown = np.exp(0.5 * t) + 0.05 * np.random.default_rng(5).standard_normal(60)
    x = np.column_stack([grown, np.zeros(60)])
    adapted, names = model.adapt([x], [t]), list(model.get_feature_names_out())
    alone = model.adapt([x], [t], prior=False)
    growth, meeting = (0, 0, names.index("x")), (0, 0, names.index("x*y"))
    # growth by a factor of 19 with noise of 0.05 on 60 values: standard error about 0.0005
    for own in (adapted, alone):
        assert own.coef_[growth] == pytest.approx(0.5, abs=0.003)
    assert adapted.coef_[meeting] == pytest.approx(model._state.population.mean[meeting[1:]], abs=1e-6)
    assert np.isnan(alone.coef_[meeting]) and np.isnan(alone.coef_std_[meeting])


def test_a_bad_prior_does_no_harm() -> None:
    near = {"a": (0.5, 0.75, 0.5, 0.75), "b": (0.505, 0.745, 0.498, 0.752)}
    data = [solve(rates, seed) for seed, rates in enumerate(near.values())]
    model = SpReME(library=PolynomialLibrary(degree=2), allowed=LOTKA, required=LOTKA)
    model.fit([x for x, _ in data], [t for _, t in data], env=["a", "b"], state_names=["x", "y"])
    rates = (1.1, 0.4, 0.9, 0.3)
    x, t = solve(rates, 5)
    with_prior, alone = (model.adapt([x], [t], prior=prior).coef_[0][model.mask_] for prior in (True, False))
    truth = np.array([rates[0], -rates[1], -rates[2], rates[3]])
    # both within 5 % of the truth, and of each other by a fraction of their errors
    assert with_prior == pytest.approx(truth, rel=0.05) and with_prior == pytest.approx(alone, rel=0.02)


def test_adapt_follows_refine(model: SpReME) -> None:
    new = lotka_volterra(0.02, seed=11).where(env="C")
    rows = SpReME(library=PolynomialLibrary(degree=2), allowed=LOTKA, required=LOTKA, refine=None)
    by_rows = rows.fit(lotka_volterra(0.02)[:4]).adapt(new, env="C")
    # two estimators of the same coefficients: errors of rows are larger, both are small
    assert np.abs(errors(by_rows)).max() < 0.05 and by_rows.covariance_.shape == (1, 4, 4)
    assert not np.array_equal(by_rows.coef_, model.adapt(new, env="C").coef_)


def test_held_out_environments_are_scored() -> None:
    data = lotka_volterra(0.02)
    model = SpReME(library=PolynomialLibrary(degree=2), allowed=LOTKA, required=LOTKA).fit(data[:4])
    held_out = data[4:]
    assert model.score(held_out) > 0.95 and model.rollout_error(held_out)["C"] < 0.1


# the alarm


def solve(rates: tuple[float, ...], seed: int, own: float = 0.0, noise: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """Lotka-Volterra with x' = ... - own x^2, and its times."""
    a, b, c, d = rates
    t = 0.1 * np.arange(120)
    right = lambda _, z: (a * z[0] - b * z[0] * z[1] - own * z[0] ** 2, d * z[0] * z[1] - c * z[1])  # noqa: E731
    x = solve_ivp(right, (0, t[-1]), (1.0, 2.0), t_eval=t, rtol=1e-10, atol=1e-12).y.T
    rng = np.random.default_rng(seed)
    return x + noise * np.sqrt((x**2).mean(axis=0)) * rng.standard_normal(x.shape), t


def test_the_alarm_names_the_missing_term(model: SpReME) -> None:
    x, t = solve(RATES["C"], 1, own=0.15)
    with pytest.warns(UserWarning, match="does not describe the new environment"):
        adapted = model.adapt([x], [t])
    assert "x**2 in x'" in adapted.status_ and "of the misfit" in adapted.status_


@pytest.mark.parametrize("seed", range(5))
def test_noise_raises_no_alarm(model: SpReME, seed: int) -> None:
    x, t = solve(RATES["C"], 40 + seed)
    assert model.adapt([x], [t]).status_ == "converged"
