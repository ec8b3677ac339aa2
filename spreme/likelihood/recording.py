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
Mask = NDArray[np.bool_]

# A segment holds at least this many samples, if the trajectory has them.
FEWEST = 4


class Recording(NamedTuple):
    """Trajectories of one environment, one after the other.

    Attributes
    ----------
    y : ndarray (n, S)
        Measured values; NaN where missing. Rows without any measured value are there for their inputs.
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

    @property
    def measured(self) -> Mask:
        """Rows (n,) with a measured value."""
        found: Mask = np.asarray(np.isfinite(self.y).any(axis=1))
        return found

    @property
    def n_measured(self) -> Indices:
        """Number of such rows of every trajectory (R,)."""
        return np.add.reduceat(self.measured, self.bounds[:-1], dtype=np.int64)


def record(runs: Sequence[Trajectory]) -> Recording:
    """Join the trajectories of one environment.

    Samples without any value are left out, unless they tell the inputs between others.

    Parameters
    ----------
    runs : sequence of Trajectory
        Trajectories.

    Returns
    -------
    Recording
        Fresh arrays.
    """
    kept = [_kept(run) for run in runs]
    parts = [(run, own) for run, own in zip(runs, kept, strict=True) if own.any()]
    y = np.vstack([run.x[own] for run, own in parts])
    inputs = [run.inputs[own] for run, own in parts]
    lengths = [int(own.sum()) for _, own in parts]
    return Recording(
        np.array(y, dtype=np.float64, order="C"),
        np.concatenate([run.t[own] for run, own in parts]).astype(np.float64),
        np.ascontiguousarray(np.vstack(inputs), dtype=np.float64),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )


def _kept(run: Trajectory) -> Mask:
    """Samples (n,) with a measured value and, if there are inputs, all in between."""
    measured: Mask = ~np.isnan(run.x).all(axis=1)
    if run.u is None:
        return measured
    return np.logical_or.accumulate(measured) & np.logical_or.accumulate(measured[::-1])[::-1]


def segments(recording: Recording, pieces: int, longest: int) -> Indices:
    """Cut a recording into segments of equal numbers of measured rows, each beginning at one of them.

    Parameters
    ----------
    recording : Recording
        R trajectories.
    pieces, longest : int
        As in `cut`.

    Returns
    -------
    ndarray of int64
        Rows at which segments begin; the last one is n.
    """
    rows = np.flatnonzero(recording.measured)
    if len(rows) == len(recording.t):
        return cut(recording.bounds, pieces, longest)
    bounds = np.concatenate([[0], np.cumsum(recording.n_measured)])
    edges = cut(bounds, pieces, longest)
    out = np.append(rows, len(recording.t))[edges]
    out[np.searchsorted(edges, bounds)] = recording.bounds  # inputs before the first measured value belong to it
    return out


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
        edges.append(first + np.round(np.arange(1, number + 1) * ((last - first) / number)).astype(np.int64))
    return np.concatenate(edges)
