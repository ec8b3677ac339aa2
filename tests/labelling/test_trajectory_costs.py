"""Misfit of trajectories under the laws of other environments."""

from __future__ import annotations

import numpy as np

from spreme.data import Trajectories
from spreme.labelling import trajectory_costs
from spreme.library import PolynomialLibrary
from spreme.results import Law

RATES = np.array([0.5, 1.0])
T = np.linspace(0.0, 3.0, 31)


def decay() -> Law:
    """x' = -rate x in two environments."""
    table = PolynomialLibrary(degree=1, include_bias=False).table(["x"])
    coef = -RATES[:, None, None]
    return Law(table, np.ones((1, 1), bool), coef, np.full_like(coef, 0.01), (0, 1), np.full((2, 1), 0.05))


def test_costs_are_least_squares_over_the_start() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.05, len(T))
    data = Trajectories([2.0 * np.exp(-0.5 * T) + noise, 3.0 * np.exp(-T)], T, state_names=["x"])
    found = trajectory_costs(list(data), decay(), np.full((2, 1), 0.05), 1)
    for run, costs in zip(data, found.costs, strict=True):
        for rate, cost in zip(RATES, costs, strict=True):
            shape = np.exp(-rate * run.t)
            left = run.x[:, 0] - shape * (shape @ run.x[:, 0]) / (shape @ shape)
            # the fit of the start stops within a tenth or so of a unit of the cost
            np.testing.assert_allclose(cost, (left**2).sum() / 0.05**2, atol=0.6, rtol=1e-3)
    np.testing.assert_array_equal(found.n_free, [30.0, 30.0])


def test_missing_values_and_irregular_times_are_borne() -> None:
    keep = np.sort(np.random.default_rng(1).choice(len(T), 20, replace=False))
    x = 2.0 * np.exp(-T[keep])
    x[3:6] = np.nan
    data = Trajectories([x], [T[keep]], state_names=["x"])
    found = trajectory_costs(list(data), decay(), np.full((1, 1), 0.05), 1)
    assert found.costs[0, 1] < 0.1 < 10.0 < found.costs[0, 0]
