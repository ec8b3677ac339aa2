"""What learns the start of a family: parameters and inner rates, and an Adam for each that lives through all rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spreme.inr.adam import Adam, flattened
from spreme.inr.meta_gradient import Inner, Signal, meta_step
from spreme.inr.network import Network, Theta
from spreme.inr.training import pruned_to

Array = NDArray[Any]

# Rate and smallest scale of the Adam of the logarithms of the inner rates.
RATE_OF_RATES, EPSILON_OF_RATES = 0.02, 1e-12
# Its logarithm stands for that of a rate of zero, which stays zero.
TINY = 1e-300


class Learner(Protocol):
    """What meta-training asks of a learner."""

    network: Network

    def prune(self, keep: int, pruner: str, rng: np.random.Generator) -> None:
        """Keep so many weights of all layers together; the optimiser forgets the others, too."""
        ...

    def advance(self, chosen: Sequence[int], rate: float) -> float:
        """One meta-step on some of the signals; the loss before it. Where that is not finite, nothing moves."""
        ...

    def start(self) -> Theta:
        """The parameters."""
        ...

    def rates(self) -> Array:
        """The inner rates (layers, 2)."""
        ...


class MakeLearner(Protocol):
    """How a learner is made."""

    def __call__(
        self, network: Network, theta: Theta, signals: Sequence[Signal], inner: Inner, learns_rates: bool
    ) -> Learner:
        """Begin at theta and `inner.rates`."""
        ...


class NumpyLearner:
    """The learner of the default backend; theta is overwritten."""

    def __init__(
        self, network: Network, theta: Theta, signals: Sequence[Signal], inner: Inner, learns_rates: bool
    ) -> None:
        self.network = network
        self._theta, self._signals, self._inner, self._learns_rates = theta, signals, inner, learns_rates
        self._log_rates = np.log(np.maximum(inner.rates, TINY))
        self._optimiser, self._of_rates = Adam(flattened(theta)), Adam([self._log_rates])

    def prune(self, keep: int, pruner: str, rng: np.random.Generator) -> None:
        """Keep so many weights of all layers together; the optimiser forgets the others, too."""
        self.network, self._theta = pruned_to(self.network, self._theta, keep, pruner, rng, self._optimiser)

    def advance(self, chosen: Sequence[int], rate: float) -> float:
        """One meta-step on some of the signals; the loss before it. Where that is not finite, nothing moves."""
        inner = self._inner._replace(rates=self.rates())
        found = meta_step(self.network, self._theta, [self._signals[i] for i in chosen], inner)
        if np.isfinite(found.loss):
            self._optimiser.step(flattened(self._theta), flattened(found.gradient), rate)
            if self._learns_rates:
                self._of_rates.step([self._log_rates], [found.by_log_rate], RATE_OF_RATES, EPSILON_OF_RATES)
        return found.loss

    def start(self) -> Theta:
        """The parameters."""
        return self._theta

    def rates(self) -> Array:
        """The inner rates (layers, 2)."""
        return np.where(self._inner.rates > 0, np.exp(self._log_rates), 0.0)


def learner_by(backend: str) -> MakeLearner:
    """What learns the start with a backend; JAX is imported only where it is wanted."""
    if backend == "jax":
        from spreme.inr.jax_training import JaxLearner

        return JaxLearner
    return NumpyLearner
