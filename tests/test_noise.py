"""Noise from fourth differences: closed forms and calibration."""

from __future__ import annotations

import numpy as np
import pytest

from spreme import Trajectories
from spreme.noise import contrasts, noise_std

N = 8000
REGULAR = np.linspace(0, 20, N)
IRREGULAR = np.sort(np.random.default_rng(0).uniform(0, 20, N))
# The median of |z| over N contrasts, correlated over four neighbours, has a relative standard error of about
# 1.2 (4 / 8000)^.5 = 2.7 %.
FOUR_ERRORS = 0.11


def signal(t: np.ndarray) -> np.ndarray:
    return np.column_stack([np.sin(t), 100 * np.exp(-t / 5)])


@pytest.mark.parametrize("t", [REGULAR, IRREGULAR], ids=["regular", "irregular"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_recovers_the_noise(t: np.ndarray, missing: float) -> None:
    rng = np.random.default_rng(1)
    sigma = np.array([0.05, 3.0])
    x = signal(t) + sigma * rng.standard_normal((N, 2))
    x[rng.uniform(size=x.shape) < missing] = np.nan
    np.testing.assert_allclose(noise_std(list(Trajectories([x], [t]))), sigma, rtol=FOUR_ERRORS)


def test_pools_trajectories() -> None:
    rng = np.random.default_rng(2)
    t = np.linspace(0, 2, N // 10)
    x = [signal(t) + [0.02, 0.5] * rng.standard_normal((len(t), 2)) for _ in range(10)]
    np.testing.assert_allclose(noise_std(list(Trajectories(x, [t] * 10))), [0.02, 0.5], rtol=FOUR_ERRORS)


def test_a_few_jumps_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    x = 0.1 * rng.standard_normal((N, 1))
    x[rng.integers(0, N, 100)] += 50.0
    # 6 % of the contrasts touch a jump: the median moves by about as many percent of a quantile
    assert noise_std(list(Trajectories([x], [REGULAR])))[0] == pytest.approx(0.1, rel=0.2)


@pytest.mark.parametrize("t", [REGULAR[:50], IRREGULAR[:50]], ids=["regular", "irregular"])
def test_cubics_leave_nothing(t: np.ndarray) -> None:
    x = 1 - 2 * t + 3 * t**2 - t**3
    assert np.abs(contrasts(t, x)).max() < 1e-12
    assert np.abs(contrasts(t + 1e3, x + 1e3)).max() < 1e-9


def test_contrasts_have_unit_norm_and_are_fourth_differences_on_regular_times() -> None:
    t = np.linspace(0, 1, 9)
    weights = np.array([contrasts(t, unit) for unit in np.eye(9)]).T
    np.testing.assert_allclose(np.linalg.norm(weights, axis=1), 1.0, rtol=1e-13)
    np.testing.assert_allclose(weights[0, :5], np.array([1, -4, 6, -4, 1]) / np.sqrt(70), atol=1e-12)


def test_units_and_origin() -> None:
    x = signal(IRREGULAR) + np.random.default_rng(4).standard_normal((N, 2))
    base = noise_std(list(Trajectories([x], [IRREGULAR])))
    moved = noise_std(list(Trajectories([1e4 * x + 7], [3600 * IRREGULAR - 50])))
    np.testing.assert_allclose(moved, 1e4 * base, rtol=1e-6)


@pytest.mark.parametrize("n", [3, 4])
def test_too_few_samples_tell_nothing(n: int) -> None:
    t = np.arange(float(n))
    assert noise_std(list(Trajectories([t[:, None] ** 2], [t]))).tolist() == [0.0]


def test_clean_data_have_almost_no_noise() -> None:
    # the fourth difference of a sine is h^4 of its size: (20 / 8000)^4 = 4e-11, and rounding
    assert noise_std(list(Trajectories([signal(REGULAR)[:, :1]], [REGULAR])))[0] < 1e-9
