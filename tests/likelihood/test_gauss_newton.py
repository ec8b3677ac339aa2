"""Gauss-Newton on segments: against dense elimination, SciPy's least squares, and closed forms of linear problems."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from measured import Measured, decay, lotka, mask_of, oscillator, weigh, with_functions
from scipy.optimize import least_squares

from spreme.library import PolynomialLibrary, TermTable
from spreme.likelihood.field import make_field
from spreme.likelihood.recording import Recording, cut
from spreme.likelihood.shooting.elimination import eliminate
from spreme.likelihood.shooting.gauss_newton import (
    CONVERGED,
    HOPELESS,
    INFEASIBLE,
    OUT_OF_STEPS,
    Control,
    Ending,
    Prior,
    fit_segments,
)
from spreme.likelihood.shooting.normal import Noise, Normal, empty_normal, trace
from spreme.likelihood.shooting.schemes import accurate, classical

# The fall of the cost that no longer matters, relative to the cost: coefficients are then within 1e-6 standard errors.
PRECISE = Control(60, 1e-12, 1e-3)


class Fitted(NamedTuple):
    """A fit and what it leaves behind."""

    coef: np.ndarray
    starts: np.ndarray
    ending: Ending
    information: np.ndarray
    normal: Normal


def fit(
    recording: Recording,
    table: TermTable,
    mask: np.ndarray,
    coef: np.ndarray,
    starts: np.ndarray,
    edges: np.ndarray,
    noise: Noise,
    *,
    prior: Prior | None = None,
    control: Control = PRECISE,
    reach: float = np.inf,
    longest: float = 0.05,
    precise: bool = False,
) -> Fitted:
    """Call the kernel on copies."""
    coef, starts = np.array(coef, dtype=float), np.array(starts, dtype=float)
    q, (R, d) = len(coef), starts.shape
    prior = prior or Prior(np.zeros(q), np.zeros((q, q)))
    information, normal = np.zeros((q, q)), empty_normal(R, q, d)
    scheme, field = accurate() if precise else classical(), make_field(table, mask)
    at = (field, scheme, longest, noise, prior, control, reach, information, normal)
    return Fitted(coef, starts, fit_segments(recording, edges, starts, coef, *at), information, normal)


def fit_measured(measured: Measured, pieces: int = 1, factor: float = 1.2, **options: object) -> Fitted:
    """Fit the true mask of the first environment from coefficients that are wrong by a factor."""
    recording = measured.recording
    edges = cut(recording.bounds, pieces, int(np.diff(recording.bounds).max()))
    noise = weigh(1.0 / np.maximum(measured.sd[0], 1e-3), 0.0, 1e4)
    starts = recording.y[edges[:-1]]
    return fit(recording, measured.table, measured.mask, factor * measured.coef[0], starts, edges, noise, **options)


def random_normal(q: int, R: int, d: int, seed: int = 0) -> tuple[Normal, np.ndarray, np.ndarray]:
    """Normal equations of random sensitivities, and the same as one dense system (coefficients first)."""
    rng = np.random.default_rng(seed)
    rows = [rng.standard_normal((30, q + d)) * np.geomspace(0.01, 100, q + d) for _ in range(R)]
    left = [rng.standard_normal(30) for _ in range(R)]
    normal, size = empty_normal(R, q, d), q + R * d
    dense, right = np.zeros((size, size)), np.zeros(size)
    for r, (own, error) in enumerate(zip(rows, left, strict=True)):
        H, g, at = own.T @ own, own.T @ error, slice(q + r * d, q + (r + 1) * d)
        normal.coef[:] += H[:q, :q]
        normal.coef_gradient[:] += g[:q]
        normal.mixed[r], normal.start[r], normal.start_gradient[r] = H[q:, :q], H[q:, q:], g[q:]
        dense[:q, at], dense[at, :q], dense[at, at], right[at] = H[:q, q:], H[q:, :q], H[q:, q:], g[q:]
    dense[:q, :q], right[:q] = normal.coef, normal.coef_gradient
    return normal, dense, right


@pytest.mark.parametrize("damping", [0.0, 1e-3])
@pytest.mark.parametrize(("q", "R", "d"), [(1, 1, 1), (4, 3, 2), (7, 5, 3), (0, 2, 2)])
def test_elimination_is_the_schur_complement(q: int, R: int, d: int, damping: float) -> None:
    normal, dense, right = random_normal(q, R, d)
    for r in range(R):
        at = np.arange(q + r * d, q + (r + 1) * d)
        dense[at, at] *= 1.0 + damping + 1e-12  # each start by its own information: units do not matter
    factors, back, information, gradient = np.zeros((R, d, d)), np.zeros((R, d, q + 1)), np.zeros((q, q)), np.zeros(q)
    eliminate(normal, damping, factors, back, information, gradient)
    inner = np.linalg.solve(dense[q:, q:], np.column_stack([dense[q:, :q], right[q:]]))
    # columns differ by 1e4 in size, squares by 1e8
    scale = np.sqrt(np.diag(dense)[:q])
    wanted = dense[:q, :q] - dense[:q, q:] @ inner[:, :q]
    np.testing.assert_allclose(information / np.outer(scale, scale), wanted / np.outer(scale, scale), atol=1e-9)
    np.testing.assert_allclose(gradient / scale, (right[:q] - dense[:q, q:] @ inner[:, q]) / scale, atol=1e-8)
    np.testing.assert_allclose(back.reshape(R * d, q + 1), inner, rtol=1e-6, atol=1e-9)


CASES = {
    "lotka": lambda: lotka(noise=0.05),
    "oscillator": lambda: oscillator(noise=0.1),
    "decay": lambda: decay(noise=0.05),
    "functions": lambda: with_functions(noise=0.02),
}


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("case", CASES)
def test_the_optimum_is_that_of_least_squares(case: str, pieces: int) -> None:
    """SciPy's own least squares with finite differences, on states from the same discrete map."""
    measured = CASES[case]()
    own = fit_measured(measured, pieces)
    recording = measured.recording
    edges = cut(recording.bounds, pieces, int(np.diff(recording.bounds).max()))
    noise, q = weigh(1.0 / measured.sd[0], 0.0, 1e4), len(own.coef)
    field = make_field(measured.table, measured.mask)

    def residuals(z: np.ndarray) -> np.ndarray:
        out = np.empty_like(recording.y)
        starts = z[q:].reshape(own.starts.shape)
        trace(recording, edges, starts, z[:q], field, classical(), 0.05, noise, out)
        return ((recording.y - out) * noise.weight).ravel()

    z0 = np.concatenate([measured.coef[0], recording.y[edges[:-1]].ravel()])
    other = least_squares(residuals, z0, xtol=1e-12, ftol=1e-14, gtol=1e-12)
    assert own.ending.ending == CONVERGED
    assert own.ending.cost == pytest.approx(2 * other.cost, rel=1e-9)
    covariance = np.linalg.inv(other.jac.T @ other.jac)[:q, :q]
    error = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose((own.coef - other.x[:q]) / error, 0, atol=1e-3)  # of a standard error
    # as correlations; derivatives by differences are good to 1e-8, times the condition
    found = np.linalg.inv(own.information) / np.outer(error, error)
    np.testing.assert_allclose(found, covariance / np.outer(error, error), atol=1e-3)


