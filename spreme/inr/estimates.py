"""What a fitted network is: matrices, biases, masks; and how a family's start is kept at each density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.inr.network import Network, Theta
from spreme.inr.patterns import make_pattern

Array = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class DensityPoint:
    """The start of a family at one density.

    Attributes
    ----------
    density : float
        Share of the weights that was asked for.
    n_weights : int
        Weights that are left.
    weights, biases, mask : list of ndarray
        Layer by layer (in, out), (out,), (in, out); weights are exactly zero outside the mask.
    inner_lr : ndarray (layers, 2)
        Inner rates of weights and biases.
    loss : list of float
        Mean square error after the inner loop at every meta-step of this density.
    """

    density: float
    n_weights: int
    weights: list[Array]
    biases: list[Array]
    mask: list[Mask]
    inner_lr: Array
    loss: list[float]

    def to_arrays(self, prefix: str) -> dict[str, Array]:
        """All arrays by name."""
        out = {f"{prefix}inner_lr": self.inner_lr, f"{prefix}loss": np.array(self.loss)}
        for k, (w, b, own) in enumerate(zip(self.weights, self.biases, self.mask, strict=True)):
            out.update({f"{prefix}weights_{k}": w, f"{prefix}biases_{k}": b, f"{prefix}mask_{k}": own})
        return out

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array], prefix: str, density: float, n_layers: int) -> DensityPoint:
        """What `to_arrays` wrote."""
        weights = [arrays[f"{prefix}weights_{k}"] for k in range(n_layers)]
        biases = [arrays[f"{prefix}biases_{k}"] for k in range(n_layers)]
        mask = [arrays[f"{prefix}mask_{k}"] for k in range(n_layers)]
        n_weights, loss = sum(int(own.sum()) for own in mask), arrays[f"{prefix}loss"].tolist()
        return cls(density, n_weights, weights, biases, mask, arrays[f"{prefix}inner_lr"], loss)

    def network(self, kind: str, w0: float) -> tuple[Network, Theta]:
        """The network and its parameters, ready to be adapted."""
        return network_from(self.weights, self.biases, self.mask, kind, w0)


def network_from(
    weights: list[Array], biases: list[Array], mask: list[Mask], kind: str, w0: float
) -> tuple[Network, Theta]:
    """Network of matrices and masks, with fresh copies of the parameters on its patterns."""
    network = Network(tuple(make_pattern(own) for own in mask), kind, w0)
    return network, [
        (own.take(w).copy(), b.copy()) for own, w, b in zip(network.patterns, weights, biases, strict=True)
    ]
