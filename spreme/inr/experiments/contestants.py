"""Starts of one size, and how they are adapted to a signal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from spreme.inr.adam import Adam, flattened
from spreme.inr.adaptation import descend
from spreme.inr.estimates import DensityPoint
from spreme.inr.experiments.settings import Trial
from spreme.inr.meta_gradient import lowered
from spreme.inr.network import Network, Theta
from spreme.inr.sparse_inr import SparseINR
from spreme.inr.training import Trained, pruned_to

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Contestant:
    """A start with its label.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    seed : int
        Seed of the start.
    density : float
        Density of the pruned start that it is, or is matched to.
    meta_steps : int
        Meta-steps behind it.
    inr : SparseINR
        Its architecture.
    start : DensityPoint
        Weights, biases, mask, inner rates.
    rounds : dict
        Steps of Adam before which weights are pruned by magnitude, and how many weights stay.
    """

    method: str
    seed: int
    density: float
    meta_steps: int
    inr: SparseINR
    start: DensityPoint
    rounds: dict[int, int] = field(default_factory=dict)

    def takes(self, trial: Trial) -> bool:
        """Whether there are steps enough to prune on the way."""
        return trial.optimizer == "adam" or not self.rounds

    def fit(self, X: Array, Y: Array, trial: Trial) -> SparseINR:
        """Adapt the start to a signal: coordinates (n, d_in), values (n, d_out)."""
        inr = clone(self.inr)
        x, y = lowered([(X, Y)], inr.dtype)[0]
        network, theta = self.start.network(inr.activation, inr.w0)
        if trial.optimizer == "sgd":
            rates = self.start.inner_lr if trial.rate is None else np.full_like(self.start.inner_lr, trial.rate)
            found = descend(network, theta, x, y, rates, trial.steps)
        else:
            assert trial.rate is not None
            found = _adam(network, theta, x, y, trial.steps, trial.rate, self.rounds)
        inr._is_flat = False
        return inr._keep(found)


def _adam(
    network: Network, theta: Theta, x: Array, y: Array, steps: int, rate: float, rounds: dict[int, int]
) -> Trained:
    """Adam at a fixed rate, weights pruned on the way."""
    optimiser, losses = Adam(flattened(theta)), []
    rng = np.random.default_rng(0)  # not used by magnitude
    for step in range(steps):
        if step in rounds:
            network, theta = pruned_to(network, theta, rounds[step], "magnitude", rng, optimiser)
        loss, gradient, _ = network.gradient(theta, network.trace(theta, x), y)
        losses.append(loss)
        optimiser.step(flattened(theta), flattened(gradient), rate)
    return Trained(network, theta, losses)
