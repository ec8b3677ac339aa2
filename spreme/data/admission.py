"""The door of `Trajectories`: sorts out what was given, reads it array by array and leaves out what cannot be used."""

from __future__ import annotations

import numbers
from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np

from spreme.data import arrays, checks


class Admitted(NamedTuple):
    """Checked trajectories, those left out still among them, and the reasons for leaving them out."""

    x: list[np.ndarray]
    t: list[np.ndarray]
    env: list[Hashable]
    u: list[np.ndarray] | None
    state_names: list[str]
    input_names: list[str]
    left_out: dict[int, str]


def admit(x: Any, t: Any, env: Any, u: Any, state_names: Any, input_names: Any, min_samples: int) -> Admitted:
    """Check everything and copy it; nothing the user gave is changed."""
    x, t, u, is_single = entries(x, t, u)
    labels = checks.check_labels(env, len(x))
    titles = [title(i, label if env is not None else None) for i, label in enumerate(labels)]
    xs = [arrays.read_states(value, what) for value, what in zip(x, titles, strict=True)]
    check_widths(xs, titles)
    names = checks.check_names(state_names, xs[0].shape[1])
    for values, what in zip(xs, titles, strict=True):
        arrays.check_finite(values, names, what)
    ts = [
        arrays.read_times(value, len(values), what)
        for value, values, what in zip(spread_times(t, xs, is_single), xs, titles, strict=True)
    ]
    us = read_all_inputs(u, xs, titles)
    inputs = checks.check_input_names(input_names, us[0].shape[1] if us else 0, names)
    checks.check_observed(xs, names)
    checks.check_magnitudes(xs, names)
    left_out = unusable(xs, names, titles, min_samples)
    if len(left_out) == len(xs):
        raise ValueError("no usable trajectory: " + "; ".join(list(left_out.values())[:3]))
    return Admitted(xs, ts, labels, us, names, inputs, left_out)


def title(index: int, label: Hashable | None) -> str:
    """Name a trajectory as messages do."""
    return f"trajectory {index}" if label is None else f"trajectory {index} (environment {label!r})"


def entries(x: Any, t: Any, u: Any) -> tuple[list[Any], Any, list[Any] | None, bool]:
    """Split x and u into one entry per trajectory; one array (n, S) or (n,) of numbers is a single trajectory."""
    if hasattr(x, "columns"):
        raise TypeError("x is a data frame; read it with Trajectories.from_frame(df, time=..., states=[...])")
    if not isinstance(x, (list, tuple, np.ndarray)) and not hasattr(x, "__array__"):
        raise TypeError(
            f"x must be a list of arrays (n, S), one per trajectory, got {x!r:.60} of type {type(x).__name__}"
        )
    is_single = False
    if not isinstance(x, (list, tuple)):
        x = arrays.as_array(x, "x")
        if x.ndim not in (1, 2, 3):
            raise ValueError(
                f"x must be a list of arrays (n, S) or one array of up to 3 dimensions, got shape {x.shape}"
            )
        is_single = x.ndim < 3 and not holds_arrays(x)
    if u is not None and not is_single and not checks.is_sequence(u):
        raise TypeError(f"u must be a list of arrays (n, U), one per trajectory, got {u!r:.60}")
    x, u = ([x], None if u is None else [u]) if is_single else (list(x), None if u is None else list(u))
    if not x:
        raise ValueError("x is empty: at least one trajectory is needed")
    return x, t, u, is_single


def holds_arrays(value: np.ndarray) -> bool:
    """Tell an object array that is a list of arrays in disguise."""
    return value.dtype == object and value.ndim == 1 and len(value) > 0 and checks.is_sequence(value[0])


def is_real_number(value: Any) -> bool:
    """Tell a real number from arrays, booleans and text."""
    return isinstance(value, (numbers.Real, np.number)) and not isinstance(value, (bool, complex, np.complexfloating))


def spread_times(t: Any, xs: list[np.ndarray], is_single: bool) -> list[Any]:
    """Give one entry of times per trajectory, from a step, one array for all, or a list of arrays."""
    if t is None:
        raise ValueError("t is missing: give the times of every trajectory, or the step between samples")
    if not checks.is_sequence(t):
        step = check_step(t.item() if isinstance(t, np.ndarray) else t)
        return [step * np.arange(len(x)) for x in xs]
    is_one_array = not any(checks.is_sequence(entry) for entry in t)  # a list of numbers counts as an array
    if (is_one_array and len(t) > 0) or (is_single and isinstance(t, np.ndarray)):
        return [t] * len(xs)
    if len(t) != len(xs):
        raise ValueError(f"x has {len(xs)} trajectories but t has {len(t)} arrays of times; give one per trajectory")
    return list(t)


def check_step(step: Any) -> float:
    """Give the time between samples, a finite positive number."""
    if not is_real_number(step):
        raise TypeError(
            f"times t: a list of arrays of numbers, one array or a step is expected, got {step!r:.60} "
            f"of type {type(step).__name__}"
        )
    width = float(step)
    if not 0 < width < checks.LARGEST:
        raise ValueError(f"times t: the step between samples must be a finite positive number, got {step}")
    return width


def check_widths(xs: list[np.ndarray], titles: list[str]) -> None:
    """Refuse trajectories of different numbers of states."""
    n_states = xs[0].shape[1]
    for x, what in zip(xs, titles, strict=True):
        if x.shape[1] != n_states:
            raise ValueError(
                f"{what} has {x.shape[1]} states (columns), but trajectory 0 has {n_states}; "
                "all trajectories need the same states, NaN marks a state that was not measured"
            )


def read_all_inputs(u: list[Any] | None, xs: list[np.ndarray], titles: list[str]) -> list[np.ndarray] | None:
    """Read the inputs of all trajectories, which have one width."""
    if u is None:
        return None
    if len(u) != len(xs):
        raise ValueError(f"x has {len(xs)} trajectories but u has {len(u)} arrays of inputs; give one per trajectory")
    us = [arrays.read_inputs(value, len(x), what) for value, x, what in zip(u, xs, titles, strict=True)]
    for i, inputs in enumerate(us):
        if inputs.shape[1] != us[0].shape[1]:
            raise ValueError(
                f"inputs u of {titles[i]} have {inputs.shape[1]} columns, those of trajectory 0 have {us[0].shape[1]}"
            )
    return us


def unusable(xs: list[np.ndarray], names: list[str], titles: list[str], min_samples: int) -> dict[int, str]:
    """Find trajectories too short to differentiate or without any value of a state, each with the reason."""
    reasons = {}
    for i, x in enumerate(xs):
        empty = [name for name, column in zip(names, x.T, strict=True) if np.isnan(column).all()]
        if len(x) < min_samples:
            samples = "1 sample" if len(x) == 1 else f"{len(x)} samples"
            reasons[i] = f"{titles[i]} has only {samples}, at least {min_samples} are needed"
        elif empty:
            reasons[i] = f"state {empty[0]!r} has no value (all NaN, missing) in {titles[i]}"
    return reasons
