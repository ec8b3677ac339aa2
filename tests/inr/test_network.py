"""Networks: gradients, Hessian-vector products and derivatives against differences; sparse against dense products."""

from __future__ import annotations

import math

import numpy as np
import pytest
from networks import KINDS, along, build, draw, draw_masks, flat, unflat

from spreme.inr import hessian_vector, initialise

WIDTHS = (2, 9, 8, 7, 3)


@pytest.fixture(scope="module")
def signal():
    rng = np.random.default_rng(5)
    return rng.uniform(-1, 1, (2, 30)), rng.uniform(0, 1, (3, 30))


def directions(network, theta, n=3):
    """Unit vectors that leave pruned weights alone."""
    for drawn in np.random.default_rng(3).standard_normal((n, flat(theta).size)):
        own = flat(network.take(network.matrices(unflat(drawn, theta))))
        yield own / np.linalg.norm(own)


def networks(kind, density=0.5):
    """The same masked network with dense and with sparse products, and its parameters."""
    params = draw(WIDTHS)
    masks = draw_masks(params, density)
    for kernel in ("dense", "sparse"):
        network = build(masks, kind, kernel=kernel)
        yield network, network.take(params)


def check_hessian(network, theta, x, y, v):
    trace = network.trace(theta, x)
    pulls = network.gradient(theta, trace, y)[2]
    return flat(network.hessian_vector(theta, unflat(v, theta), trace, pulls))


# Steps of 1e-4 along a unit vector move z by 1e-3 times a few: truncation 1e-12 times a few powers of 3, rounding
# 1e-16 / 1e-4; compared with the length of what is differentiated.
H = 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_gradient(kind, signal):
    x, y = signal
    for network, theta in networks(kind):
        loss, gradient, _ = network.gradient(theta, network.trace(theta, x), y)
        assert math.isclose(loss, np.mean((network.predict(theta, x) - y) ** 2), rel_tol=1e-13)
        gradient, at = flat(gradient), flat(theta)

        def value(vector, network=network, theta=theta):
            here = unflat(vector, theta)
            return network.gradient(here, network.trace(here, x), y)[0]

        for v in directions(network, theta):
            assert abs(along(value, at, v, H) - gradient @ v) < 1e-8 * np.linalg.norm(gradient)


@pytest.mark.parametrize("kind", KINDS)
def test_hessian_vector(kind, signal):
    x, y = signal
    for network, theta in networks(kind):
        at = flat(theta)

        def slope(vector, network=network, theta=theta):
            here = unflat(vector, theta)
            return flat(network.gradient(here, network.trace(here, x), y)[1])

        for v in directions(network, theta):
            found = check_hessian(network, theta, x, y, v)
            np.testing.assert_allclose(found, along(slope, at, v, H), rtol=0, atol=1e-8 * np.linalg.norm(found))


@pytest.mark.parametrize("kind", KINDS)
def test_hessian_is_symmetric(kind, signal):
    x, y = signal
    for network, theta in networks(kind):
        u, v = directions(network, theta, 2)
        hu, hv = (check_hessian(network, theta, x, y, own) for own in (u, v))
        assert abs(u @ hv - v @ hu) < 1e-10 * np.linalg.norm(hv)


@pytest.mark.parametrize("kind", KINDS)
def test_sparse_products_give_what_dense_ones_do(kind, signal):
    """Sums in another order: rounding, which the frequency enlarges a few times."""
    x, y = signal
    found = []
    for network, theta in networks(kind):
        gradient = network.gradient(theta, network.trace(theta, x), y)[1]
        direction = network.take(draw(WIDTHS, seed=9))
        pulls = network.gradient(theta, network.trace(theta, x), y)[2]
        bent = network.hessian_vector(theta, direction, network.trace(theta, x), pulls)
        arrays = [flat(network.matrices(own)) for own in (theta, gradient, bent)]
        found.append([*arrays, network.predict(theta, x), network.series(theta, x, 1, 3)])
    for dense, sparse in zip(*found, strict=True):
        np.testing.assert_allclose(sparse, dense, rtol=0, atol=1e-12 * np.abs(dense).max())


