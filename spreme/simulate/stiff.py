"""Stiff remainders of a trajectory: SciPy's LSODA, step by step, around the compiled right-hand side.

An explicit method needs steps as short as the fastest time scale even after it has died out; the implicit formulas that
LSODA switches to do not. It is driven one step at a time so that steps are counted and nothing can hang.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from spreme.library.kernels import right_hand_side
from spreme.simulate.dormand_prince import EXHAUSTED, LARGEST, REACHED, SINGULAR, UNBOUNDED, Progress, Tolerance
from spreme.simulate.vector_field import VectorField

Array = NDArray[np.float64]

MAX_STEPS = 200_000


def integrate_stiff(
    field: VectorField, tolerance: Tolerance, direction: float, times: Array, before: Progress, state: Array, x: Array
) -> Progress:
    """Continue a trajectory that the explicit method has left at `state`; writes the rows of x that are missing."""
    from scipy.integrate import LSODA

    stack, theta = np.empty(field.depth), np.empty(len(field.powers))

    def slope(_: float, point: Array) -> Array:
        out = np.empty_like(state)
        right_hand_side(np.array(point), *field[:7], stack, theta, out)
        return direction * out

    peak = np.abs(x[: before.n_rows]).max(axis=0)
    # LSODA divides by the tolerance: a state that has been zero so far needs a little of its own.
    atol = np.maximum(tolerance.atol + tolerance.share * peak, tolerance.share * peak.max() * 1e-6 + 1e-200)
    row, n_steps, now = before.n_rows, 0, before.elapsed
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", UserWarning)  # LSODA's own words on a failed step; the status says it
        solver = LSODA(slope, now, state, float(times[-1]), rtol=tolerance.rtol, atol=atol)
        while solver.status == "running" and n_steps < MAX_STEPS:
            solver.step()
            n_steps += 1
            if solver.status == "failed" or not np.abs(solver.y).max() <= LARGEST:
                ending = SINGULAR if solver.status == "failed" else UNBOUNDED
                return Progress(ending, row, now, before.n_steps + n_steps)
            now = float(solver.t)
            last = int(np.searchsorted(times, now, side="right"))
            if last > row:
                x[row:last] = solver.dense_output()(times[row:last]).T
                row = last
    state[:] = solver.y
    return Progress(REACHED if row == len(times) else EXHAUSTED, row, now, before.n_steps + n_steps)
