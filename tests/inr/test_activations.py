"""Activations against their definitions, differences and Taylor polynomials."""

from __future__ import annotations

import math

import numpy as np
import pytest
from networks import KINDS, along

from spreme.inr import activations
from spreme.inr.activations import taylor, value, value_and_slope

W0 = 7.0
# Away from zero, where the curvature of FINER jumps.
POINTS = np.array([np.linspace(-1, -0.05, 40), np.linspace(0.03, 0.9, 40)])
NO_BIAS = np.zeros(2)

DEFINITIONS = {
    "sine": lambda u: np.sin(W0 * u),
    "finer": lambda u: np.sin(W0 * (np.abs(u) + 1) * u),
    "gabor": lambda u: np.cos(W0 * u) * np.exp(-((W0 * u / 2) ** 2)),
}


def slope_of(kind, u):
    return value_and_slope(kind, u, NO_BIAS, W0)[1]


def curvature_of(kind, u):
    wave, _, curvature = value_and_slope(kind, u, NO_BIAS, W0)
    return -(W0**2) * wave if curvature is None else curvature


def test_all_activations_are_tested():
    assert set(KINDS) == set(activations.ACTIVATIONS) == set(DEFINITIONS)


@pytest.mark.parametrize("kind", KINDS)
def test_values(kind):
    np.testing.assert_allclose(value(kind, POINTS, W0), DEFINITIONS[kind](POINTS), rtol=0, atol=1e-14)
    np.testing.assert_allclose(value_and_slope(kind, POINTS, NO_BIAS, W0)[0], value(kind, POINTS, W0), atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_slope_and_curvature(kind):
    """In z = w0 u steps are 1e-3; derivatives grow by 3 an order at most: truncation 1e-12 3^6 / 30, rounding 1e-13."""
    one, h = np.ones_like(POINTS), 1e-3 / W0
    slopes = along(lambda u: value(kind, u, W0), POINTS, one, h)
    np.testing.assert_allclose(slope_of(kind, POINTS), slopes, rtol=0, atol=1e-10 * W0)
    curvatures = along(lambda u: slope_of(kind, u), POINTS, one, h)
    np.testing.assert_allclose(curvature_of(kind, POINTS), curvatures, rtol=0, atol=1e-10 * W0**2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_biases_are_added(kind, dtype):
    """Rounding of u + b moves z by 3 w0 6e-8 at most, where the slope is below 3."""
    bias = np.array([0.3, -0.2], dtype)
    u = POINTS.astype(dtype)
    found, wanted = value_and_slope(kind, u, bias, W0), value_and_slope(kind, u + bias[:, None], np.zeros(2, dtype), W0)
    for one, other, scale in zip(found, wanted, (1.0, W0, W0**2), strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            assert one.dtype == dtype
            np.testing.assert_allclose(one, other, rtol=0, atol=2e-5 * scale)


@pytest.mark.parametrize("w0", [1.0, 30.0, 200.0])
def test_sine_in_single_precision(w0):
    """The promise of the kernels: 4e-6 for |z| < 60."""
    u = np.linspace(-60 / w0, 60 / w0, 300_001).astype(np.float32)[None]
    z = w0 * u.astype(float)
    np.testing.assert_allclose(value("sine", u, w0), np.sin(z), rtol=0, atol=4e-6)
    wave, slope, curvature = value_and_slope("sine", u, np.zeros(1, np.float32), w0)
    assert curvature is None and wave.dtype == slope.dtype == np.float32
    np.testing.assert_allclose(wave, np.sin(z), rtol=0, atol=4e-6)
    np.testing.assert_allclose(slope / w0, np.cos(z), rtol=0, atol=4e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_taylor_coefficients_are_derivatives(kind):
    """Orders up to two exactly, the two after them by differences as above, k! and w0^k taken out."""
    series = np.zeros((5, *POINTS.shape))
    series[0], series[1] = POINTS, 1.0
    found = [math.factorial(k) * own / W0**k for k, own in enumerate(taylor(kind, series, W0))]
    for k, own in enumerate((value(kind, POINTS, W0), slope_of(kind, POINTS), curvature_of(kind, POINTS))):
        np.testing.assert_allclose(found[k], own / W0**k, rtol=0, atol=1e-12)
    one, h = np.ones_like(POINTS), 1e-3 / W0
    third = along(lambda u: curvature_of(kind, u), POINTS, one, h)
    np.testing.assert_allclose(found[3], third / W0**3, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_taylor_series_of_a_composition(kind):
    """Of f(u(t)) for a cubic u: at |t| = 0.05 the terms fall by a factor of 2 an order at least."""
    rng = np.random.default_rng(1)
    order, t = 40, 0.05
    series = np.zeros((order + 1, *POINTS.shape))
    series[0] = np.where(POINTS > 0, POINTS + 0.2, POINTS - 0.2)
    series[1:4] = rng.uniform(-1, 1, (3, *POINTS.shape))
    for at in (-t, t):
        u = sum(own * at**k for k, own in enumerate(series[:4]))
        found = sum(own * at**k for k, own in enumerate(taylor(kind, series, W0)))
        np.testing.assert_allclose(found, value(kind, u, W0), rtol=0, atol=1e-11)
