"""Training of one network on one signal: Adam, pruning on the way, early stopping on held-out points.

Pruning takes a tenth of the steps each for up to five rounds between 20 % and 70 % of them, each round the same share;
what follows is re-training. The optimiser goes on with the moments of the weights that are left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.inr.adam import Adam, flattened
from spreme.inr.network import Network, Theta
from spreme.inr.patterns import make_pattern
from spreme.inr.pruning import prune

Array = NDArray[Any]
Penalty = Callable[[Array, Array], tuple[float, Array]]

# When pruning begins and ends, in shares of the steps, and its rounds.
PRUNE_FROM, PRUNE_TO, ROUNDS = 0.2, 0.7, 5
# Held-out share of the points, how often it is looked at, and how many looks without gain end the training.
HELD_OUT, EVERY, PATIENCE = 0.2, 10, 20


class Schedule(NamedTuple):
    """How to train: steps, rate, density with its pruner, points a step (None: all), early stopping, penalty."""

    max_iter: int
    rate: float
    density: float = 1.0
    pruner: str = "lamp"
    batch_size: int | None = None
    early_stopping: bool = False
    penalty: Penalty | None = None


@dataclass(frozen=True, eq=False)
class Trained:
    """Network, parameters, the loss of every step, and that at the points held out (NaN: none)."""

    network: Network
    theta: Theta
    loss: list[float]
    held_out_loss: float = np.nan


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def train(
    network: Network,
    theta: Theta,
    x: Array,
    y: Array,
    schedule: Schedule,
    rng: np.random.Generator,
    report: Callable[[float], None] | None = None,
) -> Trained:
    """Fit theta, in place, to values y (d_out, n) at coordinates x (d_in, n)."""
    inner, held = _split(x.shape[1], schedule.early_stopping, rng)
    optimiser, losses = Adam(flattened(theta)), []
    rounds = _rounds(schedule, sum(int(own.mask.sum()) for own in network.patterns))
    best, best_loss, waited = [(w.copy(), b.copy()) for w, b in theta], np.inf, 0
    for step in range(schedule.max_iter):
        if step in rounds:
            network, theta = pruned_to(network, theta, rounds[step], schedule.pruner, rng, optimiser)
            best_loss, waited = np.inf, 0
        rows = inner if schedule.batch_size is None else rng.choice(inner, min(schedule.batch_size, len(inner)), False)
        losses.append(_step(network, theta, *_part(x, y, rows), schedule, optimiser))
        if report is not None:
            report(losses[-1])
        if not np.isfinite(losses[-1]):
            break
        if len(held) and (step % EVERY == EVERY - 1 or step == schedule.max_iter - 1):
            now = float(np.mean((network.predict(theta, x[:, held]) - y[:, held]) ** 2))
            waited += 1
            if now < best_loss:
                best, best_loss, waited = [(w.copy(), b.copy()) for w, b in theta], now, 0
            if waited >= PATIENCE and step > max(rounds, default=0):
                break
    if not np.isfinite(best_loss):
        return Trained(network, theta, losses)
    return Trained(network, best, losses, best_loss)


def _split(n: int, early_stopping: bool, rng: np.random.Generator) -> tuple[Array, Array]:
    """Points to fit and points held out."""
    if not early_stopping or n < 5:
        return np.arange(n), np.arange(0)
    order = rng.permutation(n)
    count = max(1, round(HELD_OUT * n))
    return np.sort(order[count:]), np.sort(order[:count])


def _rounds(schedule: Schedule, total: int) -> dict[int, int]:
    """Steps before which is pruned, and how many weights stay."""
    if schedule.density >= 1.0:
        return {}
    shares = np.linspace(PRUNE_FROM, PRUNE_TO, ROUNDS) * schedule.max_iter
    return {int(at): round(total * schedule.density ** ((k + 1) / ROUNDS)) for k, at in enumerate(shares)}


def _part(x: Array, y: Array, rows: Array) -> tuple[Array, Array]:
    """Some of the points."""
    if len(rows) == x.shape[1]:
        return x, y
    return np.ascontiguousarray(x[:, rows]), np.ascontiguousarray(y[:, rows])


def _step(network: Network, theta: Theta, x: Array, y: Array, schedule: Schedule, optimiser: Adam) -> float:
    """One step of Adam, in place; returns the mean square error before it."""
    trace = network.trace(theta, x)
    left = trace.output - y
    loss = float(np.mean(left * left))
    left *= 2.0 / left.size
    if schedule.penalty is not None:
        slope = np.asarray(schedule.penalty(x.T, trace.output.T)[1], dtype=left.dtype)
        left += slope.T
    gradient, _ = network.pull_back(theta, trace, left)
    optimiser.step(flattened(theta), flattened(gradient), schedule.rate)
    return loss


def pruned_to(
    network: Network, theta: Theta, keep: int, pruner: str, rng: np.random.Generator, optimiser: Adam | None = None
) -> tuple[Network, Theta]:
    """Keep so many weights of all layers together; the optimiser forgets the others, too."""
    weights = [own for own, _ in network.matrices(theta)]
    masks = prune(weights, [own.mask for own in network.patterns], keep, pruner, rng)
    patterns = tuple(make_pattern(own) for own in masks)
    if optimiser is not None:
        optimiser.pruned(network.patterns, patterns)
    kept = [(own.take(w), b) for own, w, (_, b) in zip(patterns, weights, theta, strict=True)]
    return Network(patterns, network.kind, network.w0), kept
