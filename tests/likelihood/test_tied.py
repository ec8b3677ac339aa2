"""Coefficients shared by all environments: the joint fit, its errors, and what the environments say against it."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.optimize import least_squares

from spreme import PolynomialLibrary, SpReME, Trajectories
from spreme.likelihood.final import Estimate, finish, finish_jointly
from spreme.likelihood.problem import pose
from spreme.likelihood.tied import Tied, alike, fit_alike, fit_tied, hold_at

T = np.linspace(0, 6, 41)
SD = 0.03
SHARED, OWN = (1.0, 1.0, 1.0), (-0.5, -0.7, -1.0)
RATE = np.array([True, False])


def logistic(start: float, rate: float, brake: float) -> np.ndarray:
    """Solution of x' = rate x + brake x^2."""
    return start * np.exp(rate * T) / (1 - brake / rate * start * (np.exp(rate * T) - 1))


def recordings(seed: int, rates: tuple[float, ...] = SHARED, brakes: tuple[float, ...] = OWN) -> Trajectories:
    rng = np.random.default_rng(seed)
    x = [
        logistic(0.1, rate, brake) + SD * rng.standard_normal(len(T)) for rate, brake in zip(rates, brakes, strict=True)
    ]
    return Trajectories([own[:, None] for own in x], [T] * len(x), env=list("ABC"), state_names=["x"])


def free_fit(data: Trajectories) -> Estimate:
    """A coefficient for every environment."""
    table = PolynomialLibrary(degree=2).table(["x"])
    mask = np.array([[False, True, True]])
    environments = [[run] for run in data]
    problem = pose(environments, table, np.ones_like(mask), np.zeros_like(mask), np.full((3, 1), SD))
    return finish(problem, 1, mask, np.tile([1.0, -0.5], (3, 1)), [own.y for own in problem.recordings])


@functools.cache
def tied(seed: int, rates: tuple[float, ...] = SHARED) -> Tied:
    found = fit_tied(free_fit(recordings(seed, rates)), RATE)
    assert found is not None
    return found


def test_equals_the_dense_joint_fit() -> None:
    data, found = recordings(0), tied(0)
    sd = found.estimate.problem.sd[:, 0]

    def residuals(z: np.ndarray) -> np.ndarray:
        parts = [(logistic(z[4 + e], z[0], z[1 + e]) - data[e].x[:, 0]) / sd[e] for e in range(3)]
        return np.concatenate(parts)

    dense = least_squares(residuals, [1.0, *OWN, 0.1, 0.1, 0.1], xtol=1e-14, ftol=1e-14, gtol=1e-14)
    error = np.sqrt(np.diag(np.linalg.inv(dense.jac.T @ dense.jac))[:4])
    coef, std = found.estimate.coef, found.estimate.std
    joint = np.array([coef[0, 0], *coef[:, 1]])
    # the joint fit stops within 1 % of a standard error of the optimum
    assert (np.abs(joint - dense.x[:4]) < 0.01 * error).all()
    # errors: the same information; the variance of the residuals is estimated from 123 values in both, to 6 %
    np.testing.assert_allclose(np.array([std[0, 0], *std[:, 1]]), error, rtol=0.1)
    assert (coef[:, 0] == coef[0, 0]).all() and np.ptp(std[:, 0]) < 1e-9


def test_standard_errors_are_calibrated() -> None:
    truth = np.column_stack([SHARED, OWN])
    found = [tied(seed) for seed in range(40)]
    z = np.array([(own.estimate.coef - truth) / own.estimate.std for own in found])
    # chi2 with 40 degrees, over 40, lies within these bounds with probability 0.9999
    spread = np.sqrt((z**2).mean(axis=0))
    assert (spread > 0.6).all() and (spread < 1.45).all()
    # the test of equality keeps its level: 40 trials at 5 %, more than 8 with probability 0.0002
    assert sum(own.p_value[0] < 0.05 for own in found) <= 8


def test_a_shared_coefficient_is_known_better() -> None:
    rates = free_fit(recordings(1, brakes=(-0.5, -0.5, -0.5)))
    both = fit_tied(rates, np.array([True, True]))
    assert both is not None
    # three equal environments: errors fall by sqrt(3), up to the scatter of the information among them
    np.testing.assert_allclose(both.estimate.std[0] / rates.std.mean(axis=0), 1 / np.sqrt(3), rtol=0.1)
    assert (both.estimate.coef == both.estimate.coef[0]).all()


