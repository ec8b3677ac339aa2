"""One step of a scheme and its derivatives: against the scheme in NumPy, finite differences, and exact laws."""

from __future__ import annotations

import numpy as np
import pytest
from measured import with_functions
from without_jit import compiled_and_plain

from spreme.library import CustomLibrary, PolynomialLibrary, TermTable
from spreme.likelihood.field import Field, evaluate_theta, make_field
from spreme.likelihood.shooting.schemes import Scheme, accurate, classical
from spreme.likelihood.shooting.steps import StepWork, advance, step_work

SCHEMES = {"classical": classical(), "accurate": accurate()}
NO_INPUTS = np.zeros((2, 0))
TABLES: dict[str, TermTable] = {
    "polynomial": PolynomialLibrary(degree=4).table(["x", "y"]),
    "functions": with_functions().table,
    "negative powers": CustomLibrary(["x/y", "1/(x*y**2)", "y**-3*sin(x)", "1", "x**2.5"]).table(["x", "y"]),
}


def random_mask(table: TermTable, n_states: int, seed: int) -> np.ndarray:
    """About half of the terms, a different half in every equation."""
    return np.random.default_rng(seed).random((n_states, table.n_terms)) < 0.5


def stepped(
    field: Field, coef: np.ndarray, scheme: Scheme, x: np.ndarray, h: float, u: np.ndarray = NO_INPUTS, n: int = 1
) -> tuple[np.ndarray, StepWork]:
    """State after n steps over one interval of the inputs, and the buffers of the last one."""
    new = x.copy()
    work = step_work(field, len(x), len(x) + u.shape[1], len(scheme.b))
    for step in range(n):
        advance(field, coef, scheme, h / n, step / n, 1.0 / n, u, 0, new, True, work)
    return new, work


def plain_step(
    table: TermTable, mask: np.ndarray, coef: np.ndarray, scheme: Scheme, x: np.ndarray, h: float
) -> np.ndarray:
    """The scheme by its definition, on the matrix reader of the table."""
    full = np.zeros(mask.shape)
    full[mask] = coef
    slopes: list[np.ndarray] = []
    for j in range(len(scheme.b)):
        point = x + h * sum((scheme.a[j, i] * slopes[i] for i in range(j)), np.zeros(len(x)))
        slopes.append(full @ table.evaluate(point[None])[0])
    return x + h * scheme.b @ np.array(slopes)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_step_is_the_scheme_by_its_definition(name: str, scheme: str) -> None:
    table, rng = TABLES[name], np.random.default_rng(1)
    mask = random_mask(table, 2, 2)
    coef, x = rng.standard_normal(mask.sum()), np.array([1.3, 0.8])
    new, _ = stepped(make_field(table, mask), coef, SCHEMES[scheme], x, 0.05)
    np.testing.assert_allclose(new, plain_step(table, mask, coef, SCHEMES[scheme], x, 0.05), rtol=1e-13)


@pytest.mark.parametrize("name", TABLES)
def test_theta_is_that_of_the_table(name: str) -> None:
    table = TABLES[name]
    mask = random_mask(table, 2, 3)
    field, x = make_field(table, mask), np.array([1.3, 0.8])
    used = mask.any(axis=0)
    theta = np.zeros(used.sum())
    evaluate_theta(field, x, np.zeros(field.depth), np.zeros((field.depth, 2)), theta)
    np.testing.assert_allclose(theta, table.evaluate(x[None])[0][used], rtol=1e-13)
    rows, columns = np.nonzero(mask)
    np.testing.assert_array_equal(field.state_index, rows)
    np.testing.assert_array_equal(np.flatnonzero(used)[field.term_index], columns)
    np.testing.assert_array_equal(field.first, [0, mask[0].sum(), mask.sum()])


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_derivatives_of_the_step_are_those_of_differences(name: str, scheme: str) -> None:
    table, rng = TABLES[name], np.random.default_rng(4)
    mask = random_mask(table, 2, 5)
    field, own = make_field(table, mask), SCHEMES[scheme]
    coef, x, h = rng.standard_normal(mask.sum()), np.array([1.3, 0.8]), 0.1
    _, work = stepped(field, coef, own, x, h)
    by_coef = np.zeros((2, len(coef)))
    for p, (s, k) in enumerate(zip(field.state_index, field.term_index, strict=True)):
        by_coef[:, p] = work.lever[:, :, s].T @ work.theta[:, k]
    # central differences: truncation 1e-10 of third derivatives below 100, rounding 1e-16 / 1e-5
    step = 1e-5
    found_x = [
        (stepped(field, coef, own, x + v, h)[0] - stepped(field, coef, own, x - v, h)[0]) / 2e-5
        for v in step * np.eye(2)
    ]
    found_c = [
        (stepped(field, coef + v, own, x, h)[0] - stepped(field, coef - v, own, x, h)[0]) / 2e-5
        for v in step * np.eye(len(coef))
    ]
    np.testing.assert_allclose(work.transfer, np.array(found_x).T, rtol=0, atol=1e-8)
    np.testing.assert_allclose(by_coef, np.array(found_c).T, rtol=0, atol=1e-8)


