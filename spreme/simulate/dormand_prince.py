"""Adaptive explicit Runge-Kutta method of order 8 with error estimates of order 5 and 3 and dense output of order 7.

One accepted step of length h from x, with slopes k_j = f(x + h sum_i a_ji k_i), j = 0 .. 11, and k_12 = f(x_new):

    x_new  = x + h sum_j a_12,j k_j
    e5, e3 = sum_j E5_j k_j, sum_j E3_j k_j, each divided by the tolerance and squared, summed over the states
    error  = h e5 / sqrt(S (e5 + 0.01 e3)),        accepted if error <= 1
    h     <- h * min(10, max(0.2, 0.9 error**(-1/8)))
    tolerance = atol + share * (largest |x| so far) + rtol * max(|x|, |x_new|),        per state

The problems are autonomous, so the times of the stages are not needed, and time runs from 0 upwards in either direction.

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


class Tableau(NamedTuple):
    """Coefficients of the method: stages (row 12 makes the new state), error estimates, dense output."""

    a: Array
    e3: Array
    e5: Array
    d: Array


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


def load_tableau() -> Tableau:
    """Take the coefficients from SciPy, which publishes them as attributes of its integrator."""
    from scipy.integrate import DOP853

    a = np.zeros((N_SLOPES, N_SLOPES))
    a[:N_STAGES, :N_STAGES] = DOP853.A
    a[N_STAGES, :N_STAGES] = DOP853.B
    a[N_STAGES + 1 :] = DOP853.A_EXTRA
    return Tableau(a, np.array(DOP853.E3), np.array(DOP853.E5), np.array(DOP853.D))


@njit(cache=True, nogil=True, error_model="numpy")
def _slope(field: VectorField, direction: float, x: Array, stack: Array, theta: Array, out: Array) -> None:
    """Right-hand side in the direction of integration."""
    right_hand_side(
        x,
        field.coef,
        field.state_index,
        field.term_index,
        field.powers,
        field.start,
        field.code,
        field.arg,
        stack,
        theta,
        out,
    )
    if direction < 0:
        for s in range(out.shape[0]):
            out[s] = -out[s]


@njit(cache=True, nogil=True, error_model="numpy")
def _stage(a: Array, stage: int, x: Array, h: float, slopes: Array, out: Array) -> None:
    """State of a stage: x + h sum_j a[stage, j] slopes[j]."""
    for s in range(x.shape[0]):
        out[s] = 0.0
    for j in range(stage):
        weight = a[stage, j]
        if weight != 0.0:
            for s in range(x.shape[0]):
                out[s] += weight * slopes[j, s]
    for s in range(x.shape[0]):
        out[s] = x[s] + h * out[s]


@njit(cache=True, nogil=True, error_model="numpy")
def _set_scale(tolerance: Tolerance, peak: Array, x: Array, x_new: Array, scale: Array) -> None:
    """Tolerance of each state in this step."""
    for s in range(x.shape[0]):
        larger = max(abs(x[s]), abs(x_new[s]))
        scale[s] = tolerance.atol[s] + tolerance.share * max(peak[s], larger) + tolerance.rtol * larger


@njit(cache=True, nogil=True, error_model="numpy")
def _error(tableau: Tableau, h: float, slopes: Array, scale: Array) -> float:
    """Error of a step relative to the tolerance; a state that is zero before and after has none."""
    sum5, sum3 = 0.0, 0.0
    for s in range(scale.shape[0]):
        error5, error3 = 0.0, 0.0
        for j in range(N_STAGES + 1):
            error5 += tableau.e5[j] * slopes[j, s]
            error3 += tableau.e3[j] * slopes[j, s]
        if scale[s] > 0.0:
            sum5 += (error5 / scale[s]) ** 2
            sum3 += (error3 / scale[s]) ** 2
        elif not scale[s] == 0.0:
            return np.nan
    if sum5 == 0.0:
        return 0.0
    return h * sum5 / np.sqrt(scale.shape[0] * (sum5 + 0.01 * sum3))


@njit(cache=True, nogil=True, error_model="numpy")
def _norm(difference: Array, scale: Array) -> float:
    """Root mean square relative to the tolerance."""
    total = 0.0
    for s in range(scale.shape[0]):
        if scale[s] > 0.0:
            total += (difference[s] / scale[s]) ** 2
    return np.sqrt(total / scale.shape[0])


@njit(cache=True, nogil=True, error_model="numpy")
def _stiffness(h: float, slopes: Array, last_stage: Array, x_new: Array, scale: Array) -> float:
    """Product of h and an estimate of the Lipschitz constant: both points belong to the end of the step."""
    rise, run = 0.0, 0.0
    for s in range(scale.shape[0]):
        if scale[s] > 0.0:
            rise += ((slopes[N_STAGES, s] - slopes[N_STAGES - 1, s]) / scale[s]) ** 2
            run += ((x_new[s] - last_stage[s]) / scale[s]) ** 2
    return h * np.sqrt(rise / run) if run > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _is_usable(slope: Array) -> bool:
    """Whether all entries are finite."""
    for s in range(slope.shape[0]):
        if not np.isfinite(slope[s]):
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _size(x: Array) -> float:
    """Largest absolute value."""
    largest = 0.0
    for s in range(x.shape[0]):
        largest = max(largest, abs(x[s]))
    return largest


@njit(cache=True, nogil=True, error_model="numpy")
def _interpolate(d: Array, h: float, u: float, x: Array, x_new: Array, slopes: Array, out: Array) -> None:
    """State at the share u of a step, by the polynomial of degree 7 through its 16 slopes."""
    for s in range(x.shape[0]):
        change = x_new[s] - x[s]
        value = 0.0
        for i in range(3, -1, -1):
            tail = 0.0
            for j in range(N_SLOPES):
                tail += d[i, j] * slopes[j, s]
            # The factors u and 1 - u alternate, the innermost one is u.
            value = (value + h * tail) * (u if (3 - i) % 2 == 0 else 1.0 - u)
        value = (value + 2.0 * change - h * (slopes[N_STAGES, s] + slopes[0, s])) * u
        value = (value + h * slopes[0, s] - change) * (1.0 - u)
        out[s] = x[s] + (value + change) * u
