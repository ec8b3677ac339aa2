"""Compiled loops of sparse implicit representations: sines with their slopes, and products on a pattern of weights.

Activations lie features x points, (width, n) in C order: a neuron is a row, and a product on a pattern adds rows to
rows. Points are worked through in tiles that stay in the cache. In single precision sine and cosine come together from
one reduction z = k pi + r, |r| <= pi / 2, and minimax polynomials in r^2: absolute error below 4e-6 for |z| < 60, most
of it the rounding of z itself. Double precision takes the library's functions.

Legend: weight k of a pattern joins input i[k] to output j[k]; outputs of a layer are rows of `out`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]
Indices = NDArray[np.int64]

# Points of one tile: rows of that length of all neurons of a layer of 256 fit a cache of 1 MB.
TILE = 1024

_FAST = {"contract", "reassoc", "nsz", "arcp"}
# 1 / pi, and pi in three parts whose multiples by small integers are exact in single precision.
_INVERSE = np.float32(0.3183098861837907)
_PI_1, _PI_2, _PI_3 = np.float32(3.140625), np.float32(0.0009670257568359375), np.float32(6.2771141529083e-07)
# Minimax polynomials on [-pi / 2, pi / 2], by linear programming on a Chebyshev grid.
_S3, _S5 = np.float32(-0.16666666237250605), np.float32(0.008333179304775422)
_S7, _S9 = np.float32(-0.0001981552408002894), np.float32(2.6155551915125483e-06)
_C4, _C6 = np.float32(0.04166666612954183), np.float32(-0.0013888782644841515)
_C8, _C10 = np.float32(2.478267211938485e-05), np.float32(-2.64534663973975e-07)
_HALF, _ONE, _FOUR = np.float32(0.5), np.float32(1.0), np.float32(4.0)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def sine(u: Array, bias: Array, w0: Any, value: Array) -> None:
    """Value = sin(w0 (u + bias)) in single precision; u, value (width, n), bias (width,), w0 float32."""
    for i in range(u.shape[0]):
        b, row, out = bias[i], u[i], value[i]
        for p in range(row.shape[0]):
            z = w0 * (row[p] + b)
            k = np.floor(z * _INVERSE + _HALF)
            r = ((z - k * _PI_1) - k * _PI_2) - k * _PI_3
            half = k * _HALF
            sign = _ONE - _FOUR * (half - np.floor(half))
            x = r * r
            out[p] = sign * r * (_ONE + x * (_S3 + x * (_S5 + x * (_S7 + x * _S9))))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def sine_and_slope(u: Array, bias: Array, w0: Any, value: Array, slope: Array) -> None:
    """The same with slope = w0 cos(w0 (u + bias))."""
    for i in range(u.shape[0]):
        b, row, out, up = bias[i], u[i], value[i], slope[i]
        for p in range(row.shape[0]):
            z = w0 * (row[p] + b)
            k = np.floor(z * _INVERSE + _HALF)
            r = ((z - k * _PI_1) - k * _PI_2) - k * _PI_3
            half = k * _HALF
            sign = _ONE - _FOUR * (half - np.floor(half))
            x = r * r
            out[p] = sign * r * (_ONE + x * (_S3 + x * (_S5 + x * (_S7 + x * _S9))))
            up[p] = w0 * sign * (_ONE + x * (-_HALF + x * (_C4 + x * (_C6 + x * (_C8 + x * _C10)))))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def curved_back(back: Array, slope: Array, pull: Array, curvature: Array, tangent: Array) -> None:
    """Back <- back * slope + pull * curvature * tangent, all (width, n)."""
    for i in range(back.shape[0]):
        b, s, d, c, t = back[i], slope[i], pull[i], curvature[i], tangent[i]
        for p in range(b.shape[0]):
            b[p] = b[p] * s[p] + d[p] * c[p] * t[p]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def sine_curved_back(back: Array, slope: Array, pull: Array, minus_w2: Any, value: Array, tangent: Array) -> None:
    """The same for the sine, whose curvature is -w0^2 times its value."""
    for i in range(back.shape[0]):
        b, s, d, c, t = back[i], slope[i], pull[i], value[i], tangent[i]
        for p in range(b.shape[0]):
            b[p] = b[p] * s[p] + minus_w2 * (d[p] * c[p] * t[p])


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def push(u: Array, more: Array, bias: Array, slope: Array, out: Array) -> None:
    """U <- u + more + bias, and out <- slope * u: the tangent before and after an activation."""
    for i in range(u.shape[0]):
        b, row, other, s, o = bias[i], u[i], more[i], slope[i], out[i]
        for p in range(row.shape[0]):
            row[p] = row[p] + other[p] + b
            o[p] = s[p] * row[p]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, inline="always")
def _add_rows(
    start: int, stop: int, index: Indices, position: Indices, values: Array, base: Any, a: Array, first: int, row: Array
) -> None:
    """Set row to base + sum over k of values[position[k]] * a[index[k], first : first + len(row)].

    The one to three rows left over from groups of four come first, together with the base.
    """
    n = row.shape[0]
    last = first + n
    k, rest = start, (stop - start) % 4
    if rest == 0:
        for p in range(n):
            row[p] = base
    elif rest == 1:
        w0, a0 = values[position[k]], a[index[k], first:last]
        for p in range(n):
            row[p] = base + w0 * a0[p]
    elif rest == 2:
        w0, w1 = values[position[k]], values[position[k + 1]]
        a0, a1 = a[index[k], first:last], a[index[k + 1], first:last]
        for p in range(n):
            row[p] = base + w0 * a0[p] + w1 * a1[p]
    else:
        w0, w1, w2 = values[position[k]], values[position[k + 1]], values[position[k + 2]]
        a0, a1, a2 = a[index[k], first:last], a[index[k + 1], first:last], a[index[k + 2], first:last]
        for p in range(n):
            row[p] = base + w0 * a0[p] + w1 * a1[p] + w2 * a2[p]
    k += rest
    while k < stop:
        w0, w1 = values[position[k]], values[position[k + 1]]
        w2, w3 = values[position[k + 2]], values[position[k + 3]]
        a0, a1 = a[index[k], first:last], a[index[k + 1], first:last]
        a2, a3 = a[index[k + 2], first:last], a[index[k + 3], first:last]
        for p in range(n):
            row[p] += w0 * a0[p] + w1 * a1[p] + w2 * a2[p] + w3 * a3[p]
        k += 4


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def gather_rows(start: Indices, index: Indices, position: Indices, values: Array, a: Array, out: Array) -> None:
    """out[r] = sum over k of values[position[k]] * a[index[k]], k from start[r] to start[r + 1]: forward and backward.

    a (inputs, n) and out (outputs, n).
    """
    n, zero = a.shape[1], a[0, 0] * 0
    for first in range(0, n, TILE):
        last = min(first + TILE, n)
        for r in range(out.shape[0]):
            _add_rows(start[r], start[r + 1], index, position, values, zero, a, first, out[r, first:last])


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def sampled_products(inputs: Indices, outputs: Indices, a: Array, d: Array, out: Array) -> None:
    """out[k] += sum over points of a[inputs[k]] * d[outputs[k]]: the gradient of the weights of a pattern."""
    n = a.shape[1]
    for first in range(0, n, TILE):
        last = min(first + TILE, n)
        for k in range(out.shape[0]):
            x, y = a[inputs[k], first:last], d[outputs[k], first:last]
            total = out[k] * 0
            for p in range(last - first):
                total += x[p] * y[p]
            out[k] += total


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def sparse_sine_layer(
    start: Indices, index: Indices, position: Indices, values: Array, bias: Array, w0: Any, a: Array, out: Array
) -> None:
    """Set out to sin(w0 (W' a + bias)) on the pairs of every output, product and sine in one tile; single precision."""
    n = a.shape[1]
    for first in range(0, n, TILE):
        last = min(first + TILE, n)
        for r in range(out.shape[0]):
            row = out[r, first:last]
            _add_rows(start[r], start[r + 1], index, position, values, bias[r], a, first, row)
            for p in range(last - first):
                z = w0 * row[p]
                turns = np.floor(z * _INVERSE + _HALF)
                angle = ((z - turns * _PI_1) - turns * _PI_2) - turns * _PI_3
                half = turns * _HALF
                sign = _ONE - _FOUR * (half - np.floor(half))
                x = angle * angle
                row[p] = sign * angle * (_ONE + x * (_S3 + x * (_S5 + x * (_S7 + x * _S9))))
