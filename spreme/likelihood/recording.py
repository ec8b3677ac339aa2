"""All that was measured in one environment, as one table for compiled code."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectory

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# A segment holds at least this many samples, if the trajectory has them.
FEWEST = 4


class Recording(NamedTuple):
    """Trajectories of one environment, one after the other.

    Attributes
    ----------
    y : ndarray (n, S)
        Measured values; NaN where missing.
    t : ndarray (n,)
        Times, increasing within a trajectory.
    u : ndarray (n, U)
        Inputs; linear in between.
    bounds : ndarray (R + 1,) of int64
        Rows at which trajectories begin; the last one is n.
    """

    y: Array
    t: Array
    u: Array
    bounds: Indices

    @property
    def n_values(self) -> int:
        """Number of measured values."""
        return int(np.isfinite(self.y).sum())


def record(runs: Sequence[Trajectory]) -> Recording:
    """Join the trajectories of one environment; samples without any value are left out.

    Parameters
    ----------
    runs : sequence of Trajectory
        Trajectories.

    Returns
    -------
    Recording
        Fresh arrays.
    """
    kept = [~run.missing.all(axis=1) for run in runs]
    parts = [(run, own) for run, own in zip(runs, kept, strict=True) if own.any()]
    y = np.vstack([run.x[own] for run, own in parts])
    inputs = [np.zeros((int(own.sum()), 0)) if run.u is None else run.u[own] for run, own in parts]
    lengths = [int(own.sum()) for _, own in parts]
    return Recording(
        np.array(y, dtype=np.float64, order="C"),
        np.concatenate([run.t[own] for run, own in parts]).astype(np.float64),
        np.ascontiguousarray(np.vstack(inputs), dtype=np.float64),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )


def cut(bounds: Indices, pieces: int, longest: int) -> Indices:
    """Cut trajectories into segments of equal numbers of samples.

    Parameters
    ----------
    bounds : ndarray (R + 1,)
        Rows at which trajectories begin.
    pieces : int
        Segments of the longest trajectory; shorter ones are cut into segments of about the same length.
    longest : int
        Samples of the longest trajectory.

    Returns
    -------
    ndarray of int64
        Rows at which segments begin; the last one is n.
    """
    length = max(float(FEWEST), longest / pieces)
    edges = [np.zeros(1, np.int64)]
    for first, last in pairwise(bounds):
        number = max(1, round((last - first) / length))
        edges.append(first + np.round(np.linspace(0, last - first, number + 1)[1:]).astype(np.int64))
    return np.concatenate(edges)
