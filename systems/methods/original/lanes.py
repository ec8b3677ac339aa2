"""Recordings packed side by side, so that one instruction of the processor integrates several of them.

A lane is one recording, or a piece of one; a block is some dozens of them. Recordings of different lengths share a
block: the shorter ones go on with steps of size zero and weight zero.

Legend: B blocks, N steps, S states, U inputs, L lanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

WIDEST = 160  # lanes of a block: loops over lanes pay off when long, and the nodes still fit in the second-level cache
REGISTER = 8  # doubles that one instruction works on
PIECE = 16  # steps of a piece: pieces fill the lanes evenly, and a block of them stays in the cache
REACH = 10.0  # a rollout has diverged where it leaves this multiple of the largest value measured in its environment
HOLD_OUT = 5  # one sample in so many is kept for validation, at the end of every recording


class Recording(NamedTuple):
    """Samples without gaps of one trajectory: times (n,), states (n, S), inputs (n, U), position of its environment."""

    t: Array
    x: Array
    u: Array
    position: int


class Lanes(NamedTuple):
    """Blocks of lanes.

    Attributes
    ----------
    x : ndarray, shape (B, N + 1, S, L)
        Measured states.
    u : ndarray, shape (B, N + 1, U, L)
        Inputs.
    h : ndarray, shape (B, N, L)
        Steps between samples; zero after the end.
    weight : ndarray, shape (B, N + 1, L)
        What a squared residual counts: one over the number of values of the environment; zero after the end.
    bound : ndarray, shape (B, L)
        Absolute value beyond which a rollout has diverged.
    position : ndarray of int64, shape (B, L)
        Environment of each lane.
    """

    x: Array
    u: Array
    h: Array
    weight: Array
    bound: Array
    position: Indices


def split(recordings: Sequence[Recording]) -> tuple[list[Recording], list[Recording]]:
    """Hold the end of every recording out; the second part begins with the last sample of the first."""
    ends = [len(one.t) - max(1, len(one.t) // HOLD_OUT) for one in recordings]
    pairs = list(zip(recordings, ends, strict=True))
    return [_part(one, 0, end) for one, end in pairs], [_part(one, end - 1, len(one.t)) for one, end in pairs]


def pack(recordings: Sequence[Recording], bounds: Array) -> Lanes:
    """Pack whole recordings.

    Parameters
    ----------
    recordings : sequence of Recording
        At least one.
    bounds : ndarray, shape (E,)
        Absolute values beyond which a rollout has diverged.

    Returns
    -------
    Lanes
        Weighted such that the weighted sum over an environment is a mean over all its values.
    """
    return _packed(recordings, _weights(recordings, len(bounds)), bounds)


def pack_steps(recordings: Sequence[Recording], bounds: Array) -> Lanes:
    """Pack recordings for shooting over single steps: cut into short pieces, which share their ends.

    Parameters
    ----------
    recordings : sequence of Recording
        At least one.
    bounds : ndarray, shape (E,)
        Absolute values beyond which a step has diverged.

    Returns
    -------
    Lanes
        Weighted as by `pack`.
    """
    pieces = [_part(one, i, i + PIECE + 1) for one in recordings for i in range(0, len(one.t) - 1, PIECE)]
    return _packed(pieces, _weights(recordings, len(bounds)), bounds)


def divergence_bounds(recordings: Sequence[Recording], n_environments: int) -> Array:
    """Multiples of the largest values measured in the environments, shape (E,)."""
    largest = np.zeros(n_environments)
    for one in recordings:
        largest[one.position] = max(largest[one.position], np.abs(one.x).max())
    return REACH * np.where(largest > 0.0, largest, 1.0)


def _weights(recordings: Sequence[Recording], n_environments: int) -> Array:
    """One over the number of values of each environment."""
    counts = np.zeros(n_environments)
    for one in recordings:
        counts[one.position] += one.x.size
    return 1.0 / np.maximum(counts, 1.0)


def _part(one: Recording, first: int, last: int) -> Recording:
    """Samples first .. last - 1."""
    return Recording(one.t[first:last], one.x[first:last], one.u[first:last], one.position)


def _packed(parts: Sequence[Recording], weights: Array, bounds: Array) -> Lanes:
    """Fill the lanes, longest parts first, so that a block holds parts of similar lengths."""
    order = sorted(range(len(parts)), key=lambda i: -len(parts[i].t))
    n_blocks, n = -(-len(parts) // WIDEST), len(parts[order[0]].t)
    width = -(-len(parts) // (n_blocks * REGISTER)) * REGISTER
    first = parts[order[0]]
    x = np.empty((n_blocks, n, first.x.shape[1], width))
    u = np.empty((n_blocks, n, first.u.shape[1], width))
    x[:], u[:] = first.x[0][:, None], first.u[0][:, None]  # unused lanes stay where they can be evaluated
    h, weight = np.zeros((n_blocks, n - 1, width)), np.zeros((n_blocks, n, width))
    bound, position = np.ones((n_blocks, width)), np.full((n_blocks, width), first.position, dtype=np.int64)
    for place, i in enumerate(order):
        (block, lane), part = divmod(place, width), parts[i]
        last = len(part.t)
        x[block, :last, :, lane], x[block, last:, :, lane] = part.x, part.x[-1]
        u[block, :last, :, lane], u[block, last:, :, lane] = part.u, part.u[-1]
        h[block, : last - 1, lane] = np.diff(part.t)
        weight[block, :last, lane] = weights[part.position]
        bound[block, lane], position[block, lane] = bounds[part.position], part.position
    return Lanes(x, u, h, weight, bound, position)
