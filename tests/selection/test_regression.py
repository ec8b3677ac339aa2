"""Least squares of single equations, and how correlated residuals are counted."""

from __future__ import annotations

import numpy as np
import pytest

from spreme.selection import Regression, least_squares
from spreme.selection.correlation import correlation_time
from spreme.selection.regression import misfit


@pytest.mark.parametrize("shape", [(40, 1), (40, 6), (6, 6)])
def test_equals_numpy(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(shape[1])
    theta, y = rng.standard_normal(shape) * np.geomspace(1e-8, 1e8, shape[1]), rng.standard_normal(shape[0])
    fit = least_squares(theta, y)
    expected = np.linalg.lstsq(theta / np.linalg.norm(theta, axis=0), y)[0] / np.linalg.norm(theta, axis=0)
    np.testing.assert_allclose(fit.coef, expected, rtol=1e-9)
    assert (fit.rank, fit.n_observed) == (shape[1], shape[1])
    # exact fits leave rounding, of the size of the condition
    assert fit.mean_square == pytest.approx(np.mean((y - theta @ expected) ** 2), rel=1e-9, abs=1e-20)


def test_covariance_is_the_inverse_of_the_normal_matrix() -> None:
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((30, 4)) * [1, 10, 1e-3, 5]
    np.testing.assert_allclose(least_squares(theta, np.ones(30)).covariance, np.linalg.inv(theta.T @ theta), rtol=1e-9)


def test_collinear_columns_are_solved_to_their_condition() -> None:
    t = np.linspace(0, 1, 200)
    theta = t[:, None] ** np.arange(8)
    coef = np.array([1.0, -2, 3, -4, 5, -6, 7, -8])
    # condition 1e6 by QR, not its square
    np.testing.assert_allclose(least_squares(theta, theta @ coef).coef, coef, rtol=1e-8)


def test_zero_columns_are_not_observed() -> None:
    rng = np.random.default_rng(1)
    theta = rng.standard_normal((20, 4))
    theta[:, 2] = 0.0
    y = rng.standard_normal(20)
    fit, other = least_squares(theta, y), least_squares(theta[:, [0, 1, 3]], y)
    assert np.isnan(fit.coef).tolist() == [False, False, True, False]
    np.testing.assert_allclose(fit.coef[[0, 1, 3]], other.coef, rtol=1e-12)
    np.testing.assert_allclose(fit.covariance[np.ix_([0, 1, 3], [0, 1, 3])], other.covariance, rtol=1e-12)
    assert np.isnan(fit.covariance[2]).all()
    assert np.isnan(fit.covariance[:, 2]).all()
    assert (fit.rank, fit.n_observed) == (3, 3)


@pytest.mark.parametrize(("n", "kind"), [(20, "dependent"), (3, "wide")])
def test_dependent_columns_get_the_least_norm(n: int, kind: str) -> None:
    rng = np.random.default_rng(2)
    theta = rng.standard_normal((n, 4))
    if kind == "dependent":
        theta[:, 3] = theta[:, 0] + theta[:, 1]
    theta /= np.linalg.norm(theta, axis=0)
    y = rng.standard_normal(n)
    fit = least_squares(theta, y)
    assert fit.rank == 3 < fit.n_observed == 4
    np.testing.assert_allclose(fit.coef, np.linalg.pinv(theta, rcond=1e-10) @ y, atol=1e-9)


def test_nothing_to_fit() -> None:
    y = np.array([1.0, -3.0])
    for theta in (np.zeros((2, 0)), np.zeros((2, 2))):
        fit = least_squares(theta, y)
        assert np.isnan(fit.coef).all()
        assert (fit.mean_square, fit.rank, fit.n_observed) == (5.0, 0, 0)
    assert least_squares(np.zeros((0, 2)), np.zeros(0)).mean_square == 0.0


def test_misfit_by_environment() -> None:
    rng = np.random.default_rng(3)
    thetas = [rng.standard_normal((n, 3)) for n in (20, 30)]
    thetas[1][:, 1] = 0.0
    targets = [rng.standard_normal(n) for n in (20, 30)]
    mask = np.array([True, True, False])
    mean_square, n_observed = misfit(Regression(thetas, targets, np.array([20.0, 30.0]), np.zeros(2)), mask)
    assert n_observed.tolist() == [2, 1]
    for e, seen in enumerate(([0, 1], [0])):
        coef = np.linalg.lstsq(thetas[e][:, seen], targets[e])[0]
        assert mean_square[e] == pytest.approx(np.mean((targets[e] - thetas[e][:, seen] @ coef) ** 2))


def test_correlation_time_of_known_processes() -> None:
    rng = np.random.default_rng(4)
    white = [rng.standard_normal(5000) for _ in range(4)]
    # the sum stops at the first negative estimate: a few correlations of 1 / 20000^.5 at most
    assert 1.0 <= correlation_time(white) < 1.1
    rho, slow = 0.8, []
    for noise in white:
        own = np.zeros(5000)
        for i in range(1, 5000):
            own[i] = rho * own[i - 1] + noise[i]
        slow.append(own)
    # (1 + rho) / (1 - rho) = 9; the estimate from 20000 steps, 2200 of them independent, is good to a tenth
    assert correlation_time(slow) == pytest.approx(9.0, rel=0.25)
    assert correlation_time([]) == correlation_time([np.zeros(5)]) == correlation_time([np.ones(1)]) == 1.0
    # a constant residual is one piece of evidence: 1 + 2 sum (1 - k / n) = n
    assert correlation_time([np.ones(50)]) == pytest.approx(50.0)
