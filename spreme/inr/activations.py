"""Activations of implicit representations: value, slope and curvature, and their Taylor series.

    sine    sin(w0 u)                             Sitzmann et al. (2020)
    finer   sin(w0 (|u| + 1) u)                   Liu et al. (2024)
    gabor   cos(w0 u) exp(-(w0 u / 2)^2)          the real part of WIRE, Saragadam et al. (2023), with this envelope

u is the linear part of a layer. Training asks for f and f', exact meta-gradients for f'', derivatives of any order of
the network for the Taylor series of f(u(t)).

References
----------
Sitzmann et al. (2020), Implicit neural representations with periodic activation functions, NeurIPS. Liu et al. (2024),
FINER: flexible spectral-bias tuning in implicit neural representation by variable-periodic activation functions, CVPR.
Saragadam et al. (2023), WIRE: wavelet implicit neural representations, CVPR.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.inr.kernels import sine, sine_and_slope

Array = NDArray[Any]

ACTIVATIONS = ("sine", "finer", "gabor")
# Width of the envelope of the Gabor activation in units of 1 / w0.
ENVELOPE = 0.5


def value(kind: str, u: Array, w0: float) -> Array:
    """Apply an activation to u (width, n)."""
    if kind == "sine" and u.dtype == np.float32:
        out = np.empty_like(u)
        sine(u, np.zeros(len(u), u.dtype), np.float32(w0), out)
        return out
    if kind == "gabor":
        z = w0 * u
        return np.asarray(np.cos(z) * np.exp(-((ENVELOPE * z) ** 2)))
    return np.asarray(np.sin(w0 * (u if kind == "sine" else (np.abs(u) + 1) * u)))


def value_and_slope(kind: str, u: Array, bias: Array, w0: float) -> tuple[Array, Array, Array | None]:
    """Value and slope at u + bias, both (width, n), and the curvature; None for the sine, where it is -w0^2 value."""
    if kind == "sine" and u.dtype == np.float32:
        out, slope = np.empty_like(u), np.empty_like(u)
        sine_and_slope(u, bias, np.float32(w0), out, slope)
        return out, slope, None
    u = u + bias[:, None]
    if kind == "sine":
        z = w0 * u
        return np.sin(z), w0 * np.cos(z), None
    if kind == "finer":
        size = np.abs(u)
        z, first, second = w0 * (size + 1) * u, w0 * (2 * size + 1), 2 * w0 * np.sign(u)
        wave, turned = np.sin(z), np.cos(z)
        return wave, first * turned, second * turned - first**2 * wave
    z, s = w0 * u, ENVELOPE**2
    envelope = np.exp(-s * z**2)
    wave, turned = np.cos(z) * envelope, np.sin(z) * envelope
    slope = -w0 * (turned + 2 * s * z * wave)
    return wave, slope, -(w0**2) * (wave - 4 * s * z * turned + 2 * s * wave - 4 * s**2 * z**2 * wave)


def taylor(kind: str, u: Array, w0: float) -> Array:
    """Taylor coefficients of f(u(t)) from those of u, both (order + 1, width, n)."""
    if kind == "finer":
        sign = np.sign(u[0])
        return _waves(w0 * (sign * _product(u, u) + u))[0]
    z = w0 * u
    if kind == "sine":
        return _waves(z)[0]
    return _product(_waves(z)[1], _exponential(-(ENVELOPE**2) * _product(z, z)))


def _product(a: Array, b: Array) -> Array:
    """Product of two series."""
    return np.array([sum(a[j] * b[k - j] for j in range(k + 1)) for k in range(len(a))])


def _waves(z: Array) -> tuple[Array, Array]:
    """Sine and cosine of a series: k s_k = sum_j j z_j c_{k-j}, k c_k = -sum_j j z_j s_{k-j}."""
    s, c = np.empty_like(z), np.empty_like(z)
    s[0], c[0] = np.sin(z[0]), np.cos(z[0])
    for k in range(1, len(z)):
        s[k] = sum(j * z[j] * c[k - j] for j in range(1, k + 1)) / k
        c[k] = -sum(j * z[j] * s[k - j] for j in range(1, k + 1)) / k
    return s, c


def _exponential(z: Array) -> Array:
    """Exponential of a series: k e_k = sum_j j z_j e_{k-j}."""
    e = np.empty_like(z)
    e[0] = np.exp(z[0])
    for k in range(1, len(z)):
        e[k] = sum(j * z[j] * e[k - j] for j in range(1, k + 1)) / k
    return e
