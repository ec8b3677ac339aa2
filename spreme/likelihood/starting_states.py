"""Rough states at all samples, from which fits start: cubics through neighbouring measured values.

Only the neighbourhood of the right states matters here: every fit moves the starts of its segments.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.recording import Recording

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Half of the neighbours of a sample: at least so many, or this share of the trajectory, and at most so many.
FEWEST, SHARE, MOST = 5, 0.0125, 40
DEGREE = 3


def starting_states(recordings: Sequence[Recording], edges: Sequence[Indices], quiet: bool) -> list[Array]:
    """Smooth every trajectory where segments begin, and interpolate in between.

    Parameters
    ----------
    recordings : sequence of Recording
        Measured values.
    edges : sequence of ndarray (R_e + 1,)
        Rows at which segments begin.
    quiet : bool
        Whether there is no noise: measured values are then taken as they are.

    Returns
    -------
    list of ndarray (n, S)
        States; a state without any value in a trajectory gets its mean over the environment.
    """
    return [_recording_states(*pair, quiet) for pair in zip(recordings, edges, strict=True)]


def _recording_states(recording: Recording, edges: Indices, quiet: bool) -> Array:
    """States of one environment."""
    out = np.empty_like(recording.y)
    for first, last in zip(recording.bounds[:-1], recording.bounds[1:], strict=True):
        t, y = recording.t[first:last], recording.y[first:last]
        for s in range(y.shape[1]):
            known = np.isfinite(y[:, s])
            if not known.any():
                out[first:last, s] = np.nanmean(recording.y[:, s])
            elif np.ptp(y[known, s]) == 0.0:  # an absent species stays absent: not even rounding may let it grow
                out[first:last, s] = y[known, s][0]
            else:
                out[first:last, s] = np.interp(t, t[known], y[known, s])
                rows = edges[(edges >= first) & (edges < last)]
                rows = rows[~known[rows - first]] if quiet else rows
                out[rows, s] = _local_cubic(recording.t[rows], t[known], y[known, s])
    return out


def _local_cubic(t: Array, known: Array, y: Array) -> Array:
    """Cubic least squares through the nearest known values, at the times t; never beyond the values themselves."""
    width = min(len(known), 2 * int(np.clip(round(SHARE * len(known)), FEWEST, MOST)) + 1)
    degree = min(DEGREE, (width - 1) // 3)
    middle = np.searchsorted(known, t) - width // 2
    rows = np.clip(middle, 0, len(known) - width)[:, None] + np.arange(width)
    span = np.maximum(known[rows[:, -1]] - known[rows[:, 0]], 1e-300)
    basis = ((known[rows] - t[:, None]) / span[:, None])[..., None] ** np.arange(degree + 1)
    values = y[rows]
    normal = np.einsum("nwa,nwb->nab", basis, basis) + 1e-9 * np.eye(degree + 1)
    cubic = np.linalg.solve(normal, np.einsum("nwa,nw->na", basis, values)[..., None])[:, 0, 0]
    return np.clip(cubic, values.min(axis=1), values.max(axis=1))