@pytest.mark.parametrize("name", TABLES)
def test_jacobian_is_that_of_differences(name: str) -> None:
    table, rng = TABLES[name], np.random.default_rng(6)
    mask = random_mask(table, 2, 7)
    full, x = np.zeros(mask.shape), np.array([1.3, 0.8])
    full[mask] = rng.standard_normal(mask.sum())
    _, work = stepped(make_field(table, mask), full[mask], classical(), x, 0.1)
    found = [
        full @ (table.evaluate((x + v)[None])[0] - table.evaluate((x - v)[None])[0]) / 2e-5 for v in 1e-5 * np.eye(2)
    ]
    np.testing.assert_allclose(work.jacobian[0], np.array(found).T, rtol=0, atol=1e-8)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_linear_steps_have_closed_form_derivatives(scheme: str) -> None:
    """x' = c x: the step multiplies by the polynomial of stability, whose first terms are those of the exponential."""
    table = PolynomialLibrary(degree=1, include_bias=False).table(["x"])
    field, own, c, h, x = make_field(table, np.ones((1, 1), bool)), SCHEMES[scheme], -0.8, 0.3, np.array([2.0])
    new, work = stepped(field, np.array([c]), own, x, h)
    ones, power, wanted, slope = np.ones(len(own.b)), np.eye(len(own.b)), 1.0, 0.0
    for j in range(len(own.b)):
        moment = own.b @ power @ ones
        wanted, slope = wanted + (c * h) ** (j + 1) * moment, slope + (j + 1) * c**j * h ** (j + 1) * moment
        power = power @ own.a
    np.testing.assert_allclose(new, wanted * x, rtol=1e-14)
    np.testing.assert_allclose(work.transfer, [[wanted]], rtol=1e-14)
    np.testing.assert_allclose(work.lever[:, 0, 0] @ work.theta[:, 0], slope * x[0], rtol=1e-13)


