"""Tables in long form, one row per sample, sorted into trajectories."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from spreme.data.arrays import is_missing, show
from spreme.data.checks import is_sequence

FEW = 3  # a run with fewer rows than this is looked at for a mistyped label


class Source(Protocol):
    """A table that can be read column by column."""

    @property
    def n_rows(self) -> int:
        """Number of samples."""
        ...

    def numbers(self, name: str) -> np.ndarray:
        """Read a column as float64, NaN where a cell is empty."""
        ...

    def labels(self, name: str) -> list[Any]:
        """Read a column as plain objects."""
        ...

    def place(self, row: int) -> str:
        """Name a row as messages do."""
        ...


class Runs(NamedTuple):
    """The arguments of `Trajectories`, in its order."""

    x: list[np.ndarray]
    t: list[np.ndarray]
    env: list[Hashable] | None
    u: list[np.ndarray] | None
    state_names: list[str]
    input_names: list[str] | None


@dataclass(frozen=True)
class Roles:
    """Which column plays which part."""

    time: str
    states: Sequence[str]
    env: str | None
    trajectory: str | None
    inputs: Sequence[str] | None

    @property
    def columns(self) -> list[str]:
        """Names of all columns in use."""
        return [name for name in (self.time, self.env, self.trajectory, *self.states, *(self.inputs or ())) if name]

    def check(self, known: Sequence[Any]) -> None:
        """Refuse columns that are missing, doubled or named twice."""
        for role, names in (("states", self.states), ("inputs", self.inputs)):
            if not is_sequence(names) and not (role == "inputs" and names is None):
                raise TypeError(f"{role} must be a list of column names, got {names!r:.60}; write [{names!r:.40}], say")
        if not len(self.states):
            raise ValueError("states is empty: name at least one state column")
        parts = [("time", self.time), ("env", self.env), ("trajectory", self.trajectory)]
        parts += [("states", name) for name in self.states] + [("inputs", name) for name in self.inputs or ()]
        seen: dict[Any, str] = {}
        for role, name in parts:
            if name is None and role in ("env", "trajectory"):
                continue
            self.check_one(role, name, known)
            if name in seen:
                raise ValueError(f"column {name!r} is named as {seen[name]} and as {role}; a column plays one part")
            seen[name] = role

    @staticmethod
    def check_one(role: str, name: Any, known: Sequence[Any]) -> None:
        """Refuse a column that is missing or doubled."""
        if not isinstance(name, Hashable):
            raise TypeError(f"{role}: a column name is expected, got {name!r:.60} of type {type(name).__name__}")
        times = sum(1 for column in known if column == name)
        if times == 0:
            listed = ", ".join(f"{column!r:.40}" for column in known[:20])
            raise ValueError(f"{role}: there is no column {name!r:.60}; the columns are {listed or 'none'}")
        if times > 1:
            raise ValueError(
                f"{role}: column {name!r} is a duplicate, there are {times} of that name; rename all but one"
            )


def sort_into_runs(source: Source, roles: Roles) -> Runs:
    """Make one trajectory of the rows of equal environment and trajectory, in the order of the table."""
    times = finite_column(source, roles.time, "time", may_miss=False)
    states = np.column_stack([finite_column(source, name, "states", may_miss=True) for name in roles.states])
    inputs = [finite_column(source, name, "inputs", may_miss=False) for name in roles.inputs or ()]
    keys = [row_labels(source, role, name) for role, name in (("env", roles.env), ("trajectory", roles.trajectory))]
    runs: dict[tuple[Hashable, Hashable], list[int]] = {}
    for row, key in enumerate(zip(*keys, strict=True)):
        runs.setdefault(key, []).append(row)
    for key, rows in runs.items():
        check_order(source, times, rows, run_title(roles, *key), roles)
    check_strays(times, runs, roles)
    table = np.column_stack(inputs) if inputs else None
    return Runs(
        x=[states[rows] for rows in runs.values()],
        t=[times[rows] for rows in runs.values()],
        env=None if roles.env is None else [label for label, _ in runs],
        u=None if table is None else [table[rows] for rows in runs.values()],
        state_names=list(roles.states),
        input_names=list(roles.inputs) if inputs and roles.inputs else None,
    )


def finite_column(source: Source, name: str, role: str, *, may_miss: bool) -> np.ndarray:
    """Read a column of numbers without infinities, and complete unless values may be missing."""
    values = source.numbers(name)
    if np.isinf(values).any():
        row = int(np.argmax(np.isinf(values)))
        raise ValueError(f"{role}: column {name!r} is {values[row]} in {source.place(row)}; values must be finite")
    if not may_miss and np.isnan(values).any():
        row = int(np.argmax(np.isnan(values)))
        raise ValueError(
            f"{role}: column {name!r} is empty (missing, NaN) in {source.place(row)}; fill it or drop the row"
        )
    return values


def row_labels(source: Source, role: str, name: str | None) -> list[Hashable]:
    """Read the label of every row; all are alike if there is no such column."""
    if name is None:
        return [0] * source.n_rows
    labels = source.labels(name)
    for row, label in enumerate(labels):
        if not isinstance(label, Hashable):
            raise TypeError(
                f"{role}: column {name!r} has {label!r:.60} in {source.place(row)}, which cannot be a label"
            )
        if is_missing(label):
            raise ValueError(
                f"{role}: column {name!r} is empty (missing label) in {source.place(row)}; fill it or drop the row"
            )
    return labels


def run_title(roles: Roles, env: Hashable, trajectory: Hashable) -> str:
    """Name a run as messages do."""
    parts = [] if roles.trajectory is None else [f"trajectory {trajectory!r} (column {roles.trajectory!r})"]
    parts += [] if roles.env is None else [f"environment {env!r} (column {roles.env!r})"]
    return " of ".join(parts) or "the table"


def check_order(source: Source, times: np.ndarray, rows: list[int], what: str, roles: Roles) -> None:
    """Refuse times that do not increase strictly within a run, in the order of the rows."""
    column, apart = roles.time, _what_tells_runs_apart(roles)
    own = times[rows]
    is_late = np.diff(own) <= 0
    if not is_late.any():
        return
    values, counts = np.unique(own, return_counts=True)
    if (counts > 1).any():
        twice = values[np.argmax(counts > 1)]
        places = ", ".join(source.place(rows[i]) for i in np.flatnonzero(own == twice)[:4])
        raise ValueError(
            f"time: {show(twice)} is a duplicate in column {column!r} within {what} ({places}); "
            f"drop the repeated row, or {apart}"
        )
    k = int(np.argmax(is_late)) + 1
    raise ValueError(
        f"time: column {column!r} must increase within {what}: {show(own[k])} ({source.place(rows[k])}) follows "
        f"{show(own[k - 1])} ({source.place(rows[k - 1])}); sort the table by {column!r}, or {apart}"
    )


def _what_tells_runs_apart(roles: Roles) -> str:
    """The column that may have been forgotten."""
    if roles.trajectory is None:
        return "name the column that tells trajectories apart (trajectory=...)"
    if roles.env is None:
        return "name the column of the environments too (env=...): trajectories of different ones may have one name"
    return "give each trajectory a name of its own"


def check_strays(times: np.ndarray, runs: dict[tuple[Hashable, Hashable], list[int]], roles: Roles) -> None:
    """Refuse a run of a row or two that fits into a run of the same name elsewhere: a mistyped label."""
    if roles.env is None or roles.trajectory is None:
        return
    for (env, run), rows in runs.items():
        if len(rows) >= FEW:
            continue
        for (other, same), host in runs.items():
            if same == run and other != env and len(host) >= FEW and not np.isin(times[rows], times[host]).any():
                raise ValueError(
                    f"trajectory {run!r} (column {roles.trajectory!r}) has {len(host)} rows in environment {other!r} "
                    f"but only {len(rows)} in {env!r}; correct column {roles.env!r}, or give the short trajectory "
                    "a name of its own"
                )
