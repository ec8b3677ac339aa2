"""Implicit neural representations as smoothers."""

from __future__ import annotations

import numpy as np
import pytest

from spreme import PolynomialLibrary, SpReME, Trajectories
from spreme.data import Trajectory
from spreme.smoothing import implicit, smooth, smooth_all

# Networks are trained by gradients: on clean data they stop at an error of about this share of the amplitude.
CLOSE = 0.05


@pytest.fixture(autouse=True)
def short_training(monkeypatch) -> None:
    """Few networks of one frequency: enough for smooth curves."""
    monkeypatch.setattr(implicit, "FREQUENCIES", (5.0,))
    monkeypatch.setattr(implicit, "HIDDEN", (32, 32))
    monkeypatch.setattr(implicit, "N_NETWORKS", 2)
    monkeypatch.setattr(implicit, "STEPS", 1000)
    monkeypatch.setattr(implicit, "META_STEPS", 100)


def wave(t, phase=0.0, missing=()) -> Trajectory:
    """Sine and cosine of amplitudes 1 and 100, far from zero."""
    x = np.column_stack([np.sin(t + phase), 1000 + 100 * np.cos(t + phase)])
    for sample, state in missing:
        x[sample, state] = np.nan
    return Trajectory(t, x, env=0)


def assert_is_wave(result, t, phase=0.0) -> None:
    """States and derivatives, each in units of its amplitude; derivatives at the ends are worse by nature."""
    x = np.column_stack([np.sin(t + phase), 10 + np.cos(t + phase)])
    x_dot = np.column_stack([np.cos(t + phase), -np.sin(t + phase)])
    size = np.array([1.0, 100.0])
    np.testing.assert_allclose(result.x / size, x, atol=CLOSE)
    np.testing.assert_allclose((result.x_dot / size)[2:-2], x_dot[2:-2], atol=3 * CLOSE)


@pytest.mark.parametrize("start", [0.0, -3.0, 1e6])
def test_sine_in_its_own_units(start) -> None:
    t = np.linspace(0, 6, 61)
    result = smooth(Trajectory(start + t, wave(t).x, env=0), "inr")
    assert_is_wave(result, t)
    assert result.status == "converged" and result.x_std.shape == (61, 2)
    assert (result.noise_std < CLOSE * np.array([1, 100])).all() and (result.x_std >= 0).all()


def test_irregular_times_and_missing_values() -> None:
    t = np.sort(np.random.default_rng(0).uniform(0, 6, 80))
    missing = [(s, 0) for s in (5, 30, 31)] + [(s, 1) for s in range(50, 54)]
    assert_is_wave(smooth(wave(t, missing=missing), "inr"), t)


def test_states_measured_together_share_networks() -> None:
    t = np.linspace(0, 6, 20)
    runs = [Trajectory(t, np.ones((20, 3)), env=0), Trajectory(t, np.ones((20, 3)), env=0)]
    runs[1].x[4, 1] = np.nan
    groups = sorted(own.tolist() for own in implicit._measured_together(runs))
    assert groups == [[0, 2], [1]]
    assert [own.tolist() for own in implicit._measured_together(runs[:1])] == [[0, 1, 2]]


def test_derivative_is_that_of_the_curve() -> None:
    """The curve is smooth: central differences on a fine grid of times have an error of step^2."""
    t = np.sort(np.r_[np.linspace(0, 6, 41), 3.001, 2.999])
    noise = 0.1 * np.random.default_rng(0).standard_normal((t.size, 2)) * [1, 100]
    result = smooth(Trajectory(t, wave(t).x + noise, env=0), "inr")
    at = int(np.searchsorted(t, 3.0))
    slope = (result.x[at + 1] - result.x[at - 1]) / (t[at + 1] - t[at - 1])
    # Single precision: 1e-7 of the states over a step of 2e-3.
    np.testing.assert_allclose(result.x_dot[at] / [1, 100], slope / [1, 100], atol=5e-3)


def test_noise_is_smoothed_and_estimated() -> None:
    t, rng = np.linspace(0, 6, 200), np.random.default_rng(1)
    result = smooth(Trajectory(t, wave(t).x + 0.2 * rng.standard_normal((200, 2)) * [1, 100], env=0), "inr")
    truth = wave(t).x
    error = np.sqrt(((result.x - truth) ** 2).mean(axis=0)) / [1, 100]
    assert (error < 0.1).all()  # half the noise, where a curve of about 20 numbers would have a third
    # About 20 of 200 degrees of freedom go, and the estimate has a standard error of 5 %.
    np.testing.assert_allclose(result.noise_std / [1, 100], 0.2, rtol=0.2)


