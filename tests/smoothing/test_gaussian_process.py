"""The Gaussian-process smoother against a dense Gaussian process, its invariances, and the truth on four systems."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from without_jit import compiled_and_plain

from spreme.data import Trajectory
from spreme.smoothing import Smooth, smooth
from spreme.smoothing.gaussian_process import Values, _deviance, _most_likely, _posterior

SYSTEMS = {
    "lotka": (lambda t, x: [x[0] * (1 - 0.8 * x[1]), x[1] * (0.6 * x[0] - 1)], [1.0, 1.8], 20.0),
    "lorenz": (
        lambda t, x: [10 * (x[1] - x[0]), x[0] * (28 - x[2]) - x[1], x[0] * x[1] - 8 / 3 * x[2]],
        [-6.0, -7.0, 24.0],
        8.0,
    ),
    "vanderpol": (lambda t, x: [x[1], 3 * (1 - x[0] ** 2) * x[1] - x[0]], [1.0, 1.0], 20.0),
    "fitzhugh": (
        lambda t, x: [x[0] - x[0] ** 3 / 3 - x[1] + 0.5, 0.08 * (x[0] + 0.7 - 0.8 * x[1])],
        [-1.0, 1.0],
        100.0,
    ),
}


def run(t, x, method="gp") -> Smooth:
    x = np.asarray(x, dtype=float)
    return smooth(Trajectory(np.asarray(t, dtype=float), x if x.ndim == 2 else x[:, None], env="A", index=3), method)


@cache
def truth(name, n_samples, seed=None):
    """Times (regular, or random with a seed), states and derivatives of a system."""
    f, start, horizon = SYSTEMS[name]
    t = np.linspace(0, horizon, n_samples)
    if seed is not None:
        t = np.sort(np.random.default_rng(seed).uniform(0, horizon, n_samples))
    x = solve_ivp(f, (0, horizon), start, t_eval=t, rtol=1e-10, atol=1e-12, method="DOP853").y.T
    return t, x, np.array([f(0.0, row) for row in x])


def oscillation(n_samples=80, noise=0.1, seed=0):
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 9, n_samples)
    return t, np.column_stack([np.sin(2 * t), np.exp(-t / 5) * np.cos(t)]) + noise * rng.standard_normal((n_samples, 2))


def dense(values, b, r):
    """The same Gaussian process by dense algebra: mean, derivative, standard deviation, -2 log likelihood."""
    u = np.cumsum(np.r_[0.0, values.d[1:]])
    there = ~np.isnan(values.y)
    y, n = values.y[there], there.sum()
    lag = u[:, None] - u[there]
    z = b * np.abs(lag)
    scale = 720.0 / (2 * b) ** 7
    covariance = scale * (1 + z + 0.4 * z**2 + z**3 / 15) * np.exp(-z)
    slope = -scale * b * np.sign(lag) * np.exp(-z) * z * (3 + 3 * z + z**2) / 15
    total = covariance[there] + r * np.eye(n)
    weights = np.linalg.solve(total, y)
    tau2 = y @ weights / n
    variance = scale - np.sum(covariance * np.linalg.solve(total, covariance.T).T, axis=1)
    deviance = np.linalg.slogdet(total)[1] + n * np.log(tau2)
    return covariance @ weights, slope @ weights, np.sqrt(tau2 * variance), deviance, np.sqrt(tau2 * r)


@pytest.mark.parametrize("kind", ["regular", "irregular", "missing"])
@pytest.mark.parametrize(("b", "r"), [(0.05, 1e3), (0.3, 10.0), (0.3, 1e6), (1.5, 0.1), (2.0, 1e-4)])
def test_equals_dense_gaussian_process(kind, b, r) -> None:
    rng = np.random.default_rng(1)
    n = 60
    y, d = np.sin(np.arange(n) / 5) + 0.2 * rng.standard_normal(n), np.ones(n)
    if kind != "regular":
        d = rng.exponential(1.0, n)
    if kind == "missing":
        y[rng.random(n) < 0.3] = np.nan
        y[[0, 1, 20, 21, 22, 23, -1]] = np.nan
    values = Values(d, y, int(np.sum(~np.isnan(y))))
    curve = _posterior(values, b, r)
    x, x_dot, x_std, deviance, noise_std = dense(values, b, r)
    # The dense matrices have condition numbers up to 1e9: seven digits are what they can give.
    np.testing.assert_allclose(curve.x, x, atol=1e-7)
    np.testing.assert_allclose(curve.x_dot, x_dot, atol=1e-7)
    np.testing.assert_allclose(curve.x_std, x_std, rtol=1e-5, atol=1e-8)
    assert _deviance(values, np.log(b), np.log(r)) == pytest.approx(deviance, abs=1e-6)
    assert curve.noise_std == pytest.approx(noise_std, rel=1e-7)


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.5])
def test_search_finds_the_greatest_likelihood(noise) -> None:
    _, y = oscillation(100, noise)
    values = Values(np.ones(100), (y[:, 0] - y[:, 0].mean()) / np.ptp(y[:, 0]), 100)
    found = _deviance(values, *_most_likely(values))
    scan = [_deviance(values, b, r) for b in np.linspace(-5, 0.6, 30) for r in np.linspace(-28, 30, 100)]
    assert found <= min(scan) + 0.05  # a twentieth of a unit of -2 log L is far below what the data can tell


def same(left: Smooth, right: Smooth, time=1.0, state=1.0, offset=0.0) -> None:
    """Whether two results agree once the right one is put into the units of the left one."""
    spread = np.ptp(left.x, axis=0)
    np.testing.assert_allclose((right.x - offset) / state, left.x, atol=1e-8 * spread.max())
    np.testing.assert_allclose(right.x_dot / state * time, left.x_dot, atol=1e-6 * np.ptp(left.x_dot))
    # Without noise its estimate, 1e-10 of the spread, hangs on rounding.
    np.testing.assert_allclose(right.x_std / abs(state), left.x_std, rtol=1e-6, atol=1e-9 * spread.max())
    np.testing.assert_allclose(right.noise_std / abs(state), left.noise_std, rtol=1e-6, atol=1e-9 * spread.max())


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("is_regular", [True, False])
@pytest.mark.parametrize(
    ("time", "state", "start", "offset"),
    [
        (1e6, 1, 0, 0),
        (1e-6, 1, 0, 0),
        (1, 1e6, 0, 0),
        (1, 1e-6, 0, 0),
        (1, -1e100, 0, 0),
        (1, 1, 1e6, 0),
        (1, 1, 0, 1e3),
    ],
)
def test_units_and_offsets_change_nothing(noise, is_regular, time, state, start, offset) -> None:
    t, x = oscillation(noise=noise)
    if not is_regular:
        keep = np.random.default_rng(5).random(t.size) < 0.7
        t, x = t[keep], x[keep]
    left, right = run(t, x), run(start + time * t, offset + state * x)
    if noise == 0.0 and (start or offset):
        # The curve then follows the rounding of the offset times and states, some 1e-10 of the spread.
        np.testing.assert_allclose(right.x - offset, left.x, atol=1e-8)
        np.testing.assert_allclose(right.x_dot, left.x_dot, atol=1e-3)
    else:
        same(left, right, time, state, offset)


def test_time_reversal_reverses_the_slope() -> None:
    t, x = oscillation()
    left, right = run(t, x), run(9 - t[::-1], x[::-1])
    np.testing.assert_allclose(right.x[::-1], left.x, atol=1e-7)
    np.testing.assert_allclose(right.x_dot[::-1], -left.x_dot, atol=1e-6)


def test_states_do_not_see_each_other() -> None:
    t, x = oscillation()
    both, first = run(t, x), run(t, x[:, 0])
    np.testing.assert_array_equal(both.x[:, :1], first.x)


@pytest.mark.parametrize("is_regular", [True, False])
def test_missing_values_are_as_good_as_dropped_samples(is_regular) -> None:
    rng = np.random.default_rng(2)
    t, x = oscillation()
    if not is_regular:
        t = np.sort(rng.uniform(0, 9, t.size))
        x = np.column_stack([np.sin(2 * t), np.cos(t)]) + 0.1 * rng.standard_normal(x.shape)
    gone = rng.random(t.size) < 0.3
    gone[[0, 40, 41, 42, -1]] = True
    with_gaps, dropped = run(t, np.where(gone[:, None], np.nan, x)), run(t[~gone], x[~gone])
    np.testing.assert_allclose(with_gaps.x[~gone], dropped.x, atol=1e-7)
    np.testing.assert_allclose(with_gaps.x_dot[~gone], dropped.x_dot, atol=1e-6)
    np.testing.assert_allclose(with_gaps.x_std[~gone], dropped.x_std, atol=1e-7)
    np.testing.assert_allclose(with_gaps.noise_std, dropped.noise_std, rtol=1e-7)


def test_gap_is_bridged_with_a_wider_band() -> None:
    t = np.linspace(0, 20, 400)
    x = np.sin(t) + 0.05 * np.random.default_rng(0).standard_normal(400)
    x[200:212] = np.nan
    result = run(t, x)
    assert np.abs(result.x[200:212, 0] - np.sin(t[200:212])).max() < 0.1
    assert result.x_std[206, 0] > 1.5 * result.x_std[150, 0]


@pytest.mark.parametrize("seed", [None, 0])
@pytest.mark.parametrize("name", SYSTEMS)
def test_noise_free_data_are_interpolated(name, seed) -> None:
    t, x, x_dot = truth(name, 600, seed)
    result = run(t, x)
    assert np.all(result.noise_std < 1e-7 * np.ptp(x, axis=0))
    assert np.all(np.abs(result.x - x).max(axis=0) < 1e-8 * np.ptp(x, axis=0))
    error = np.sqrt(np.mean((result.x_dot - x_dot) ** 2, axis=0)) / x_dot.std(axis=0)
    assert error.max() < (1e-3 if seed is None else 1e-2)
    assert result.status == "converged"


@pytest.mark.parametrize("kind", ["regular", "irregular", "missing"])
@pytest.mark.parametrize("noise", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("name", SYSTEMS)
def test_noise_estimate_and_band_hold(name, noise, kind) -> None:
    """Mean over three seeds: the noise within 10 %, the error as large as its stated standard deviation."""
    ratios, z = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        t, x, _ = truth(name, 600, seed if kind == "irregular" else None)
        noise_std = noise * x.std(axis=0)
        measured = x + noise_std * rng.standard_normal(x.shape)
        if kind == "missing":
            measured[rng.random(x.shape) < 0.3] = np.nan
        result = run(t, measured)
        ratios.append(result.noise_std / noise_std)
        z.append(np.sqrt(np.mean(((result.x - x) / result.x_std) ** 2)))
    np.testing.assert_allclose(np.mean(ratios, axis=0), 1.0, atol=0.1)
    assert 0.7 < np.mean(z) < 1.4


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.05, 0.1])
@pytest.mark.parametrize("name", SYSTEMS)
def test_derivative_is_better_than_savitzky_golay(name, noise) -> None:
    t, x, x_dot = truth(name, 400)
    measured = x + noise * x.std(axis=0) * np.random.default_rng(0).standard_normal(x.shape)
    error = {}
    for method in ("gp", "savgol"):
        relative = (run(t, measured, method).x_dot - x_dot) / x_dot.std(axis=0)
        error[method] = np.sqrt(np.mean(relative**2))
    assert error["gp"] < error["savgol"]


def test_constant_state() -> None:
    result = run(np.linspace(0, 1, 30), np.full(30, 7.0))
    np.testing.assert_array_equal(result.x, 7.0)
    np.testing.assert_array_equal(result.x_dot, 0.0)
    np.testing.assert_array_equal(result.x_std, 0.0)
    assert result.noise_std.tolist() == [0.0] and result.status == "converged"


@pytest.mark.parametrize("n_samples", [6, 10, 300])
def test_straight_line(n_samples) -> None:
    t = np.linspace(2, 5, n_samples)
    result = run(t, 3 * t - 4)
    np.testing.assert_allclose(result.x[:, 0], 3 * t - 4, atol=1e-8)
    np.testing.assert_allclose(result.x_dot, 3.0, atol=1e-2 if n_samples < 20 else 1e-5)
    assert result.noise_std[0] < 1e-6


def test_noisy_line_and_pure_noise() -> None:
    t = np.linspace(0, 1, 400)
    noise = np.random.default_rng(3).standard_normal(400)
    line, only_noise = run(t, 10 * t + noise), run(t, noise)
    assert line.noise_std[0] == pytest.approx(1.0, rel=0.1)
    assert np.sqrt(np.mean((line.x[:, 0] - 10 * t) ** 2)) < 0.3
    assert only_noise.noise_std[0] == pytest.approx(1.0, rel=0.1)
    assert np.abs(only_noise.x).max() < 0.5


@pytest.mark.parametrize("n_samples", range(1, 7))
def test_tiny_series(n_samples) -> None:
    t = np.array([0.0, 1.0, 2.5, 3.0, 4.0, 6.0])[:n_samples]
    result = run(t, t**2)
    assert np.isfinite(result.x).all() and np.isfinite(result.x_dot).all()
    np.testing.assert_allclose(result.x[:, 0], t**2, atol=1e-6)
    assert (result.status == "converged") == (n_samples >= 6)
    if n_samples == 2:
        np.testing.assert_allclose(result.x_dot, 1.0)
    if 3 <= n_samples <= 5:
        np.testing.assert_allclose(result.x_dot[:, 0], 2 * t, atol=1e-10)


def test_few_values_are_held_outside() -> None:
    x = np.full(20, np.nan)
    x[[5, 8, 9]] = [0.0, 3.0, 4.0]
    result = run(np.arange(20.0), x)
    np.testing.assert_allclose(result.x[:5, 0], 0.0, atol=1e-12)
    np.testing.assert_allclose(result.x[10:, 0], 4.0)
    assert "state 0: 3 values, parabola" in result.status


def test_state_without_values() -> None:
    t, x = oscillation()
    x[:, 1] = np.nan
    result = run(t, x)
    assert np.isnan(result.x[:, 1]).all() and np.isnan(result.noise_std[1]) and np.isfinite(result.x[:, 0]).all()
    assert result.status == "state 1: no value"


@settings(max_examples=100, deadline=None)
@given(
    steps=st.lists(st.floats(-9, 3), min_size=1, max_size=25),
    data=st.data(),
    start=st.sampled_from([0.0, -5.0, 1e4]),
)
def test_result_is_finite_whatever_the_data(steps, data, start) -> None:
    t = np.unique(start + np.cumsum(10.0 ** np.array(steps)))
    x = np.array([data.draw(st.floats(-1e100, 1e100) | st.sampled_from([0.0, 1.0, np.nan])) for _ in t])
    result = run(t, x)
    is_empty = bool(np.isnan(x).all())
    for array in (result.x, result.x_dot):
        assert bool(np.isfinite(array).all()) != is_empty


def test_inputs_are_not_changed() -> None:
    t, x = oscillation()
    x[3] = np.nan
    before = x.copy()
    run(t, x)
    np.testing.assert_array_equal(x, before)


def test_without_compilation() -> None:
    """The kernels give the same numbers as plain Python."""
    program = (
        "import numpy as np\nfrom spreme.data import Trajectory\nfrom spreme.smoothing import smooth\n"
        "t = np.linspace(0, 3, 25); x = np.sin(3 * t) + 0.1 * np.cos(40 * t); x[[4, 5]] = np.nan\n"
        "r = smooth(Trajectory(t, x[:, None], env=0))\n"
        "print(*np.r_[r.x[:, 0], r.x_dot[:, 0], r.x_std[:, 0], r.noise_std].tolist())"
    )
    compiled, plain = compiled_and_plain(program)
    np.testing.assert_allclose(compiled, plain, rtol=1e-7, atol=1e-9)
