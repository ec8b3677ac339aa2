"""Joint fit of states and coefficients: against dense algebra, against fits by integration, and where those fail."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares
from without_jit import compiled_and_plain

from spreme.library import CustomLibrary, PolynomialLibrary
from spreme.likelihood.field import Field, make_field
from spreme.likelihood.recording import Recording
from spreme.likelihood.shooting.gauss_newton import Prior
from spreme.likelihood.spline import JointFit, JointOptions, fit_jointly, joint_information
from spreme.likelihood.spline.collocation import linearisation
from spreme.likelihood.spline.elimination import Weights, eliminate, move_states
from spreme.likelihood.spline.grid import Grid, first_grid, interpolate

Array = np.ndarray
TABLE = PolynomialLibrary(degree=2).table(["x", "y"])
# terms 1, x, y, x^2, x y, y^2
LOTKA = np.array([[0, 1, 0, 0, 1, 0], [0, 0, 1, 0, 1, 0]], bool)
COEF = np.array([0.8, -0.6, -0.5, 0.7])
ONE_STAGE = JointOptions(stages=(1e10,))


def lotka(_: float, x: Array, coef: Array = COEF) -> list[float]:
    return [coef[0] * x[0] + coef[1] * x[0] * x[1], coef[2] * x[1] + coef[3] * x[0] * x[1]]


def record(times: list[Array], starts: list[list[float]], sd: Array, seed: int, slope=lotka) -> Recording:
    """Noisy trajectories of a law without inputs."""
    rng = np.random.default_rng(seed)
    runs = [
        solve_ivp(slope, (0.0, t[-1]), x, t_eval=t, method="LSODA", rtol=1e-10, atol=1e-12).y.T
        for t, x in zip(times, starts, strict=True)
    ]
    y = np.vstack([run + sd * rng.standard_normal(run.shape) for run in runs])
    bounds = np.concatenate([[0], np.cumsum([len(t) for t in times])])
    return Recording(y, np.concatenate(times), np.zeros((len(y), 0)), bounds)


def irregular(seed: int = 0, sd: float = 0.05) -> Recording:
    """Two trajectories at irregular times, some values missing."""
    rng = np.random.default_rng(seed)
    times = [np.concatenate([[0.0], np.sort(rng.uniform(0.2, 8.0, n))]) for n in (24, 17)]
    recording = record(times, [[1.0, 1.0], [2.0, 0.5]], np.full(2, sd), seed)
    recording.y[rng.random(recording.y.shape) < 0.15] = np.nan
    return recording


def by_integration(recording: Recording, sd: float) -> tuple[Array, Array, float]:
    """Coefficients, their information and the cost by least squares over coefficients and starts."""
    ranges = list(zip(recording.bounds[:-1], recording.bounds[1:], strict=True))

    def residuals(unknown: Array) -> Array:
        parts = []
        for r, (first, last) in enumerate(ranges):
            t = recording.t[first:last]
            start = unknown[4 + 2 * r : 6 + 2 * r]
            run = solve_ivp(
                lotka, (t[0], t[-1]), start, t_eval=t, method="DOP853", rtol=1e-10, atol=1e-12, args=(unknown[:4],)
            )
            parts.append((recording.y[first:last] - run.y.T) / sd)
        return np.concatenate([part[np.isfinite(part)] for part in parts])

    found = least_squares(residuals, [*COEF, 1.0, 1.0, 2.0, 0.5], x_scale="jac", xtol=1e-12, ftol=1e-14)
    return found.x[:4], np.linalg.inv(np.linalg.inv(found.jac.T @ found.jac)[:4, :4]), 2 * found.cost


def standard_errors(information: Array) -> Array:
    return np.sqrt(np.diag(np.linalg.inv(information)))


def test_is_the_maximum_likelihood_of_whole_trajectories() -> None:
    recording = irregular()
    coef, information, cost = by_integration(recording, 0.05)
    fit = fit_jointly(recording, make_field(TABLE, LOTKA), np.zeros(4), np.full(2, 0.05))
    assert fit.converged
    # the discretisation may err by 0.005 of the noise in each trajectory
    assert fit.cost == pytest.approx(cost, abs=0.02)
    np.testing.assert_allclose((fit.coef - coef) / standard_errors(information), 0, atol=0.01)
    np.testing.assert_allclose(standard_errors(fit.information), standard_errors(information), rtol=2e-3)
    assert fit.n_values == np.isfinite(recording.y).sum()
    assert fit.defect < 1e-4
    np.testing.assert_allclose(((fit.residual / 0.05) ** 2 * np.isfinite(recording.y).sum(axis=0)).sum(), fit.cost)


def small_problem() -> tuple[Grid, Array, Field, Array, Weights]:
    """A short recording with inputs, a term that needs code, missing values and nodes between samples."""
    rng = np.random.default_rng(3)
    t = np.array([0.0, 0.3, 0.5, 1.0, 0.0, 0.4, 0.8])
    y = rng.uniform(0.5, 1.5, (7, 2))
    y[1, 0] = y[6, 1] = np.nan
    recording = Recording(y, t, rng.standard_normal((7, 1)), np.array([0, 4, 7]))
    table = CustomLibrary(["x", "y", "x*y", "sin(x*u)", "u"]).table(["x", "y", "u"])
    field = make_field(table, np.array([[1, 0, 1, 0, 0], [0, 1, 0, 1, 1]], bool))
    grid = first_grid(recording, 0.25)
    nodes = interpolate(recording, rng.uniform(0.5, 1.5, (7, 2)), grid)
    return grid, nodes, field, rng.standard_normal(5), Weights(np.array([3.0, 5.0]), 0.0, 0.3, 1e3)


def dense_residuals(unknown: Array, grid: Grid, weights: Weights, rho: float) -> Array:
    """Residuals of data and defects of `small_problem`, as plain as possible."""
    N = len(grid.t)
    nodes, c = unknown[: 2 * N].reshape(N, 2), unknown[2 * N :]

    def slope(x: Array, u: Array) -> Array:
        return np.array([c[0] * x[0] + c[1] * x[0] * x[1], c[2] * x[1] + c[3] * np.sin(x[0] * u[0]) + c[4] * u[0]])

    parts = [((nodes - grid.y) * weights.data)[np.isfinite(grid.y)]]
    for i in range(N - 1):
        if i + 1 in grid.bounds:
            continue
        h, (f, g) = grid.t[i + 1] - grid.t[i], (slope(nodes[k], grid.u[k]) for k in (i, i + 1))
        middle = (nodes[i] + nodes[i + 1]) / 2 + h / 8 * (f - g)
        defect = nodes[i + 1] - nodes[i] - h / 6 * (f + 4 * slope(middle, (grid.u[i] + grid.u[i + 1]) / 2) + g)
        parts.append(defect * weights.data * np.sqrt(rho * weights.interval / h))
    return np.concatenate(parts)


@pytest.mark.parametrize("rho", [1.0, 1e4])
def test_elimination_equals_dense_algebra(rho: float) -> None:
    grid, nodes, field, coef, weights = small_problem()
    N, q, unknown = len(grid.t), 5, np.concatenate([nodes.ravel(), coef])
    step = 1e-6 * np.eye(len(unknown))
    jacobian = np.array(
        [
            (dense_residuals(unknown + e, grid, weights, rho) - dense_residuals(unknown - e, grid, weights, rho)) / 2e-6
            for e in step
        ]
    ).T
    r = -dense_residuals(unknown, grid, weights, rho)
    H, g = jacobian.T @ jacobian, jacobian.T @ r
    solved = np.linalg.solve(H[:-q, :-q], np.column_stack([H[:-q, -q:], g[:-q]]))
    linear = linearisation(grid, nodes, coef, field)
    kept, information, gradient = np.zeros((N, 2, 4 + q + 1)), np.zeros((q, q)), np.zeros(q)
    rows = (grid, nodes, linear, linear.defect, linear.theta, linear.theta_middle, field, weights, rho, 0.0, 1.0)
    fall = eliminate(*rows, kept, information, gradient)
    # central differences leave 1e-9 of the entries; normal equations multiply by the condition of the states, 1e3
    scale = np.abs(H[-q:, -q:]).max()
    np.testing.assert_allclose(information, H[-q:, -q:] - H[-q:, :-q] @ solved[:, :q], rtol=0, atol=1e-6 * scale)
    np.testing.assert_allclose(gradient, g[-q:] - H[-q:, :-q] @ solved[:, q], rtol=0, atol=1e-6 * np.abs(g).max())
    assert fall == pytest.approx(g[:-q] @ solved[:, q], rel=1e-5)
    moves, change = np.zeros((N, 2)), np.linspace(-1, 1, q)
    move_states(grid, kept, change, moves)
    np.testing.assert_allclose(moves.ravel(), solved[:, q] - solved[:, :q] @ change, rtol=0, atol=1e-4)


def test_model_over_the_library_foretells_other_fits() -> None:
    """Little noise, so the quadratic model is good: its optimum with one term more is that of the true fit."""
    recording, sd = irregular(sd=0.005), np.full(2, 0.005)
    fit = fit_jointly(recording, make_field(TABLE, LOTKA), np.zeros(4), sd)
    everything = np.ones_like(LOTKA)
    A, g = joint_information(fit, make_field(TABLE, everything))
    inside = LOTKA[everything]
    np.testing.assert_allclose(g[inside] / np.sqrt(np.diag(A))[inside], 0, atol=0.02)
    np.testing.assert_allclose(A[np.ix_(inside, inside)], fit.information, rtol=1e-10)
    for extra in np.flatnonzero(~inside)[:4]:
        kept = inside.copy()
        kept[extra] = True
        larger = np.zeros_like(LOTKA)
        larger[everything] = kept
        change = np.linalg.solve(A[np.ix_(kept, kept)], g[kept])
        true = fit_jointly(recording, make_field(TABLE, larger), 0 * change, sd, guess=fit)
        before = np.zeros(len(inside))
        before[inside] = fit.coef
        errors = standard_errors(true.information)
        np.testing.assert_allclose((true.coef - before[kept] - change) / errors, 0, atol=0.1)
        assert fit.cost - true.cost == pytest.approx(g[kept] @ change, rel=0.05, abs=0.05)


def lorenz(_: float, x: Array) -> list[float]:
    return [10 * (x[1] - x[0]), x[0] * (28 - x[2]) - x[1], x[0] * x[1] - 8 / 3 * x[2]]


def lorenz_fit(step: float, seed: int) -> JointFit:
    """Chaos over many Lyapunov times, from coefficients of zero."""
    table = CustomLibrary(["x", "y", "z", "x*y", "x*z"]).table(["x", "y", "z"])
    mask = np.array([[1, 1, 0, 0, 0], [1, 1, 0, 0, 1], [0, 0, 1, 1, 0]], bool)
    sd = np.array([0.4, 0.45, 1.2])
    recording = record([np.arange(0, 8, step)] * 2, [[1, 2, 20], [-5, -6, 25]], sd, seed, lorenz)
    return fit_jointly(recording, make_field(table, mask), np.zeros(7), sd)


@pytest.mark.parametrize("step", [0.02, 0.05])
def test_chaos_from_nothing(step: float) -> None:
    fit = lorenz_fit(step, 1)
    free = fit.n_values - 7 - 6
    # chi squared with `free` degrees of freedom
    assert abs(fit.cost - free) < 4 * np.sqrt(2 * free)
    deviation = fit.coef - np.array([-10, 10, 28, -1, -1, -8 / 3, 1])
    # chi squared with 7 degrees of freedom: beyond this once in 1e3
    assert deviation @ fit.information @ deviation < 24.3


@pytest.mark.parametrize(("stiff", "n_samples", "max_step"), [(30.0, 60, None), (100.0, 200, None), (100.0, 60, 0.01)])
def test_relaxation_oscillations(stiff: float, n_samples: int, max_step: float | None) -> None:
    """Jumps that take less than the time between samples."""
    table = CustomLibrary(["x", "x**3", "y"]).table(["x", "y"])
    mask = np.array([[1, 1, 1], [1, 0, 0]], bool)
    truth = np.array([stiff, -stiff / 3, -stiff, 1.0])
    recording = record(
        [np.linspace(0, 4, n_samples)],
        [[2.0, 0.0]],
        np.array([0.02, 0.02]),
        2,
        lambda _, x: [stiff * (x[0] - x[0] ** 3 / 3 - x[1]), x[0]],
    )
    options = JointOptions(max_step=max_step)
    fit = fit_jointly(recording, make_field(table, mask), np.zeros(4), np.full(2, 0.02), options=options)
    assert fit.converged
    free = fit.n_values - 4 - 2
    assert abs(fit.cost - free) < 4 * np.sqrt(2 * free)
    deviation = fit.coef - truth
    # chi squared with 4 degrees of freedom: beyond this once in 1e3
    assert deviation @ fit.information @ deviation < 18.5


def test_gap_and_five_samples() -> None:
    gap = np.concatenate([np.linspace(0, 2, 15), np.linspace(6, 8, 15)])
    times = [gap, *[np.array([0.0, 1.5, 3.0, 4.0, 5.5])] * 6]
    rng = np.random.default_rng(5)
    recording = record(times, list(rng.uniform(0.4, 2.0, (7, 2))), np.full(2, 0.02), 4)
    fit = fit_jointly(recording, make_field(TABLE, LOTKA), np.zeros(4), np.full(2, 0.02))
    assert fit.converged
    deviation = fit.coef - COEF
    assert deviation @ fit.information @ deviation < 18.5
    assert np.diff(fit.grid.t).max() < 1.0


def test_units_do_not_matter() -> None:
    recording, sd = irregular(), np.full(2, 0.05)
    field, unit = make_field(TABLE, LOTKA), np.array([1e3, 1e-2])
    fit = fit_jointly(recording, field, np.zeros(4), sd)
    scaled = fit_jointly(recording._replace(y=recording.y * unit), field, np.zeros(4), sd * unit)
    assert scaled.cost == pytest.approx(fit.cost, abs=1e-3)
    np.testing.assert_allclose(scaled.coef * [1, unit[1], 1, unit[0]], fit.coef, rtol=1e-3)


def test_a_longer_first_step_leads_to_the_same_fit() -> None:
    recording, field, sd = irregular(), make_field(TABLE, LOTKA), np.full(2, 0.05)
    coarse, fine = (
        fit_jointly(recording, field, np.zeros(4), sd, options=JointOptions(max_step=step)) for step in (2.0, 0.05)
    )
    assert len(coarse.nodes) < len(fine.nodes)
    assert coarse.cost == pytest.approx(fine.cost, abs=0.02)
    for fit in (coarse, fine):
        np.testing.assert_array_equal(fit.grid.t[fit.grid.rows], recording.t)
        np.testing.assert_array_equal(fit.nodes[fit.grid.rows], fit.states)


def test_a_fit_is_a_start() -> None:
    recording, field, sd = irregular(), make_field(TABLE, LOTKA), np.full(2, 0.05)
    fit = fit_jointly(recording, field, np.zeros(4), sd)
    again = fit_jointly(recording, field, 1.05 * fit.coef, sd, guess=fit, options=ONE_STAGE)
    assert again.cost == pytest.approx(fit.cost, abs=1e-3)
    assert again.n_iter < fit.n_iter


def test_huber_bounds_the_pull_of_an_outlier() -> None:
    recording, field, sd = irregular(), make_field(TABLE, LOTKA), np.full(2, 0.05)
    clean = fit_jointly(recording, field, np.zeros(4), sd)
    errors = standard_errors(clean.information)
    row = int(np.flatnonzero(np.isfinite(recording.y[:, 0]))[7])
    recording.y[row, 0] += 3.0
    plain, robust = (
        fit_jointly(recording, field, np.zeros(4), sd, options=JointOptions(huber=huber)) for huber in (0.0, 1.5)
    )
    moved = [np.abs((fit.coef - clean.coef) / errors).max() for fit in (plain, robust)]
    assert moved[1] < 0.3 * moved[0]
    assert robust.cost < plain.cost


def test_prior_and_data_share_the_coefficients() -> None:
    """Between prior and data in proportion to their information, as for a quadratic cost."""
    recording, field, sd = irregular(sd=0.01), make_field(TABLE, LOTKA), np.full(2, 0.01)
    free = fit_jointly(recording, field, np.zeros(4), sd)
    mean = free.coef + 0.5 * standard_errors(free.information)
    held = fit_jointly(recording, field, np.zeros(4), sd, prior=Prior(mean, free.information))
    # the cost is quadratic up to terms of the relative error of the coefficients
    np.testing.assert_allclose((held.coef - (free.coef + mean) / 2) / standard_errors(free.information), 0, atol=0.03)


def test_noise_free_data() -> None:
    recording = record([np.linspace(0, 6, 60)], [[1.0, 1.0]], np.zeros(2), 0)
    fit = fit_jointly(recording, make_field(TABLE, LOTKA), np.zeros(4), np.full(2, 1e-5))
    # nodes are added until the discretisation errs by less than 0.005 of the assumed noise
    np.testing.assert_allclose(fit.coef, COEF, atol=1e-6)
    assert fit.cost < 1e-2


def test_undefined_law_is_told() -> None:
    table = CustomLibrary(["sqrt(x)"]).table(["x"])
    recording = Recording(-np.ones((6, 1)), np.arange(6.0), np.zeros((6, 0)), np.array([0, 6]))
    fit = fit_jointly(recording, make_field(table, np.array([[True]])), np.ones(1), np.ones(1))
    assert fit.status == "infeasible"
    assert fit.cost == np.inf
    assert not fit.converged


SCRIPT = """
import numpy as np
from spreme.library import PolynomialLibrary
from spreme.likelihood.field import make_field
from spreme.likelihood.recording import Recording
from spreme.likelihood.spline import fit_jointly, joint_information
t = np.linspace(0, 2, 7)
recording = Recording(np.exp(-0.5 * t)[:, None] + 0.01 * np.cos(9 * t)[:, None], t, np.zeros((7, 0)), np.array([0, 7]))
table = PolynomialLibrary(degree=2).table(["x"])
fit = fit_jointly(recording, make_field(table, np.array([[False, True, False]])), np.zeros(1), np.array([0.01]))
A, g = joint_information(fit, make_field(table, np.ones((1, 3), bool)))
print(*fit.coef, *fit.states.ravel(), fit.cost, fit.n_iter, *A.ravel(), *g)
"""


def test_compiled_equals_plain() -> None:
    compiled, plain = compiled_and_plain(SCRIPT)
    np.testing.assert_allclose(compiled, plain, rtol=1e-8, atol=1e-6)