@pytest.mark.parametrize(("scheme", "coarse"), [("classical", 16), ("accurate", 4)])
def test_order_of_the_schemes(scheme: str, coarse: int) -> None:
    """Half the step divides the error by 2^order: here of a pendulum without damping over a quarter of its period."""
    table = CustomLibrary(["sin(x)", "y"]).table(["x", "y"])
    mask = np.array([[False, True], [True, False]])
    field, coef, x, own = make_field(table, mask), np.array([1.0, -1.0]), np.array([1.5, 0.2]), SCHEMES[scheme]
    exact = stepped(field, coef, accurate(), x, 2.0, n=64)[0]
    error = [np.linalg.norm(stepped(field, coef, own, x, 2.0, n=n)[0] - exact) for n in (coarse, 2 * coarse)]
    assert np.log2(error[0] / error[1]) == pytest.approx(own.order, abs=0.3)  # terms of the next order


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("n", [1, 3])
def test_inputs_are_linear_between_samples(scheme: str, n: int) -> None:
    """x' = c u with linear u is integrated exactly, in any number of steps; so is x' = c u**2."""
    table = CustomLibrary(["u", "u**2", "x"]).table(["x", "u"])
    mask, u = np.array([[True, True, False]]), np.array([[1.0], [4.0]])
    new, work = stepped(make_field(table, mask), np.array([2.0, 0.5]), SCHEMES[scheme], np.array([1.0]), 0.6, u, n)
    mean, mean_square = 2.5, (1.0 + 4.0 + 16.0) / 3.0
    np.testing.assert_allclose(new, [1.0 + 0.6 * (2.0 * mean + 0.5 * mean_square)], rtol=1e-14)
    np.testing.assert_allclose(work.transfer, [[1.0]], rtol=1e-15)
    last = u[0] + (n - 1) / n * (u[1] - u[0])
    np.testing.assert_allclose(work.points[0, 1:], last, rtol=1e-14)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_inputs_multiply_states(scheme: str) -> None:
    """x' = c u x with u linear: x(h) = x0 exp(c times the integral of u), to the order of the scheme."""
    table = CustomLibrary(["u*x", "x"]).table(["x", "u"])
    field, u, own = make_field(table, np.array([[True, False]])), np.array([[0.5], [2.0]]), SCHEMES[scheme]
    runs = [stepped(field, np.array([-0.7]), own, np.ones(1), 0.2, u, n) for n in (1, 2)]
    error = [abs(new[0] - np.exp(-0.7 * 0.2 * 1.25)) for new, _ in runs]
    assert error[0] < 1e-4
    assert error[0] / error[1] > 2.0 ** (own.order - 0.3)
    np.testing.assert_allclose(runs[0][1].transfer[0, 0], runs[0][0][0], rtol=1e-13)  # linear in x


def test_equations_without_terms_stand_still() -> None:
    table = PolynomialLibrary(degree=2).table(["x", "y"])
    mask = np.zeros((2, table.n_terms), bool)
    x = np.array([1.0, 2.0])
    new, work = stepped(make_field(table, mask), np.zeros(0), classical(), x, 0.1)
    np.testing.assert_array_equal(new, x)
    np.testing.assert_array_equal(work.transfer, np.eye(2))
    mask[1, table.index("x")] = True
    new, work = stepped(make_field(table, mask), np.array([3.0]), classical(), x, 0.1)
    np.testing.assert_allclose(new, [1.0, 2.3], rtol=1e-15)
    np.testing.assert_allclose(work.transfer, [[1.0, 0.0], [0.3, 1.0]], rtol=1e-15)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_schemes_are_consistent(scheme: Scheme) -> None:
    """Conditions of order by stages: sums of rows are the nodes, and b integrates polynomials below the order."""
    np.testing.assert_allclose(scheme.a.sum(axis=1), scheme.c, atol=1e-14)
    for power in range(scheme.order):
        assert scheme.b @ scheme.c**power == pytest.approx(1.0 / (power + 1), abs=1e-14)
    assert not np.triu(scheme.a).any()


def test_kernels_agree_with_and_without_compilation() -> None:
    compiled, plain = compiled_and_plain(
        """
import numpy as np
from spreme.library import CustomLibrary
from spreme.likelihood.field import make_field
from spreme.likelihood.shooting.schemes import accurate
from spreme.likelihood.shooting.steps import advance, step_work
table = CustomLibrary(["x*y", "sin(x)", "y/(1 + x)", "u*x", "1/y"]).table(["x", "y", "u"])
mask = np.array([[True, True, False, True, False], [False, False, True, True, True]])
field, x, u = make_field(table, mask), np.array([0.7, 1.9]), np.array([[0.2], [0.9]])
work = step_work(field, 2, 3, 12)
advance(field, np.arange(1.0, 7.0) / 5, accurate(), 0.1, 0.25, 0.5, u, 0, x, True, work)
print(*x, *work.transfer.ravel(), *work.lever.ravel(), *work.theta.ravel())
"""
    )
    np.testing.assert_allclose(compiled, plain, rtol=1e-12, atol=1e-14)  # sums in another order