def test_pull_back_of_any_loss(signal):
    """A loss that is linear in the output: its slope is the cotangent."""
    x, d = signal
    network, theta = next(networks("sine"))
    gradient = flat(network.pull_back(theta, network.trace(theta, x), d)[0])

    def value(vector):
        return np.vdot(network.predict(unflat(vector, theta), x), d)

    for v in directions(network, theta):
        assert abs(along(value, flat(theta), v, H) - gradient @ v) < 1e-8 * np.linalg.norm(gradient)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("axis", [0, 1])
def test_series_are_derivatives(kind, axis, signal):
    """Order after order: each against the differences of the one before it, relative to the largest."""
    x, _ = signal
    for network, theta in networks(kind):
        step = np.zeros((2, 1))
        step[axis] = 1.0
        coefficients = network.series(theta, x, axis, 3)
        np.testing.assert_allclose(coefficients[0], network.predict(theta, x), rtol=0, atol=1e-13)
        for order in (1, 2, 3):

            def before(x, order=order, network=network, theta=theta):
                return math.factorial(order - 1) * network.series(theta, x, axis, order - 1)[order - 1]

            found = math.factorial(order) * coefficients[order]
            wanted = along(before, x, step, 1e-4)
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-7 * np.abs(found).max())


@pytest.mark.parametrize("kind", KINDS)
def test_single_precision_stays_single(kind, signal):
    x, y = (own.astype(np.float32) for own in signal)
    params = draw(WIDTHS, dtype=np.float32)
    for kernel in ("dense", "sparse"):
        network = build(draw_masks(params, 0.5), kind, kernel=kernel)
        theta = network.take(params)
        trace = network.trace(theta, x)
        _, gradient, pulls = network.gradient(theta, trace, y)
        bent = network.hessian_vector(theta, theta, trace, pulls)
        kinds = {own.dtype for found in (gradient, bent, network.matrices(theta)) for pair in found for own in pair}
        assert kinds | {network.predict(theta, x).dtype, network.series(theta, x, 0, 2).dtype} == {np.dtype(np.float32)}


def test_start_of_a_siren():
    """Bounds of Sitzmann et al., uniform: standard deviations are the bounds over root 3, to 3 in a thousand."""
    widths, w0 = (3, 400, 400, 2), 20.0
    params = initialise(widths, w0=w0, rng=np.random.default_rng(0), dtype=float)
    for k, (w, b) in enumerate(params):
        bound = 1 / widths[k] if k == 0 else math.sqrt(6 / widths[k]) / w0
        assert w.shape == (widths[k], widths[k + 1]) and b.shape == (widths[k + 1],)
        assert max(np.abs(w).max(), np.abs(b).max()) <= bound
    assert math.isclose(params[1][0].std(), math.sqrt(6 / 400) / w0 / math.sqrt(3), rel_tol=0.01)
    again = initialise(widths, w0=w0, rng=np.random.default_rng(0))
    assert {own.dtype for pair in again for own in pair} == {np.dtype(np.float32)}
    np.testing.assert_allclose(again[2][0], params[2][0], rtol=1e-6)


def test_the_hook_for_hessians(signal):
    x, y = signal
    params = draw((2, 6, 3))
    direction = draw((2, 6, 3), seed=4)
    network = build([np.ones(w.shape, bool) for w, _ in params])
    found = hessian_vector(params, direction, x.T, y.T, w0=10.0)
    wanted = check_hessian(network, params, x, y, flat(direction))
    np.testing.assert_allclose(flat(found), wanted, rtol=0, atol=1e-13 * np.linalg.norm(wanted))
    assert [(w.shape, b.shape) for w, b in found] == [(w.shape, b.shape) for w, b in params]
    with pytest.raises(ValueError, match="direction has the shapes"):
        hessian_vector(params, direction[:1], x.T, y.T)
    with pytest.raises(ValueError, match=r"signal 0: X \(30, 2\) and Y \(30, 2\) do not fit"):
        hessian_vector(params, direction, x.T, y[:2].T)
