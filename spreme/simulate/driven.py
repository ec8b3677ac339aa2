"""Trajectories of a law that inputs drive.

Between two times u(t) is linear, so there it is the solution of equations as simple as the others:

    dx_s/dt = f_s(x, u),    du_v/dt = rate_v,    x = S states, u = U inputs

which have no time in them, as the integrators want it. They start anew at every time, with the inputs set to their
given values: no step passes over a kink, and within a piece the order of the method is not spoilt.

Inputs that are a function of time are followed by SciPy's integrator of the same order, which starts anew at every
time, too: jumps that lie there cost no accuracy.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.library.kernels import right_hand_side
from spreme.simulate.dormand_prince import (
    EXHAUSTED,
    LARGEST,
    REACHED,
    SINGULAR,
    STIFF,
    UNBOUNDED,
    Progress,
    Tableau,
    Tolerance,
    Workspace,
    integrate,
    make_workspace,
)
from spreme.simulate.inputs import Drive
from spreme.simulate.stiff import integrate_stiff
from spreme.simulate.vector_field import VectorField

Array = NDArray[np.float64]

#: Steps that every piece may take, however little of the budget is left for it.
FEWEST_STEPS = 2_000
#: Explicit steps of a piece after which an implicit method takes over, and steps of both, where inputs are a function.
EXPLICIT_STEPS, MOST_STEPS = 2_000, 40_000


def integrate_driven(
    field: VectorField, tableau: Tableau, tolerance: Tolerance, times: Array, drive: Drive, max_steps: int, x: Array
) -> Progress:
    """Integrate one trajectory from the first row of x (n, S); `times` (n,) are those of the user."""
    if drive.function is not None:
        return _follow_function(field, tolerance, times, drive, x)
    n_states, n_inputs = x.shape[1], drive.n_inputs
    whole = _with_inputs(field, n_states, n_inputs)
    enough = tolerance._replace(atol=np.append(tolerance.atol, np.zeros(n_inputs)))
    work, direction = make_workspace(n_states + n_inputs, whole), -1.0 if times[-1] < times[0] else 1.0
    elapsed, row, n_steps = np.abs(times - times[0]), 1, 0
    piece = np.zeros((2, n_states + n_inputs))
    while row < len(times):
        left = max_steps - n_steps
        with np.errstate(all="ignore"):
            now = _integrate_pieces(whole, tableau, enough, direction, elapsed, drive.rows, left, row, x, piece, work)
        row, n_steps = now.n_rows, n_steps + now.n_steps
        if now.ending == STIFF:
            now = _finish_stiff(whole, enough, direction, elapsed, row, now, work, piece)
            n_steps += now.n_steps
            if now.ending == REACHED:
                x[row] = piece[1, :n_states]
                row += 1
        if now.ending != REACHED:
            return Progress(now.ending, row, now.elapsed, n_steps)
    return Progress(REACHED, row, elapsed[-1], n_steps)


def _with_inputs(field: VectorField, n_states: int, n_inputs: int) -> VectorField:
    """Add the equations of the inputs: coefficients, overwritten piece by piece, of a term that is one."""
    one, inputs = len(field.powers), np.arange(n_states, n_states + n_inputs)
    starts = field.factor_start
    return field._replace(
        coef=np.append(field.coef, np.zeros(n_inputs)),
        state_index=np.append(field.state_index, inputs),
        term_index=np.append(field.term_index, np.full(n_inputs, one)),
        powers=np.vstack([field.powers, np.zeros((1, n_states + n_inputs), dtype=np.int64)]),
        start=np.append(field.start, field.start[-1]),
        factor_start=np.append(starts, np.full(n_inputs, starts[-1])) if len(starts) else starts,
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _integrate_pieces(
    field: VectorField,
    tableau: Tableau,
    tolerance: Tolerance,
    direction: float,
    times: Array,
    u: Array,
    max_steps: int,
    row: int,
    x: Array,
    piece: Array,
    work: Workspace,
) -> Progress:
    """Integrate from x[row - 1] on, time by time; `piece` (2, V) holds the columns at the ends of the last one.

    The rows written so far are counted; time is elapsed since the start, but within a stiff piece since its own.
    """
    n_times, n_states, n_columns = x.shape[0], x.shape[1], piece.shape[1]
    clock, n_steps, first = np.zeros(2), 0, field.coef.shape[0] - u.shape[1]
    while row < n_times:
        clock[1] = times[row] - times[row - 1]
        for s in range(n_states):
            piece[0, s] = x[row - 1, s]
        for v in range(n_columns - n_states):
            piece[0, n_states + v] = u[row - 1, v]
            field.coef[first + v] = (u[row, v] - u[row - 1, v]) / (direction * clock[1])
        for j in range(work.points.shape[0]):
            for c in range(n_columns):
                work.points[j, c] = 0.0
        share = max(FEWEST_STEPS, (max_steps - n_steps) // (n_times - row))
        now = integrate(field, tableau, tolerance, direction, clock, share, piece, work)
        n_steps += now.n_steps
        if now.ending == STIFF:
            return Progress(STIFF, row, now.elapsed, n_steps)
        if now.ending != REACHED:
            return Progress(now.ending, row, times[row - 1] + now.elapsed, n_steps)
        for s in range(n_states):
            x[row, s] = piece[1, s]
        row += 1
    return Progress(REACHED, row, times[n_times - 1], n_steps)


def _finish_stiff(
    field: VectorField,
    tolerance: Tolerance,
    direction: float,
    elapsed: Array,
    row: int,
    before: Progress,
    work: Workspace,
    piece: Array,
) -> Progress:
    """Carry a stiff piece, which ends at `row`, to its end; the columns there come back in piece[1]."""
    clock = np.array([0.0, elapsed[row] - elapsed[row - 1]])
    begun = Progress(STIFF, 1, before.elapsed, 0)
    now = integrate_stiff(field, tolerance, direction, clock, begun, work.points[0], piece)
    return now._replace(elapsed=elapsed[row - 1] + now.elapsed)


def _follow_function(field: VectorField, tolerance: Tolerance, times: Array, drive: Drive, x: Array) -> Progress:
    """Integrate with inputs that are a function of time, piece by piece."""
    assert drive.function is not None
    peak, n_steps, length, is_stiff = np.abs(x[0]), 0, 1e-3 * abs(times[-1] - times[0]), False
    for row in range(1, len(times)):
        peak = np.maximum(peak, np.abs(x[row - 1]))
        # SciPy divides by the tolerance: a state that has been zero so far needs a little of its own.
        small = tolerance.share * peak
        atol = np.maximum(tolerance.atol + small, 1e-6 * small.max() + 1e-200)
        state, at, ending = x[row - 1].copy(), times[row - 1], REACHED
        slope = _slope(field, _within(drive.function, at, times[row]), x.shape[1], drive.n_inputs)
        while at != times[row] and ending == REACHED:
            solver = _solver(slope, at, state, times[row], tolerance.rtol, atol, length, is_stiff)
            ending, steps, length = _run(solver, MOST_STEPS if is_stiff else EXPLICIT_STEPS)
            n_steps, at, state = n_steps + steps, solver.t, solver.y
            if ending == EXHAUSTED and not is_stiff:
                is_stiff, ending = True, REACHED
            if n_steps > MOST_STEPS:
                ending = EXHAUSTED
        if ending != REACHED:
            return Progress(ending, row, abs(at - times[0]), n_steps)
        x[row] = state
    return Progress(REACHED, len(times), abs(times[-1] - times[0]), n_steps)


def _within(u: Callable[[float], Array], begin: float, end: float) -> Callable[[float], Array]:
    """Function of time that at the ends of a piece has the values inside: a jump there belongs to the neighbours."""
    low, high = sorted((np.nextafter(begin, end), np.nextafter(end, begin)))
    return lambda t: u(float(min(max(t, low), high)))


def _slope(field: VectorField, u: Callable[[float], Array], n_states: int, n_inputs: int) -> Any:
    """Right-hand side f(t, x) with the inputs u at that time."""
    stack, theta, columns = np.empty(field.depth), np.empty(len(field.powers)), np.empty(n_states + n_inputs)

    def slope(t: float, x: Array) -> Array:
        columns[:n_states], columns[n_states:] = x, u(t)
        out = np.empty(n_states)
        right_hand_side(columns, *field[:7], stack, theta, out)
        return out

    return slope


def _solver(
    slope: Any, begin: float, state: Array, end: float, rtol: float, atol: Array, length: float, is_stiff: bool
) -> Any:
    """Make SciPy's integrator for one piece; the first step is that of the piece before."""
    from scipy.integrate import DOP853, Radau

    first_step = min(length, abs(end - begin))
    return (Radau if is_stiff else DOP853)(slope, begin, state, end, rtol=rtol, atol=atol, first_step=first_step)


def _run(solver: Any, max_steps: int) -> tuple[int, int, float]:
    """Take steps to the end of a piece; how it ended, how many there were, and the longest of them."""
    from scipy.linalg import LinAlgWarning

    n_steps, longest = 0, 0.0
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", LinAlgWarning)
        while solver.status == "running":
            if n_steps >= max_steps:
                return EXHAUSTED, n_steps, longest
            try:
                solver.step()
            except np.linalg.LinAlgError:
                return SINGULAR, n_steps, longest
            n_steps += 1
            if solver.status == "failed" or not np.isfinite(solver.y).all():
                return SINGULAR, n_steps, longest
            longest = max(longest, float(solver.step_size))
            if np.abs(solver.y).max() > LARGEST:
                return UNBOUNDED, n_steps, longest
    return REACHED, n_steps, longest
