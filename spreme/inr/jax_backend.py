"""Meta-gradients by JAX, the optional backend: the same numbers, on an accelerator where there is one.

The loss after the inner loop is written down as it is and differentiated as a whole; Hessians are automatic. The
gradient by the logarithm of a rate is the one by a factor of that rate, at 1. Masks are applied to the weights, so what
is pruned has no gradient. Signals are unrolled on a CPU, where that is the faster way, and mapped over on
an accelerator.

JAX compiles once for every setting and shape. Single precision keeps its bits in matrix products ("highest"): at the
frequencies of an implicit representation the shortened ones of accelerators are too coarse.

References
----------
Bradbury et al. (2018), JAX: composable transformations of Python+NumPy programs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from spreme.inr.activations import ENVELOPE
from spreme.inr.meta_gradient import Inner, MetaGradient, Signal, lowered, network_of
from spreme.inr.network import Network, Theta

Array = NDArray[Any]
# Arrays of JAX, whose types are known only where it is installed.
Device = Any

MISSING = 'backend="jax" needs JAX and Optax: pip install "spreme[jax]"'


class Setting(NamedTuple):
    """What a compiled meta-gradient is made for: the network's activation, the inner loop, and how signals are run."""

    kind: str
    w0: float
    steps: int
    order: int
    points: float | None
    maps: bool


def meta_gradient_by_jax(
    params: Sequence[tuple[Array, Array]],
    signals: Sequence[Signal],
    w0: float,
    inner: Inner,
    masks: Sequence[NDArray[np.bool_]] | None,
    activation: str,
) -> tuple[float, list[tuple[Array, Array]]]:
    """`meta_gradient` of signals (X (n, d_in), Y (n, d_out)), all checked."""
    network = network_of(params, masks, activation, w0)
    found = meta_step_by_jax(network, network.take(params), lowered(signals, params[0][0].dtype), inner)
    return found.loss, network.matrices(found.gradient)


def meta_step_by_jax(network: Network, theta: Theta, signals: Sequence[Signal], inner: Inner) -> MetaGradient:
    """`meta_step`: loss after the inner loop and its gradient, averaged over signals (x (d_in, n), y (d_out, n)).

    Raises
    ------
    ImportError
        If JAX is missing; the message names the extra.
    """
    _, jnp = jax_and_numpy()
    dtype = theta[0][0].dtype
    with precision(dtype):
        loss, gradient, by_rate = mean_gradient(
            setting_of(network, inner),
            on_device(network.matrices(theta)),
            jnp.asarray(inner.rates, dtype),
            masks_of(network),
            on_device(signals),
        )
    # Copies: what JAX hands out is read-only.
    matrices = [(np.array(w), np.array(b)) for w, b in gradient]
    return MetaGradient(float(loss), network.take(matrices), np.array(by_rate, dtype=float))


