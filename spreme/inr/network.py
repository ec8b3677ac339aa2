"""The network of an implicit representation: values, gradients and exact Hessian-vector products by three loops.

With A_0 = X, U_l = W_l' A_l + b_l, A_{l+1} = f(U_l), C_l = f'(U_l), S_l = f''(U_l), a linear last layer, and
loss = mean (out - Y)^2 over all entries:

    gradient    D_last = 2 (out - Y) / (n d_out);  dW_l = A_l D_l', db_l = D_l 1
                P_l = W_l D_l,  D_{l-1} = P_l * C_{l-1}
    H (V, v)    RU_l = V_l' A_l + v_l + W_l' RA_l,  RA_{l+1} = C_l * RU_l,  RD_last = 2 RU_last / (n d_out)
                HW_l = A_l RD_l' + RA_l D_l',  Hb_l = RD_l 1
                RD_{l-1} = (W_l RD_l + V_l D_l) * C_{l-1} + P_l * S_{l-1} * RU_{l-1}

A product with the Hessian uses what the gradient kept and costs about as much again. Arrays lie features x points.

References
----------
Pearlmutter (1994), Fast exact multiplication by the Hessian, Neural Computation 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.inr import activations
from spreme.inr.kernels import curved_back, push, sine_curved_back
from spreme.inr.patterns import Pattern

Array = NDArray[Any]

# Weights (on a pattern or as a matrix) and bias of every layer.
Theta = list[tuple[Array, Array]]


class Trace(NamedTuple):
    """What a forward pass keeps: inputs A of every layer, slopes C and curvatures S of the hidden ones, the output."""

    inputs: list[Array]
    slopes: list[Array]
    curvatures: list[Array | None]
    output: Array


class Pulls(NamedTuple):
    """What a backward pass keeps: D of every layer, P = W D of all but the first (its first entry is not used)."""

    at_layer: list[Array]
    before_slope: list[Array]


@dataclass(frozen=True, eq=False)
class Network:
    """Layers with their patterns and one activation.

    Attributes
    ----------
    patterns : tuple of Pattern
        One per layer.
    kind : str
        Activation.
    w0 : float
        Its frequency.
    """

    patterns: tuple[Pattern, ...]
    kind: str
    w0: float

    def take(self, params: Sequence[tuple[Array, Array]]) -> Theta:
        """Weights on the patterns, of matrices."""
        return [(own.take(w), np.array(b)) for own, (w, b) in zip(self.patterns, params, strict=True)]

    def matrices(self, theta: Theta) -> Theta:
        """Matrices of weights on the patterns."""
        return [(own.matrix(w), b) for own, (w, b) in zip(self.patterns, theta, strict=True)]

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def predict(self, theta: Theta, x: Array) -> Array:
        """Output (d_out, n) at coordinates x (d_in, n)."""
        a = x
        for pattern, (w, b) in zip(self.patterns[:-1], theta[:-1], strict=True):
            u = pattern.forward(w, a)
            u += b[:, None]
            a = activations.value(self.kind, u, self.w0)
        return self._linear(theta, a)

    def trace(self, theta: Theta, x: Array) -> Trace:
        """The same, everything kept."""
        inputs, slopes, curvatures = [x], [], []
        for pattern, (w, b) in zip(self.patterns[:-1], theta[:-1], strict=True):
            a, slope, curvature = activations.value_and_slope(self.kind, pattern.forward(w, inputs[-1]), b, self.w0)
            inputs.append(a)
            slopes.append(slope)
            curvatures.append(curvature)
        return Trace(inputs, slopes, curvatures, self._linear(theta, inputs[-1]))

    def _linear(self, theta: Theta, a: Array) -> Array:
        """The last layer."""
        out = self.patterns[-1].forward(theta[-1][0], a)
        out += theta[-1][1][:, None]
        return out

    def gradient(self, theta: Theta, trace: Trace, y: Array) -> tuple[float, Theta, Pulls]:
        """Mean square error against y (d_out, n), its gradient, and what the Hessian needs."""
        left = trace.output - y
        loss = float(np.mean(left * left))
        left *= 2.0 / left.size
        grad, pulls = self.pull_back(theta, trace, left)
        return loss, grad, pulls

    def pull_back(self, theta: Theta, trace: Trace, d: Array) -> tuple[Theta, Pulls]:
        """Gradient of any loss from its slope d (d_out, n) by the output."""
        grad: Theta = []
        at_layer, before = [d], []
        for k in range(len(theta) - 1, -1, -1):
            grad.append((self.patterns[k].outer(trace.inputs[k], d), d.sum(axis=1)))
            if k:
                before.append(self.patterns[k].backward(theta[k][0], d))
                d = before[-1] * trace.slopes[k - 1]
                at_layer.append(d)
        return grad[::-1], Pulls(at_layer[::-1], [d, *before[::-1]])

    def hessian_vector(self, theta: Theta, direction: Theta, trace: Trace, pulls: Pulls) -> Theta:
        """Hessian of the mean square error times a direction."""
        tangents, moved = self._tangents(theta, direction, trace)
        rd = tangents[-1] * (2.0 / trace.output.size)
        out: Theta = []
        for k in range(len(theta) - 1, -1, -1):
            pattern, (w, _), (v, _) = self.patterns[k], theta[k], direction[k]
            d = pulls.at_layer[k]
            weights = pattern.outer(trace.inputs[k], rd)
            if k:
                weights += pattern.outer(moved[k], d)
            out.append((weights, rd.sum(axis=1)))
            if k:
                back = pattern.backward(w, rd)
                back += pattern.backward(v, d)
                self._bend(back, trace, pulls.before_slope[k], tangents[k - 1], k - 1)
                rd = back
        return out[::-1]

    def _tangents(self, theta: Theta, direction: Theta, trace: Trace) -> tuple[list[Array], list[Array]]:
        """RU of every layer, and RA of the inputs of every layer (the first entry is not used)."""
        tangents, moved = [], [trace.inputs[0]]
        for k, (pattern, (w, _), (v, shift)) in enumerate(zip(self.patterns, theta, direction, strict=True)):
            u = pattern.forward(v, trace.inputs[k])
            if k == len(theta) - 1:
                u += pattern.forward(w, moved[k])
                u += shift[:, None]
            else:
                more = pattern.forward(w, moved[k]) if k else np.zeros_like(u)
                out = np.empty_like(u)
                push(u, more, shift, trace.slopes[k], out)
                moved.append(out)
            tangents.append(u)
        return tangents, moved

    def _bend(self, back: Array, trace: Trace, pull: Array, tangent: Array, k: int) -> None:
        """Back <- back * C_k + P * S_k * RU_k."""
        curvature = trace.curvatures[k]
        if curvature is None:
            w2 = back.dtype.type(-(self.w0**2))
            sine_curved_back(back, trace.slopes[k], pull, w2, trace.inputs[k + 1], tangent)
        else:
            curved_back(back, trace.slopes[k], pull, curvature, tangent)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def series(self, theta: Theta, x: Array, axis: int, order: int) -> Array:
        """Taylor coefficients (order + 1, d_out, n) of the output along one coordinate."""
        a = np.zeros((order + 1, *x.shape), x.dtype)
        a[0] = x
        if order:
            a[1, axis] = 1.0
        for k, (pattern, (w, b)) in enumerate(zip(self.patterns, theta, strict=True)):
            u = np.array([pattern.forward(w, np.ascontiguousarray(own)) for own in a])
            u[0] += b[:, None]
            a = u if k == len(theta) - 1 else activations.taylor(self.kind, u, self.w0)
        return a


def initialise(
    widths: Sequence[int], w0: float = 30.0, *, rng: np.random.Generator, dtype: Any = np.float32
) -> list[tuple[Array, Array]]:
    """Draw the parameters of a SIREN.

    Parameters
    ----------
    widths : sequence of int
        Coordinates, hidden neurons layer by layer, outputs.
    w0 : float, default 30
        Frequency of the activation.
    rng : numpy.random.Generator
        Source of randomness.
    dtype : dtype, default float32
        Precision.

    Returns
    -------
    list of (W, b)
        W (in, out) and b (out,) of every layer: uniform in +-1 / in for the first, in +-sqrt(6 / in) / w0 for the
        others.

    References
    ----------
    Sitzmann et al. (2020), Implicit neural representations with periodic activation functions, NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> [w.shape for w, _ in initialise([2, 8, 1], rng=np.random.default_rng(0))]
    [(2, 8), (8, 1)]
    """
    out = []
    for k, (fan_in, fan_out) in enumerate(pairwise(widths)):
        bound = 1.0 / fan_in if k == 0 else np.sqrt(6.0 / fan_in) / w0
        w, b = rng.uniform(-bound, bound, (fan_in, fan_out)), rng.uniform(-bound, bound, fan_out)
        out.append((w.astype(dtype), b.astype(dtype)))
    return out
