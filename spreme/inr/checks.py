"""Checks of what users hand to implicit representations; every message names the culprit and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.inr.activations import ACTIVATIONS
from spreme.inr.pruning import PRUNERS

Array = NDArray[Any]
Signal = tuple[Array, Array]


def check_problem(
    params: Sequence[tuple[Array, Array]],
    signals: Sequence[Signal],
    masks: Sequence[NDArray[np.bool_]] | None,
    order: int,
    activation: str,
) -> None:
    """Check parameters, signals and options of a meta-gradient against each other."""
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation={activation!r}: use one of {', '.join(map(repr, ACTIVATIONS))}")
    if order not in (1, 2):
        raise ValueError(f"order={order!r}: use 2, or 1 for a gradient without second derivatives")
    if not len(params) or not len(signals):
        raise ValueError("no parameters or no signals: give at least one layer and one pair (X, Y)")
    for k, (w, b) in enumerate(params):
        if np.ndim(w) != 2 or np.shape(b) != (np.shape(w)[1],):
            raise ValueError(f"layer {k}: W has shape {np.shape(w)} and b {np.shape(b)}; use (in, out) and (out,)")
        if k and np.shape(w)[0] != np.shape(params[k - 1][0])[1]:
            raise ValueError(f"layer {k} takes {np.shape(w)[0]} inputs, but layer {k - 1} has {len(params[k - 1][1])}")
    for i, (x, y) in enumerate(signals):
        wanted = (len(x), np.shape(params[0][0])[0]), (len(x), len(params[-1][1]))
        if (np.shape(x), np.shape(y)) != wanted:
            raise ValueError(f"signal {i}: X {np.shape(x)} and Y {np.shape(y)} do not fit the network: {wanted} wanted")
    if masks is not None and [np.shape(own) for own in masks] != [np.shape(w) for w, _ in params]:
        raise ValueError("masks: give one boolean array per layer, of the shape of its W")


def as_inner_rates(inner_lr: Any, inner_steps: Any, n_layers: int) -> Array:
    """Rates (layers, 2) of an inner loop of that many steps."""
    if isinstance(inner_steps, bool) or not isinstance(inner_steps, int | np.integer) or inner_steps < 0:
        raise ValueError(f"inner_steps={inner_steps!r}: use a whole number, 0 or larger")
    rates = np.asarray(inner_lr, dtype=float)
    if rates.shape not in ((), (n_layers, 2)):
        raise ValueError(f"inner_lr has shape {rates.shape}: use one number, or an array ({n_layers}, 2)")
    return np.array(np.broadcast_to(rates, (n_layers, 2)))


def check_direction(direction: Sequence[tuple[Array, Array]], params: Sequence[tuple[Array, Array]]) -> None:
    """Check that a direction has the shapes of the parameters."""
    shapes, wanted = ([(np.shape(w), np.shape(b)) for w, b in own] for own in (direction, params))
    if shapes != wanted:
        raise ValueError(f"direction has the shapes {shapes}: use those of params, {wanted}")


def check_density(density: float, widths: Sequence[int]) -> None:
    """Refuse a density that leaves a layer without any weight."""
    total, n_layers = sum(a * b for a, b in pairwise(widths)), len(widths) - 1
    if round(density * total) < n_layers:
        raise ValueError(
            f"density={density!r} leaves {round(density * total)} of {total} weights for {n_layers} layers: use at "
            f"least {n_layers / total:.2g}, or smaller hidden layers"
        )


def as_signal(X: Any, Y: Any, name: str = "", n_inputs: int | None = None, n_outputs: int | None = None) -> Signal:
    """Coordinates (n, d_in) and values (n, d_out) as arrays of floats; 1-D values become one column."""
    where = f"{name}: " if name else ""
    x = as_coordinates(X, name, n_inputs)
    y = _as_floats(Y, f"{where}Y")
    y = y[:, None] if y.ndim == 1 else y
    if y.ndim != 2:
        raise ValueError(f"{where}Y has {y.ndim} dimensions: give values of shape (n, d_out)")
    if len(y) != len(x):
        raise ValueError(f"{where}X has {len(x)} points and Y {len(y)}: give one row of values per point")
    if n_outputs is not None and y.shape[1] != n_outputs:
        raise ValueError(f"{where}Y has {y.shape[1]} outputs, the fitted network {n_outputs}")
    _check_finite(y, f"{where}Y")
    return x, y


def as_coordinates(X: Any, name: str = "", n_inputs: int | None = None) -> Array:
    """Coordinates (n, d_in) as an array of floats."""
    where = f"{name}: " if name else ""
    x = _as_floats(X, f"{where}X")
    if x.ndim != 2:
        raise ValueError(
            f"{where}X has {x.ndim} dimension{'s' if x.ndim != 1 else ''}: give coordinates of shape (n, d_in), "
            "for a series X[:, None]. Reshape your data if it has one coordinate (X.reshape(-1, 1))"
        )
    if not x.size:
        lacking = "sample" if not len(x) else "feature"
        raise ValueError(f"{where}X has 0 {lacking}(s) (shape={x.shape}) while a minimum of 1 is required.")
    if n_inputs is not None and x.shape[1] != n_inputs:
        raise ValueError(f"{where}X has {x.shape[1]} features, but SparseINR is expecting {n_inputs} features as input")
    _check_finite(x, f"{where}X")
    return x


def _as_floats(values: Any, what: str) -> Array:
    """An array of floats."""
    if hasattr(values, "toarray"):
        raise TypeError(f"{what} is a sparse matrix: give a dense array, X.toarray()")
    out = np.asarray(values)
    if np.iscomplexobj(out):
        raise ValueError(f"{what}: Complex data not supported: fit real and imaginary part as two outputs")
    try:
        return np.asarray(out, dtype=np.float32 if out.dtype == np.float32 else np.float64)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{what} is not an array of numbers: {error}") from None


def _check_finite(values: Array, what: str) -> None:
    """Refuse values that are not finite."""
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        kind = "NaN" if np.isnan(values[row, column]) else "inf (infinity)"
        raise ValueError(f"{what}[{row}, {column}] is {kind}: leave that point out")


def check_settings(model: Any) -> None:
    """Check the settings of a `SparseINR`."""
    hidden = model.hidden
    if not isinstance(hidden, tuple | list) or not hidden or not all(_is_count(own) for own in hidden):
        raise ValueError(f"hidden={hidden!r}: give the numbers of neurons of the hidden layers, such as (64, 64)")
    if model.activation not in ACTIVATIONS:
        raise ValueError(f"activation={model.activation!r}: use one of {', '.join(map(repr, ACTIVATIONS))}")
    if model.pruner not in PRUNERS:
        raise ValueError(f"pruner={model.pruner!r}: use one of {', '.join(map(repr, PRUNERS))}")
    if not _is_positive(model.w0):
        raise ValueError(f"w0={model.w0!r}: use a positive number, 30 for images, 5 to 20 for time series")
    if not (_is_positive(model.density) and model.density <= 1.0):
        raise ValueError(f"density={model.density!r}: use a number in (0, 1]")
    if not _is_positive(model.lr):
        raise ValueError(f"lr={model.lr!r}: use a positive number such as 1e-3")
    if not _is_count(model.max_iter):
        raise ValueError(f"max_iter={model.max_iter!r}: use a whole number of steps, at least 1")
    if model.batch_size is not None and not _is_count(model.batch_size):
        raise ValueError(f"batch_size={model.batch_size!r}: use a whole number of points, or None for all")
    if model.dtype not in ("float32", "float64"):
        raise ValueError(f"dtype={model.dtype!r}: use 'float32' or 'float64'")
    if model.penalty is not None and not callable(model.penalty):
        raise TypeError(f"penalty={model.penalty!r}: give a function (X, out) -> (value, slope), or None")


def _is_count(value: Any) -> bool:
    """Whether a value is a whole number of at least 1."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) >= 1


