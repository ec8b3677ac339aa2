"""Adam against a plain twin, and what it forgets when weights are pruned."""

from __future__ import annotations

import numpy as np
import pytest
from networks import draw, draw_masks

from spreme.inr.adam import BETA_1, BETA_2, EPSILON, Adam, flattened
from spreme.inr.patterns import make_pattern


def plain_adam(x, slopes, rate):
    """Algorithm 1 of Kingma and Ba, for one array."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    for t, g in enumerate(slopes, start=1):
        m, v = BETA_1 * m + (1 - BETA_1) * g, BETA_2 * v + (1 - BETA_2) * g**2
        x = x - rate * (m / (1 - BETA_1**t)) / (np.sqrt(v / (1 - BETA_2**t)) + EPSILON)
    return x


def test_plain_twin():
    rng = np.random.default_rng(0)
    shapes = [(3, 4), (4,), (7,)]
    start, slopes = [rng.standard_normal(own) for own in shapes], [rng.standard_normal((20, *own)) for own in shapes]
    arrays = [own.copy() for own in start]
    optimiser = Adam(arrays)
    for k in range(20):
        optimiser.step(arrays, [own[k] for own in slopes], 0.03)
    for own, x, along in zip(arrays, start, slopes, strict=True):
        np.testing.assert_allclose(own, plain_adam(x, along, 0.03), rtol=0, atol=1e-14)


def test_first_step_has_the_length_of_the_rate():
    x = np.zeros(3)
    Adam([x]).step([x], [np.array([2.0, -1e-3, 0.0])], 0.1)
    np.testing.assert_allclose(x, [-0.1, 0.1, 0.0], rtol=2 * EPSILON / 1e-3)


def test_arrays_are_moved_in_place_and_in_their_precision():
    x = np.ones(5, np.float32)
    optimiser = Adam([x])
    optimiser.step([x], [np.ones(5, np.float32)], 1e-2)
    assert x.dtype == optimiser.first[0].dtype == optimiser.second[0].dtype == np.float32
    np.testing.assert_allclose(x, 0.99, rtol=1e-6)


@pytest.mark.parametrize("density", [0.6, 0.1])
def test_moments_of_pruned_weights_are_forgotten(density):
    """Whatever products the layers take before and after, the others keep theirs, and the steps are counted on."""
    params = draw((6, 10, 5))
    old = tuple(make_pattern(own) for own in draw_masks(params, 0.9))
    new = tuple(make_pattern(own.mask & mask) for own, mask in zip(old, draw_masks(params, density, 1), strict=True))
    theta = [(own.take(w), b) for own, (w, b) in zip(old, params, strict=True)]
    optimiser = Adam(flattened(theta))
    for k in range(3):
        optimiser.step(flattened(theta), [np.full_like(own, k + 1.0) for own in flattened(theta)], 1e-3)
    before = [[own.copy() for own in moments] for moments in (optimiser.first, optimiser.second)]
    optimiser.pruned(old, new)
    for moments, was in zip((optimiser.first, optimiser.second), before, strict=True):
        for k, (one, other) in enumerate(zip(old, new, strict=True)):
            wanted = np.where(other.mask, one.matrix(was[2 * k]), 0)
            np.testing.assert_array_equal(other.matrix(moments[2 * k]), wanted)
            np.testing.assert_array_equal(moments[2 * k + 1], was[2 * k + 1])
    assert optimiser.n_steps == 3


def test_order_of_arrays():
    params = draw((2, 3, 1))
    assert [own.shape for own in flattened(params)] == [(2, 3), (3,), (3, 1), (1,)]
