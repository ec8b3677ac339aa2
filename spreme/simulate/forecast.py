"""Simulation of a law: checks of the input, one compiled trajectory per start, and what to say about how it ended."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.data.arrays import floats, show
from spreme.results import Forecast, Law
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
    integrate,
    load_tableau,
    make_workspace,
)
from spreme.simulate.driven import integrate_driven
from spreme.simulate.inputs import Drive, Inputs, check_drive
from spreme.simulate.stiff import integrate_stiff
from spreme.simulate.vector_field import Unobserved, VectorField, environment_position, unobserved, vector_field

Array = NDArray[np.float64]

SMALLEST_RTOL, LARGEST_RTOL = 1e-14, 0.1
#: Elementary operations that one trajectory may cost, some ten seconds, and bounds on the number of steps.
OPERATIONS = 2e9
FEWEST_STEPS, MOST_STEPS = 2_000, 3_000_000


def simulate(
    law: Law,
    x0: ArrayLike,
    t: ArrayLike,
    env: Hashable = None,
    u: Inputs = None,
    *,
    rtol: float = 1e-8,
    atol: ArrayLike | None = None,
) -> Forecast:
    """Integrate the equations from one or several starts.

    A compiled explicit Runge-Kutta method of order 8 with adaptive steps; a stiff trajectory is continued by an
    implicit method. A trajectory that cannot be continued ends early, and its status says why.

    Parameters
    ----------
    law : Law
        Fitted law.
    x0 : array_like, shape (S,) or (m, S)
        Start, or m starts, at the time ``t[0]``.
    t : array_like, shape (n,)
        Times, strictly increasing or strictly decreasing (backwards in time).
    env : hashable, default None
        Environment; may be left out if there is only one.
    u : array_like (n, U) or callable, default None
        Inputs of a law that has any: at the times t, linear in between, or a function u(t) that gives (U,) values. No
        step of the integration passes over one of the times.
    rtol : float, default 1e-8
        Relative error allowed in a step.
    atol : float or array_like of shape (S,), default None
        Absolute error allowed in a step, in units of the states. None: ``0.01 * rtol`` times the largest value that the
        state has taken so far (1e-10 of it by default), whatever the units.

    Returns
    -------
    Forecast
        For one start, `x` is (n, S), and `t` and `x` are cut where the trajectory ends, the start being kept. For
        several starts `x` is (m, n, S), NaN after the end of a trajectory, and `status` is a list. The status is
        "converged", or it starts with "blow-up at t = ..." (states beyond 1e150, or a singularity that no step passes)
        or "stopped at t = ..." (too many steps, or a term becomes active that was not observed in this environment).

    Raises
    ------
    ValueError
        If x0, t, u or a tolerance is not usable, the environment is unknown, or x0 makes a term active whose
        coefficient the data of this environment do not determine.

    References
    ----------
    E. Hairer, S. P. Norsett, G. Wanner, "Solving Ordinary Differential Equations I: Nonstiff Problems", 1993.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.library import PolynomialLibrary
    >>> from spreme.results import Law
    >>> table = PolynomialLibrary(degree=1).table(["x"])
    >>> coef = np.array([[[0.0, -1.0]]])
    >>> law = Law(table, coef[0] != 0, coef, np.abs(coef), ("A",), np.zeros((1, 1)))
    >>> forecast = simulate(law, [1.0], [0.0, 1.0, 2.0])
    >>> forecast.x.round(6)
    array([[1.      ],
           [0.367879],
           [0.135335]])
    >>> forecast.status
    'converged'
    """
    position = environment_position(law, env)
    starts, is_single = _check_starts(x0, law.state_names)
    times = _check_times(t)
    tolerance = _check_tolerance(rtol, atol, len(law.state_names))
    unknown, label = unobserved(law, position), law.environments[position]
    drive = check_drive(law, u, times)
    first = np.column_stack([starts, np.tile(drive.rows[:1], (len(starts), 1))])
    unknown.refuse(first, "x0" if is_single else "row {row} of x0")
    field, tableau = vector_field(law, position), load_tableau()
    x, rows, statuses = trajectories(field, tableau, tolerance, times, starts, unknown, drive)
    if is_single:
        return Forecast(times[: rows[0]], x[0, : rows[0]], statuses[0], law.state_names, label)
    return Forecast(times, x, statuses, law.state_names, label)


def trajectories(
    field: VectorField,
    tableau: Tableau,
    tolerance: Tolerance,
    times: Array,
    starts: Array,
    unknown: Unobserved,
    drive: Drive,
) -> tuple[Array, list[int], list[str]]:
    """Integrate from each of m starts: states (m, n, S), NaN after the end; rows that stand, and why it ended there."""
    x = np.full((len(starts), len(times), starts.shape[1]), np.nan)
    rows, statuses = [], []
    for start, states in zip(starts, x, strict=True):
        states[0] = start
        progress = _integrate(field, tableau, tolerance, times, drive, states)
        n_rows, status = _judge(progress, times, states, drive, unknown)
        states[n_rows:] = np.nan
        rows.append(n_rows)
        statuses.append(status)
    return x, rows, statuses


def _integrate(
    field: VectorField, tableau: Tableau, tolerance: Tolerance, times: Array, drive: Drive, x: Array
) -> Progress:
    """Integrate one trajectory from the first row of x (n, S), explicitly as far as that is sensible."""
    if drive.n_inputs:
        return integrate_driven(field, tableau, tolerance, times, drive, _max_steps(field), x)
    work = make_workspace(x.shape[1], field)
    elapsed = np.abs(times - times[0])
    direction = -1.0 if times[-1] < times[0] else 1.0
    with np.errstate(all="ignore"):  # without compilation NumPy would warn where the kernel looks for itself
        progress = integrate(field, tableau, tolerance, direction, elapsed, _max_steps(field), x, work)
    if progress.ending == STIFF:
        return integrate_stiff(field, tolerance, direction, elapsed, progress, work.points[0], x)
    return progress


def _max_steps(field: VectorField) -> int:
    """Bound the steps of one trajectory by what they cost."""
    per_slope = field.powers.size + field.code.size + field.coef.size
    per_step = 12 * per_slope + 100 * field.powers.shape[1]
    return int(min(MOST_STEPS, max(FEWEST_STEPS, OPERATIONS / per_step)))


def _judge(progress: Progress, times: Array, x: Array, drive: Drive, unknown: Unobserved) -> tuple[int, str]:
    """Count the rows that stand and put into words how the trajectory ended."""
    sign = -1.0 if times[-1] < times[0] else 1.0
    moment = show(times[0] + sign * progress.elapsed)
    texts = {
        REACHED: "converged",
        UNBOUNDED: f"blow-up at t = {moment}: the states grow beyond {LARGEST:g}",
        SINGULAR: f"blow-up at t = {moment}: the solution is unbounded or singular there, no step leads on",
        EXHAUSTED: f"stopped at t = {moment}: {progress.n_steps} steps were not enough to reach t = {show(times[-1])}; "
        "shorten the times or raise rtol",
    }
    n_rows, status = progress.n_rows, texts[progress.ending]
    finite = np.isfinite(x[:n_rows]).all(axis=1)
    if not finite.all():
        n_rows = int(np.argmin(finite))
        status = f"blow-up at t = {show(times[n_rows])}: the states are not finite there"
    found = unknown.first(drive.beside(x[:n_rows]))
    if found is not None:
        n_rows, text = found
        status = f"stopped at t = {show(times[n_rows])}: {text % 'the trajectory'}; its coefficient is unknown there"
    return n_rows, status


def _check_starts(x0: ArrayLike, names: tuple[str, ...]) -> tuple[Array, bool]:
    """Give the starts as a fresh array (m, S), and whether there was a single one."""
    starts = floats(x0, "x0")
    is_single = starts.ndim == 1
    if starts.ndim not in (1, 2):
        raise ValueError(
            f"x0 must have the shape ({len(names)},), or (m, {len(names)}) for m starts, got {starts.ndim} dimensions, "
            f"shape {starts.shape}"
        )
    starts = np.atleast_2d(starts)
    if starts.shape[1] != len(names):
        raise ValueError(f"x0 has {starts.shape[1]} values, but the law has {len(names)} states: {', '.join(names)}")
    if not len(starts):
        raise ValueError(f"x0 is empty: give at least one start, shape ({len(names)},)")
    wrong = np.argwhere(~(np.abs(starts) <= LARGEST))
    if wrong.size:
        row, column = wrong[0]
        where = f"state {names[column]!r}" + ("" if is_single else f", row {row}")
        raise ValueError(
            f"x0 is {starts[row, column]} ({where}): starts must be finite (no NaN) and at most {LARGEST:g}"
        )
    return starts, is_single


def _check_times(t: ArrayLike) -> Array:
    """Give the times as a fresh array that increases or decreases strictly."""
    times = floats(t, "times t")
    if times.ndim != 1:
        raise ValueError(
            f"times t must be a 1-D array of the times wanted, the first of which is that of x0, got {times.ndim} "
            f"dimensions: write np.linspace(0, 5, 51), say"
        )
    if not times.size:
        raise ValueError("times t are empty: give at least one time, that of x0")
    if not np.isfinite(times).all():
        k = int(np.argmin(np.isfinite(times)))
        raise ValueError(f"times t: {times[k]} at position {k}; every time must be finite, none missing (NaN)")
    steps = np.diff(times)
    wrong = steps >= 0 if times[-1] < times[0] else steps <= 0
    if wrong.any():
        k = int(np.argmax(wrong)) + 1
        raise ValueError(
            f"times t must increase strictly, or decrease strictly to go back in time: {show(times[k])} at position "
            f"{k} follows {show(times[k - 1])}; sort them and leave out what occurs twice"
        )
    return times


def _check_tolerance(rtol: float, atol: ArrayLike | None, n_states: int) -> Tolerance:
    """Check the tolerances."""
    relative = floats(rtol, "rtol")
    if relative.ndim or not SMALLEST_RTOL <= relative <= LARGEST_RTOL:
        raise ValueError(f"rtol must be a number from {SMALLEST_RTOL:g} to {LARGEST_RTOL:g}, got {rtol!r}")
    if atol is None:
        return Tolerance(float(relative), np.zeros(n_states), 0.01 * float(relative))
    absolute = floats(atol, "atol")
    if absolute.shape not in ((), (n_states,)) or not (np.isfinite(absolute) & (absolute >= 0)).all():
        raise ValueError(f"atol must be a number >= 0 or one for each of the {n_states} states, got {atol!r}")
    return Tolerance(float(relative), np.broadcast_to(absolute, (n_states,)).copy(), 0.0)