def test_the_optimum_agrees_with_another_integrator() -> None:
    """Everything from SciPy: solve_ivp to 1e-10, least squares with differences."""
    from measured import solve

    measured = lotka(noise=0.05, n=41)
    own = fit_measured(measured, precise=True)
    recording = measured.recording
    runs = list(zip(recording.bounds[:-1], recording.bounds[1:], strict=True))

    def residuals(z: np.ndarray) -> np.ndarray:
        starts = z[len(own.coef) :].reshape(own.starts.shape)
        path = [
            solve(measured.table, measured.mask, z[: len(own.coef)], start, recording.t[a:b])
            for start, (a, b) in zip(starts, runs, strict=True)
        ]
        return ((recording.y - np.vstack(path)) / measured.sd[0]).ravel()

    other = least_squares(residuals, np.concatenate([own.coef, own.starts.ravel()]), x_scale="jac")
    assert own.ending.cost == pytest.approx(2 * other.cost, rel=1e-8)
    error = 1.0 / np.sqrt(np.diag(own.information))
    np.testing.assert_allclose((own.coef - other.x[: len(own.coef)]) / error, 0, atol=1e-2)


@pytest.mark.parametrize("case", CASES)
def test_the_gradient_vanishes_at_the_end(case: str) -> None:
    own = fit_measured(CASES[case](), pieces=2)
    assert own.ending.ending == CONVERGED
    # in units of a standard error: fall below 1e-12 of the cost
    assert np.abs(own.normal.coef_gradient / np.sqrt(np.diag(own.normal.coef))).max() < 1e-3
    spread = np.sqrt(np.einsum("raa->ra", own.normal.start))
    assert np.abs(own.normal.start_gradient / spread).max() < 1e-3


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("pieces", [1, 4])
def test_exact_data_give_exact_coefficients(case: str, pieces: int) -> None:
    measured = {"lotka": lotka, "oscillator": oscillator, "decay": decay, "functions": with_functions}[case]()
    own = fit_measured(measured, pieces, factor=1.1, precise=True)
    np.testing.assert_allclose(own.coef, measured.coef[0], rtol=1e-7)
    assert own.ending.cost < 1e-10


