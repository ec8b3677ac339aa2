"""Regular recordings: PySINDy needs every state at equal steps, so gaps are filled.

Where something is missing, each state is interpolated linearly between what was measured of it, from the first to the
last time at which all states can be. Known inputs are linear between samples anyway.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories, Trajectory

Array = NDArray[np.float64]

SHORTEST = 6  # samples: a cubic filter needs five, which four fifths of them are
ROUNDING = 1e-6  # of a step, in times


class Recording(NamedTuple):
    """Times (n,) in equal steps, states (n, S) and inputs (n, U) without gaps."""

    t: Array
    x: Array
    u: Array

    def until(self, n: int) -> Recording:
        """Return the first n samples."""
        return Recording(self.t[:n], self.x[:n], self.u[:n])


def recordings(data: Trajectories, dt: float) -> list[Recording]:
    """Make all trajectories regular."""
    return [regular(run, dt) for run in data]


def regular(run: Trajectory, dt: float) -> Recording:
    """Make one trajectory regular, with dt between samples."""
    if not run.missing.any() and np.allclose(np.diff(run.t), dt):
        return _long_enough(Recording(run.t, run.x, run.inputs), run)
    seen = ~run.missing
    first, last = (np.array([run.t[own][at] for own in seen.T]) for at in (0, -1))
    t = dt * np.arange(np.ceil(first.max() / dt - ROUNDING), np.floor(last.min() / dt + ROUNDING) + 1)
    x, u = _interpolated(t, run.t, run.x), _interpolated(t, run.t, run.inputs)
    return _long_enough(Recording(t, x, u), run)


def _interpolated(t: Array, known: Array, columns: Array) -> Array:
    """Columns (n, V) at other times, NaN passed over."""
    out = np.empty((len(t), columns.shape[1]))
    for v, column in enumerate(columns.T):
        seen = ~np.isnan(column)
        out[:, v] = np.interp(t, known[seen], column[seen])
    return out


def _long_enough(recording: Recording, run: Trajectory) -> Recording:
    """Refuse what cannot be smoothed."""
    if len(recording.t) < SHORTEST:
        raise ValueError(
            f"trajectory {run.index} (environment {run.env!r}) has {len(recording.t)} regular samples, and smoothing "
            f"needs {SHORTEST}: leave it out or sample it more often"
        )
    return recording
