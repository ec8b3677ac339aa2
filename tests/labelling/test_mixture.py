"""Quadratic forms, their agglomeration, and the mixture of regressions on them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spreme.labelling import Quadratics, agglomerate, log_joint, ordered, partitions, posterior

Array = NDArray[np.float64]


def regressions(coef: Array, n_rows: list[int], seed: int) -> tuple[Quadratics, list[tuple[Array, Array]]]:
    """Forms of linear regressions with unit noise, and their rows."""
    generator = np.random.default_rng(seed)
    rows = []
    for own, n in zip(coef, n_rows, strict=True):
        theta = generator.normal(size=(n, len(own)))
        rows.append((theta, theta @ own + generator.normal(size=n)))
    forms = Quadratics(
        np.array([theta.T @ theta for theta, _ in rows]),
        np.array([theta.T @ y for theta, y in rows]),
        np.array([y @ y for _, y in rows]),
        np.array([float(len(y)) for _, y in rows]),
    )
    return forms, rows


def test_forms_are_sums_of_squares() -> None:
    forms, rows = regressions(np.array([[1.0, 2.0], [0.0, -1.0]]), [9, 7], 0)
    trial = np.array([[0.3, 0.4], [1.0, 2.0], [0.0, 0.0]])
    expected = [[((y - theta @ c) ** 2).sum() for c in trial] for theta, y in rows]
    np.testing.assert_allclose(forms.costs(trial), expected, rtol=1e-10)


def test_pooled_minimum_is_the_joint_least_squares_fit() -> None:
    forms, rows = regressions(np.array([[1.0, 2.0], [0.0, -1.0]]), [9, 7], 1)
    theta, y = np.vstack([own for own, _ in rows]), np.concatenate([own for _, own in rows])
    coef, rest, *_ = np.linalg.lstsq(theta, y, rcond=None)
    pooled = forms.pooled(np.array([0, 0]), 1)
    # the ridge of 1e-9 on unit diagonals moves coefficients by about that share
    np.testing.assert_allclose(pooled.minimisers()[0], coef, rtol=1e-7)
    np.testing.assert_allclose(pooled.minima(), rest, rtol=1e-7)


def test_agglomeration_of_two_costs_the_likelihood_ratio() -> None:
    # one coefficient, information a and b: pooling costs (c1 - c2)^2 a b / (a + b)
    forms = Quadratics(np.array([[[2.0]], [[6.0]]]), np.array([[2.0], [18.0]]), np.array([2.0, 54.0]), np.ones(2))
    assert agglomerate(forms).rise[1] == pytest.approx(4.0 * 12.0 / 8.0, rel=1e-8)


def test_number_and_members_of_planted_clusters_are_found() -> None:
    truth = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])
    centres = np.array([[1.0, 0.0, 2.0], [-1.0, 0.5, 2.0], [1.0, 3.0, -2.0]])
    forms, _ = regressions(centres[truth], [40] * 12, 2)
    found = partitions(forms, 6, np.random.default_rng(0))
    best = min(found, key=lambda own: own.bic)
    np.testing.assert_array_equal(best.labels, truth)


@pytest.mark.parametrize("seed", range(5))
def test_homogeneous_regressions_are_one_cluster(seed: int) -> None:
    forms, _ = regressions(np.tile([1.0, -2.0, 0.5], (15, 1)), [30] * 15, seed)
    found = partitions(forms, 10, np.random.default_rng(0))
    assert min(found, key=lambda own: own.bic).n_clusters == 1


def test_regressions_with_fewer_rows_than_coefficients_are_assigned() -> None:
    truth = np.array([0, 1] * 8)
    centres = np.array([[3.0, 0.0, 2.0, 1.0], [-3.0, 4.0, -2.0, 5.0]])
    forms, _ = regressions(centres[truth], [30] * 8 + [3] * 8, 3)
    best = min(partitions(forms, 5, np.random.default_rng(0)), key=lambda own: own.bic)
    # three rows tell centres six units of noise and more apart in every direction but one
    np.testing.assert_array_equal(best.labels, truth)


def test_order_of_trajectories_does_not_matter() -> None:
    truth = np.array([0, 0, 1, 2, 1, 2, 0, 1])
    centres = np.array([[1.0, 0.0], [-1.0, 4.0], [5.0, 3.0]])
    forms, _ = regressions(centres[truth], [25] * 8, 4)
    order = np.random.default_rng(1).permutation(8)
    first = partitions(forms, 3, np.random.default_rng(0))[2].labels
    second = partitions(forms.take(order), 3, np.random.default_rng(0))[2].labels
    np.testing.assert_array_equal(ordered(first[order]), second)


def test_posterior_is_bayes_rule() -> None:
    costs = np.array([[0.0, 2.0], [4.0, 0.0], [0.0, 6.0]])
    share = np.array([3.0, 2.0]) / 5.0  # two members and one, one more each
    expected = share * np.exp(-costs / 2.0)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(posterior(costs, np.array([0, 1, 0])), expected, rtol=1e-12)
    np.testing.assert_allclose(np.diff(log_joint(costs, np.array([0, 1, 0])))[0], np.log(2.0 / 3.0) - 1.0, rtol=1e-12)


def test_labels_are_numbered_as_they_appear() -> None:
    np.testing.assert_array_equal(ordered(np.array([5, 5, 1, 9, 1])), [0, 0, 1, 2, 1])