def constant_rate(n: int = 40) -> tuple[Recording, TermTable, np.ndarray, float]:
    """x' = c: the model is linear in c and in the start; everything has a closed form."""
    rng = np.random.default_rng(0)
    t = np.linspace(0, 2, n)
    y = (1.0 + 0.7 * t + 0.1 * rng.standard_normal(n))[:, None]
    table = PolynomialLibrary(degree=1).table(["x"])
    return Recording(y, t, np.zeros((n, 0)), np.array([0, n])), table, mask_of(table, [["1"]]), 0.1


@pytest.mark.parametrize("weight", [0.0, 10.0, 1e4, 1e12])
def test_prior_pulls_as_the_closed_form_says(weight: float) -> None:
    recording, table, mask, sd = constant_rate()
    prior = Prior(np.array([2.0]), np.array([[weight]]))
    edges, noise = np.array([0, 40]), weigh(np.array([1.0 / sd]), 0.0, 1e4)
    own = fit(recording, table, mask, [0.0], [[0.0]], edges, noise, prior=prior)
    t, y = recording.t, recording.y[:, 0]
    information = ((t - t.mean()) ** 2).sum() / sd**2
    slope = ((t - t.mean()) * y).sum() / sd**2 / information
    wanted = (information * slope + weight * 2.0) / (information + weight)
    assert own.coef[0] == pytest.approx(wanted, rel=1e-6)
    assert own.starts[0, 0] == pytest.approx(y.mean() - wanted * t.mean(), rel=1e-6)
    assert own.information[0, 0] == pytest.approx(information, rel=1e-9)  # of the data alone
    left = y - own.starts[0, 0] - wanted * t
    assert own.ending.cost == pytest.approx((left**2).sum() / sd**2, rel=1e-6)  # without the prior's part


