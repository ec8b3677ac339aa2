"""Rows of driven systems: exact solutions meet their law, and inputs, which are known, carry no noise."""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

from spreme import Trajectories
from spreme.data import Trajectory
from spreme.library import PolynomialLibrary
from spreme.selection.derivative_equations import derivative_equations
from spreme.selection.weak_equations import weak_equations
from spreme.weak import prepare, rows
from spreme.weak.unbiased import unbiased_terms
from spreme.weak.whitening import slopes

T = np.linspace(0, 10, 601)
U = np.sin(1.3 * T)
TABLE = PolynomialLibrary(degree=2).table(["x", "u"]).with_inputs(1)
COEF = np.array([0.0, -0.7, 1.4, 0.0, 0.3, 0.0])  # 1, x, u, x**2, x*u, u**2


def driven(noise: float = 0.0, seed: int = 0) -> Trajectory:
    """A run of x' = -0.7 x + 1.4 u + 0.3 x u."""

    def slope(t: float, x: np.ndarray) -> np.ndarray:
        u = np.sin(1.3 * t)
        return -0.7 * x + 1.4 * u + 0.3 * x * u

    x = solve_ivp(slope, (0, 10), [0.5], t_eval=T, rtol=1e-12, atol=1e-13).y.T
    return Trajectories([x + noise * np.random.default_rng(seed).standard_normal(x.shape)], T, u=[U])[0]


def test_an_exact_solution_meets_its_law() -> None:
    found = rows(prepare(driven(), np.zeros(1)), TABLE)
    theta, target = np.vstack([own.theta for own in found]), np.vstack([own.target for own in found])
    assert target.shape == (len(theta), 1) and len(theta) > 100
    # quadrature of degree 6 on 10 to 90 intervals of a smooth integrand of order one
    np.testing.assert_allclose(target[:, 0], theta @ COEF, atol=1e-8)


def test_inputs_have_no_noise_to_be_freed_of() -> None:
    run = prepare(driven(0.1), np.array([0.1]))
    assert run.n_states == 1 and run.x.shape == run.variance.shape == (601, 2)
    theta = unbiased_terms(TABLE, run.x, run.variance)
    x, u = run.x.T
    expected = np.column_stack([np.ones(601), x, u, x**2 - 0.01, x * u, u**2])
    np.testing.assert_allclose(theta, expected, rtol=1e-13, atol=1e-15)


def test_missing_states_are_filled_and_inputs_stay() -> None:
    run = driven(0.01)
    run.x[100:103] = np.nan
    ready = prepare(run, np.array([0.01]))
    np.testing.assert_array_equal(ready.x[:, 1], U)
    assert np.isfinite(ready.x).all() and not ready.variance[:, 1].any()


def test_slopes_are_by_the_states_alone() -> None:
    columns = np.column_stack([driven().x, U])
    found = slopes(TABLE, COEF, columns)
    assert found.shape == (601, 1)
    # central differences of a quadratic are exact but for rounding, 1e-16 over a step of 1e-5
    np.testing.assert_allclose(found[:, 0], -0.7 + 0.3 * U, atol=1e-9)


def test_whitened_residuals_have_unit_variance() -> None:
    """Residuals of the true law, whitened for it, over many draws of the noise: mean square one."""
    mask, found = COEF != 0, []
    for seed in range(40):
        equations = weak_equations([[driven(0.02, seed)]], TABLE, np.array([[0.02]]))
        system = equations.weighted(0, 1, mask, COEF[mask][None])
        found.append(np.mean((system.targets[0] - system.thetas[0] @ COEF) ** 2))
    # 40 draws of some 60 rows each: standard error of the mean sqrt(2 / 2400) = 3 %
    assert abs(np.mean(found) - 1.0) < 0.12


def test_rows_of_derivatives_hold_the_inputs() -> None:
    equations = derivative_equations([[driven()]], TABLE, "auto")
    theta, target = equations.thetas[0][0], equations.targets[0][0]
    margin = (601 - len(theta)) // 2
    np.testing.assert_array_equal(theta[:, 2], U[margin : 601 - margin])
    # a Gaussian process on noise-free, finely sampled data
    np.testing.assert_allclose(target[:, 0], theta @ COEF, atol=1e-3)
