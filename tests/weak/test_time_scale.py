"""The period of a motion, seen through noise and at any sampling."""

from __future__ import annotations

import numpy as np
import pytest

from spreme.weak.time_scale import period


@pytest.mark.parametrize("samples_per_period", [30, 50, 400])
@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_period_of_a_sine(samples_per_period: int, noise: float) -> None:
    t = np.arange(0, 30, 1 / samples_per_period)
    x = 5 * np.sin(2 * np.pi * t)[:, None] + noise * np.random.default_rng(0).standard_normal((len(t), 1))
    # lags grow by a fifth and are whole steps, rounded up
    assert period(t, x, np.array([noise**2])) == pytest.approx(1.0, rel=0.25)


def test_the_fastest_state_counts() -> None:
    t = np.linspace(0, 30, 3000)
    x = np.column_stack([np.sin(0.3 * t), np.sin(2 * np.pi * t / 3), np.ones(3000)])
    assert period(t, x, np.zeros(3)) == pytest.approx(3.0, rel=0.25)


def test_units_do_not_matter() -> None:
    t = np.linspace(0, 30, 3000)
    x = np.column_stack([np.sin(t), np.cos(2 * t)]) + 0.1 * np.random.default_rng(1).standard_normal((3000, 2))
    base = period(t, x, np.full(2, 0.01))
    assert period(60 * t - 7, 1e3 * x + 5, np.full(2, 1e4)) == pytest.approx(60 * base, rel=1e-6)


def test_what_does_not_go_around_has_no_period() -> None:
    t = np.linspace(0, 1, 500)
    noise = np.random.default_rng(2).standard_normal((500, 1))
    assert period(t, np.ones((500, 1)), np.zeros(1)) == float("inf")
    assert period(t, noise, np.ones(1)) == float("inf")
    assert period(t[:7], t[:7, None], np.zeros(1)) == float("inf")
