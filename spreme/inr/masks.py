"""Masks of surviving weights: one boolean array per layer, shaped like its weights (in, out), in which True is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Mask = NDArray[np.bool_]


def count_kept(masks: Sequence[Mask]) -> int:
    """
    Count the surviving weights of all layers.

    Parameters
    ----------
    masks : sequence of bool ndarray
        Masks.

    Returns
    -------
    int
        Their number.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.inr.pruning import count_kept
    >>> count_kept([np.eye(3, dtype=bool), np.ones((3, 1), dtype=bool)])
    6
    """
    return sum(int(np.count_nonzero(mask)) for mask in masks)


def parameter_counts(masks: Sequence[Mask], biases: Sequence[Array]) -> dict[str, int]:
    """
    Count surviving weights and biases; to be asked of a network without dead neurons.

    Parameters
    ----------
    masks : sequence of bool ndarray
        Masks.
    biases : sequence of ndarray
        Biases, none of which is ever pruned.

    Returns
    -------
    dict
        Numbers under "weights" and "biases".

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.inr.pruning import parameter_counts
    >>> parameter_counts([np.eye(3, dtype=bool), np.ones((3, 1), dtype=bool)], [np.zeros(3), np.zeros(1)])
    {'weights': 6, 'biases': 4}
    """
    return {"weights": count_kept(masks), "biases": sum(int(bias.size) for bias in biases)}


def check_layers(weights: Sequence[Array], masks: Sequence[Mask]) -> None:
    """
    Refuse masks that do not fit the weights.

    Parameters
    ----------
    weights : sequence of ndarray of shape (in, out)
        Weights of each layer.
    masks : sequence of bool ndarray of shape (in, out)
        Surviving weights.

    Raises
    ------
    ValueError
        If their shapes differ.
    TypeError
        If a mask is not boolean.
    """
    if not weights or len(weights) != len(masks):
        raise ValueError(f"weights and masks must have one array per layer, got {len(weights)} and {len(masks)}")
    for k, (weight, mask) in enumerate(zip(weights, masks, strict=True)):
        if mask.dtype != bool:
            raise TypeError(f"the mask of layer {k} must be boolean, got {mask.dtype}")
        if weight.ndim != 2 or weight.shape != mask.shape:
            raise ValueError(f"weights and mask of layer {k} must be (in, out), got {weight.shape} and {mask.shape}")
