"""
Hidden neurons that do nothing, and what is left without them.

A network is a list over layers of weights W (in, out), biases b (out,) and masks, boolean arrays shaped like the
weights in which True is kept. Pruned weights count as zero, whatever the arrays hold there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.inr.masks import check_layers

Array = NDArray[Any]
Mask = NDArray[np.bool_]
Indices = NDArray[np.int64]


class LivingNetwork(NamedTuple):
    """
    A network without dead neurons.

    Attributes
    ----------
    weights : list of ndarray of shape (in, out)
        Weights, zero where pruned.
    biases : list of ndarray of shape (out,)
        Biases.
    masks : list of bool ndarray of shape (in, out)
        Which weights are kept.
    kept : list of int ndarray
        For each hidden layer, the former positions of its neurons.
    """

    weights: list[Array]
    biases: list[Array]
    masks: list[Mask]
    kept: list[Indices]


def without_dead_neurons(
    weights: Sequence[Array], biases: Sequence[Array], masks: Sequence[Mask], activate: Callable[[Array], Array]
) -> LivingNetwork:
    """
    Drop the hidden neurons that do nothing, without a change of what the network computes.

    A neuron without input weights is the constant ``activate(bias)``; the next layer's biases take over what it
    contributes. A neuron without output weights contributes nothing. Neurons that lose their last input or output
    weight by this are dead in their turn. What remains computes the same up to rounding.

    If all neurons of a hidden layer are dead, the network is a constant, which then stands in its last biases: of each
    hidden layer the first neuron remains, without weights, so that shapes stay valid.

    Parameters
    ----------
    weights : sequence of ndarray of shape (in, out)
        Weights of each layer; the last layer is the output.
    biases : sequence of ndarray of shape (out,)
        Biases of each layer.
    masks : sequence of bool ndarray of shape (in, out)
        Surviving weights.
    activate : callable
        Maps pre-activations ``a W + b`` of a layer, here its biases (out,), to activations; for the sine
        ``lambda u: np.sin(w0 * u)``.

    Returns
    -------
    LivingNetwork
        ``(weights, biases, masks, kept)`` of the smaller network: copies, weights zero where pruned. Inputs and outputs
        stay as they are.

    Raises
    ------
    ValueError
        If shapes do not fit.
    TypeError
        If a mask is not boolean.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.inr.pruning import without_dead_neurons
    >>> weights = [np.array([[1.0, 0.0, 1.0]]), np.array([[2.0], [3.0], [0.0]])]
    >>> biases = [np.array([0.0, np.pi / 2, 0.0]), np.array([0.5])]
    >>> living = without_dead_neurons(weights, biases, [w != 0 for w in weights], np.sin)
    >>> [k.tolist() for k in living.kept], living.biases[-1].tolist()
    ([[0]], [3.5])
    """
    check_layers(weights, masks)
    _check_chain(weights, biases)
    masks = [mask.copy() for mask in masks]
    biases = _fold_constants(weights, biases, masks, activate)
    _cut_idle_inputs(masks)
    # Who has an input weight now has an output weight too.
    alive = [np.flatnonzero(mask.any(axis=0)) for mask in masks[:-1]]
    kept = [neurons if neurons.size else np.zeros(1, dtype=np.int64) for neurons in alive]
    rows, columns = [np.arange(len(weights[0])), *kept], [*kept, np.arange(len(biases[-1]))]
    blocks = [np.ix_(row, column) for row, column in zip(rows, columns, strict=True)]
    masks = [mask[block] for mask, block in zip(masks, blocks, strict=True)]
    left = [_masked(weight[block], mask) for weight, mask, block in zip(weights, masks, blocks, strict=True)]
    return LivingNetwork(left, [bias[column] for bias, column in zip(biases, columns, strict=True)], masks, kept)


def _fold_constants(
    weights: Sequence[Array], biases: Sequence[Array], masks: list[Mask], activate: Callable[[Array], Array]
) -> list[Array]:
    """Biases that take over from the neurons without input weights, whose output weights are cut."""
    folded = [bias.copy() for bias in biases]
    # From the inputs on: a neuron all of whose inputs are constants is a constant when its turn comes.
    for k, following in enumerate(weights[1:]):
        constant = ~masks[k].any(axis=0)
        if constant.any():
            values = np.asarray(activate(folded[k]))[constant]
            folded[k + 1] += (values @ _masked(following, masks[k + 1])[constant]).astype(folded[k + 1].dtype)
            masks[k + 1][constant] = False
    return folded


def _cut_idle_inputs(masks: list[Mask]) -> None:
    """Cut the input weights of neurons without output weights."""
    # From the outputs back. This takes no input from a neuron with outputs, so that no new constants arise.
    for k in range(len(masks) - 2, -1, -1):
        masks[k][:, ~masks[k + 1].any(axis=1)] = False


def _masked(weight: Array, mask: Mask) -> Array:
    """Weights with exact zeros where pruned."""
    return np.where(mask, weight, weight.dtype.type(0))


def _check_chain(weights: Sequence[Array], biases: Sequence[Array]) -> None:
    """Refuse layers that do not follow from each other."""
    if len(biases) != len(weights):
        raise ValueError(f"biases must have one array per layer, {len(weights)} in all, got {len(biases)}")
    for k, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        if bias.shape != weight.shape[1:]:
            raise ValueError(f"the biases of layer {k} must have shape {weight.shape[1:]}, got {bias.shape}")
        if k and weight.shape[0] != weights[k - 1].shape[1]:
            raise ValueError(f"layer {k} must take {weights[k - 1].shape[1]} inputs, got {weight.shape[0]}")