def test_a_large_precision_holds_a_coefficient() -> None:
    """As if it were known: the others are those of a fit that does not move it."""
    measured = lotka(noise=0.05)
    free, q = fit_measured(measured), len(measured.coef[0])
    held = free.coef[1] + 2.0 / np.sqrt(free.information[1, 1])
    precision = np.zeros((q, q))
    precision[1, 1] = 1e10 * free.information[1, 1]
    mean = np.zeros(q)
    mean[1] = held
    own = fit_measured(measured, prior=Prior(mean, precision))
    assert own.coef[1] == pytest.approx(held, rel=1e-7)
    assert own.ending.cost > free.ending.cost
    rest = [0, 2, 3]
    gradient = own.normal.coef_gradient[rest] / np.sqrt(np.diag(own.information)[rest])
    np.testing.assert_allclose(gradient, 0, atol=1e-3)
    # the quadratic model about the free optimum, good to a few per cent over two standard errors
    covariance = np.linalg.inv(free.information)
    foretold = free.ending.cost + (held - free.coef[1]) ** 2 / covariance[1, 1]
    assert own.ending.cost - free.ending.cost == pytest.approx(foretold - free.ending.cost, rel=0.2)


def test_priors_are_informative_in_their_own_correlations() -> None:
    """A full precision matrix on the linear problem x' = a + b t' with t' = t as a state of known motion."""
    measured = oscillator(noise=0.1)
    free, q = fit_measured(measured), 3
    rng = np.random.default_rng(1)
    root = rng.standard_normal((q, q)) * np.sqrt(np.diag(free.information))
    prior = Prior(free.coef + 0.3 / np.sqrt(np.diag(free.information)), root.T @ root)
    own = fit_measured(measured, prior=prior)
    total = own.information + prior.precision
    gradient = (own.normal.coef_gradient + prior.precision @ (prior.mean - own.coef)) / np.sqrt(np.diag(total))
    np.testing.assert_allclose(gradient, 0, atol=1e-3)
    wanted = np.linalg.solve(
        free.information + prior.precision, free.information @ free.coef + prior.precision @ prior.mean
    )
    np.testing.assert_allclose((own.coef - wanted) * np.sqrt(np.diag(total)), 0, atol=0.05)  # quadratic to 5 %


def test_unobserved_terms_have_no_information() -> None:
    """The predator is absent: what it eats says nothing, and the prey alone is fitted as without it."""
    t = np.linspace(0, 4, 41)
    rng = np.random.default_rng(0)
    y = np.column_stack([np.exp(0.5 * t) + 0.01 * rng.standard_normal(41), np.zeros(41)])
    recording = Recording(y, t, np.zeros((41, 0)), np.array([0, 41]))
    table = PolynomialLibrary(degree=2).table(["x", "y"])
    noise, coef, start = weigh(np.array([100.0, 1e6]), 0.0, 1e4), np.array([0.45, 0.0]), np.array([[1.0, 0.0]])
    # y' has no terms, so its start is the mean of its values: zero
    own = fit(recording, table, mask_of(table, [["x", "x*y"], []]), coef, start, recording.bounds, noise)
    alone = fit(recording, table, mask_of(table, [["x"], []]), coef[:1], start, recording.bounds, noise)
    assert own.ending.ending == alone.ending.ending == CONVERGED
    assert own.coef[1] == coef[1]
    assert own.coef[0] == pytest.approx(alone.coef[0], rel=1e-6)
    np.testing.assert_array_equal(own.information[:, 1], 0)
    assert own.information[0, 0] < 1.001 * alone.information[0, 0]


def test_dependent_terms_leave_the_fit_determined() -> None:
    """Two equal columns: one of them takes part, the sum is right, and nothing is infinite."""
    t = np.linspace(0, 2, 41)
    x = np.column_stack([np.exp(-t), 2 * np.exp(-t)])
    table = PolynomialLibrary(degree=1).table(["x", "y"])
    mask = mask_of(table, [["x", "y"], ["y"]])
    recording = Recording(x, t, np.zeros((41, 0)), np.array([0, 41]))
    noise = weigh(np.full(2, 1e3), 0.0, 1e4)
    own = fit(recording, table, mask, [0.0, 0.0, -0.9], x[:1], recording.bounds, noise, precise=True)
    assert own.coef[0] + 2 * own.coef[1] == pytest.approx(-1.0, abs=1e-5)
    assert own.coef[2] == pytest.approx(-1.0, abs=1e-5)
    assert np.isfinite(own.information).all()


