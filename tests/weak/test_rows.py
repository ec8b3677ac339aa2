"""Rows of a trajectory: the weak identity on exact solutions, invariances, gaps, refusals."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from spreme import Trajectories
from spreme.data import Trajectory
from spreme.library import CustomLibrary, PolynomialLibrary, TermTable
from spreme.weak import Rows, prepare, rows


def trajectory(t: np.ndarray, x: np.ndarray) -> Trajectory:
    return Trajectories([x], [t])[0]


def stacked(found: list[Rows]) -> tuple[np.ndarray, np.ndarray]:
    """Library and targets of all window widths."""
    return np.vstack([r.theta for r in found]), np.vstack([r.target for r in found])


def logistic(t: np.ndarray) -> np.ndarray:
    """Solution of x' = x - x^2 from 0.05."""
    return (1 / (1 + 19 * np.exp(-t)))[:, None]


def table(states: int = 1, degree: int = 3) -> TermTable:
    return PolynomialLibrary(degree=degree).table([f"x{i}" for i in range(states)])


@pytest.mark.parametrize("irregular", [False, True])
def test_exact_solution_meets_its_law(irregular: bool) -> None:
    t = np.linspace(0, 8, 401)
    if irregular:
        t = np.sort(t + np.random.default_rng(0).uniform(-0.3, 0.3, 401) * 0.02)
    theta, target = stacked(rows(prepare(trajectory(t, logistic(t)), np.zeros(1)), table()))
    assert len(theta) > 100
    # quadrature error of the widest windows on irregular times, see test_bumps; targets are of order one
    np.testing.assert_allclose(target[:, 0], theta @ [0, 1, -1, 0], atol=1e-6 if irregular else 1e-10)


def test_coupled_exact_solution_meets_its_law() -> None:
    A = np.array([[-0.1, 2.0], [-1.0, -0.2]])
    t = np.linspace(0, 10, 600)
    x = solve_ivp(lambda _, y: A @ y, (0, 10), [1.0, 0.5], t_eval=t, rtol=1e-12, atol=1e-13).y.T
    theta, target = stacked(rows(prepare(trajectory(t, x), np.zeros(2)), table(2, 1)))
    np.testing.assert_allclose(target, theta[:, 1:] @ A.T, atol=1e-8)


def test_targets_of_white_noise_have_unit_variance() -> None:
    rng = np.random.default_rng(1)
    t = np.linspace(0, 1, 4000)
    found = [
        stacked(rows(prepare(trajectory(t, rng.standard_normal((4000, 2))), np.ones(2)), table(2, 0)))[1]
        for _ in range(4)
    ]
    target = np.vstack(found)
    # at least 4 * 2 * 130 rows of the narrowest windows alone, correlated over two neighbours: 6 % standard error
    assert (target**2).mean() == pytest.approx(1.0, abs=0.25)


def test_origin_and_units_of_time() -> None:
    t = np.linspace(0, 8, 201)
    base = stacked(rows(prepare(trajectory(t, logistic(t)), np.full(1, 0.01)), table()))
    for offset, unit in ((1e4, 1.0), (-3.0, 1.0), (0.0, 86400.0), (0.0, 1e-9)):
        theta, target = stacked(rows(prepare(trajectory(unit * t + offset, logistic(t)), np.full(1, 0.01)), table()))
        # times of size 1e4 are known to 2e-12, steps are 0.04
        np.testing.assert_allclose(theta / unit, base[0], atol=1e-8)
        np.testing.assert_allclose(target, base[1], atol=1e-8)


def test_units_of_states() -> None:
    t = np.linspace(0, 8, 201)
    base = stacked(rows(prepare(trajectory(t, logistic(t)), np.full(1, 0.02)), table()))
    theta, target = stacked(rows(prepare(trajectory(t, 1e5 * logistic(t)), np.full(1, 2e3)), table()))
    np.testing.assert_allclose(theta / 1e5 ** np.arange(4), base[0], atol=1e-10)
    np.testing.assert_allclose(target / 1e5, base[1], atol=1e-10)


def test_long_trajectories_are_read_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    t = np.linspace(0, 8, 300)
    run = prepare(trajectory(t, logistic(t)), np.full(1, 0.01))
    whole = stacked(rows(run, table()))
    # the package exports the function under the name of the module
    monkeypatch.setattr(import_module("spreme.weak.rows"), "BLOCK", 37)
    for one, other in zip(whole, stacked(rows(run, table())), strict=True):
        np.testing.assert_allclose(other, one, atol=1e-13)


def test_short_gaps_are_filled_and_long_ones_skipped() -> None:
    t = np.linspace(0, 8, 201)
    x = np.sin(4 * t)[:, None] + 1e-3 * np.random.default_rng(0).standard_normal((201, 1))
    x[50] = np.nan
    x[100:150] = np.nan
    run = prepare(trajectory(t, x), np.full(1, 1e-3))
    assert run.known[50]
    assert not run.known[120:130].any()
    assert np.isfinite(run.x).all()
    assert run.x[50, 0] == pytest.approx(np.sin(4 * t[50]), abs=3e-3)
    # a filled value has no noise of its own to be taken off
    assert run.variance[50, 0] == 0.0
    for own in rows(run, table()):
        assert np.isfinite(own.theta).all()
        for first, count in zip(own.bumps.first, own.bumps.count, strict=True):
            assert run.known[first : first + count].all()


def test_complete_trajectory_is_left_alone() -> None:
    t = np.linspace(3, 8, 50)
    source = trajectory(t, logistic(t))
    run = prepare(source, np.full(1, 0.1))
    np.testing.assert_array_equal(run.x, source.x)
    np.testing.assert_allclose(run.t, t - 3)
    np.testing.assert_allclose(run.variance, 0.01)
    assert run.known.all()


def test_undefined_terms_are_named() -> None:
    t = np.linspace(0, 1, 50)
    library = CustomLibrary(["x0", "log(x0)"]).table(["x0"])
    with pytest.raises(ValueError, match=r"log\(x0\).*trajectory 0.*x0 = -"):
        rows(prepare(trajectory(t, np.linspace(-1, 1, 50)[:, None]), np.zeros(1)), library)


@pytest.mark.parametrize("n", [3, 4, 5])
def test_few_samples_give_few_rows_or_none(n: int) -> None:
    t = np.linspace(0, 1, n)
    theta, target = stacked(rows(prepare(trajectory(t, t[:, None] ** 2), np.zeros(1)), table()))
    assert len(theta) == len(target) == (1 if n == 5 else 0)
