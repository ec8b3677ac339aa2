"""Stiff remainders of a trajectory: SciPy's Radau, step by step, around the compiled right-hand side.

An explicit method needs steps as short as the fastest time scale even after it has died out; an implicit one does not.
Radau IIA of order 5 is chosen over LSODA, which at tight tolerances may never leave its explicit formulas. It is driven
one step at a time so that steps are counted and nothing can hang.

References
----------
E. Hairer, G. Wanner, "Solving Ordinary Differential Equations II: Stiff and Differential-Algebraic Problems", 1996:
section IV.8.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.library.kernels import right_hand_side
from spreme.simulate.dormand_prince import EXHAUSTED, LARGEST, REACHED, SINGULAR, UNBOUNDED, Progress, Tolerance
from spreme.simulate.vector_field import VectorField

Array = NDArray[np.float64]

MAX_STEPS = 20_000
#: A solver that came no further than this share of the time so far has met a singularity.
SHORT = 1e-9


def integrate_stiff(
    field: VectorField, tolerance: Tolerance, direction: float, times: Array, before: Progress, state: Array, x: Array
) -> Progress:
    """Continue a trajectory that the explicit method has left at `state`; writes the rows of x that are missing."""
    from scipy.integrate import Radau
    from scipy.linalg import LinAlgWarning

    stack, theta = np.empty(field.depth), np.empty(len(field.powers))

    def slope(_: float, point: Array) -> Array:
        out = np.empty_like(state)
        right_hand_side(np.array(point), *field[:7], stack, theta, out)
        return direction * out

    peak = np.maximum(np.abs(x[: before.n_rows]).max(axis=0), np.abs(state))
    # Radau divides by the tolerance: a state that has been zero so far needs a little of its own.
    atol = np.maximum(tolerance.atol + tolerance.share * peak, 1e-6 * tolerance.share * peak.max() + 1e-200)
    row, n_steps, ending = before.n_rows, 0, REACHED
    now = clock = before.elapsed  # the solver's own time counts from the last reading of the clock
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", LinAlgWarning)  # a singular step is repeated with half the length
        solver = Radau(slope, 0.0, state.copy(), times[-1] - clock, rtol=tolerance.rtol, atol=atol)
        while row < len(times) and ending == REACHED:
            ending = _step(solver) if n_steps < MAX_STEPS else EXHAUSTED
            n_steps += 1
            if ending == SINGULAR and solver.t > SHORT * now:
                # Perhaps only the digits of a late time are too few for a fast change: try again from time zero.
                clock, ending = now, REACHED
                solver = Radau(slope, 0.0, solver.y.copy(), times[-1] - clock, rtol=tolerance.rtol, atol=atol)
            elif ending == REACHED:
                now = clock + float(solver.t)
                last = len(times) if solver.status == "finished" else int(np.searchsorted(times, now, side="right"))
                if last > row:
                    x[row:last] = solver.dense_output()(np.minimum(times[row:last] - clock, solver.t)).T
                    row = last
    return Progress(ending, row, now, before.n_steps + n_steps)


def _step(solver: Any) -> int:
    """Take one step and say whether the next one can follow (REACHED) or how the trajectory ends."""
    try:
        solver.step()
    except (ValueError, np.linalg.LinAlgError):  # SciPy's linear algebra met a Jacobian that is not finite
        return SINGULAR
    if solver.status == "failed":
        return SINGULAR
    return REACHED if np.abs(solver.y).max() <= LARGEST else UNBOUNDED
