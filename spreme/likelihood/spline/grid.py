"""Nodes of the spline: the sample times, and as many between them as the law needs.

Inputs are linear between samples, hence between nodes, for every sample is a node.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.recording import Recording

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# A first grid has at least so many intervals per trajectory.
FEWEST_INTERVALS = 40


class Grid(NamedTuple):
    """Nodes of all trajectories of one environment, one after the other.

    Attributes
    ----------
    t : ndarray (N,)
        Times.
    y : ndarray (N, S)
        Measured values; NaN where nothing was measured.
    u : ndarray (N, U)
        Inputs.
    bounds : ndarray (R + 1,) of int64
        Nodes at which trajectories begin; the last one is N.
    rows : ndarray (n,) of int64
        Node of each sample.
    """

    t: Array
    y: Array
    u: Array
    bounds: Indices
    rows: Indices


def first_grid(recording: Recording, max_step: float | None) -> Grid:
    """Nodes at the samples and between them, at most `max_step` apart (None: by the length of the trajectory)."""
    t, bounds = recording.t, recording.bounds
    pieces = np.ones(max(len(t) - 1, 0), np.int64)
    for first, last in pairwise(bounds):
        longest = (t[last - 1] - t[first]) / FEWEST_INTERVALS if max_step is None else max_step
        if last - first > 1:
            steps = np.diff(t[first:last])
            pieces[first : last - 1] = np.maximum(1, np.ceil(steps / longest - 1e-6))
    return _divide(Grid(t, recording.y, recording.u, bounds, np.arange(len(t))), pieces)


def refine(grid: Grid, nodes: Array, slopes: Array, pieces: Indices) -> tuple[Grid, Array]:
    """Divide interval i of a grid into pieces[i]; states of new nodes by cubic Hermite interpolation."""
    finer = _divide(grid, pieces)
    left, share = _positions(grid, pieces)
    right = np.minimum(left + 1, len(grid.t) - 1)
    s, h = share[:, None], (grid.t[right] - grid.t[left])[:, None]
    h = np.where(s == 0.0, 0.0, h)
    states = (
        (1.0 + 2.0 * s) * (1.0 - s) ** 2 * nodes[left]
        + s * s * (3.0 - 2.0 * s) * nodes[right]
        + h * s * (1.0 - s) ** 2 * slopes[left]
        - h * s * s * (1.0 - s) * slopes[right]
    )
    return finer, np.ascontiguousarray(states)


def interpolate(recording: Recording, states: Array, grid: Grid) -> Array:
    """States (n, S) at the samples carried to the nodes (N, S), without overshoot."""
    from scipy.interpolate import PchipInterpolator

    nodes = np.empty_like(grid.y)
    for (first, last), (begin, end) in zip(pairwise(recording.bounds), pairwise(grid.bounds), strict=True):
        own = slice(begin, end)
        if last - first == 1:
            nodes[own] = states[first]
        else:
            nodes[own] = PchipInterpolator(recording.t[first:last], states[first:last])(grid.t[own])
    return nodes


def _positions(grid: Grid, pieces: Indices) -> tuple[Indices, Array]:
    """For every node of the divided grid: the old node at or before it, and its share of the way to the next."""
    counts = np.ones(len(grid.t), np.int64)
    counts[: len(pieces)] = pieces
    counts[grid.bounds[1:] - 1] = 1
    left = np.repeat(np.arange(len(grid.t)), counts)
    begins = np.cumsum(counts) - counts
    return left, (np.arange(len(left)) - begins[left]) / counts[left]


def _divide(grid: Grid, pieces: Indices) -> Grid:
    """Divide interval i, from node i to the next, into pieces[i]; the values between trajectories do not matter."""
    left, share = _positions(grid, pieces)
    right = np.minimum(left + 1, len(grid.t) - 1)
    is_old = share == 0.0
    place = np.flatnonzero(is_old)
    t = np.where(is_old, grid.t[left], grid.t[left] + share * (grid.t[right] - grid.t[left]))
    y = np.where(is_old[:, None], grid.y[left], np.nan)
    u = grid.u[left] + share[:, None] * (grid.u[right] - grid.u[left])
    bounds = np.append(place[grid.bounds[:-1]], len(left)).astype(np.int64)
    return Grid(t, np.ascontiguousarray(y), np.ascontiguousarray(u), bounds, place[grid.rows].astype(np.int64))
