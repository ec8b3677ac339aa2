"""Adam on the arrays of a network, its moments carried over when weights are pruned.

References
----------
Kingma and Ba (2015), Adam: a method for stochastic optimization, ICLR.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.inr.network import Theta
from spreme.inr.patterns import Pattern

Array = NDArray[Any]

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """First and second moments of every array, and the number of steps."""

    def __init__(self, arrays: Sequence[Array]) -> None:
        self.first = [np.zeros_like(own) for own in arrays]
        self.second = [np.zeros_like(own) for own in arrays]
        self.n_steps = 0

    def step(self, arrays: Sequence[Array], gradient: Sequence[Array], rate: float, epsilon: float = EPSILON) -> None:
        """Move the arrays, in place."""
        self.n_steps += 1
        scale_1, scale_2 = 1.0 - BETA_1**self.n_steps, 1.0 - BETA_2**self.n_steps
        for own, slope, first, second in zip(arrays, gradient, self.first, self.second, strict=True):
            first *= BETA_1
            first += (1.0 - BETA_1) * slope
            second *= BETA_2
            second += (1.0 - BETA_2) * slope * slope
            own -= (rate / scale_1) * first / (np.sqrt(second / scale_2) + epsilon)

    def pruned(self, before: Sequence[Pattern], after: Sequence[Pattern]) -> None:
        """Go over to new patterns of the weights; arrays alternate between weights and biases, as `flattened` has them.

        What belonged to a pruned weight is forgotten.
        """
        for moments in (self.first, self.second):
            for k, (old, new) in enumerate(zip(before, after, strict=True)):
                moments[2 * k] = new.take(old.matrix(moments[2 * k]))


def flattened(theta: Theta) -> list[Array]:
    """Arrays of a network: weights and biases in turns."""
    return [own for pair in theta for own in pair]
