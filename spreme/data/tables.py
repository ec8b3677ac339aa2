"""Tables in long form, one row per sample, as data frames of pandas or of polars."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spreme.data.frames import require

if TYPE_CHECKING:
    from spreme.data.collection import Trajectories

BACKENDS = ("pandas", "polars")
# What a column of its own type can hold; other labels (tuples, or several types) stay Python objects.
PLAIN = (bool, int, float, str)
LARGEST_INTEGER = 2**63


class Labels(list[Hashable]):
    """A column of labels, which keep their types."""


def make_frame(columns: Mapping[str, Any], backend: str) -> Any:
    """Make a data frame of columns: arrays, lists, or `Labels`."""
    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r} of to_frame: choose one of {', '.join(map(repr, BACKENDS))}")
    package = require(backend)
    return package.DataFrame({name: _column(values, package) for name, values in columns.items()})


def _column(values: Any, package: Any) -> Any:
    """One column; labels of several types, and tuples, as objects."""
    if not isinstance(values, Labels) or _have_one_type(values):
        return values
    return package.Series(list(values), dtype=getattr(package, "Object", object))


def _have_one_type(labels: Sequence[Hashable]) -> bool:
    """Tell whether all labels are of one plain type that a column can hold."""
    kinds = {type(entry) for entry in labels}
    is_small = kinds != {int} or all(-LARGEST_INTEGER <= value < LARGEST_INTEGER for value in labels)  # type: ignore
    return len(kinds) == 1 and kinds <= set(PLAIN) and is_small


def long_columns(data: Trajectories, time: str, env: str, trajectory: str) -> dict[str, Any]:
    """Give environment, trajectory, time, states and inputs of all samples, one after the other."""
    check_roles({"time": time, "env": env, "trajectory": trajectory}, [*data.state_names, *data.input_names])
    lengths = [member.n_samples for member in data]
    columns: dict[str, Any] = {
        env: Labels(member.env for member in data for _ in range(member.n_samples)),
        trajectory: np.repeat(np.arange(len(data)), lengths),
        time: np.concatenate(data.t),
    }
    x, u = np.concatenate(data.x), np.concatenate([member.inputs for member in data])
    return columns | dict(zip(data.state_names, x.T, strict=True)) | dict(zip(data.input_names, u.T, strict=True))


def block_columns(
    t: np.ndarray,
    blocks: Mapping[str, np.ndarray | None],
    names: Sequence[str],
    label: Hashable,
    roles: Mapping[str, str],
) -> dict[str, Any]:
    """Give environment, start, time and states of blocks (n, S) or (m, n, S), if any; their keys end the names."""
    tables = {suffix: block.reshape(-1, len(names)) for suffix, block in blocks.items() if block is not None}
    values = np.concatenate(list(tables.values()), axis=1)
    n_starts = len(values) // max(len(t), 1)
    titles = [name + suffix for suffix in tables for name in names]
    check_roles(roles, titles)
    if len(set(titles)) < len(titles):
        raise ValueError(f"two columns of the frame have one name: {', '.join(titles)}; rename a state")
    return {
        roles["env"]: Labels([label] * (n_starts * len(t))),
        roles["trajectory"]: np.repeat(np.arange(n_starts), len(t)),
        roles["time"]: np.tile(t, n_starts),
        **dict(zip(titles, values.T, strict=True)),
    }


def check_roles(roles: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse column names that are taken by a state or an input, or used twice."""
    seen = dict.fromkeys(names, "a state or an input")
    for role, name in roles.items():
        if not isinstance(name, str):
            raise TypeError(f"{role}: the name of a column is expected, got {name!r:.60}")
        if name in seen:
            raise ValueError(f"{role}: the column {name!r} is {seen[name]} already; write {role}='{role}_', say")
        seen[name] = role
