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

from spreme.inr.estimates import DensityPoint
from spreme.inr.learners import Learner, MakeLearner, NumpyLearner
from spreme.inr.meta_gradient import Inner, Signal
from spreme.inr.network import Network, Theta

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


def make_plan(model: Any, n_layers: int) -> Plan:
    """The plan of the settings of a `MetaSparseINR`."""
    learns = model.inner_lr == "learned"
    rates = np.full((n_layers, 2), FIRST_RATE if learns else float(model.inner_lr))
    if model.adapt_mode == "modulations":
        rates[:, 0] = rates[-1] = 0.0
    return Plan(
        Inner(rates, model.inner_steps, model.order, model.points),
        learns,
        model.outer_lr,
        model.retrain_lr,
        model.meta_batch,
        model.meta_iter,
        model.retrain_iter,
        tuple(float(own) for own in model.densities),
        model.pruner,
    )


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def meta_train(
    network: Network,
    theta: Theta,
    signals: Sequence[Signal],
    plan: Plan,
    rng: np.random.Generator,
    report: Callable[[float], None],
    make_learner: MakeLearner = NumpyLearner,
) -> list[DensityPoint]:
    """Train at every density; theta is overwritten."""
    total = sum(own.mask.size for own in network.patterns)
    learner = make_learner(network, theta, signals, plan.inner, plan.learns_rates)
    path: list[DensityPoint] = []
    for density in plan.densities:
        if density < 1.0:
            learner.prune(max(round(density * total), 1), plan.pruner, rng)
        is_dense_phase = not path
        rate, number = (plan.outer_lr, plan.meta_iter) if is_dense_phase else (plan.retrain_lr, plan.retrain_iter)
        losses: list[float] = []
        for k in range(number):
            chosen = rng.integers(0, len(signals), plan.meta_batch).tolist()
            losses.append(learner.advance(chosen, rate * (1.0 - DECAY * k / number)))
            report(losses[-1])
            if not np.isfinite(losses[-1]):
                break
        path.append(_point(density, learner, losses))
        if losses and not np.isfinite(losses[-1]):
            break
    return path


def _point(density: float, learner: Learner, losses: list[float]) -> DensityPoint:
    """What is kept of one density."""
    matrices = learner.network.matrices(learner.start())
    masks = [own.mask.copy() for own in learner.network.patterns]
    count = sum(int(own.sum()) for own in masks)
    weights, biases = [np.array(w) for w, _ in matrices], [b.copy() for _, b in matrices]
    return DensityPoint(density, count, weights, biases, masks, learner.rates(), losses)
