"""The exact second-order gradient of the loss after a few inner steps of gradient descent.

    theta_{k+1} = theta_k - rate * g_k,   k = 0 .. K - 1;     meta-loss = loss(theta_K)
    V = g(theta_K);  for k = K - 1 .. 0:   d / d log rate -= <rate V, g_k>,   V <- V - H_k (rate * V)

The rates, one for the weights and one for the biases of every layer, may be learned, too. `order=1` leaves out the
Hessians. The step is the same for every signal, so signals on the same coordinates share the first forward pass.

References
----------
Finn, Abbeel and Levine (2017), Model-agnostic meta-learning for fast adaptation of deep networks, ICML. Li et al.
(2017), Meta-SGD: learning to learn quickly for few-shot learning. Lee, Tack, Lee and Shin (2021), Meta-learning sparse
implicit neural representations, NeurIPS.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.inr.checks import as_inner_rates, check_direction, check_problem
from spreme.inr.network import Network, Pulls, Theta, Trace
from spreme.inr.patterns import make_pattern

Array = NDArray[Any]
Signal = tuple[Array, Array]


class Inner(NamedTuple):
    """How the inner loop goes.

    Attributes
    ----------
    rates : ndarray (layers, 2)
        Rates of weights and biases.
    steps : int
        Number K.
    order : int
        2, or 1 for a gradient without Hessians.
    points : float or None
        Share of the points, those of the largest error, that every step uses; None: all.
    """

    rates: Array
    steps: int
    order: int = 2
    points: float | None = None


class MetaGradient(NamedTuple):
    """Mean over signals: loss, gradient, and gradient by the logarithms of the rates (layers, 2)."""

    loss: float
    gradient: Theta
    by_log_rate: Array


class _Step(NamedTuple):
    """One inner step, as the way back needs it."""

    theta: Theta
    trace: Trace
    pulls: Pulls
    gradient: Theta


def meta_step(network: Network, theta: Theta, signals: Sequence[Signal], inner: Inner) -> MetaGradient:
    """Loss after the inner loop and its gradient, averaged over signals (x (d_in, n), y (d_out, n))."""
    loss, total, by_rate = 0.0, [(np.zeros_like(w), np.zeros_like(b)) for w, b in theta], np.zeros((len(theta), 2))
    known: dict[int, Trace] = {}
    for x, y in signals:
        if id(x) not in known:
            known[id(x)] = network.trace(theta, x)
        own, gradient, rate = _one(network, theta, x, y, inner, known[id(x)])
        loss += own / len(signals)
        by_rate += rate / len(signals)
        for (w, b), (dw, db) in zip(total, gradient, strict=True):
            w += dw
            b += db
    share = 1.0 / len(signals)
    return MetaGradient(loss, [(w * share, b * share) for w, b in total], by_rate)


def _one(network: Network, theta: Theta, x: Array, y: Array, inner: Inner, first: Trace) -> tuple[float, Theta, Array]:
    """Loss, gradient and gradient by the logarithms of the rates for one signal."""
    done: list[_Step] = []
    trace = first
    for _ in range(inner.steps):
        here, at = (trace, y) if inner.points is None else worst_points(network, theta, x, y, trace, inner.points)
        _, gradient, pulls = network.gradient(theta, here, at)
        done.append(_Step(theta, here, pulls, gradient))
        theta = moved(theta, gradient, inner.rates)
        trace = network.trace(theta, x)
    loss, back, _ = network.gradient(theta, trace, y)
    by_rate = np.zeros((len(theta), 2))
    for step in done[::-1]:
        scaled = [
            (w * w.dtype.type(rate[0]), b * b.dtype.type(rate[1]))
            for (w, b), rate in zip(back, inner.rates, strict=True)
        ]
        by_rate -= [
            (float(np.vdot(w, dw)), float(np.vdot(b, db)))
            for (w, b), (dw, db) in zip(scaled, step.gradient, strict=True)
        ]
        if inner.order == 2:
            bent = network.hessian_vector(step.theta, scaled, step.trace, step.pulls)
            back = [(w - hw, b - hb) for (w, b), (hw, hb) in zip(back, bent, strict=True)]
    return loss, back, by_rate


def moved(theta: Theta, gradient: Theta, rates: Array) -> Theta:
    """One step of gradient descent."""
    return [
        (w - w.dtype.type(rate[0]) * dw, b - b.dtype.type(rate[1]) * db)
        for (w, b), (dw, db), rate in zip(theta, gradient, rates, strict=True)
    ]


def worst_points(network: Network, theta: Theta, x: Array, y: Array, trace: Trace, share: float) -> tuple[Trace, Array]:
    """Forward pass and targets of the points of the largest error."""
    error = ((trace.output - y) ** 2).sum(axis=0)
    count = max(1, round(share * len(error)))
    chosen = np.sort(np.argpartition(-error, count - 1)[:count])
    return network.trace(theta, np.ascontiguousarray(x[:, chosen])), np.ascontiguousarray(y[:, chosen])


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def meta_gradient(
    params: Sequence[tuple[Array, Array]],
    signals: Sequence[Signal],
    w0: float = 30.0,
    inner_lr: float | Array = 1e-2,
    inner_steps: int = 2,
    masks: Sequence[NDArray[np.bool_]] | None = None,
    order: int = 2,
    backend: str = "numpy",
    activation: str = "sine",
) -> tuple[float, list[tuple[Array, Array]]]:
    """Gradient, by the start, of the loss after a few steps of gradient descent on each signal.

    Parameters
    ----------
    params : sequence of (W, b)
        Start: W (in, out), b (out,), one precision throughout.
    signals : sequence of (X, Y)
        Coordinates (n, d_in) and values (n, d_out).
    w0 : float, default 30
        Frequency of the activation.
    inner_lr : float or ndarray (layers, 2), default 1e-2
        Rate of the inner steps, or one for the weights and one for the biases of every layer.
    inner_steps : int, default 2
        Number of inner steps.
    masks : sequence of ndarray of bool, optional
        Weights that exist; the others stay zero.
    order : {2, 1}, default 2
        1 leaves out second derivatives.
    backend : {"numpy", "jax"}, default "numpy"
        What computes it; "jax" needs the extra ``spreme[jax]``.
    activation : {"sine", "finer", "gabor"}, default "sine"
        Activation of hidden layers.

    Returns
    -------
    loss : float
        Mean square error after the inner steps, averaged over signals.
    gradient : list of (W, b)
        Like ``params``; exactly zero outside the masks.

    Raises
    ------
    ValueError
        If shapes do not fit or an option is unknown.

    References
    ----------
    Finn, Abbeel and Levine (2017), Model-agnostic meta-learning for fast adaptation of deep networks, ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.inr import initialise
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> params = initialise([1, 8, 1], rng=np.random.default_rng(0), dtype=float)
    >>> loss, gradient = meta_gradient(params, [(x, np.sin(3 * x)), (x, np.cos(3 * x))])
    >>> gradient[0][0].shape
    (1, 8)
    """
    check_problem(params, signals, masks, order, activation)
    inner = Inner(as_inner_rates(inner_lr, inner_steps, len(params)), inner_steps, order)
    if backend == "jax":
        from spreme.inr.jax_backend import meta_gradient_by_jax

        return meta_gradient_by_jax(params, signals, w0, inner, masks, activation)
    if backend != "numpy":
        raise ValueError(f"backend={backend!r}: use 'numpy' or 'jax'")
    network = network_of(params, masks, activation, w0)
    found = meta_step(network, network.take(params), lowered(signals, params[0][0].dtype), inner)
    return found.loss, network.matrices(found.gradient)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def hessian_vector(
    params: Sequence[tuple[Array, Array]],
    direction: Sequence[tuple[Array, Array]],
    X: Array,
    Y: Array,
    w0: float = 30.0,
    activation: str = "sine",
) -> list[tuple[Array, Array]]:
    """Hessian of the mean square error times a direction.

    Parameters
    ----------
    params, direction : sequence of (W, b)
        Where, and the direction; W (in, out), b (out,).
    X, Y : ndarray (n, d_in), (n, d_out)
        Coordinates and values.
    w0 : float, default 30
        Frequency of the activation.
    activation : {"sine", "finer", "gabor"}, default "sine"
        Activation of hidden layers.

    Returns
    -------
    list of (W, b)
        Like ``params``.

    Raises
    ------
    ValueError
        If shapes do not fit.

    References
    ----------
    Pearlmutter (1994), Fast exact multiplication by the Hessian, Neural Computation 6.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.inr import initialise
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> params = initialise([1, 8, 1], rng=np.random.default_rng(0), dtype=float)
    >>> hessian_vector(params, params, x, np.sin(3 * x))[1][0].shape
    (8, 1)
    """
    check_problem(params, [(X, Y)], None, 2, activation)
    check_direction(direction, params)
    network = network_of(params, None, activation, w0)
    (x, y), theta = lowered([(X, Y)], params[0][0].dtype)[0], network.take(params)
    trace = network.trace(theta, x)
    pulls = network.gradient(theta, trace, y)[2]
    return network.hessian_vector(theta, network.take(direction), trace, pulls)


def network_of(
    params: Sequence[tuple[Array, Array]], masks: Sequence[NDArray[np.bool_]] | None, activation: str, w0: float
) -> Network:
    """The network of parameters and masks."""
    masks = [np.ones(w.shape, bool) for w, _ in params] if masks is None else masks
    return Network(tuple(make_pattern(np.asarray(own, bool)) for own in masks), activation, w0)


def lowered(signals: Sequence[Signal], dtype: Any) -> list[Signal]:
    """Signals features x points in one precision; the same coordinates become the same array."""
    known: dict[int, Array] = {}
    out = []
    for x, y in signals:
        if id(x) not in known:
            known[id(x)] = np.ascontiguousarray(np.asarray(x).T, dtype=dtype)
        out.append((known[id(x)], np.ascontiguousarray(np.asarray(y).T, dtype=dtype)))
    return out
