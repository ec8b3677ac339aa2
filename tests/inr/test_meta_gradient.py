"""Meta-gradients against differences of the loss after the inner loop, and against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from networks import KINDS, along, build, draw, draw_masks, flat, unflat

from spreme.inr import meta_gradient
from spreme.inr.meta_gradient import Inner, lowered, meta_step, moved, worst_points

W0 = 10.0
WIDTHS = (2, 10, 9, 2)
# Steps of 1e-5 along a unit vector move z by 1e-4 times a few: truncation is far below rounding, 1e-16 / 1e-5. They
# are so small because the curvature of FINER jumps at zero, which some point may cross.
H, CLOSE = 1e-5, 1e-6


@pytest.fixture(scope="module")
def signals():
    rng = np.random.default_rng(2)
    return [(rng.uniform(-1, 1, (n, 2)), rng.uniform(0, 1, (n, 2))) for n in (20, 25)]


def check_gradient(params, gradient, value, masks=None):
    """Relative errors along random directions that leave pruned weights alone."""
    rng, gradient = np.random.default_rng(8), flat(gradient)
    for _ in range(4):
        v = rng.standard_normal(gradient.size)
        if masks is not None:
            v = flat([(w * own, b) for (w, b), own in zip(unflat(v, params), masks, strict=True)])
        v /= np.linalg.norm(v)
        found = along(lambda vector: value(unflat(vector, params)), flat(params), v, H)
        assert abs(found - gradient @ v) < CLOSE * np.linalg.norm(gradient) / np.sqrt(gradient.size)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("steps", [0, 1, 2, 4])
def test_dense(kind, steps, signals):
    params = draw(WIDTHS)
    options = {"w0": W0, "inner_lr": 2e-2, "inner_steps": steps, "activation": kind}
    _, gradient = meta_gradient(params, signals, **options)
    check_gradient(params, gradient, lambda own: meta_gradient(own, signals, **options)[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("density", [0.6, 0.15])
def test_masked(kind, density, signals):
    """At the larger density products are dense, at the smaller sparse; pruned weights count as zero and stay there."""
    params = draw(WIDTHS)
    masks = draw_masks(params, density)
    options = {"w0": W0, "inner_lr": 2e-2, "inner_steps": 3, "masks": masks, "activation": kind}
    loss, gradient = meta_gradient(params, signals, **options)
    assert all(not w[~own].any() for (w, _), own in zip(gradient, masks, strict=True))
    pruned = [(w * own, b) for (w, b), own in zip(params, masks, strict=True)]
    assert meta_gradient(pruned, signals, **options)[0] == loss
    check_gradient(pruned, gradient, lambda own: meta_gradient(own, signals, **options)[0], masks)


@pytest.mark.parametrize("kind", KINDS)
def test_sparse_products_give_what_dense_ones_do(kind, signals):
    params = draw(WIDTHS)
    masks, inner = draw_masks(params, 0.4), Inner(np.full((3, 2), 2e-2), 2)
    found = []
    for kernel in ("dense", "sparse"):
        network = build(masks, kind, W0, kernel)
        own = meta_step(network, network.take(params), lowered(signals, float), inner)
        found.append((own.loss, flat(network.matrices(own.gradient)), own.by_log_rate))
    for dense, sparse in zip(*found, strict=True):
        np.testing.assert_allclose(sparse, dense, rtol=0, atol=1e-12 * np.abs(dense).max())


@pytest.mark.parametrize("kind", KINDS)
def test_rates_of_layers_and_their_gradient(kind, signals):
    params = draw(WIDTHS)
    network = build([np.ones(w.shape, bool) for w, _ in params], kind, W0)
    log_rates = np.log(np.random.default_rng(0).uniform(0.01, 0.04, (3, 2)))
    rates = np.exp(log_rates)
    points = lowered(signals, float)

    def step(log_rates):
        return meta_step(network, params, points, Inner(np.exp(log_rates), 3))

    found = step(log_rates)
    loss, gradient = meta_gradient(params, signals, W0, rates, 3, activation=kind)
    assert loss == found.loss
    np.testing.assert_array_equal(flat(gradient), flat(found.gradient))
    check_gradient(params, gradient, lambda own: meta_gradient(own, signals, W0, rates, 3, activation=kind)[0])
    for place in np.ndindex(rates.shape):
        one = np.zeros_like(rates)
        one[place] = 1.0
        slope = along(lambda own: step(own).loss, log_rates, one, 1e-3)
        assert abs(found.by_log_rate[place] - slope) < CLOSE * np.abs(found.by_log_rate).max()


def test_first_order_is_the_gradient_at_the_end(signals):
    params = draw(WIDTHS)
    loss, first = meta_gradient(params, signals, W0, 2e-2, 2, order=1)
    same, second = meta_gradient(params, signals, W0, 2e-2, 2, order=2)
    assert loss == same
    assert np.linalg.norm(flat(first) - flat(second)) > 1e-2 * np.linalg.norm(flat(second))
    network = build([np.ones(w.shape, bool) for w, _ in params], w0=W0)
    wanted = 0.0
    for x, y in lowered(signals, float):
        theta = params
        for _ in range(2):
            theta = moved(theta, network.gradient(theta, network.trace(theta, x), y)[1], np.full((3, 2), 2e-2))
        wanted = wanted + flat(network.gradient(theta, network.trace(theta, x), y)[1]) / 2
    np.testing.assert_allclose(flat(first), wanted, rtol=0, atol=1e-14)


def test_mean_over_signals(signals):
    params = draw(WIDTHS)
    loss, gradient = meta_gradient(params, signals, W0)
    alone = [meta_gradient(params, [own], W0) for own in signals]
    assert np.isclose(loss, np.mean([own for own, _ in alone]), rtol=1e-14)
    np.testing.assert_allclose(flat(gradient), np.mean([flat(own) for _, own in alone], axis=0), rtol=0, atol=1e-14)


def test_sharing_of_coordinates_changes_nothing(signals):
    x, y = signals[0]
    shared = [(x, y), (x, y[::-1]), (x, 1 - y)]
    params, (loss, gradient) = draw(WIDTHS), meta_gradient(draw(WIDTHS), shared, W0)
    other, apart = meta_gradient(params, [(x.copy(), own) for _, own in shared], W0)
    assert loss == other
    np.testing.assert_array_equal(flat(gradient), flat(apart))


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_the_worst_points(share, signals):
    """The steps use the points of the largest error, the loss after them all points; the choice has no slope."""
    params = draw(WIDTHS)
    network = build([np.ones(w.shape, bool) for w, _ in params], w0=W0)
    points, inner = lowered(signals[:1], float), Inner(np.full((3, 2), 2e-2), 2, 2, share)
    x, y = points[0]
    theta = params
    for _ in range(2):
        error = ((network.predict(theta, x) - y) ** 2).sum(axis=0)
        worst = np.argsort(error)[-round(share * x.shape[1]) :]
        trace = network.trace(theta, np.ascontiguousarray(x[:, worst]))
        theta = moved(theta, network.gradient(theta, trace, y[:, worst])[1], inner.rates)
    wanted = np.mean((network.predict(theta, x) - y) ** 2)
    found = meta_step(network, params, points, inner)
    assert np.isclose(found.loss, wanted, rtol=1e-12)
    check_gradient(params, found.gradient, lambda own: meta_step(network, own, points, inner).loss)


def test_all_points_are_a_share_of_one(signals):
    params = draw(WIDTHS)
    network = build([np.ones(w.shape, bool) for w, _ in params], w0=W0)
    x, y = lowered(signals, float)[0]
    here, at = worst_points(network, params, x, y, network.trace(params, x), 1.0)
    np.testing.assert_array_equal(here.inputs[0], x)
    np.testing.assert_array_equal(at, y)
    assert worst_points(network, params, x, y, network.trace(params, x), 1e-9)[1].shape == (2, 1)


def test_single_precision(signals):
    """Sums of 20 to 25 points of numbers of 1e-7 relative error, times what the inner loop makes of them."""
    params = draw(WIDTHS)
    single = [(w.astype(np.float32), b.astype(np.float32)) for w, b in params]
    loss, gradient = meta_gradient(single, signals, W0)
    exact, wanted = meta_gradient(params, signals, W0)
    assert {own.dtype for pair in gradient for own in pair} == {np.dtype(np.float32)}
    assert np.isclose(loss, exact, rtol=1e-5)
    assert np.linalg.norm(flat(gradient) - flat(wanted)) < 1e-4 * np.linalg.norm(flat(wanted))


def test_given_parameters_and_signals_stay_as_they_were(signals):
    params = draw(WIDTHS)
    before = flat(params).copy(), [(x.copy(), y.copy()) for x, y in signals]
    meta_gradient(params, signals, W0)
    np.testing.assert_array_equal(flat(params), before[0])
    np.testing.assert_array_equal(flat(signals), flat(before[1]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": 3}, "order=3: use 2, or 1"),
        ({"activation": "relu"}, "activation='relu': use one of 'sine', 'finer', 'gabor'"),
        ({"backend": "torch"}, "backend='torch': use 'numpy' or 'jax'"),
        ({"inner_steps": -1}, "inner_steps=-1: use a whole number"),
        ({"inner_steps": 1.5}, "inner_steps=1.5: use a whole number"),
        ({"inner_lr": np.ones(3)}, r"inner_lr has shape \(3,\): use one number, or an array \(3, 2\)"),
        ({"masks": [np.ones((2, 2), bool)]}, "masks: give one boolean array per layer"),
        ({"signals": []}, "no parameters or no signals"),
        ({"signals": [(np.ones((4, 3)), np.ones((4, 2)))]}, r"signal 0: X \(4, 3\) and Y \(4, 2\) do not fit"),
        ({"signals": [(np.ones((4, 2)), np.ones((5, 2)))]}, "signal 0: X"),
        ({"params": [(np.ones((2, 3)), np.ones(2))]}, r"layer 0: W has shape \(2, 3\) and b \(2,\)"),
        ({"params": [(np.ones((2, 3)), np.ones(3)), (np.ones((4, 2)), np.ones(2))]}, "layer 1 takes 4 inputs"),
    ],
)
def test_what_is_wrong_is_named(options, message, signals):
    with pytest.raises(ValueError, match=message):
        meta_gradient(**{"params": draw(WIDTHS), "signals": signals, **options})