def test_a_term_that_varies_contradicts_the_tie() -> None:
    found = tied(0, (1.0, 1.2, 0.9))
    assert found.p_value[0] < 1e-4 and np.isnan(found.p_value[1])


def test_the_joint_fit_of_states_and_coefficients_ties_as_well() -> None:
    free = free_fit(recordings(0))
    joint = finish_jointly(free.problem, free.fit.mask, free.fit.coef, free.states)
    found, other = fit_tied(joint, RATE), tied(0)
    assert found is not None
    # two engines, one likelihood: far closer than the errors
    assert (np.abs(found.estimate.coef - other.estimate.coef) < 0.03 * other.estimate.std).all()
    np.testing.assert_allclose(found.estimate.std, other.estimate.std, rtol=0.02)
    assert all(own.shape == (41, 1) for own in found.estimate.states)


def test_what_is_alike_is_tied_and_nothing_else() -> None:
    found = fit_alike(free_fit(recordings(1)))
    assert found is not None and found.which.tolist() == [True, False]
    assert fit_alike(free_fit(recordings(1, (1.0, 1.3, 0.8)))) is None


def test_no_environment_no_verdict() -> None:
    coef = np.array([[1.0, np.nan], [1.0, 2.0], [1.0, np.nan]])
    covariance = np.tile(0.01 * np.eye(2), (3, 1, 1))
    assert alike(coef, covariance, np.full(3, 50.0)).tolist() == [True, False]


def test_an_environment_that_does_not_observe_a_term_gets_the_shared_value() -> None:
    # the predator is absent in environment C: its terms are zero there
    rng, t = np.random.default_rng(0), np.linspace(0, 6, 61)
    x = []
    for brake in (0.5, 0.8):
        own = logistic_on(t, 1.0, -brake)
        x.append(np.column_stack([own, np.exp(-0.4 * t)]) + 0.01 * rng.standard_normal((61, 2)))
    x.append(np.column_stack([logistic_on(t, 1.0, -1.0) + 0.01 * rng.standard_normal(61), np.zeros(61)]))
    data = Trajectories(x, [t] * 3, env=list("ABC"), state_names=["x", "y"])
    library = PolynomialLibrary(degree=2)
    allowed = {"x": ["x", "x**2"], "y": ["y"]}
    free = SpReME(library=library, allowed=allowed).fit(data)
    model = SpReME(library=library, allowed=allowed, tie={"y": ["y"]}).fit(data)
    y = library.table(["x", "y"]).index("y")
    assert np.isnan(free.coef_[2, 1, y])
    assert (model.coef_[:, 1, y] == model.coef_[0, 1, y]).all() and np.isfinite(model.coef_std_[:, 1, y]).all()
    assert model.coef_[2, 1, y] == pytest.approx(-0.4, abs=4 * model.coef_std_[0, 1, y])
    assert "c_y_1" in model.selection_.reason and "not observed" not in str(model)


def logistic_on(t: np.ndarray, rate: float, brake: float) -> np.ndarray:
    return 0.1 * np.exp(rate * t) / (1 - brake / rate * 0.1 * (np.exp(rate * t) - 1))


def test_the_estimator_ties_and_complains() -> None:
    data = recordings(0, (1.0, 1.6, 0.7))
    options = {"library": PolynomialLibrary(degree=2), "required": {"x": ["x", "x**2"]}, "max_terms": 2}
    with pytest.warns(UserWarning, match="tied, but the environments disagree: c_x_1 \\(x in x'\\)"):
        model = SpReME(tie={"x": ["x"]}, **options).fit(data)
    assert "disagree" in model.status_ and np.ptp(model.coef_[:, 0, 1]) == 0.0
    fine = SpReME(tie="auto", **options).fit(recordings(1))
    assert fine.status_ == "converged" and np.ptp(fine.coef_[:, 0, 1]) == 0.0 and np.ptp(fine.coef_[:, 0, 2]) > 0.0
    assert "one coefficient for all environments: c_x_1 (x in x')" in str(fine.selection_)


def test_one_environment_has_nothing_to_tie() -> None:
    data = recordings(0).where(env="A")
    options = {"library": PolynomialLibrary(degree=2), "required": {"x": ["x", "x**2"]}, "max_terms": 2}
    assert (SpReME(tie="all", **options).fit(data).coef_ == SpReME(**options).fit(data).coef_).all()


def test_held_coefficients_do_not_move() -> None:
    estimate = free_fit(recordings(2))
    priors = hold_at(estimate.fit.coef, RATE, estimate.fit.information)
    assert all(own.precision[0, 0] > 0 and own.precision[1, 1] == 0 for own in priors)
