"""Names of states, labels of environments and the size of values: the checks that look at a whole data set."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from spreme.data.arrays import is_missing

# The functions of the expression language: a state of such a name could not be told from a call.
RESERVED_NAMES = ("sin", "cos", "tan", "exp", "log", "sqrt", "tanh", "sinh", "cosh", "abs")

# Squares and products of values beyond these leave the range of doubles.
SMALLEST, LARGEST = 1e-150, 1e150


def legal_spelling(name: str) -> str:
    """Suggest a legal name: 'prey density' -> 'prey_density', 'lambda' -> 'lambda_'."""
    spelling = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", name)).strip("_")
    if not spelling:
        return "x0"
    if not spelling.isidentifier():
        spelling = "x" + spelling
    return spelling + "_" if keyword.iskeyword(spelling) or spelling in RESERVED_NAMES else spelling


def check_name(name: Any, kind: str = "state") -> str:
    """Give one name in NFKC form (as Python reads identifiers), or an error that offers a legal spelling."""
    if not isinstance(name, str):
        raise TypeError(
            f"{kind} names must be text (str), got {name!r} of type {type(name).__name__}; write 'x{name}', say"
        )
    normal = unicodedata.normalize("NFKC", str(name))
    reason = ""
    if not name.strip():
        reason = "it is empty"
    elif not normal.isidentifier():
        reason = "it is not an identifier (letters, digits and _, no digit first)"
    elif keyword.iskeyword(normal):
        reason = "it is a keyword of Python"
    elif normal in RESERVED_NAMES:
        reason = "it is a function of the expression language"
    if reason:
        raise ValueError(f"{kind} name {name!r:.80} is not allowed: {reason}; write {legal_spelling(name)[:60]!r}, say")
    return normal


def check_names(state_names: Any, n_states: int) -> list[str]:
    """Give the state names, one per column, legal and unique; x0, x1, ... if none are given."""
    if state_names is None:
        return [f"x{i}" for i in range(n_states)]
    if not is_sequence(state_names):
        raise TypeError(f"state_names must be a list of names, got {state_names!r:.60}; write ['x', 'y'], say")
    names = [check_name(name) for name in state_names]
    if len(names) != n_states:
        raise ValueError(
            f"state_names has {len(names)} names, but x has {n_states} states (columns); give one per column"
        )
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ValueError(f"state_names: the name {name!r} is a duplicate; every state needs a name of its own")
    return names


def check_input_names(input_names: Any, n_inputs: int, state_names: list[str]) -> list[str]:
    """Give the input names, one per column, legal, unique and no states; u0, u1, ... if none are given."""
    if input_names is not None and not is_sequence(input_names):
        raise TypeError(f"input_names must be a list of names, got {input_names!r:.60}; write ['force'], say")
    given = [f"u{i}" for i in range(n_inputs)] if input_names is None else input_names
    names = [check_name(name, "input") for name in given]
    if len(names) != n_inputs:
        raise ValueError(
            f"input_names has {len(names)} names, but u has {n_inputs} inputs (columns); give one per column"
        )
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ValueError(f"input_names: the name {name!r} is a duplicate; every input needs a name of its own")
        if name in state_names:
            raise ValueError(f"input_names: {name!r} is the name of a state; give the input another one")
    return names


def is_sequence(value: Any) -> bool:
    """Tell what is ordered and of known length: a list, a tuple, an array, a Series; text is not."""
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    if isinstance(value, (str, bytes, np.generic)):
        return False
    return isinstance(value, Sequence) or (
        hasattr(value, "__array__") and hasattr(value, "__len__") and not hasattr(value, "columns")
    )


def check_label(label: Any, what: str) -> Hashable:
    """Give one environment label as a plain Python object: hashable and not missing."""
    try:
        hash(label)
    except TypeError:
        raise TypeError(
            f"env: {what}, {label!r:.60}, is of type {type(label).__name__}, which is not hashable; "
            "use a text, a number or a tuple"
        ) from None
    if is_missing(label):
        raise ValueError(f"env: {what} is missing ({label!r}); give every trajectory a label")
    return label.item() if isinstance(label, np.generic) else label


def check_labels(env: Any, n_trajectories: int) -> list[Hashable]:
    """Give the environment labels, one per trajectory; 0 for all if none are given."""
    if env is None:
        return [0] * n_trajectories
    if not is_sequence(env):
        raise TypeError(f"env must be a list of labels, one per trajectory, got {env!r:.60}; write ['A', 'B'], say")
    labels = [check_label(label, f"the label of trajectory {i}") for i, label in enumerate(env)]
    if len(labels) != n_trajectories:
        raise ValueError(
            f"env has {len(labels)} labels for {n_trajectories} trajectories; give every trajectory its environment"
        )
    return labels


def check_types(labels: Sequence[Hashable]) -> None:
    """Refuse labels that Python takes for equal although they are written differently, such as 1 and True."""
    seen: dict[Hashable, Hashable] = {}
    for label in labels:
        other = seen.setdefault(label, label)
        if type(other) is not type(label):
            raise ValueError(
                f"env: the labels {other!r} and {label!r} are equal in Python: write both alike, or as text"
            )


def check_observed(xs: list[np.ndarray], names: list[str]) -> None:
    """Refuse a state without a value anywhere."""
    for s, name in enumerate(names):
        if all(np.isnan(x[:, s]).all() for x in xs):
            raise ValueError(
                f"state {name!r} has no value in any trajectory, all are missing (NaN); leave the column out"
            )


def check_magnitudes(xs: list[np.ndarray], names: list[str]) -> None:
    """Refuse states whose largest value leaves no room for its powers."""
    for s, name in enumerate(names):
        top = max(float(np.nanmax(np.abs(x[:, s]))) for x in xs if not np.isnan(x[:, s]).all())
        if top != 0 and not SMALLEST <= top <= LARGEST:
            size = "large" if top > LARGEST else "small"
            raise ValueError(
                f"state {name!r} has magnitude {top:.3g}, too {size} for its powers to be computed; rescale its unit"
            )
