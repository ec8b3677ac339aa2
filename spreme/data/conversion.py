"""Trajectories in other units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spreme.data.trajectory import Trajectory
from spreme.data.units import convert

if TYPE_CHECKING:
    from spreme.data.collection import Trajectories


def convert_members(data: Trajectories, units: Mapping[str, str], time_unit: str | None) -> tuple[Trajectory, ...]:
    """Convert what has another unit; what has none is taken to be in the new one."""
    old = [data.units.get(name) for name in data.column_names]
    new = [units.get(name) for name in data.column_names]
    titles = [f"state {name!r}" for name in data.state_names] + [f"input {name!r}" for name in data.input_names]
    steps = [(k, *step) for k, step in enumerate(zip(old, new, titles, strict=True)) if _differ(*step[:2])]
    if not steps and not _differ(data.time_unit, time_unit):
        return tuple(data)
    return tuple(_converted(member, steps, (data.time_unit, time_unit)) for member in data)


def _differ(old: str | None, new: str | None) -> bool:
    """Tell whether there is something to convert."""
    return old is not None and new is not None and old != new


def _converted(
    member: Trajectory, steps: Sequence[tuple[int, str | None, str | None, str]], times: tuple[str | None, str | None]
) -> Trajectory:
    """One trajectory in other units: steps are columns with their old and new unit and their title."""
    columns = np.column_stack([member.x, member.inputs])
    for k, old, new, what in steps:
        columns[:, k] = convert(columns[:, k], old or "", new or "", what)
    x, u = columns[:, : member.n_states], columns[:, member.n_states :]
    t = convert(member.t, times[0] or "", times[1] or "", "the time") if _differ(*times) else member.t
    return replace(member, t=t, x=x.copy(), u=None if member.u is None else u.copy())
