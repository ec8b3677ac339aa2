"""Joining trajectories, cutting them into segments, rough states to start from, and the problem they pose."""

from __future__ import annotations

import numpy as np
import pytest
from measured import lotka, oscillator

from spreme.data import Trajectory
from spreme.library import PolynomialLibrary
from spreme.likelihood.problem import NOISE_FLOOR, pose, spread
from spreme.likelihood.recording import FEWEST, Recording, cut, record
from spreme.likelihood.starting_states import starting_states


def runs(lengths: list[int], n_states: int = 2, n_inputs: int = 0, seed: int = 0) -> list[Trajectory]:
    """Trajectories of random values at random times."""
    rng = np.random.default_rng(seed)
    return [
        Trajectory(
            np.cumsum(rng.uniform(0.1, 1.0, n)),
            rng.standard_normal((n, n_states)),
            "a",
            rng.standard_normal((n, n_inputs)) if n_inputs else None,
        )
        for n in lengths
    ]


def joined(lengths: list[int], **options: int) -> Recording:
    """The same as one recording."""
    return record(runs(lengths, **options))


def test_trajectories_are_joined_in_order() -> None:
    every = runs([5, 9, 7], n_inputs=2)
    found = record(every)
    np.testing.assert_array_equal(found.bounds, [0, 5, 14, 21])
    for run, first, last in zip(every, found.bounds[:-1], found.bounds[1:], strict=True):
        np.testing.assert_array_equal(found.y[first:last], run.x)
        np.testing.assert_array_equal(found.t[first:last], run.t)
        np.testing.assert_array_equal(found.u[first:last], run.u)
    assert found.n_values == 42
    assert found.y.flags.c_contiguous
    assert found.y.flags.writeable


def test_samples_without_any_value_are_left_out() -> None:
    every = runs([6, 8])
    every[0].x[[0, 3]] = np.nan
    every[1].x[2, 0] = np.nan
    found = record(every)
    np.testing.assert_array_equal(found.bounds, [0, 4, 12])
    np.testing.assert_array_equal(found.t[:4], every[0].t[[1, 2, 4, 5]])
    assert found.n_values == 8 + 15
    assert found.u.shape == (12, 0)


def test_trajectories_without_any_value_are_left_out() -> None:
    every = runs([6, 8, 5])
    every[1].x[:] = np.nan
    np.testing.assert_array_equal(record(every).bounds, [0, 6, 11])


@pytest.mark.parametrize("pieces", [1, 2, 3, 7, 33, 1000])
@pytest.mark.parametrize("lengths", [[100], [100, 100], [5, 40, 101], [1, 2, 3], [4, 1000]])
def test_segments_cover_everything_once_and_never_cross(lengths: list[int], pieces: int) -> None:
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    edges = cut(bounds, pieces, max(lengths))
    assert edges[0] == 0
    assert edges[-1] == bounds[-1]
    assert edges.dtype == np.int64
    assert set(bounds) <= set(edges)
    sizes = np.diff(edges)
    assert (sizes > 0).all()
    owner = np.searchsorted(bounds, edges[:-1], side="right")
    for r, length in enumerate(lengths):
        own = sizes[owner == r + 1]
        assert own.sum() == length
        assert own.max() - own.min() <= 1  # equal but for rounding
        assert len(own) == 1 or own.min() >= FEWEST - 1
        assert len(own) <= pieces


def test_longest_trajectory_has_the_pieces_asked_for() -> None:
    bounds = np.array([0, 200, 300])
    assert len(cut(bounds, 10, 200)) - 1 == 10 + 5
    np.testing.assert_array_equal(cut(bounds, 1, 200), bounds)


def test_noise_and_floor() -> None:
    measured = lotka(noise=0.05)
    problem = measured.problem()
    np.testing.assert_allclose(problem.sd, measured.sd)
    wanted = [[np.vstack([run.x[:, s] for run in own]).std() for s in range(2)] for own in measured.environments]
    np.testing.assert_allclose(problem.floor, NOISE_FLOOR * np.array(wanted), rtol=1e-12)
    assert not problem.is_quiet
    quiet = problem.with_noise(np.zeros((3, 2)))
    np.testing.assert_array_equal(quiet.sd, quiet.floor)
    assert quiet.is_quiet
    assert problem.scheme.order == 4
    assert lotka().problem().scheme.order == 8
    assert problem.n_environments == 3
    assert problem.n_states == 2
    assert problem.n_samples == 81
    np.testing.assert_array_equal(problem.n_values, [324.0] * 3)