def test_fits_beyond_reach_are_given_up() -> None:
    """A wrong law (no interaction) cannot come near; the right one is not given up."""
    measured = lotka(noise=0.05)
    recording = measured.recording
    edges, noise = recording.bounds, weigh(1.0 / measured.sd[0], 0.0, 1e4)
    wrong = mask_of(measured.table, [["1", "x"], ["1", "y"]])
    starts = recording.y[edges[:-1]]
    free = fit(recording, measured.table, wrong, np.zeros(4), starts, edges, noise)
    lost = fit(recording, measured.table, wrong, np.zeros(4), starts, edges, noise, reach=500.0)
    assert lost.ending.ending == HOPELESS
    assert lost.ending.n_iter < free.ending.n_iter
    assert 500.0 < free.ending.cost <= lost.ending.cost
    right = fit_measured(measured, factor=1.05, reach=500.0)
    assert right.ending.ending == CONVERGED
    assert right.ending.cost < 500.0


def test_what_cannot_be_integrated_is_infeasible_and_left_alone() -> None:
    measured = lotka()
    recording = measured.recording
    coef, starts = np.array([5.0, 0.1, 5.0, 0.1]), recording.y[recording.bounds[:-1]]
    noise = weigh(np.ones(2), 0.0, 100.0)
    own = fit(recording, measured.table, measured.mask, coef, starts, recording.bounds, noise)
    assert own.ending == Ending(np.inf, 0, INFEASIBLE)
    np.testing.assert_array_equal(own.coef, coef)
    np.testing.assert_array_equal(own.starts, starts)


def test_steps_are_counted_and_never_raise_the_cost() -> None:
    measured = lotka(noise=0.05)
    costs = []
    for most in range(6):
        own = fit_measured(measured, factor=1.5, control=Control(most, 1e-12, 1e-3))
        assert own.ending.n_iter <= most
        costs.append(own.ending.cost)
    assert own.ending.ending == OUT_OF_STEPS
    assert all(after <= before for before, after in pairwise(costs))
    assert costs[-1] < costs[0]


def test_huber_resists_wild_values() -> None:
    measured = lotka(noise=0.02, n=161)
    recording = measured.recording
    rng = np.random.default_rng(5)
    recording.y[rng.random(recording.y.shape) < 0.03] += 2.0
    edges, starts = recording.bounds, np.array([[1.5, 1.5], [1.5, 1.5]])
    errors = {}
    for huber in (0.0, 1.345):
        noise = weigh(1.0 / measured.sd[0], huber, 1e4)
        own = fit(recording, measured.table, measured.mask, measured.coef[0], starts, edges, noise)
        assert own.ending.ending == CONVERGED
        errors[huber] = np.abs(own.coef - measured.coef[0]).max()
    assert errors[1.345] < 0.2 * errors[0.0]


@pytest.mark.parametrize("units", [(10.0, 0.1), (1e3, 1e-2)])
def test_units_do_not_matter(units: tuple[float, float]) -> None:
    """State and time in other units: coefficients and information scale, steps and costs stay."""
    measured = lotka(noise=0.05)
    own = fit_measured(measured)
    recording, scale, hour = measured.recording, np.array(units), 3600.0
    # x' = a x + b x y, y' = c y + d x y
    rate = 1.0 / hour / np.array([1.0, scale[1], 1.0, scale[0]])
    other = fit(
        recording._replace(y=recording.y * scale, t=recording.t * hour),
        measured.table,
        measured.mask,
        1.2 * measured.coef[0] * rate,
        recording.y[recording.bounds[:-1]] * scale,
        recording.bounds,
        weigh(1.0 / (measured.sd[0] * scale), 0.0, 1e9),
        longest=0.05 * hour,
    )
    np.testing.assert_allclose(other.coef / rate, own.coef, rtol=1e-6)
    assert other.ending.cost == pytest.approx(own.ending.cost, rel=1e-9)
    np.testing.assert_allclose(other.information * np.outer(rate, rate), own.information, rtol=1e-5)
