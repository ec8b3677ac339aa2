"""Training on one signal: steps against a plain loop, rounds of pruning, held-out points, penalties, divergence."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from networks import build, draw, flat

from spreme.inr.adam import Adam, flattened
from spreme.inr.training import HELD_OUT, PRUNE_FROM, PRUNE_TO, ROUNDS, Schedule, _rounds, _split, pruned_to, train

WIDTHS, RATE = (1, 12, 12, 1), 2e-3
X = np.linspace(-1, 1, 60)[None]
Y = 0.5 + 0.4 * np.sin(4 * X)


def start(dtype=float):
    params = draw(WIDTHS, w0=6.0, dtype=dtype)
    return build([np.ones(w.shape, bool) for w, _ in params], w0=6.0), params


def run(schedule, y=Y, seed=0, report=None):
    network, theta = start()
    return train(network, theta, X, y, schedule, np.random.default_rng(seed), report)


def test_steps_against_a_plain_loop():
    network, theta = start()
    optimiser, losses = Adam(flattened(theta)), []
    for _ in range(12):
        loss, gradient, _ = network.gradient(theta, network.trace(theta, X), Y)
        losses.append(loss)
        optimiser.step(flattened(theta), flattened(gradient), RATE)
    found = run(Schedule(12, RATE))
    np.testing.assert_allclose(found.loss, losses, rtol=1e-12)
    np.testing.assert_allclose(flat(found.theta), flat(theta), rtol=0, atol=1e-12)


def test_every_step_is_reported():
    said = []
    assert run(Schedule(15, RATE), report=said.append).loss == said
    assert len(said) == 15


@pytest.mark.parametrize("max_iter", [1, 2, 5, 100])
@pytest.mark.parametrize("density", [0.5, 0.1])
def test_rounds_end_at_the_density(max_iter, density):
    """However few steps there are; with enough of them each round takes the same share and re-training follows."""
    total = sum(a * b for a, b in pairwise(WIDTHS))
    found = run(Schedule(max_iter, RATE, density))
    left = [int(own.mask.sum()) for own in found.network.patterns]
    assert sum(left) == round(density * total) and min(left) >= 1
    for (w, _), own in zip(found.network.matrices(found.theta), found.network.patterns, strict=True):
        assert not w[~own.mask].any()
    if max_iter == 100:
        rounds = _rounds(Schedule(max_iter, RATE, density), 10_000)
        assert len(rounds) == ROUNDS and min(rounds) == 100 * PRUNE_FROM and max(rounds) == 100 * PRUNE_TO
        counts = np.array([10_000, *(rounds[at] for at in sorted(rounds))])
        np.testing.assert_allclose(counts[1:] / counts[:-1], density ** (1 / ROUNDS), rtol=1e-3)
    assert _rounds(Schedule(max_iter, RATE), 10_000) == {}


def test_pruned_weights_never_come_back():
    network, theta = start()
    rng, optimiser = np.random.default_rng(0), Adam(flattened(theta))
    masks = [own.mask for own in network.patterns]
    for keep in (100, 40, 12):
        network, theta = pruned_to(network, theta, keep, "magnitude", rng, optimiser)
        new = [own.mask for own in network.patterns]
        assert sum(int(own.sum()) for own in new) == keep
        assert all(not (own & ~old).any() for own, old in zip(new, masks, strict=True))
        masks = new
        for _ in range(3):
            gradient = network.gradient(theta, network.trace(theta, X), Y)[1]
            optimiser.step(flattened(theta), flattened(gradient), RATE)
        assert all(not w[~own].any() for (w, _), own in zip(network.matrices(theta), masks, strict=True))


def test_points_are_held_out():
    inner, held = _split(60, True, np.random.default_rng(0))
    assert len(held) == round(HELD_OUT * 60) and sorted([*inner, *held]) == list(range(60))
    # Too few to spare any.
    assert len(_split(4, True, np.random.default_rng(0))[1]) == 0
    assert len(_split(60, False, np.random.default_rng(0))[1]) == 0


def test_early_stopping_returns_what_fits_held_out_points_best():
    """Noise is learned by heart in the end: training goes on after the best parameters, and stops before its end."""
    noisy = Y + 0.3 * np.random.default_rng(7).standard_normal(Y.shape)
    stopped = run(Schedule(3000, 1e-2, early_stopping=True), noisy)
    assert len(stopped.loss) < 3000
    inner, held = _split(60, True, np.random.default_rng(0))
    network, theta = start()
    schedule = Schedule(len(stopped.loss), 1e-2)
    to_the_end = train(network, theta, X[:, inner], noisy[:, inner], schedule, np.random.default_rng(0))
    np.testing.assert_allclose(to_the_end.loss, stopped.loss, rtol=1e-9)

    def error(found):
        return np.mean((found.network.predict(found.theta, X[:, held]) - noisy[:, held]) ** 2)

    assert error(stopped) < error(to_the_end)


def test_early_stopping_waits_for_the_last_round():
    found = run(Schedule(400, 1e-2, 0.3, early_stopping=True), Y)
    assert sum(int(own.mask.sum()) for own in found.network.patterns) == round(0.3 * (12 + 144 + 12))


def test_some_of_the_points():
    """Losses of batches scatter around those of all points; a batch of all points is all points."""
    some, every = run(Schedule(50, RATE, batch_size=20)), run(Schedule(50, RATE))
    assert some.loss != every.loss and len(some.loss) == 50
    assert some.loss == run(Schedule(50, RATE, batch_size=20)).loss
    assert some.loss != run(Schedule(50, RATE, batch_size=20), seed=1).loss
    # Drawn in another order: sums are rounded otherwise.
    np.testing.assert_allclose(run(Schedule(50, RATE, batch_size=1000)).loss, every.loss, rtol=1e-9)


def test_penalty():
    """mean (o - y)^2 + c mean o^2 is (1 + c) mean (o - y / (1 + c))^2 and a constant; Adam does not see the factor."""
    c = 0.5

    def penalty(x, out):
        assert x.shape == out.shape == (60, 1)
        return c * np.mean(out**2), 2 * c * out / out.size

    shrunk, punished = run(Schedule(40, RATE), Y / (1 + c)), run(Schedule(40, RATE, penalty=penalty))
    # Up to the small number in its denominator, 1e-8, relative to slopes that are mostly above 1e-3.
    np.testing.assert_allclose(flat(punished.theta), flat(shrunk.theta), rtol=0, atol=1e-3 * RATE * 40)
    first = np.mean((start()[0].predict(start()[1], X) - Y) ** 2)
    assert np.isclose(punished.loss[0], first), "the loss is that of the data"


def test_divergence_ends_the_training():
    found = run(Schedule(50, 1e300))
    assert len(found.loss) < 50 and not np.isfinite(found.loss[-1])