def test_steps_are_the_median_interval_within_trajectories() -> None:
    t = np.array([0.0, 0.1, 0.2, 0.3, 5.0])
    every = [[Trajectory(t, np.random.default_rng(0).standard_normal((5, 1)), 0)] * 4]
    table = PolynomialLibrary(degree=1).table(["x"])
    allowed = np.ones((1, 2), bool)
    problem = pose(every, table, allowed, ~allowed, np.ones((1, 1)))
    np.testing.assert_allclose(problem.longest, 0.1)
    np.testing.assert_allclose(problem.finer().longest, 0.05)
    np.testing.assert_allclose(problem.finer(np.array([False])).longest, 0.1)


def test_spread_is_never_zero_and_follows_units() -> None:
    base = np.random.default_rng(0).standard_normal((20, 4))
    base[:, 1] = 0.1  # never changes; its computed standard deviation is rounding
    base[:, 2] = 0.0  # absent
    first = joined([20], n_states=4)._replace(y=base)
    second = first._replace(y=base * [1.0, 1.0, 1.0, 1e-9] + [0.0, 0.0, 0.0, 0.0])
    found = spread([first, second])
    assert (found > 0).all()
    np.testing.assert_allclose(found[:, 0], base[:, 0].std())
    np.testing.assert_allclose(found[:, 1], 0.1)
    assert found[1, 3] == pytest.approx(1e-3 * base[:, 3].std() * 0.5, rel=1e-3)  # of the mean over environments
    units = np.array([1e5, 1e-4, 1.0, 1e3])
    rescaled = spread([own._replace(y=own.y * units) for own in (first, second)])
    moving = [0, 1, 3]
    np.testing.assert_allclose(rescaled[:, moving], (found * units)[:, moving], rtol=1e-12)


def test_starting_states_without_noise_are_the_values() -> None:
    recording = oscillator().recording
    edges = cut(recording.bounds, 5, 61)
    np.testing.assert_array_equal(starting_states([recording], [edges], True)[0], recording.y)


def test_starting_states_are_closer_than_the_values() -> None:
    """At the starts of segments of noisy data, which a cubic through eleven samples averages."""
    exact, noisy = oscillator(n=201).recording, oscillator(n=201, noise=0.2).recording
    edges = cut(noisy.bounds, 30, 201)
    found = starting_states([noisy], [edges], False)[0]
    rows = edges[:-1]
    error = np.sqrt(np.mean((found[rows] - exact.y[rows]) ** 2))
    assert error < 0.7 * np.sqrt(np.mean((noisy.y[rows] - exact.y[rows]) ** 2))


def test_starting_states_bridge_missing_values() -> None:
    exact = oscillator(n=121).recording
    rng = np.random.default_rng(1)
    kept = np.sort(rng.choice(242, 150, replace=False))
    bounds = np.array([0, int((kept < 121).sum()), 150])
    y = exact.y[kept].copy()
    y[rng.random(y.shape) < 0.4] = np.nan
    y[[0, -1], 0] = np.nan  # at the ends, too
    recording = Recording(y, exact.t[kept], np.zeros((150, 0)), bounds)
    for quiet in (True, False):
        found = starting_states([recording], [cut(bounds, 8, 80)], quiet)[0]
        assert np.isfinite(found).all()
        # cubics and lines over gaps of about 0.3 in a motion of amplitude 2 and frequency 1; worse at the ends
        assert np.sqrt(np.mean((found - exact.y[kept]) ** 2)) < 0.1
        if quiet:
            known = np.isfinite(y)
            np.testing.assert_array_equal(found[known], y[known])


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_few_samples_are_enough_to_start(n: int) -> None:
    recording = joined([n, 12])
    for quiet in (True, False):
        found = starting_states([recording], [cut(recording.bounds, 3, 12)], quiet)[0]
        assert np.isfinite(found).all()
        assert np.abs(found).max() <= np.abs(recording.y).max()


def test_a_state_without_values_in_a_trajectory_starts_at_its_mean() -> None:
    recording = joined([10, 12])
    recording.y[:10, 1] = np.nan
    for quiet in (True, False):
        found = starting_states([recording], [recording.bounds], quiet)[0]
        np.testing.assert_allclose(found[:10, 1], recording.y[10:, 1].mean())


def test_starting_states_follow_units() -> None:
    recording, units = oscillator(noise=0.1).recording, np.array([1e4, 1e-3])
    edges = cut(recording.bounds, 9, 61)
    other = recording._replace(y=recording.y * units, t=1e-6 * recording.t + 5.0)
    found = starting_states([recording], [edges], False)[0]
    np.testing.assert_allclose(starting_states([other], [edges], False)[0], found * units, rtol=1e-6)
