"""Sequential thresholding against a plain loop on the rows."""

from __future__ import annotations

import numpy as np
import pytest
from problems import PROBLEMS, Problem

from spreme.penalties import STLSQ
from spreme.solvers import solve_path

EASY = ["orthogonal", "correlated", "monomials", "absent", "zero column", "one environment"]


def plainly(own: Problem, state: int, alpha: float, ridge: float, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of unit columns and the terms left."""
    K = len(scale)
    kept = np.ones(K, bool)
    while True:
        coef = np.zeros((len(own.thetas), K))
        for e, (theta, y) in enumerate(zip(own.thetas, own.targets, strict=True)):
            seen = np.flatnonzero(kept & theta.any(axis=0))
            rows = np.vstack([theta[:, seen] / scale[seen], np.sqrt(len(theta) * ridge) * np.eye(len(seen))])
            coef[e, seen] = np.linalg.lstsq(rows, np.append(y[:, state], np.zeros(len(seen))), rcond=None)[0]
        small = kept & (np.sqrt((coef**2).mean(axis=0)) < alpha)
        if not small.any():
            return coef, kept
        kept &= ~small


@pytest.mark.parametrize("ridge", [0.0, 1e-6, 0.1])
@pytest.mark.parametrize("problem", EASY)
def test_equals_a_plain_loop(problem: str, ridge: float) -> None:
    own = PROBLEMS[problem]()
    system = own.system()
    path = solve_path(system, STLSQ(ridge), n_alphas=12, alpha_min_ratio=1e-3)
    for s in range(2):
        for a, alpha in enumerate(path.alphas[:, s]):
            coef, kept = plainly(own, s, alpha, ridge, system.scale[0])
            np.testing.assert_array_equal(path.masks[a, s], kept & coef.any(axis=0))
            # normal equations of columns of condition 1e3 (monomials) against least squares on the rows
            np.testing.assert_allclose(path.coefs[a, :, s] * system.scale, coef, atol=1e-8)


def test_above_the_largest_nothing_is_left() -> None:
    system = PROBLEMS["correlated"]().system()
    path = solve_path(system, "stlsq", n_alphas=30)
    assert not path.masks[0].any()
    assert not path.coefs[0].any()
    everything = solve_path(system, "stlsq", alphas=[1e-300])
    assert everything.masks.all()


def test_every_threshold_starts_from_all_terms() -> None:
    system = PROBLEMS["correlated"]().system()
    alphas = np.array([0.3, 0.01, 1.0, 0.3, 0.1])
    path = solve_path(system, "stlsq", alphas=alphas)
    for a, alpha in enumerate(alphas):
        alone = solve_path(system, "stlsq", alphas=[alpha])
        np.testing.assert_array_equal(path.coefs[a], alone.coefs[0])
        np.testing.assert_array_equal(path.n_iter[a], alone.n_iter[0])


def test_there_is_no_certificate() -> None:
    path = solve_path(PROBLEMS["correlated"]().system(), "stlsq", n_alphas=3)
    assert np.isnan(path.gap).all()
    assert np.isnan(path.violation).all()
    assert (path.n_iter >= 1).all()
    assert {s for row in path.status for s in row} == {"converged"}


@pytest.mark.parametrize("problem", ["duplicate", "wide"])
@pytest.mark.parametrize("ridge", [0.0, 1e-8])
def test_dependent_columns_share_the_least_norm(problem: str, ridge: float) -> None:
    own = PROBLEMS[problem]()
    system = own.system()
    path = solve_path(system, STLSQ(ridge), alphas=[1e-12])
    for e, (theta, y) in enumerate(zip(own.thetas, own.targets, strict=True)):
        expected = np.linalg.lstsq(theta / system.scale[0], y, rcond=1e-8)[0]
        np.testing.assert_allclose(path.coefs[0, e] * system.scale[0], expected.T, atol=1e-5)


def test_solutions_keep_every_group_at_the_threshold_or_above() -> None:
    system = PROBLEMS["correlated"]().system()
    groups = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    path = solve_path(system, "stlsq", n_alphas=15, alpha_min_ratio=1e-3, groups=groups)
    for a, s in np.ndindex(path.alphas.shape):
        squares = ((path.coefs[a, :, s] * system.scale) ** 2).sum(axis=0)
        size = np.sqrt(np.bincount(groups, squares) / system.n_environments)
        used = path.masks[a, s].reshape(4, 2)
        assert (used[:, 0] == used[:, 1]).all()
        assert (size[used[:, 0]] >= path.alphas[a, s] * (1 - 1e-12)).all()
