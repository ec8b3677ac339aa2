"""Codes of signals: the numbers that tell a member of a family from the others.

With all parameters adapted the code holds weights in use and biases, layer by layer; with modulations it holds the
shifts of the hidden neurons alone, the change of their biases from the start.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.inr.estimates import DensityPoint

Array = NDArray[Any]


def encode(weights: list[Array], biases: list[Array], start: DensityPoint, *, shifts_only: bool) -> Array:
    """Code of a network that was adapted from a start."""
    if shifts_only:
        return np.concatenate([own - before for own, before in zip(biases[:-1], start.biases[:-1], strict=True)])
    parts = [(w[own], b) for w, b, own in zip(weights, biases, start.mask, strict=True)]
    return np.concatenate([part for pair in parts for part in pair])


def decode(code: Array, start: DensityPoint, name: str, *, shifts_only: bool) -> tuple[list[Array], list[Array]]:
    """Weights and biases of a code.

    Raises
    ------
    ValueError
        If the code has not the length of the start's codes.
    """
    weights, biases = [own.copy() for own in start.weights], [own.copy() for own in start.biases]
    n_shifts = sum(own.size for own in biases[:-1])
    wanted = n_shifts if shifts_only else start.n_weights + n_shifts + biases[-1].size
    if code.shape != (wanted,):
        raise ValueError(f"{name} has shape {code.shape}; the last start has codes of shape ({wanted},)")
    if shifts_only:
        ends = np.cumsum([own.size for own in biases[:-1]])
        for own, shift in zip(biases[:-1], np.split(code, ends[:-1]), strict=True):
            own += shift.astype(own.dtype)
        return weights, biases
    at = 0
    for w, b, own in zip(weights, biases, start.mask, strict=True):
        count = int(own.sum())
        w[own], b[:] = code[at : at + count], code[at + count : at + count + b.size]
        at += count + b.size
    return weights, biases
