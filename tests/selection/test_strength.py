"""Choosing the strength: criteria against slow definitions, folds from scratch, recovery of planted groups."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import comb

import numpy as np
import pytest
from numpy.typing import NDArray

from spreme import GroupSparseRegressor
from spreme.gram import build
from spreme.penalties import GroupLasso
from spreme.selection.strength import choice as strength
from spreme.selection.strength.choice import by_information, by_stability, by_validation
from spreme.selection.strength.design import Design, arrange, training_systems
from spreme.selection.strength.options import PathOptions
from spreme.selection.strength.points import information, least_squares_of
from spreme.solvers import solve_path

Array = NDArray[np.float64]

LABELS = np.repeat(np.arange(10), 2)
TRUE = (1, 4, 8)
PENALTIES = ("group_lasso", "group_l0", "group_mcp")


@pytest.fixture(autouse=True)
def _fewer_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten pairs instead of fifty: quicker, and enough for frequencies that are near 0 or 1."""
    monkeypatch.setattr(strength, "PAIRS", 10)


def rows(seed: int, n: int = 120, noise: float = 1.0) -> tuple[Array, Array, NDArray[np.int64]]:
    """Three environments, ten pairs of correlated columns, three of them in the law; signal to noise about 6."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 20))
    X[:, 1:] += 0.5 * X[:, :-1]
    owner = np.arange(n) % 3
    coef = np.where(np.isin(LABELS, TRUE), rng.choice([-1.0, 1.0], (3, 20)) * rng.uniform(0.5, 1.5, (3, 20)), 0.0)
    return X, (X * coef[owner]).sum(axis=1) + noise * rng.standard_normal(n), owner


def design_of(seed: int, centred: bool = True) -> Design:
    X, y, owner = rows(seed)
    return arrange(X + 5.0, y[:, None] - 2.0, owner, 3, centred=centred)


def options(penalty: GroupLasso | None = None) -> PathOptions:
    return PathOptions(penalty or GroupLasso(), LABELS, 40, 1e-2, None, 1e-8, None)


def f1(mask: NDArray[np.bool_]) -> float:
    found, true = set(LABELS[mask].tolist()), set(TRUE)
    return 2 * len(found & true) / (len(found) + len(true))


PLANTED = [(criterion, penalty) for criterion in ("bic", "ebic", "cv") for penalty in PENALTIES]


@pytest.mark.parametrize(("criterion", "penalty"), [*PLANTED, ("stability", "group_lasso")])
@pytest.mark.parametrize("n_seeds", [2, pytest.param(6, marks=pytest.mark.slow)])
def test_planted_groups_are_found(criterion: str, penalty: str, n_seeds: int) -> None:
    scores = []
    for seed in range(n_seeds):
        X, y, owner = rows(seed)
        model = GroupSparseRegressor(penalty, criterion=criterion, n_alphas=15, alpha_min_ratio=0.01, random_state=seed)
        scores.append(f1(model.fit(X, y, groups=LABELS, environments=owner).mask_))
    # one group too many in every fit would be 0.86
    assert np.mean(scores) > 0.9


@pytest.mark.parametrize("criterion", ["ebic", "stability"])
def test_nothing_is_found_where_nothing_is(criterion: str) -> None:
    found = 0
    for seed in range(3):
        X, _, owner = rows(seed)
        y = np.random.default_rng(100 + seed).standard_normal(len(X))
        model = GroupSparseRegressor(criterion=criterion, random_state=0, n_alphas=20, alpha_min_ratio=0.05)
        found += len(set(LABELS[model.fit(X, y, groups=LABELS, environments=owner).mask_]))
    assert found <= 1


def slow_bic(design: Design, mask: NDArray[np.bool_]) -> float:
    """Minus twice the log Bayes factor, summed over environments, from the definition."""
    total = 0.0
    for theta, target in zip(design.thetas, design.targets, strict=True):
        n, s, y = len(theta), int(mask.sum()), target[:, 0]
        residual = y - theta[:, mask] @ np.linalg.lstsq(theta[:, mask], y, rcond=None)[0] if s else y
        q = (residual @ residual) / (y @ y)
        g = max(n, ((1 - q) / max(s, 1)) / (q / (n - 1 - s)) - 1)
        total += (n - 1) * np.log(1 + g * q) - (n - 1 - s) * np.log(1 + g)
    return total


def test_information_criteria_against_their_definition() -> None:
    design = design_of(0)
    masks = np.array([np.isin(LABELS, chosen) for chosen in ([], [1], [1, 4], [1, 4, 8], [0, 1, 4, 8])])
    points = least_squares_of(design, masks[:, None])
    n_chosen = np.array([[0], [1], [2], [3], [4]])
    bic = information(design, points, n_chosen, 10, extended=False)[:, 0]
    np.testing.assert_allclose(bic, [slow_bic(design, mask) for mask in masks], rtol=1e-9, atol=1e-9)
    ebic = information(design, points, n_chosen, 10, extended=True)[:, 0]
    np.testing.assert_allclose(ebic - bic, [2 * np.log(comb(10, k)) for k in range(5)], rtol=1e-9, atol=1e-9)
    assert bic[0] == 0.0 and np.argmin(bic) == 3


def test_bic_is_schwarz_with_many_rows() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20_000, 5))
    y = 0.2 * X[:, 0] + rng.standard_normal(20_000)
    design = arrange(X, y[:, None], np.zeros(20_000, np.int64), 1, centred=True)
    masks = np.tri(5, dtype=bool)
    points = least_squares_of(design, masks[:, None])
    own = information(design, points, masks.sum(axis=1)[:, None], 5, extended=False)[:, 0]
    schwarz = 20_000 * np.log(points.mean_square[:, 0, 0]) + masks.sum(axis=1) * np.log(20_000)
    # they differ by terms of order s / n, times the share explained, and a constant
    np.testing.assert_allclose(np.diff(own), np.diff(schwarz), atol=0.1)


def test_interpolating_a_small_environment_earns_nothing() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((6, 5)), rng.standard_normal(6)
    design = arrange(X, y[:, None], np.zeros(6, np.int64), 1, centred=True)
    points = least_squares_of(design, np.ones((1, 1, 5), bool), most_spent=1.0)
    assert points.mean_square.max() < 1e-20
    assert information(design, points, np.array([[5]]), 5, extended=False)[0, 0] >= 0.0


def test_too_many_coefficients_are_not_judged() -> None:
    design = arrange(
        *[np.random.default_rng(0).standard_normal((10, k)) for k in (8, 1)], np.zeros(10, int), 1, centred=True
    )
    masks = np.array([[np.arange(8) < size] for size in (5, 6)])
    points = least_squares_of(design, masks)
    assert points.is_judged[:, 0].tolist() == [True, False]
    assert information(design, points, np.array([[5], [6]]), 8, extended=False)[1, 0] == np.inf


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("partition", [True, False])
def test_training_systems_are_those_of_the_training_rows(centred: bool, partition: bool) -> None:
    X, y, owner = rows(1)
    design = design_of(1, centred)
    fold = np.random.default_rng(0).integers(0, 4, len(X))
    folds = [(fold != k, fold == k) for k in range(4 if partition else 3)]
    scale = design.gram().scale[0]
    for (train, _), system in zip(folds, training_systems(design, folds, scale), strict=True):
        thetas = [X[train & (owner == e)] + 5.0 for e in range(3)]
        targets = [y[train & (owner == e), None] - 2.0 for e in range(3)]
        if centred:
            thetas, targets = ([own - own.mean(axis=0) for own in part] for part in (thetas, targets))
        plain = build(thetas, targets).rescaled(scale)
        np.testing.assert_allclose(system.gram, plain.gram, rtol=0, atol=1e-12)
        np.testing.assert_allclose(system.cross, plain.cross, rtol=0, atol=1e-11)
        np.testing.assert_allclose(system.y_sq, plain.y_sq, rtol=1e-11)


def test_columns_that_are_constant_in_a_fold_are_zero_there() -> None:
    X = np.random.default_rng(0).standard_normal((30, 3)) + 1e3
    X[:20, 1] = 7.3
    design = arrange(X, X[:, :1], np.zeros(30, np.int64), 1, centred=True)
    first = np.arange(30) < 20
    system = training_systems(design, [(first, ~first), (~first, first)], design.gram().scale[0])[0]
    assert not system.gram[0, 1].any() and not system.cross[0, :, 1].any() and system.gram[0, 0, 0] > 0


def test_held_out_errors_from_scratch() -> None:
    X, y, owner = rows(2)
    design = arrange(X, y[:, None], owner, 3, centred=True)
    test = np.arange(len(X)) % 2 == 0
    choice = by_validation(design, options(), [(~test, test), (test, ~test)], debias=False)
    scale, errors = design.gram().scale[0], []
    for train, held in ((~test, test), (test, ~test)):
        part = [np.flatnonzero(train & (owner == e)) for e in range(3)]
        means = [(X[own].mean(axis=0), y[own].mean()) for own in part]
        system = build(
            [X[own] - mean for own, (mean, _) in zip(part, means, strict=True)],
            [y[own, None] - mean for own, (_, mean) in zip(part, means, strict=True)],
        ).rescaled(scale)
        path = solve_path(system, "group_lasso", choice.path.alphas, groups=LABELS, tol=1e-8)
        own_errors = np.zeros((3, 40))
        for e, (x_mean, y_mean) in enumerate(means):
            left = held & (owner == e)
            fit = (X[left] - x_mean) @ path.coefs[:, e, 0].T + y_mean
            own_errors[e] = ((y[left, None] - fit) ** 2).mean(axis=0)
        errors.append(own_errors.mean(axis=0))
    assert choice.scores is not None and choice.point is not None
    # solutions differ within the tolerance of the gap
    np.testing.assert_allclose(choice.scores[:, 0], np.mean(errors, axis=0), rtol=1e-4)
    assert choice.point[0] == np.argmin(choice.scores[:, 0])


def test_one_standard_error_is_sparser_than_the_best() -> None:
    design = design_of(3)
    fold = np.arange(120) // 3 % 5
    choice = by_validation(design, options(), [(fold != k, fold == k) for k in range(5)], debias=True)
    assert choice.scores is not None and choice.point is not None
    assert choice.point[0] <= np.argmin(choice.scores[:, 0])


def test_stability_is_reproducible_and_counts_halves() -> None:
    design, few = design_of(4), replace(options(), n_alphas=15, alpha_min_ratio=0.05)
    first, again, other = (by_stability(design, few, 0.6, np.random.default_rng(seed)) for seed in (0, 0, 1))
    threads = by_stability(design, few, 0.6, np.random.default_rng(0), n_jobs=2)
    assert first.frequency is not None and other.frequency is not None
    assert np.array_equal(first.frequency, again.frequency) and np.array_equal(first.frequency, threads.frequency)
    assert not np.array_equal(first.frequency, other.frequency)
    assert np.array_equal(first.frequency[:, ::2], first.frequency[:, 1::2])  # groups are found whole
    counts = 20 * first.frequency
    np.testing.assert_allclose(counts, counts.round(), atol=1e-9)
    assert np.array_equal(first.mask, first.frequency >= 0.6)


def test_masks_along_the_path_are_judged_once_each() -> None:
    design = design_of(5)
    choice = by_information(design, options(), extended=True, debias=True)
    assert choice.scores is not None
    masks = choice.path.masks[:, 0]
    for a, b in pairwise(range(len(masks))):
        if np.array_equal(masks[a], masks[b]):
            assert choice.scores[a, 0] == choice.scores[b, 0]
