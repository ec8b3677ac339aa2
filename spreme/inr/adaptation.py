"""From the start of a family to one signal: a few steps of gradient descent at the inner rates, or Adam.

With `share`, the share of the points that training used in each inner step, descent takes those of the largest error
and scales the gradient of all points to the length of theirs: what the rates were learned for.

References
----------
Tack et al. (2023), Learning large-scale neural fields via context pruned meta-learning, NeurIPS.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.inr.adam import Adam, flattened
from spreme.inr.meta_gradient import moved, worst_points
from spreme.inr.network import Network, Theta
from spreme.inr.training import Trained

Array = NDArray[Any]


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def descend(
    network: Network, theta: Theta, x: Array, y: Array, rates: Array, steps: int, share: float | None = None
) -> Trained:
    """Gradient descent at the rates (layers, 2)."""
    losses = []
    for _ in range(steps):
        trace = network.trace(theta, x)
        loss, gradient, _ = network.gradient(theta, trace, y)
        losses.append(loss)
        if share is not None:
            part, at = worst_points(network, theta, x, y, trace, share)
            own = network.gradient(theta, part, at)[1]
            scale = _length(own) / max(_length(gradient), 1e-300)
            gradient = [(w * w.dtype.type(scale), b * b.dtype.type(scale)) for w, b in gradient]
        theta = moved(theta, gradient, rates)
    return Trained(network, theta, losses)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def climb_down(
    network: Network, theta: Theta, x: Array, y: Array, rate: float, steps: int, *, shifts_only: bool
) -> Trained:
    """Adam at a fixed rate; `shifts_only` moves the biases of the hidden layers alone."""
    theta = [(w.copy(), b.copy()) for w, b in theta]
    hidden = [b for _, b in theta[:-1]]
    optimiser, losses = Adam(hidden if shifts_only else flattened(theta)), []
    for _ in range(steps):
        loss, gradient, _ = network.gradient(theta, network.trace(theta, x), y)
        losses.append(loss)
        if shifts_only:
            optimiser.step(hidden, [b for _, b in gradient[:-1]], rate)
        else:
            optimiser.step(flattened(theta), flattened(gradient), rate)
    return Trained(network, theta, losses)


def _length(theta: Theta) -> float:
    """Euclidean length of all arrays together."""
    return float(np.sqrt(sum(float(np.vdot(own, own)) for own in flattened(theta))))
