"""Meta-training by JAX: signals, parameters and the states of Adam live on the device.

The loop, its random numbers and its schedule are those of `meta_training`; a meta-step takes the indices of its signals
to the device and brings its loss back. Only between rounds do the parameters come back, to be pruned. Adam is Optax's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.inr.adam import BETA_1, BETA_2, EPSILON
from spreme.inr.jax_backend import (
    MISSING,
    Device,
    jax_and_numpy,
    masks_of,
    mean_gradient,
    on_device,
    precision,
    setting_of,
)
from spreme.inr.learners import EPSILON_OF_RATES, RATE_OF_RATES, TINY
from spreme.inr.meta_gradient import Inner, Signal
from spreme.inr.network import Network, Theta
from spreme.inr.training import pruned_to

Array = NDArray[Any]


class State(NamedTuple):
    """On the device: matrices and biases, logarithms of the inner rates, and Adam's moments of both."""

    theta: Any
    log_rates: Device
    moments: Any
    moments_of_rates: Any


class JaxLearner:
    """The learner of the backend "jax".

    Raises
    ------
    ImportError
        If JAX or Optax is missing; the message names the extra.
    """

    def __init__(
        self, network: Network, theta: Theta, signals: Sequence[Signal], inner: Inner, learns_rates: bool
    ) -> None:
        _, jnp = jax_and_numpy()
        self.network = network
        self._inner, self._learns_rates, self._dtype = inner, learns_rates, theta[0][0].dtype
        with precision(self._dtype):
            self._signals, self._masks = on_device(signals), masks_of(network)
            self._is_positive = jnp.asarray(inner.rates > 0)
            log_rates = jnp.asarray(np.log(np.maximum(inner.rates, TINY)), self._dtype)
            matrices = on_device(network.matrices(theta))
            moments = adam(EPSILON).init(matrices), adam(EPSILON_OF_RATES).init(log_rates)
            self._state = State(matrices, log_rates, *moments)

    def prune(self, keep: int, pruner: str, rng: np.random.Generator) -> None:
        """Keep so many weights of all layers together; the optimiser forgets the others, too."""
        self.network, theta = pruned_to(self.network, self.start(), keep, pruner, rng)
        with precision(self._dtype):
            self._masks = masks_of(self.network)
            moments = self._state.moments
            moments = moments._replace(mu=_masked(moments.mu, self._masks), nu=_masked(moments.nu, self._masks))
            self._state = self._state._replace(theta=on_device(self.network.matrices(theta)), moments=moments)

    def advance(self, chosen: Sequence[int], rate: float) -> float:
        """One meta-step on some of the signals; the loss before it. Where that is not finite, nothing moves."""
        signals, setting = [self._signals[i] for i in chosen], setting_of(self.network, self._inner)
        with precision(self._dtype):
            rates = _rates(self._state.log_rates, self._is_positive)
            loss, gradient, by_rate = mean_gradient(setting, self._state.theta, rates, self._masks, signals)
            if np.isfinite(loss):
                self._state = _follower(self._learns_rates)(self._state, gradient, by_rate, rate)
            return float(loss)

    def start(self) -> Theta:
        """The parameters."""
        return self.network.take([(np.array(w), np.array(b)) for w, b in self._state.theta])

    def rates(self) -> Array:
        """The inner rates (layers, 2)."""
        with precision(self._dtype):
            return np.array(_rates(self._state.log_rates, self._is_positive), dtype=float)


def adam(epsilon: float) -> Any:
    """Optax's Adam, whose rate is applied outside."""
    try:
        import optax
    except ImportError as error:
        raise ImportError(MISSING) from error
    return optax.scale_by_adam(BETA_1, BETA_2, epsilon)


def _rates(log_rates: Device, is_positive: Device) -> Device:
    """The inner rates; a rate of zero stays zero."""
    _, jnp = jax_and_numpy()
    return jnp.where(is_positive, jnp.exp(log_rates), 0)


def _masked(pairs: Any, masks: Sequence[Device]) -> Any:
    """Matrices without what is pruned, and biases."""
    _, jnp = jax_and_numpy()
    return [(jnp.where(own, w, 0), b) for (w, b), own in zip(pairs, masks, strict=True)]


@cache
def _follower(learns_rates: bool) -> Callable[..., State]:
    """(state, gradient, gradient by the logarithms of the rates, rate) -> the next state."""
    jax, _ = jax_and_numpy()

    def follow(state: State, gradient: Any, by_rate: Device, rate: Device) -> State:
        """One step of both optimisers."""
        step, moments = adam(EPSILON).update(gradient, state.moments)
        theta = jax.tree_util.tree_map(lambda own, along: own - rate * along, state.theta, step)
        state = state._replace(theta=theta, moments=moments)
        if not learns_rates:
            return state
        step, moments = adam(EPSILON_OF_RATES).update(by_rate, state.moments_of_rates)
        return state._replace(log_rates=state.log_rates - RATE_OF_RATES * step, moments_of_rates=moments)

    jitted: Callable[..., State] = jax.jit(follow)
    return jitted
