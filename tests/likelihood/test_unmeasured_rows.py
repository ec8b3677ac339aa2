"""Samples without a measured state tell the inputs: they stay, and segments are counted by what was measured."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from spreme.data import Trajectory
from spreme.library import CustomLibrary
from spreme.likelihood.choice.held_out_blocks import _folds, _part
from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.problem import Problem, pose
from spreme.likelihood.recording import cut, record, segments
from spreme.likelihood.shooting.gauss_newton import Control

TABLE = CustomLibrary(["x", "u"]).table(["x", "u"]).with_inputs(1)
COEF = np.array([-0.8, 1.5])
T = np.linspace(0.0, 12.0, 121)


def pulses(every: int, gap: slice = slice(0, 0), seed: int = 0) -> Trajectory:
    """A run of x' = -0.8 x + 1.5 u, u rough; only every few samples the state is measured, and none in a gap."""
    u = np.random.default_rng(seed).uniform(-2.0, 2.0, len(T))
    x = [1.0]
    for i in range(len(T) - 1):  # linear pieces of u, exactly
        h, slope = T[i + 1] - T[i], (u[i + 1] - u[i]) / (T[i + 1] - T[i])
        decay, a = np.exp(-0.8 * h), 0.8
        x.append(decay * x[-1] + 1.5 * (u[i] * (1 - decay) / a + slope * (h / a - (1 - decay) / a**2)))
    measured = np.full((len(T), 1), np.nan)
    measured[::every, 0] = np.array(x)[::every]
    measured[gap] = np.nan
    return Trajectory(T, measured, 0, u[:, None])


def problem(*runs: Trajectory, noise: float = 0.0) -> Problem:
    mask = np.ones((1, 2), bool)
    return pose([list(runs)], TABLE, mask, mask, np.full((1, 1), noise))


def test_inputs_between_measured_samples_are_kept() -> None:
    run = pulses(5)
    run.x[:3] = run.x[-7:] = np.nan
    found = record([run, pulses(1)])
    np.testing.assert_array_equal(found.bounds, [0, 106, 106 + 121])  # samples 5 to 110, and all
    np.testing.assert_array_equal(found.u[:106], run.u[5:111])
    np.testing.assert_array_equal(found.t[:106], T[5:111])
    assert found.n_measured.tolist() == [22, 121] and found.n_values == 143
    assert problem(run).n_samples == 22


@pytest.mark.parametrize("pieces", [1, 3, 8])
def test_segments_hold_equal_numbers_of_measured_samples(pieces: int) -> None:
    recording = record([pulses(5, slice(40, 71)), pulses(4)])
    edges = segments(recording, pieces, 31)
    rows, bounds = np.flatnonzero(recording.measured), np.concatenate([[0], np.cumsum(recording.n_measured)])
    np.testing.assert_array_equal(edges, np.append(rows, len(recording.t))[cut(bounds, pieces, 31)])
    assert recording.measured[edges[:-1]].all() and set(recording.bounds) <= set(edges)


def test_complete_recordings_are_cut_as_ever() -> None:
    recording = record([pulses(1), pulses(1)])
    np.testing.assert_array_equal(segments(recording, 7, 121), cut(recording.bounds, 7, 121))


def test_a_part_may_begin_between_measured_samples() -> None:
    own = record([pulses(4)])
    late, early = _folds(own)
    assert (own.measured & late).sum() == (own.measured & early).sum() + 1 == 16
    part, _ = _part(own, own.y, np.roll(late, -2))
    edges = segments(part, 3, int(part.n_measured[0]))
    assert edges[0] == 0 and not part.measured[0] and part.measured[edges[1:-1]].all()


@pytest.mark.parametrize("pieces", [1, 4])
def test_coefficients_are_exact_where_the_input_is_rough_between_samples(pieces: int) -> None:
    """Noise-free data of the same model: nothing but the error of integration is left."""
    posed = problem(pulses(5, slice(35, 75)), pulses(4, seed=1))
    evaluator = Evaluator(posed, pieces)
    first = [np.where(np.isfinite(own.y), own.y, 0.0) for own in posed.recordings]
    fit = evaluator.fit(np.ones((1, 2), bool), 0.7 * COEF[None], first, Control(60, 1e-12, 1e-6))
    np.testing.assert_allclose(fit.coef[0], COEF, rtol=1e-8)
    states = evaluator.states(fit, first)[0]
    assert np.isfinite(states).all()
    seen = posed.recordings[0].measured
    np.testing.assert_allclose(states[seen], posed.recordings[0].y[seen], atol=1e-7)


def test_rows_after_the_last_measured_one_of_a_segment_are_not_integrated() -> None:
    """Unstable coefficients would leave all bounds in a long gap between two segments, which nothing asks for."""
    gap = pulses(1, slice(28, 93))
    posed = problem(gap, noise=0.1)
    evaluator = Evaluator(posed, posed.n_samples // 4)
    start = [np.where(np.isfinite(own.y), own.y, 0.0) for own in posed.recordings]
    fit = evaluator.fit(np.ones((1, 2), bool), np.array([[5.0, 1.5]]), start, Control(30, 1e-6, 1e-6))
    assert fit.is_feasible
    np.testing.assert_allclose(fit.coef[0], COEF, atol=1e-3)


def test_a_jump_between_two_samples_is_told_by_rows_without_states() -> None:
    """u jumps from 0 to 2 at t = 4.03: two rows about it, without a state, make a fit of exact data exact."""
    jump, t = 4.03, np.linspace(0.0, 8.0, 41)
    x = np.where(t < jump, np.exp(-0.8 * t), 0.0)
    start = np.exp(-0.8 * jump)
    x = np.where(t < jump, x, 3.75 + (start - 3.75) * np.exp(-0.8 * (t - jump)))  # 1.5 * 2 / 0.8 = 3.75
    at = np.searchsorted(t, jump)
    times = np.insert(t, at, [jump - 1e-9, jump])
    states = np.insert(x, at, [np.nan, np.nan])[:, None]
    posed = problem(Trajectory(times, states, 0, np.where(times < jump, 0.0, 2.0)[:, None]))
    fit = Evaluator(posed, 1).fit(
        np.ones((1, 2), bool), 0.9 * COEF[None], [np.nan_to_num(states, nan=1.0)], Control(60, 1e-12, 1e-6)
    )
    np.testing.assert_allclose(fit.coef[0], COEF, rtol=1e-6)  # the ramp of 1e-9 moves x by as little


def test_the_closed_form_is_that_of_an_integrator() -> None:
    run = pulses(1)
    truth = solve_ivp(
        lambda t, x: -0.8 * x + 1.5 * np.interp(t, T, run.u[:, 0]), (0, 12), [1.0], t_eval=T, max_step=0.02, rtol=1e-10
    )
    np.testing.assert_allclose(run.x[:, 0], truth.y[0], atol=1e-4)  # 600 steps over kinks
