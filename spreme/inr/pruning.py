"""
Which weights of a network survive.

    magnitude        |W|
    lamp             W_i^2 / sum of W_j^2 over the surviving weights j of the layer with |W_j| >= |W_i|
    random           a uniform number
    random_balanced  a random rank within the layer, relative to its surviving weights

Each method is a score; the weights with the highest scores over all layers survive, after the best few of each layer.
The score of LAMP is the relative error that its removal would cause in a layer from which all smaller weights are gone:
it compares layers of different scale, where the magnitude empties the layer with the smallest weights.

Weights and masks are lists over layers of arrays (in, out); True is kept.

References
----------
J. Lee, S. Park, S. Mo, S. Ahn, J. Shin, Layer-adaptive sparsity for the magnitude-based pruning, ICLR 2021.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.inr.dead_neurons import LivingNetwork as LivingNetwork
from spreme.inr.dead_neurons import without_dead_neurons as without_dead_neurons
from spreme.inr.masks import check_layers
from spreme.inr.masks import count_kept as count_kept
from spreme.inr.masks import parameter_counts as parameter_counts

Array = NDArray[Any]
Mask = NDArray[np.bool_]

#: Methods by name, and whether they need a generator.
PRUNERS = {"magnitude": False, "lamp": False, "random": True, "random_balanced": True}


def prune(
    weights: Sequence[Array],
    masks: Sequence[Mask],
    keep: int,
    method: str = "lamp",
    rng: np.random.Generator | None = None,
    *,
    floor: int = 1,
) -> list[Mask]:
    """
    Choose the weights that survive.

    The `floor` best weights of each layer survive in any case, then the best of all layers together. Among equal scores
    the first survives, in the order of layers, inputs and outputs.

    Parameters
    ----------
    weights : sequence of ndarray of shape (in, out)
        Weights of each layer.
    masks : sequence of bool ndarray of shape (in, out)
        Weights that survive so far; no other weight comes back.
    keep : int
        Number of weights that survive, over all layers.
    method : {"lamp", "magnitude", "random", "random_balanced"}, default "lamp"
        Score of a weight. "random_balanced" leaves every layer the same share of its surviving weights, to half a
        weight.
    rng : Generator, default None
        Source of the random methods, which need one.
    floor : int, default 1
        Weights that each layer keeps at least, as far as it has as many.

    Returns
    -------
    list of bool ndarray of shape (in, out)
        New masks with `keep` weights in all.

    Raises
    ------
    ValueError
        If shapes do not fit, a surviving weight is not finite, `keep` is more than what survives or less than what the
        floor asks for, or the method is unknown.
    TypeError
        If a mask is not boolean, a count is not an integer, or a random method has no generator.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.inr.pruning import prune
    >>> weights = [np.array([[3.0, -4.0, 0.5]]), np.array([[0.01], [0.02], [0.03]])]
    >>> masks = [np.ones(w.shape, dtype=bool) for w in weights]
    >>> [mask.ravel().tolist() for mask in prune(weights, masks, 3, "magnitude")]
    [[True, True, False], [False, False, True]]
    >>> [mask.ravel().tolist() for mask in prune(weights, masks, 4, "lamp")]
    [[True, True, False], [False, True, True]]
    """
    check_layers(weights, masks)
    _check_request(masks, keep, method, rng, floor)
    layers = enumerate(zip(weights, masks, strict=True))
    scores = [_scores(weight[mask], method, rng, f"layer {k}") for k, (weight, mask) in layers]
    pruned = [np.zeros(mask.shape, dtype=bool) for mask in masks]
    for new, mask, chosen in zip(pruned, masks, _chosen(scores, int(keep), int(floor)), strict=True):
        new[mask] = chosen
    return pruned


def _chosen(scores: Sequence[Array], keep: int, floor: int) -> list[Mask]:
    """The best of each layer, and the best of the others over all layers."""
    chosen = [_best(score, floor) for score in scores]
    others = np.concatenate([score[~first] for score, first in zip(scores, chosen, strict=True)])
    ends = np.cumsum([np.count_nonzero(~first) for first in chosen])
    for first, more in zip(chosen, np.split(_best(others, keep - count_kept(chosen)), ends[:-1]), strict=True):
        first[~first] = more
    return chosen


def _scores(surviving: Array, method: str, rng: np.random.Generator | None, name: str) -> Array:
    """Scores of the surviving weights of a layer, in double precision."""
    values = np.abs(surviving.astype(np.float64))
    if not np.isfinite(values).all():
        raise ValueError(f"the weights of {name} must be finite, got {surviving[~np.isfinite(values)][0]}")
    if method == "magnitude":
        return values
    if method == "lamp":
        return _lamp(values)
    assert rng is not None
    if method == "random":
        return rng.random(values.size)
    # Down to a common threshold, each layer keeps the same share of its ranks, to half a weight.
    return -(rng.permutation(values.size) + 0.5) / max(values.size, 1)


def _lamp(values: Array) -> Array:
    """Squares relative to the sum of all squares at least as large."""
    scale = values.max(initial=0.0)
    if scale == 0:
        return np.zeros(values.shape)
    squares = (values / scale) ** 2  # at most 1: no overflow
    ascending = np.sort(squares)
    sums = np.cumsum(ascending[::-1])[::-1]
    return squares / sums[np.searchsorted(ascending, squares)]


def _best(scores: Array, n: int) -> Mask:
    """The n highest scores, the first ones among equals; all of them if there are fewer."""
    chosen = np.zeros(scores.size, dtype=bool)
    chosen[np.argsort(-scores, kind="stable")[:n]] = True
    return chosen


def _check_request(masks: Sequence[Mask], keep: int, method: str, rng: np.random.Generator | None, floor: int) -> None:
    """Refuse counts that cannot be met, and unknown methods."""
    if method not in PRUNERS:
        raise ValueError(f"method must be one of {', '.join(map(repr, PRUNERS))}, got {method!r}")
    if PRUNERS[method] and not isinstance(rng, np.random.Generator):
        raise TypeError(f"method {method!r} needs rng, a numpy Generator, got {rng!r}")
    for name, given in (("keep", keep), ("floor", floor)):
        if not isinstance(given, numbers.Integral) or isinstance(given, bool):
            raise TypeError(f"{name} must be an integer, got {given!r}")
        if given < 0:
            raise ValueError(f"{name} must not be negative, got {given}")
    surviving = [int(np.count_nonzero(mask)) for mask in masks]
    least = sum(min(int(floor), n) for n in surviving)
    if not least <= keep <= sum(surviving):
        raise ValueError(f"keep must be from {least} (the floor of each layer) to {sum(surviving)}, got {keep}")
