"""One block of the built-in separable penalties, compiled: value, proximal operator, exact minimiser.

A block is one term in all environments, b (E,). Kinds: group lasso, elastic net, sparse group lasso, MCP and SCAD, with
shape the l1_ratio or gamma and alpha the strength of the block, weight included. The formulas are those of the classes
in `spreme.penalties`, and tests hold the two together.

References
----------
Qin, Scheinberg and Goldfarb (2013), Efficient block-coordinate descent algorithms for the group lasso, Math. Program.
Comput. 5.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

LASSO, ELASTIC, SPARSE, MCP, SCAD = 0, 1, 2, 3, 4


@njit(cache=True, nogil=True)
def norm(v: Array) -> float:
    """Euclidean norm."""
    total = 0.0
    for e in range(v.shape[0]):
        total += v[e] * v[e]
    return np.sqrt(total)


@njit(cache=True, nogil=True)
def soften(v: Array, threshold: float) -> None:
    """Soft threshold of the entries, in place."""
    for e in range(v.shape[0]):
        v[e] = max(v[e] - threshold, 0.0) - max(-v[e] - threshold, 0.0)


@njit(cache=True, nogil=True)
def shrunk(size: float, kind: int, shape: float, alpha: float, step: float) -> float:
    """Minimiser over t >= 0 of (t - size)^2 / (2 step) + p(t), for penalties of a norm."""
    if kind == LASSO:
        return max(size - step * alpha, 0.0)
    if kind == ELASTIC:
        return max(size - step * alpha * shape, 0.0) / (1.0 + step * alpha * (1.0 - shape))
    if kind == MCP:
        if step >= shape:
            return size if size > alpha * np.sqrt(shape * step) else 0.0
        return size if size > shape * alpha else max(size - step * alpha, 0.0) / (1.0 - step / shape)
    if step < shape - 1.0:
        if size <= (1.0 + step) * alpha:
            return max(size - step * alpha, 0.0)
        if size > shape * alpha:
            return size
        return alpha + (size - (1.0 + step) * alpha) / (1.0 - step / (shape - 1.0))
    flat = shape + 1.0
    jump = alpha * (0.5 * (flat + step) if step <= flat else np.sqrt(flat * step))
    return size if size > jump else max(size - step * alpha, 0.0)


@njit(cache=True, nogil=True)
def prox_block(v: Array, kind: int, shape: float, alpha: float, step: float) -> None:
    """Proximal operator of one block, in place."""
    if kind == SPARSE:
        soften(v, step * alpha * shape)
    size = norm(v)
    if size == 0.0:
        return
    new = max(size - step * alpha * (1.0 - shape), 0.0) if kind == SPARSE else shrunk(size, kind, shape, alpha, step)
    for e in range(v.shape[0]):
        v[e] *= new / size


@njit(cache=True, nogil=True)
def exact_block(z: Array, h: Array, kind: int, shape: float, alpha: float) -> None:
    """Set z = argmin over b of sum_e (h_e b_e^2 / 2 - z_e b_e) + p(b), for convex kinds.

    With ridge in h and soft thresholds in z all three are a group lasso: b_e = z_e t / (h_e t + a) with the norm t such
    that sum_e z_e^2 / (h_e t + a)^2 = 1.
    """
    ridge, a = 0.0, alpha
    if kind == ELASTIC:
        ridge, a = alpha * (1.0 - shape), alpha * shape
    elif kind == SPARSE:
        soften(z, alpha * shape)
        a = alpha * (1.0 - shape)
    size, most = norm(z), ridge
    for e in range(z.shape[0]):
        most = max(most, h[e] + ridge)
    if size <= a or most == 0.0:
        for e in range(z.shape[0]):
            z[e] = 0.0
        return
    # Newton on 1/sqrt(sum) - 1, concave and increasing in t: from below the root it converges without overshooting
    t = (size - a) / most
    for _ in range(100):
        total, slope = 0.0, 0.0
        for e in range(z.shape[0]):
            q = (h[e] + ridge) * t + a
            total += z[e] * z[e] / (q * q)
            slope += z[e] * z[e] * (h[e] + ridge) / (q * q * q)
        if slope == 0.0:
            break
        move = total * (np.sqrt(total) - 1.0) / slope
        t += move
        if abs(move) <= 1e-14 * t:
            break
    for e in range(z.shape[0]):
        z[e] *= t / ((h[e] + ridge) * t + a)


@njit(cache=True, nogil=True)
def block_value(b: Array, kind: int, shape: float, alpha: float) -> float:
    """Penalty of one block."""
    t = norm(b)
    if kind == LASSO:
        return alpha * t if t > 0.0 else 0.0
    if kind == ELASTIC:
        return alpha * (shape * t + 0.5 * (1.0 - shape) * t * t)
    if kind == SPARSE:
        total = (1.0 - shape) * t
        for e in range(b.shape[0]):
            total += shape * abs(b[e])
        return alpha * total
    inner = min(t, shape * alpha)
    if kind == MCP:
        return inner * (alpha - 0.5 * inner / shape)
    bend = max(inner, alpha) - alpha
    return alpha * (min(t, alpha) + bend) - 0.5 * bend * bend / (shape - 1.0)