def jax_and_numpy() -> tuple[Any, Any]:
    """JAX and its NumPy, or an ImportError that names the extra."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError as error:
        raise ImportError(MISSING) from error
    return jax, jnp


def precision(dtype: DTypeLike) -> AbstractContextManager[Any]:
    """Inside, JAX computes in double precision if asked for, else in single; outside, nothing changes."""
    jax, _ = jax_and_numpy()
    # JAX moved it out of `jax.experimental` in version 0.8.
    place = jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")
    context: AbstractContextManager[Any] = place.enable_x64(np.dtype(dtype) == np.float64)
    return context


def on_device(pairs: Sequence[tuple[Array, Array]]) -> list[tuple[Device, Device]]:
    """Pairs of arrays on the device; what is the same array here is so there."""
    _, jnp = jax_and_numpy()
    known: dict[int, Device] = {}
    for own in (array for pair in pairs for array in pair):
        if id(own) not in known:
            known[id(own)] = jnp.asarray(own)
    return [(known[id(first)], known[id(second)]) for first, second in pairs]


def masks_of(network: Network) -> list[Device]:
    """Masks on the device; full ones, too, so that one program serves all rounds of pruning."""
    _, jnp = jax_and_numpy()
    return [jnp.asarray(own.mask) for own in network.patterns]


def setting_of(network: Network, inner: Inner) -> Setting:
    """What to compile for."""
    jax, _ = jax_and_numpy()
    maps = jax.default_backend() != "cpu"
    return Setting(network.kind, float(network.w0), int(inner.steps), int(inner.order), inner.points, maps)


def mean_gradient(
    setting: Setting, theta: Any, rates: Device, masks: Any, signals: Sequence[tuple[Device, Device]]
) -> tuple[Device, Any, Device]:
    """Loss, gradient, and gradient by the logarithms of the rates, on the device and averaged over signals."""
    compute = compiled(setting)
    if len({(x.shape, y.shape) for x, y in signals}) == 1:
        found: tuple[Device, Any, Device] = compute(theta, rates, masks, tuple(signals))
        return found
    # One by one where shapes differ: a program per shape, and not one per combination of shapes.
    jax, _ = jax_and_numpy()
    several = [compute(theta, rates, masks, (own,)) for own in signals]
    mean: tuple[Device, Any, Device] = jax.tree_util.tree_map(lambda *own: sum(own) / len(own), *several)
    return mean


@lru_cache(maxsize=32)
def compiled(setting: Setting) -> Callable[..., Any]:
    """(theta, rates, masks, signals of one shape) -> loss, gradient, gradient by the logarithms of the rates."""
    jax, jnp = jax_and_numpy()

    def mean_loss(theta: Any, factors: Device, rates: Device, masks: Any, signals: Any) -> Device:
        """Mean over signals of the loss after the inner loop."""
        run = lambda x, y: _loss_after_steps(setting, theta, factors * rates, masks, x, y)  # noqa: E731
        if setting.maps:
            return jax.vmap(run)(*(jnp.stack(own) for own in zip(*signals, strict=True))).mean()
        return sum(run(x, y) for x, y in signals) / len(signals)

    def found(theta: Any, rates: Device, masks: Any, signals: Any) -> tuple[Device, Any, Device]:
        """The same with its gradients."""
        differentiate = jax.value_and_grad(mean_loss, argnums=(0, 1))
        loss, (gradient, by_rate) = differentiate(theta, jnp.ones_like(rates), rates, masks, signals)
        return loss, gradient, by_rate

    jitted: Callable[..., Any] = jax.jit(found)
    return jitted


def _loss_after_steps(setting: Setting, theta: Any, rates: Device, masks: Any, x: Device, y: Device) -> Device:
    """Mean square error of one signal after the inner loop."""
    jax, _ = jax_and_numpy()
    for _ in range(setting.steps):
        at, values = (x, y) if setting.points is None else _worst_points(setting, theta, masks, x, y)
        gradient = jax.grad(lambda own, at, values: _squares(setting, own, masks, at, values).mean())(theta, at, values)
        if setting.order == 1:
            gradient = jax.lax.stop_gradient(gradient)
        theta = [
            (w - rate[0] * dw, b - rate[1] * db) for (w, b), (dw, db), rate in zip(theta, gradient, rates, strict=True)
        ]
    return _squares(setting, theta, masks, x, y).mean()


def _worst_points(setting: Setting, theta: Any, masks: Any, x: Device, y: Device) -> tuple[Device, Device]:
    """Coordinates and targets of the points of the largest error."""
    jax, _ = jax_and_numpy()
    error = jax.lax.stop_gradient(_squares(setting, theta, masks, x, y).sum(axis=0))
    count = max(1, round((setting.points or 1.0) * x.shape[1]))
    chosen = jax.lax.top_k(error, count)[1]
    return x[:, chosen], y[:, chosen]


def _squares(setting: Setting, theta: Any, masks: Any, x: Device, y: Device) -> Device:
    """Squared errors (d_out, n)."""
    _, jnp = jax_and_numpy()
    a = x
    for k, ((w, b), mask) in enumerate(zip(theta, masks, strict=True)):
        u = jnp.matmul(jnp.where(mask, w, 0).T, a, precision="highest") + b[:, None]
        a = u if k == len(theta) - 1 else _activation(setting, u)
    return (a - y) ** 2


def _activation(setting: Setting, u: Device) -> Device:
    """`activations.value`."""
    _, jnp = jax_and_numpy()
    z = setting.w0 * u
    if setting.kind == "gabor":
        return jnp.cos(z) * jnp.exp(-((ENVELOPE * z) ** 2))
    return jnp.sin(z if setting.kind == "sine" else (jnp.abs(u) + 1) * z)
