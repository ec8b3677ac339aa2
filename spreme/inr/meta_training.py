"""Meta-training: one start for a family of signals, dense first, then pruned and trained again, density by density.

Every meta-step draws a few signals, and Adam follows the mean gradient of their losses after the inner loop; its rate
falls linearly to a tenth within the dense phase and within each round. One optimiser lives through all rounds. Learned
inner rates are moved along, as logarithms, by an Adam of their own.

References
----------
Lee, Tack, Lee and Shin (2021), Meta-learning sparse implicit neural representations, NeurIPS. Li et al. (2017),
Meta-SGD: learning to learn quickly for few-shot learning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.inr.adam import Adam, flattened
from spreme.inr.estimates import DensityPoint
from spreme.inr.meta_gradient import Inner, MetaGradient, Signal, meta_step
from spreme.inr.network import Network, Theta
from spreme.inr.training import pruned_to

Array = NDArray[Any]
MetaStep = Callable[[Network, Theta, Sequence[Signal], Inner], MetaGradient]

# Rate and smallest scale of the Adam of the logarithms of the inner rates.
RATE_OF_RATES, EPSILON_OF_RATES = 0.02, 1e-12
# Where learned inner rates begin.
FIRST_RATE = 1e-2
# The outer rate falls by this share within a phase.
DECAY = 0.9


class Plan(NamedTuple):
    """How to meta-train: letters as the parameters of `MetaSparseINR`."""

    inner: Inner
    learns_rates: bool
    outer_lr: float
    retrain_lr: float
    meta_batch: int
    meta_iter: int
    retrain_iter: int
    densities: tuple[float, ...]
    pruner: str


def meta_train(
    network: Network,
    theta: Theta,
    signals: Sequence[Signal],
    plan: Plan,
    rng: np.random.Generator,
    report: Callable[[float], None],
    step: MetaStep = meta_step,
) -> list[DensityPoint]:
    """Train at every density; theta is overwritten."""
    total = sum(own.mask.size for own in network.patterns)
    optimiser = Adam(flattened(theta))
    log_rates = np.log(np.maximum(plan.inner.rates, 1e-300))
    of_rates, path = Adam([log_rates]), list[DensityPoint]()
    for density in plan.densities:
        if density < 1.0:
            network, theta = pruned_to(network, theta, max(round(density * total), 1), plan.pruner, rng, optimiser)
        is_dense_phase = not path
        rate, number = (plan.outer_lr, plan.meta_iter) if is_dense_phase else (plan.retrain_lr, plan.retrain_iter)
        losses: list[float] = []
        for k in range(number):
            chosen = [signals[i] for i in rng.integers(0, len(signals), plan.meta_batch)]
            rates = np.where(plan.inner.rates > 0, np.exp(log_rates), 0.0)
            found = step(network, theta, chosen, plan.inner._replace(rates=rates))
            losses.append(found.loss)
            report(found.loss)
            if not np.isfinite(found.loss):
                break
            now = rate * (1.0 - DECAY * k / number)
            optimiser.step(flattened(theta), flattened(found.gradient), now)
            if plan.learns_rates:
                of_rates.step([log_rates], [found.by_log_rate], RATE_OF_RATES, EPSILON_OF_RATES)
        rates = np.where(plan.inner.rates > 0, np.exp(log_rates), 0.0)
        path.append(_point(density, network, theta, rates, losses))
        if losses and not np.isfinite(losses[-1]):
            break
    return path


def _point(density: float, network: Network, theta: Theta, rates: Array, losses: list[float]) -> DensityPoint:
    """What is kept of one density."""
    matrices = network.matrices(theta)
    masks = [own.mask.copy() for own in network.patterns]
    count = sum(int(own.sum()) for own in masks)
    return DensityPoint(
        density, count, [np.array(w) for w, _ in matrices], [b.copy() for _, b in matrices], masks, rates, losses
    )
