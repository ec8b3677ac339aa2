"""Weak-form rows of a trajectory: integrals of the library and of the states against windows.

    row r:   sum_i phi[r, i] theta(x_i)   and   target  - sum_i phi_dot[r, i] x_i.

Missing values are filled by the smoother where it knows the state well enough; windows that touch other gaps are left
out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectory
from spreme.library import TermTable
from spreme.smoothing import smooth
from spreme.weak.bumps import Bumps, make_bumps, no_bumps, window_ladder
from spreme.weak.kernels import integrate
from spreme.weak.time_scale import period
from spreme.weak.unbiased import unbiased_terms

Array = NDArray[np.float64]

# Samples of one pass: long trajectories never stand in memory as a whole library matrix.
BLOCK = 8192
# A filled value counts as known if its standard deviation is below this multiple of the noise or this share of the
# spread.
KNOWN_NOISE, KNOWN_SPREAD = 3.0, 1e-3


class WeakTrajectory(NamedTuple):
    """One trajectory ready for integration.

    Attributes
    ----------
    t : ndarray (n,)
        Times from 0.
    x, variance : ndarray (n, V)
        Complete states and, after them, inputs; variance of their noise, zero for inputs.
    known : ndarray (n,) of bool
        Where the states are known.
    n_states : int
        Number of states S.
    index : int
        Position in the data set, for messages.
    """

    t: Array
    x: Array
    variance: Array
    known: NDArray[np.bool_]
    n_states: int
    index: int  # type: ignore[assignment] # hides tuple.index, which nobody needs


class Rows(NamedTuple):
    """Rows of one trajectory and one window width: windows, library (R, K), targets (R, S)."""

    bumps: Bumps
    theta: Array
    target: Array


def prepare(run: Trajectory, noise: Array) -> WeakTrajectory:
    """Fill short gaps and attach the noise.

    Parameters
    ----------
    run : Trajectory
        One recording; NaN is missing.
    noise : ndarray (S,)
        Standard deviation of its noise.

    Returns
    -------
    WeakTrajectory
        Times start at 0. Filled values carry no noise of their own.
    """
    t, missing = run.t - run.t[0], run.missing
    if not missing.any():
        return _with_inputs(run, t, run.x, np.tile(noise**2, (len(t), 1)), np.ones(len(t), bool))
    smoothed = smooth(run, "gp")
    x = np.where(missing, smoothed.x, run.x)
    spread = np.nanmax(run.x, axis=0) - np.nanmin(run.x, axis=0)
    doubtful = missing & ~(smoothed.x_std <= np.maximum(KNOWN_NOISE * noise, KNOWN_SPREAD * spread))
    return _with_inputs(run, t, x, np.where(missing, 0.0, noise**2), ~doubtful.any(axis=1))


def _with_inputs(run: Trajectory, t: Array, x: Array, variance: Array, known: NDArray[np.bool_]) -> WeakTrajectory:
    """Set the inputs, which have no noise, beside the states."""
    n_states = run.n_states
    if run.u is not None:
        x, variance = np.column_stack([x, run.u]), np.column_stack([variance, np.zeros(run.u.shape)])
    return WeakTrajectory(t, x, variance, known, n_states, run.index)


# Windows by times, width and known samples: trajectories recorded at the same times share them.
Windows = dict[tuple[bytes, float, bytes], Bumps]


def rows(run: WeakTrajectory, table: TermTable, windows: Windows | None = None) -> list[Rows]:
    """Integrate one trajectory over all windows of the ladder.

    Parameters
    ----------
    run : WeakTrajectory
        Output of `prepare`.
    table : TermTable
        Library.
    windows : dict, optional
        Windows of trajectories before; those of this one are added.

    Returns
    -------
    list of Rows
        One per window width, narrow to wide; possibly without rows.

    Raises
    ------
    ValueError
        If a term is not finite somewhere on the trajectory; the message names it.
    """
    states = run.x[:, : run.n_states]
    widths = window_ladder(run.t, period(run.t, states, run.variance[:, : run.n_states].max(axis=0)))
    windows = {} if windows is None else windows
    ladder = [no_bumps() if width is None else _bumps(run, width, windows) for width in widths]
    sums = [np.zeros((len(b.first), table.n_terms)) for b in ladder]
    for offset in range(0, len(run.t), BLOCK):
        block = slice(offset, offset + BLOCK)
        theta = unbiased_terms(table, run.x[block], run.variance[block])
        check_finite(theta, run.x[block], table, run.index)
        for bumps, out in zip(ladder, sums, strict=True):
            integrate(bumps.first, bumps.count, bumps.phi, theta, offset, out)
    targets = [np.zeros((len(b.first), run.n_states)) for b in ladder]
    for bumps, out in zip(ladder, targets, strict=True):
        integrate(bumps.first, bumps.count, bumps.phi_dot, -states, 0, out)
    return [Rows(*parts) for parts in zip(ladder, sums, targets, strict=True)]


def _bumps(run: WeakTrajectory, width: float, windows: Windows) -> Bumps:
    """Windows of one width, made once for all trajectories with the same times."""
    key = run.t.tobytes(), width, run.known.tobytes()
    if key not in windows:
        windows[key] = make_bumps(run.t, width, run.known)
    return windows[key]


def check_finite(theta: Array, x: Array, table: TermTable, index: int) -> None:
    """Refuse library values that are not finite, naming the term, the trajectory and the values there."""
    finite = np.isfinite(theta)
    if finite.all():
        return
    row, column = np.argwhere(~finite)[0]
    at = ", ".join(f"{name} = {value:.6g}" for name, value in zip(table.column_names, x[row], strict=True))
    raise ValueError(
        f"term {table.names[column]!r} is undefined or not finite in trajectory {index} at {at}: "
        "leave the term out of the library, or rescale or shift the states so that it is defined on all data"
    )