@pytest.mark.parametrize("method", ["inr", "meta_inr"])
def test_deterministic(method) -> None:
    runs = [wave(np.linspace(0, 5, 30), phase) for phase in (0.0, 1.0)]
    first, second = (smooth_all(runs, method) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.x_dot, other.x_dot)


def test_one_by_one_is_all_at_once_where_trajectories_stand_alone() -> None:
    runs = [wave(np.linspace(0, 5, 25), phase) for phase in (0.0, 1.0)]
    for run, result in zip(runs, smooth_all(runs, "inr"), strict=True):
        np.testing.assert_array_equal(result.x, smooth(run, "inr").x)


@pytest.mark.parametrize("method", ["inr", "meta_inr"])
def test_poor_states_go_to_the_gaussian_process(method) -> None:
    t = np.linspace(0, 6, 30)
    rich, poor = wave(t), Trajectory(t, np.column_stack([np.full(30, 2.0), wave(t).x[:, 0]]), env=0)
    poor.x[4:, 1] = np.nan
    _, result = smooth_all([rich, poor], method)
    expected = smooth(poor, "gp")
    np.testing.assert_array_equal(result.x, expected.x)
    np.testing.assert_array_equal(result.x_dot, expected.x_dot)
    assert "state 0" in result.status and "state 1" in result.status and "Gaussian process" in result.status


@pytest.mark.parametrize("method", ["inr", "meta_inr"])
@pytest.mark.parametrize("n_samples", [1, 2, 5, 6, 7])
def test_short_trajectories(method, n_samples) -> None:
    t = np.arange(float(n_samples))
    (result,) = smooth_all([Trajectory(t, t[:, None] * 2.0 + 1.0, env=0)], method)
    assert np.isfinite(result.x).all() and np.isfinite(result.x_dot).all()


def test_family_with_missing_values_at_times_of_their_own() -> None:
    rng = np.random.default_rng(2)
    times = [np.sort(rng.uniform(0, 5, n)) for n in (25, 30, 35, 40)]
    runs = [wave(t, k / 2, missing=[(k + 3, k % 2)]) for k, t in enumerate(times)]
    for k, (t, result) in enumerate(zip(times, smooth_all(runs, "meta_inr"), strict=True)):
        truth = np.column_stack([np.sin(t + k / 2), 10 + np.cos(t + k / 2)])
        # 100 meta-steps and at most 300 steps of Adam: a tenth of the training that `inr` has.
        np.testing.assert_allclose(result.x / [1, 100], truth, atol=3 * CLOSE)


def decays(seed=0) -> Trajectories:
    """Linear decay at three rates, noise of 1 % of the start."""
    t, rng = np.linspace(0, 3, 61), np.random.default_rng(seed)
    x = [2.0 * np.exp(-rate * t) + 0.02 * rng.standard_normal(t.size) for rate in (0.5, 1.0, 1.5)]
    return Trajectories([own[:, None] for own in x], t, env=["cold", "mild", "hot"], state_names=["x"])


@pytest.mark.parametrize("smoother", ["inr", "meta_inr"])
def test_estimator_finds_a_law(smoother) -> None:
    model = SpReME(PolynomialLibrary(degree=2), formulation="derivative", refine=None, smoother=smoother)
    model.fit(decays())
    np.testing.assert_array_equal(np.flatnonzero(model.mask_[0]), [1])  # terms 1, x, x^2
    np.testing.assert_allclose(model.coef_[:, 0, 1], [-0.5, -1.0, -1.5], rtol=0.1)


def test_default_smoother_needs_no_network(monkeypatch) -> None:
    monkeypatch.setattr(implicit, "SparseINR", None)
    monkeypatch.setattr(implicit, "MetaSparseINR", None)
    assert all(own.status == "converged" for own in smooth_all(list(decays())))


def test_frequency_of_least_held_out_error_is_taken(monkeypatch) -> None:
    made = []

    class Network:
        """A network with a held-out error by frequency."""

        def __init__(self, w0: float, seed: int) -> None:
            self.w0, self.held_out_loss_ = w0, {3.0: 2.0, 5.0: 1.04, 10.0: 1.0, 20.0: 1.5}[w0]

        def fit(self, u, y) -> Network:
            made.append(self.w0)
            return self

    monkeypatch.setattr(implicit, "FREQUENCIES", (3.0, 5.0, 10.0, 20.0))
    monkeypatch.setattr(implicit, "_network", Network)
    chosen = implicit._ensemble(implicit.Signal(np.zeros((6, 1)), np.zeros((6, 1))))
    assert {own.w0 for own in chosen} == {10.0}
    assert sorted(set(made)) == [3.0, 5.0, 10.0, 20.0]
