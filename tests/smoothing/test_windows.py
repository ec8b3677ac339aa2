"""Savitzky-Golay, finite differences and the choice of the method."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.signal import savgol_filter

from spreme.data import Trajectory
from spreme.smoothing import smooth
from spreme.smoothing.savgol import _smooth_state, _window, _windows


def run(t, x, method, index=0):
    x = np.asarray(x, dtype=float)
    return smooth(
        Trajectory(np.asarray(t, dtype=float), x if x.ndim == 2 else x[:, None], env="A", index=index), method
    )


@pytest.mark.parametrize(("method", "degree"), [("savgol", 4), ("finite_difference", 2)])
@pytest.mark.parametrize("n_samples", [6, 7, 8, 50, 301])
@pytest.mark.parametrize("start", [0.0, -3.0, 1e6])
def test_exact_on_polynomials_of_their_order(method, degree, n_samples, start) -> None:
    u = np.linspace(-1, 1, n_samples)
    polynomial = np.polynomial.Polynomial(np.arange(1.0, degree + 2))
    result = run(start + u, polynomial(u), method)
    np.testing.assert_allclose(result.x[:, 0], polynomial(u), atol=1e-10)
    # Times near 1e6 are rounded to 1e-10, and the step with them.
    np.testing.assert_allclose(result.x_dot[:, 0], polynomial.deriv()(u), atol=1e-10 if abs(start) < 10 else 1e-6)
    assert result.status == ("converged" if method == "finite_difference" or n_samples > 6 else result.status)


@pytest.mark.parametrize("width", [7, 15, 33])
def test_equals_scipy(width) -> None:
    y = np.random.default_rng(0).standard_normal(60)
    curve = _smooth_state(y, _window(width))
    np.testing.assert_allclose(curve.x, savgol_filter(y, width, 4), atol=1e-10)
    np.testing.assert_allclose(curve.x_dot, savgol_filter(y, width, 4, deriv=1), atol=1e-10)


def test_cross_validation_equals_leaving_out() -> None:
    """(y - x) / (1 - h) is the error of the fit without the sample."""
    rng = np.random.default_rng(1)
    y, width = rng.standard_normal(9), 9
    curve = _smooth_state(y, _window(width))
    for left_out in range(width):
        keep = np.arange(width) != left_out
        coef = np.polynomial.polynomial.polyfit(np.arange(width)[keep] - 4.0, y[keep], 4)
        error = y[left_out] - np.polynomial.polynomial.polyval(left_out - 4.0, coef)
        assert (y[left_out] - curve.x[left_out]) / (1 - curve.own[left_out]) == pytest.approx(error, rel=1e-8)


def test_windows_are_odd_and_fit() -> None:
    for n_samples in (7, 8, 9, 30, 101, 5000):
        widths = [len(window.basis) for window in _windows(n_samples)]
        assert widths[0] == 7 and max(widths) <= min(n_samples, 1001) and all(width % 2 for width in widths)
        assert widths == sorted(set(widths))


def test_window_grows_with_the_noise() -> None:
    t = np.linspace(0, 20, 400)
    noise = np.random.default_rng(0).standard_normal(400)
    std = [run(t, np.sin(t) + level * noise, "savgol").x_std.mean() / level for level in (0.001, 0.01, 0.1)]
    assert std[0] > std[1] > std[2]  # a wider window leaves a smaller share of the noise


def test_savgol_estimates_the_noise() -> None:
    t = np.linspace(0, 20, 400)
    noise = np.random.default_rng(0).standard_normal((400, 2)) * [0.05, 0.3]
    result = run(t, np.column_stack([np.sin(t), np.cos(t)]) + noise, "savgol")
    np.testing.assert_allclose(result.noise_std, [0.05, 0.3], rtol=0.1)


@pytest.mark.parametrize("n_samples", range(1, 8))
@pytest.mark.parametrize("method", ["savgol", "finite_difference"])
def test_short_trajectories(method, n_samples) -> None:
    t = np.arange(float(n_samples))
    result = run(t, 2 * t + 1, method)
    assert np.isfinite(result.x).all() and np.isfinite(result.x_dot).all()
    enough = n_samples > (2 if method == "savgol" else 1)
    if enough:
        np.testing.assert_allclose(result.x[:, 0], 2 * t + 1, atol=1e-10)
        np.testing.assert_allclose(result.x_dot, 2.0, atol=1e-10)


def test_finite_difference_keeps_the_states() -> None:
    x = np.random.default_rng(0).standard_normal((20, 2))
    result = run(np.arange(20.0), x, "finite_difference")
    np.testing.assert_array_equal(result.x, x)
    assert np.isnan(result.x_std).all() and np.isnan(result.noise_std).all() and result.x is not x


@pytest.mark.parametrize("method", ["savgol", "finite_difference"])
def test_refuses_irregular_times(method) -> None:
    t = np.r_[np.arange(10.0), 10.5]
    with pytest.raises(
        ValueError, match=re.escape("trajectory 4 (environment 'A') the steps range from 1 to 1.5")
    ) as error:
        run(t, t, method, index=4)
    assert "smoother='gp'" in str(error.value) and method in str(error.value)


@pytest.mark.parametrize("method", ["savgol", "finite_difference"])
def test_refuses_missing_values(method) -> None:
    x = np.ones((10, 2))
    x[6, 1] = np.nan
    with pytest.raises(ValueError, match=re.escape("trajectory 2 (environment 'A') 1 value")) as error:
        run(np.arange(10) / 2, x, method, index=2)
    assert "state 1 at t = 3" in str(error.value) and "smoother='gp'" in str(error.value)


@pytest.mark.parametrize("jitter", [1e-8, -1e-8])
def test_takes_times_that_are_regular_up_to_rounding(jitter) -> None:
    t = np.linspace(0, 1, 50)
    t[20] += jitter / 50
    run(t, t, "savgol")
    run(1.7e9 + 0.001 * np.arange(50), t, "savgol")


def test_auto_is_the_gaussian_process() -> None:
    t = np.linspace(0, 5, 40)
    np.testing.assert_array_equal(run(t, np.sin(t), "auto").x_dot, run(t, np.sin(t), "gp").x_dot)


@pytest.mark.parametrize("method", ["spline", "", None, 3])
def test_unknown_method(method) -> None:
    with pytest.raises(ValueError, match=re.escape(f"'finite_difference', 'inr', 'meta_inr', got {method!r}")):
        run(np.arange(5.0), np.arange(5.0), method)
