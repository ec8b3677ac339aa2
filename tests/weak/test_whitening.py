"""Whitening: against a dense Cholesky factor, and by Monte Carlo on white noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import cholesky, expm, solve_triangular

from spreme import Trajectories
from spreme.library import PolynomialLibrary
from spreme.weak import Bumps, prepare, rows, whiten
from spreme.weak.kernels import RIDGE
from spreme.weak.whitening import slopes

LAW = np.array([[-0.2, 1.5], [-1.0, 0.1]])
TABLE = PolynomialLibrary(degree=1, include_bias=False).table(["x", "y"])
TIMES = np.linspace(0, 6, 90)
CLEAN = np.array([expm(LAW * s) @ [1.0, 0.3] for s in TIMES])
SIGMA = np.array([0.02, 0.05])


def noise_map(bumps: Bumps, slope: np.ndarray, state: int) -> np.ndarray:
    """Matrix (R, n * S) from the noise of all samples and states to the residuals of the rows."""
    n, S = slope.shape
    out = np.zeros((len(bumps.first), n, S))
    for r, (first, count, phi, phi_dot) in enumerate(zip(*bumps, strict=True)):
        for i in range(count):
            out[r, first + i] = phi[i] * slope[first + i]
            out[r, first + i, state] += phi_dot[i]
    return out.reshape(len(out), -1)


@pytest.mark.parametrize("state", [0, 1])
@pytest.mark.parametrize("dropped", [False, True])
def test_equals_a_dense_cholesky_factor(state: int, dropped: bool) -> None:
    rng = np.random.default_rng(state)
    run = prepare(Trajectories([CLEAN], [TIMES])[0], SIGMA)
    known = np.ones(90, bool)
    known[[30, 31]] = not dropped
    slope, variance = rng.standard_normal((90, 2)), rng.uniform(0.1, 2, 2)
    for own in rows(run._replace(known=known), TABLE):
        if not len(own.theta):
            continue
        M = noise_map(own.bumps, slope, state) * np.tile(np.sqrt(variance), 90)
        covariance = M @ M.T
        covariance += RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        plain = np.column_stack([own.theta, own.target[:, state]])
        expected = solve_triangular(cholesky(covariance, lower=True), plain, lower=True)
        # condition of the covariance up to 1e6 (the ridge) times rounding
        np.testing.assert_allclose(
            whiten(own, run, slope, variance, state), expected, rtol=0, atol=1e-9 * np.abs(expected).max()
        )


def test_residuals_of_the_true_law_are_white() -> None:
    """A linear law: the residual is linear in the noise, so the covariance is exact."""
    rng = np.random.default_rng(0)
    n_draws = 500
    slope = [np.tile(LAW[k], (90, 1)) for k in range(2)]
    draws: dict[tuple[int, int], list[np.ndarray]] = {}
    for _ in range(n_draws):
        noisy = CLEAN + SIGMA * rng.standard_normal(CLEAN.shape)
        run = prepare(Trajectories([noisy], [TIMES])[0], SIGMA)
        # degree 1 has no bias to take off; the windows must be those of every draw
        for level, own in enumerate(rows(run, TABLE)):
            for k in range(2):
                if len(own.theta):
                    white = whiten(own, run, slope[k], SIGMA**2, k)
                    draws.setdefault((level, k), []).append(white[:, -1] - white[:, :-1] @ LAW[k])
    assert len(draws) >= 4
    for residuals in draws.values():
        r = np.array(residuals)
        covariance = r.T @ r / n_draws
        # entries have standard errors of (2 / 500)^.5 and (1 / 500)^.5; 5 of them for about 2000 entries
        assert np.abs(np.diag(covariance) - 1).max() < 5 * np.sqrt(2 / n_draws)
        assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 5 / np.sqrt(n_draws)
        assert np.abs(r.mean(axis=0)).max() < 5 / np.sqrt(n_draws)


def test_slopes_are_derivatives_of_the_law() -> None:
    table = PolynomialLibrary(degree=3).table(["x", "y"])
    rng = np.random.default_rng(1)
    x = rng.uniform(-2, 2, (30, 2))
    coef = np.zeros(table.n_terms)
    coef[[table.index(name) for name in ("x**2", "x*y**2", "y", "1")]] = [1.5, -0.7, 2.0, 9.0]
    expected = np.column_stack([3 * x[:, 0] - 0.7 * x[:, 1] ** 2, -1.4 * x[:, 0] * x[:, 1] + 2])
    # central differences of step 1e-5 of the spread: 1e-10 of curvature, 1e-11 of rounding
    np.testing.assert_allclose(slopes(table, coef, x), expected, atol=1e-8)


def test_slopes_of_a_constant_state_are_zero_or_finite() -> None:
    x = np.column_stack([np.zeros(10), np.full(10, 3.0)])
    table = PolynomialLibrary(degree=2).table(["x", "y"])
    found = slopes(table, np.ones(table.n_terms), x)
    assert np.isfinite(found).all()
    # d/dy (1 + x + y + x^2 + x y + y^2) at (0, 3)
    np.testing.assert_allclose(found[:, 1], 7.0, rtol=1e-6)
