"""Residuals against their differences: noise passes whatever its size, what a law misses does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from measured import Measured, decay, lotka, oscillator

from spreme.likelihood.final import Estimate, finish, finish_jointly
from spreme.likelihood.whiteness import over_whole_trajectories, whiteness


def fitted(own: Measured, mask: np.ndarray | None = None, pieces: int = 1) -> Estimate:
    """Fit of the true mask, or of another one, from the true coefficients."""
    mask = own.mask if mask is None else mask
    full = np.zeros((len(own.coef), *own.mask.shape))
    full[:, own.mask] = own.coef
    problem = own.problem()
    return finish(problem, pieces, mask, full[:, mask], [recording.y for recording in problem.recordings])


@pytest.mark.parametrize("make", [lotka, oscillator, decay])
@pytest.mark.parametrize("noise", [0.01, 0.2])
def test_residuals_of_the_right_law_are_white(make: object, noise: float) -> None:
    own = make(noise=noise, n_environments=4)  # type: ignore[operator]
    found = whiteness(fitted(own))
    # standard normal but for fitted numbers, which lower it; four standard deviations
    assert (found.share * np.sqrt(found.n_values) < 4).all() and (found.p_value > 3e-5).all()
    share, p_value = found.pooled(np.ones(4, bool))
    assert (p_value > 3e-5).all() and np.abs(share).max() < 0.2
    # differences of n residuals tell the noise to 1.2 / sqrt(2 n), of 60 and more values to 11 %
    assert found.noise == pytest.approx(own.sd, rel=0.45)


def test_what_the_law_misses_is_a_share_of_the_variance() -> None:
    """A sine of amplitude a has the variance a^2 / 2, and differences that are smaller by (2 pi / period)^2 / 2."""
    own = fitted(decay(n=401, noise=0.02, n_environments=1, n_trajectories=1))
    recording, sd = own.problem.recordings[0], own.noise_std[0, 0]
    wave = 2.0 * sd * np.sin(2 * np.pi * np.arange(401) / 80)[:, None]
    found = whiteness(
        replace(own, problem=replace(own.problem, recordings=(recording._replace(y=recording.y + wave),)))
    )
    assert found.share[0, 0] == pytest.approx(2 / 3, abs=4 / np.sqrt(401)) and found.p_value[0, 0] < 1e-12
    assert found.noise[0, 0] == pytest.approx(sd, rel=0.2)


def test_missing_values_are_no_neighbours_across_segments() -> None:
    own = fitted(lotka(noise=0.05, n_environments=1), pieces=4)
    recording = own.problem.recordings[0]
    y = recording.y.copy()
    y[10:30, 0] = np.nan
    found = whiteness(replace(own, problem=replace(own.problem, recordings=(recording._replace(y=y),))))
    assert found.n_values.tolist() == [[142, 162]]
    # jumps between segments are no differences of neighbours
    shifted = recording.y + 100.0 * (np.arange(162) >= 81)[:, None]
    apart = whiteness(replace(own, problem=replace(own.problem, recordings=(recording._replace(y=shifted),))))
    assert apart.noise == pytest.approx(whiteness(own).noise)


def test_below_the_noise_floor_nothing_is_said() -> None:
    found = whiteness(fitted(oscillator(), pieces=6))
    assert (found.share == 0).all()


def test_short_segments_hide_what_whole_trajectories_show() -> None:
    own = oscillator(noise=0.05, n_environments=3)
    lacking = own.mask.copy()
    lacking[1, own.table.index("y")] = False  # a damped oscillation without damping
    cut = fitted(own, lacking, pieces=15)
    short = whiteness(cut)
    whole = over_whole_trajectories(cut, short)
    assert whole.share.max() > 0.5 > short.share.max()
    assert over_whole_trajectories(fitted(own), short) is short


def test_the_joint_fit_of_the_right_law_is_white() -> None:
    own = lotka(noise=0.05)
    problem = own.problem()
    found = whiteness(finish_jointly(problem, own.mask, own.coef, [recording.y for recording in problem.recordings]))
    assert (found.p_value > 3e-5).all()