def _is_positive(value: Any) -> bool:
    """Whether a value is a positive, finite number."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and 0.0 < float(value) < np.inf


def check_meta_settings(model: Any, inr: Any) -> None:
    """Check the settings of a `MetaSparseINR` and of its architecture."""
    if not hasattr(inr, "hidden"):
        raise TypeError(f"inr={inr!r}: give a SparseINR")
    check_settings(inr)
    for name in ("inner_steps", "meta_batch", "meta_iter", "retrain_iter"):
        if not _is_count(getattr(model, name)):
            raise ValueError(f"{name}={getattr(model, name)!r}: use a whole number, at least 1")
    for name in ("outer_lr", "retrain_lr"):
        if not _is_positive(getattr(model, name)):
            raise ValueError(f"{name}={getattr(model, name)!r}: use a positive number such as 1e-3")
    if model.inner_lr != "learned" and not _is_positive(model.inner_lr):
        raise ValueError(f"inner_lr={model.inner_lr!r}: use 'learned' or a positive number such as 1e-2")
    if model.points is not None and not (_is_positive(model.points) and model.points <= 1.0):
        raise ValueError(f"points={model.points!r}: use a share in (0, 1], or None for all points")
    for name, known in (
        ("order", (1, 2)),
        ("pruner", tuple(PRUNERS)),
        ("adapt_mode", ("full", "modulations")),
        ("backend", ("numpy", "jax")),
    ):
        if getattr(model, name) not in known:
            raise ValueError(f"{name}={getattr(model, name)!r}: use one of {', '.join(map(repr, known))}")
    densities = model.densities
    if not isinstance(densities, tuple | list) or not densities or not all(_is_positive(own) for own in densities):
        raise ValueError(f"densities={densities!r}: give decreasing shares of the weights, such as (1.0, 0.5, 0.2)")
    if densities[0] > 1.0 or any(after >= before for before, after in pairwise(densities)):
        raise ValueError(f"densities={densities!r}: they must decrease, from at most 1.0")


def check_adaptation(steps: Any, optimizer: Any, lr: Any) -> None:
    """Check how a signal is to be fitted from a start."""
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 0:
        raise ValueError(f"steps={steps!r}: use a whole number, 0 or larger")
    if optimizer not in ("adam", "sgd"):
        raise ValueError(f"optimizer={optimizer!r}: use 'adam' or 'sgd'")
    if lr is None and optimizer == "adam":
        raise ValueError("lr=None: Adam wants a rate such as 1e-4; the inner rates are for optimizer='sgd'")
    if lr is not None and not _is_positive(lr):
        raise ValueError(f"lr={lr!r}: use a positive number, or None with optimizer='sgd'")


def as_family(family: Any, X: Any = None, n_inputs: int | None = None, n_outputs: int | None = None) -> list[Signal]:
    """Signals of a family as pairs of checked arrays, all with the same numbers of coordinates and outputs."""
    if not isinstance(family, np.ndarray | Sequence):
        raise TypeError(f"family is {type(family).__name__}: give pairs (X, Y), or an array (m, n, d_out) with X=")
    if X is not None:
        x = as_coordinates(X, n_inputs=n_inputs)
        pairs = [(x, as_signal(x, own, f"signal {i}")[1]) for i, own in enumerate(family)]
    elif isinstance(family, np.ndarray) and family.dtype != object:
        raise ValueError(
            "family is an array (m, n, d_out): give the coordinates of its n points as X=, or pairs (X, Y)"
        )
    else:
        pairs = [as_signal(*_pair(own, i), f"signal {i}") for i, own in enumerate(family)]
    if not pairs:
        raise ValueError("the family is empty: give at least one signal (X, Y)")
    wanted = n_inputs or pairs[0][0].shape[1], n_outputs or pairs[0][1].shape[1]
    for i, (x, y) in enumerate(pairs):
        if (x.shape[1], y.shape[1]) != wanted:
            raise ValueError(f"signal {i} has {x.shape[1]} coordinates and {y.shape[1]} outputs, {wanted} expected")
    return pairs


def _pair(own: Any, i: int) -> tuple[Any, Any]:
    """Coordinates and values of one signal."""
    if not isinstance(own, tuple | list) or len(own) != 2:
        raise ValueError(f"signal {i} is no pair (X, Y): give coordinates and values, or an array of values with X=")
    return own[0], own[1]
