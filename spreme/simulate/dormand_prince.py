"""Adaptive explicit Runge-Kutta method of order 8 with error estimates of order 5 and 3 and dense output of order 7.

One accepted step of length h from x, with slopes k_j = f(x + h sum_i a_ji k_i), j = 0 .. 11, and k_12 = f(x_new):

    x_new  = x + h sum_j a_12,j k_j
    e5, e3 = sum_j E5_j k_j, sum_j E3_j k_j, each divided by the tolerance and squared, summed over the states
    error  = h e5 / sqrt(S (e5 + 0.01 e3)),        accepted if error <= 1
    h     <- h * min(10, max(0.2, 0.9 error**(-1/8)))
    tolerance = atol + share * (largest |x| so far) + rtol * max(|x|, |x_new|),        per state

The problems are autonomous: the times of the stages are not needed, and time runs from 0 upwards in either direction.

References
----------
E. Hairer, S. P. Norsett, G. Wanner, "Solving Ordinary Differential Equations I: Nonstiff Problems", 2nd edition, 1993:
sections II.4 (first step), II.5 (method), II.6 (dense output); volume II, section IV.2 (detection of stiffness).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.library.kernels import right_hand_side
from spreme.simulate.vector_field import VectorField

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# How a trajectory ended.
REACHED = 0
UNBOUNDED = 1
SINGULAR = 2
STIFF = 3
EXHAUSTED = 4

#: States beyond this are unbounded: their squares leave the range of doubles (the limit of `Trajectories` as well).
LARGEST = 1e150
#: A step below this share of the time so far makes no progress: the solution has a singularity ahead.
SMALLEST_STEP = 1e-14
#: h times the Lipschitz constant at the border of the region of stability (Hairer's value), and how often in a row.
STABILITY = 6.1
STIFF_STEPS = 15
#: Explicit steps still to go above which an implicit method in interpreted code is faster.
MANY_STEPS = 100_000

N_STAGES = 12  # slopes before that of the new state
N_SLOPES = 16  # with the three extra ones of the dense output
START, PROBE, STEP, DENSE = 0, 1, 2, 3  # parts: slope at the start, Euler step, step, extra stages


class Tableau(NamedTuple):
    """Coefficients of the method: stages (row 12 makes the new state), error estimates, dense output.

    `parts` (4, 2) holds the range of stages of each part of a step (START, PROBE, STEP, DENSE). It travels as data
    because numba would compile the stages anew for each constant.
    """

    a: Array
    e3: Array
    e5: Array
    d: Array
    parts: Indices


class Tolerance(NamedTuple):
    """Accuracy asked of a step: atol (S,) + share * largest value so far + rtol * present value, per state."""

    rtol: float
    atol: Array
    share: float


class Progress(NamedTuple):
    """How far a trajectory came: how it ended, rows written, time since the start, steps tried."""

    ending: int
    n_rows: int
    elapsed: float
    n_steps: int


class Workspace(NamedTuple):
    """Buffers: stages and their slopes (16, S), tolerance and largest value per state (S,), those of the terms."""

    points: Array
    slopes: Array
    scale: Array
    peak: Array
    stack: Array
    theta: Array


def load_tableau() -> Tableau:
    """Take the coefficients from SciPy, which publishes them as attributes of its integrator."""
    from scipy.integrate import DOP853

    a = np.zeros((N_SLOPES, N_SLOPES))
    a[:N_STAGES, :N_STAGES] = DOP853.A
    a[N_STAGES, :N_STAGES] = DOP853.B
    a[N_STAGES + 1 :] = DOP853.A_EXTRA
    parts = np.array([[0, 1], [1, 2], [1, N_STAGES + 1], [N_STAGES + 1, N_SLOPES]], dtype=np.int64)
    return Tableau(a, np.array(DOP853.E3), np.array(DOP853.E5), np.array(DOP853.D), parts)


@njit(cache=True, nogil=True, error_model="numpy")
def _sum_products(
    coef: Array, state_index: Indices, factors: Indices, factor_start: Indices, x: Array, out: Array
) -> None:
    """Right-hand side of products of states."""
    for s in range(out.shape[0]):
        out[s] = 0.0
    for m in range(coef.shape[0]):
        value = coef[m]
        for i in range(factor_start[m], factor_start[m + 1]):
            value *= x[factors[i]]
        out[state_index[m]] += value


@njit(cache=True, nogil=True, error_model="numpy")
def _run_stages(
    field: VectorField, tableau: Tableau, direction: float, part: Indices, h: float, work: Workspace
) -> None:
    """Fill points[j] = points[0] + h sum_i a[j, i] slopes[i] and slopes[j] = f(points[j]) for the stages of a part."""
    n_states = work.points.shape[1]
    for j in range(part[0], part[1]):
        point, slope = work.points[j], work.slopes[j]
        if j > 0:
            for s in range(n_states):
                point[s] = 0.0
            for i in range(j):
                weight = tableau.a[j, i]
                if weight != 0.0:
                    for s in range(n_states):
                        point[s] += weight * work.slopes[i, s]
            for s in range(n_states):
                point[s] = work.points[0, s] + h * point[s]
        if field.factor_start.shape[0] > 0:
            _sum_products(field.coef, field.state_index, field.factors, field.factor_start, point, slope)
        else:
            right_hand_side(
                point,
                field.coef,
                field.state_index,
                field.term_index,
                field.powers,
                field.start,
                field.code,
                field.arg,
                work.stack,
                work.theta,
                slope,
            )
        if direction < 0:
            for s in range(n_states):
                slope[s] = -slope[s]


@njit(cache=True, nogil=True, error_model="numpy")
def _set_scale(tolerance: Tolerance, work: Workspace) -> None:
    """Tolerance of each state in a step from points[0] to points[12]."""
    for s in range(work.scale.shape[0]):
        larger = max(abs(work.points[0, s]), abs(work.points[N_STAGES, s]))
        work.scale[s] = tolerance.atol[s] + tolerance.share * max(work.peak[s], larger) + tolerance.rtol * larger


@njit(cache=True, nogil=True, error_model="numpy")
def _error(tableau: Tableau, h: float, work: Workspace) -> float:
    """Error of a step relative to the tolerance, NaN if the step cannot be used; a state that stays zero has none."""
    n_states = work.scale.shape[0]
    sum5, sum3 = 0.0, 0.0
    for s in range(n_states):
        error5, error3 = 0.0, 0.0
        for j in range(N_STAGES + 1):
            error5 += tableau.e5[j] * work.slopes[j, s]
            error3 += tableau.e3[j] * work.slopes[j, s]
        if not np.isfinite(work.points[N_STAGES, s] + work.slopes[N_STAGES, s]):
            return np.nan
        if work.scale[s] > 0.0:
            sum5 += (error5 / work.scale[s]) ** 2
            sum3 += (error3 / work.scale[s]) ** 2
    if sum5 == 0.0:
        return 0.0
    return h * sum5 / np.sqrt(n_states * (sum5 + 0.01 * sum3))


@njit(cache=True, nogil=True, error_model="numpy")
def _distance(a: Array, b: Array, scale: Array) -> float:
    """Root mean square of a - b relative to the tolerance."""
    total = 0.0
    for s in range(scale.shape[0]):
        if scale[s] > 0.0:
            total += ((a[s] - b[s]) / scale[s]) ** 2
    return np.sqrt(total / scale.shape[0])


@njit(cache=True, nogil=True, error_model="numpy")
def _is_stiff(h: float, work: Workspace) -> bool:
    """Whether stability limits h: the last two stages lie at the end of the step and show the Lipschitz constant."""
    rise = _distance(work.slopes[N_STAGES], work.slopes[N_STAGES - 1], work.scale)
    return h * rise > STABILITY * _distance(work.points[N_STAGES], work.points[N_STAGES - 1], work.scale)


@njit(cache=True, nogil=True, error_model="numpy")
def _interpolate(d: Array, h: float, u: float, work: Workspace, out: Array) -> None:
    """State at the share u of a step, by the polynomial of degree 7 through its 16 slopes."""
    for s in range(out.shape[0]):
        change = work.points[N_STAGES, s] - work.points[0, s]
        value = 0.0
        for i in range(3, -1, -1):
            tail = 0.0
            for j in range(N_SLOPES):
                tail += d[i, j] * work.slopes[j, s]
            # The factors u and 1 - u alternate, the innermost one is u.
            value = (value + h * tail) * (u if i % 2 == 1 else 1.0 - u)
        value = (value + 2.0 * change - h * (work.slopes[N_STAGES, s] + work.slopes[0, s])) * u
        value = (value + h * work.slopes[0, s] - change) * (1.0 - u)
        out[s] = work.points[0, s] + (value + change) * u


@njit(cache=True, nogil=True, error_model="numpy")
def _first_step(
    field: VectorField, tableau: Tableau, tolerance: Tolerance, direction: float, span: float, work: Workspace
) -> float:
    """Length of the first step from the slope at the start and at the end of one explicit Euler step."""
    _set_scale(tolerance, work)  # points[12] is still zero
    origin = work.points[2]  # zeros; the step proper overwrites them
    size = _distance(work.points[0], origin, work.scale)
    speed = _distance(work.slopes[0], origin, work.scale)
    # The unit of time below is that in which the state would change by its own size, at most all the time there is.
    unit = min(size / speed, span) if size > 1e-5 and speed > 0.0 else span
    h = min(0.01 * unit if unit < span else 1e-6 * span, span)
    # Stage 1 is an Euler step of length a[1, 0] h.
    _run_stages(field, tableau, direction, tableau.parts[PROBE], h / tableau.a[1, 0], work)
    bend = _distance(work.slopes[1], work.slopes[0], work.scale) / h
    if not np.isfinite(bend):
        return 1e-3 * h
    fastest = max(speed * unit, bend * unit * unit)
    return min(100.0 * h, span, unit * (0.01 / fastest) ** 0.125 if fastest > 0.0 else span)


@njit(cache=True, nogil=True, error_model="numpy")
def integrate(
    field: VectorField,
    tableau: Tableau,
    tolerance: Tolerance,
    direction: float,
    times: Array,
    max_steps: int,
    x: Array,
    work: Workspace,
) -> Progress:
    """Integrate one trajectory.

    Parameters
    ----------
    field, tableau, tolerance : NamedTuple
        Right-hand side, method, accuracy.
    direction : float
        1 forwards, -1 backwards in time.
    times : ndarray, shape (n,)
        Times since the start, increasing from 0.
    max_steps : int
        Steps after which to stop.
    x : ndarray, shape (n, S)
        The start in row 0; the rows of the times reached are overwritten.
    work : Workspace
        Zeros, but for the largest values so far if this is the continuation of a trajectory; `points[0]` is the last
        state reached afterwards.

    Returns
    -------
    Progress
        How far the trajectory came.
    """
    n_times, n_states = x.shape
    end, now, row, n_steps, n_stiff, largest_factor = times[n_times - 1], 0.0, 1, 0, 0, 10.0
    for s in range(n_states):
        work.points[0, s] = x[0, s]
        work.peak[s] = max(work.peak[s], abs(x[0, s]))
    if n_times == 1:
        return Progress(REACHED, row, now, n_steps)
    _run_stages(field, tableau, direction, tableau.parts[START], 0.0 * end, work)
    for s in range(n_states):
        if not np.isfinite(work.slopes[0, s]):
            return Progress(SINGULAR, row, now, n_steps)
    h = _first_step(field, tableau, tolerance, direction, end, work)
    while row < n_times:
        if n_steps >= max_steps:
            return Progress(EXHAUSTED, row, now, n_steps)
        if not h > SMALLEST_STEP * now + 1e-30 * end:
            return Progress(SINGULAR, row, now, n_steps)
        is_last = now + 1.01 * h >= end  # stretched a little rather than followed by a tiny step
        h = end - now if is_last else h
        n_steps += 1
        _run_stages(field, tableau, direction, tableau.parts[STEP], h, work)
        _set_scale(tolerance, work)
        error = _error(tableau, h, work)
        if not error <= 1.0:
            h *= max(0.2, 0.9 * error**-0.125) if np.isfinite(error) else 0.1
            largest_factor = 1.0
            continue
        n_stiff = n_stiff + 1 if _is_stiff(h, work) else 0
        reached = end if is_last else now + h
        if times[row] < reached:
            _run_stages(field, tableau, direction, tableau.parts[DENSE], h, work)
        while row < n_times and times[row] <= reached:
            _interpolate(tableau.d, h, (times[row] - now) / h, work, x[row])
            row += 1
        largest = 0.0
        for s in range(n_states):
            work.points[0, s] = work.points[N_STAGES, s]
            work.slopes[0, s] = work.slopes[N_STAGES, s]
            work.peak[s] = max(work.peak[s], abs(work.points[0, s]))
            largest = max(largest, abs(work.points[0, s]))
        now = reached
        if largest > LARGEST:
            return Progress(UNBOUNDED, row, now, n_steps)
        if n_stiff >= STIFF_STEPS and end - now > min(MANY_STEPS, max_steps - n_steps) * h:
            return Progress(STIFF, row, now, n_steps)
        h *= min(largest_factor, max(0.2, 0.9 * error**-0.125 if error > 0.0 else 10.0))
        largest_factor = 10.0
    return Progress(REACHED, row, now, n_steps)


def make_workspace(n_states: int, field: VectorField) -> Workspace:
    """Allocate the buffers of `integrate`."""
    return Workspace(
        np.zeros((N_SLOPES, n_states)),
        np.zeros((N_SLOPES, n_states)),
        np.zeros(n_states),
        np.zeros(n_states),
        np.zeros(field.depth),
        np.zeros(field.powers.shape[0]),
    )
