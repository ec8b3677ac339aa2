"""Which column plays which part: as the options say, else by its name, else by what is left over."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

# Names that say what a column is, whatever their case.
TIMES, ENVIRONMENTS, TRAJECTORIES = ("t", "time"), ("env", "environment"), ("run", "trajectory")


@dataclass(frozen=True)
class Columns:
    """Columns by their parts; None where the options say nothing.

    Attributes
    ----------
    time, env, trajectory : str or None
        Times, labels of environments, labels of trajectories.
    states, inputs : tuple of str or None
        States and inputs.
    units : mapping or None
        Units of states and inputs, by name.
    time_unit : str or None
        Unit of the times.
    are_guessed : bool
        Whether the states are what was left over.
    """

    time: str | None = None
    env: str | None = None
    trajectory: str | None = None
    states: tuple[str, ...] | None = None
    inputs: tuple[str, ...] | None = None
    units: Mapping[str, str] | None = None
    time_unit: str | None = None
    are_guessed: bool = False

    @property
    def named(self) -> list[str]:
        """All columns in use."""
        single = [name for name in (self.time, self.env, self.trajectory) if name is not None]
        return [*single, *(self.states or ()), *(self.inputs or ())]

    def __str__(self) -> str:
        """Write the options that name them all."""
        lists = {"states": ",".join(self.states or ()), "inputs": ",".join(self.inputs or ())}
        parts = {"env": self.env, "trajectory": self.trajectory, "time": self.time, **lists}
        return " ".join(f"--{part} {shlex.quote(name)}" for part, name in parts.items() if name)


def find_columns(header: Sequence[str], given: Columns, source: str) -> Columns:
    """Complete what the options say from the header of one file, or say which columns there are."""
    _check_named(header, given, source)
    free = [name for name in header if name not in given.named]
    found = replace(
        given,
        time=given.time or _by_name(free, TIMES),
        env=given.env or _by_name(free, ENVIRONMENTS),
        trajectory=given.trajectory or _by_name(free, TRAJECTORIES),
    )
    if found.time is None:
        raise ValueError(f"{source}: --time is needed, no column is named t or time; {_listed(header)}")
    if found.states is not None:
        return found
    rest = tuple(name for name in header if name not in found.named)
    if not rest or not all(rest):
        raise ValueError(f"{source}: --states is needed, such as --states x,y; {_listed(header)}")
    return replace(found, states=rest, are_guessed=True)


def _check_named(header: Sequence[str], given: Columns, source: str) -> None:
    """Refuse columns that the file does not have."""
    options = [("--time", given.time), ("--env", given.env), ("--trajectory", given.trajectory)]
    options += [("--states", name) for name in given.states or ()] + [("--inputs", name) for name in given.inputs or ()]
    for option, name in options:
        if name is not None and name not in header:
            raise ValueError(f"{source}: {option}: there is no column {name!r}; {_listed(header)}")


def _by_name(free: Sequence[str], names: Sequence[str]) -> str | None:
    """Find the one column of such a name; None if there is none, or more than one."""
    found = [name for name in free if name.lower() in names]
    return found[0] if len(found) == 1 else None


def _listed(header: Sequence[str]) -> str:
    """Columns as a message shows them."""
    return f"the columns are {', '.join(name or '(no name)' for name in header)}"
