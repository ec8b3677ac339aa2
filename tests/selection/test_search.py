"""Candidates honour restrictions; the search finds planted terms."""

from __future__ import annotations

import numpy as np
import pytest
from problems import PENALTIES

from spreme.selection import CRITERIA, Regression, StateProblem, choose, propose

K = 9
NAMES = [f"f{k}" for k in range(K)]
TRUE = [2, 5, 7]


def regression(
    seed: int = 0, noise: float = 0.5, sizes: tuple[int, ...] = (60, 90, 120), true: list[int] = TRUE
) -> Regression:
    """Planted terms with coefficients that differ between environments, in units of the noise."""
    rng = np.random.default_rng(seed)
    mix = np.linalg.cholesky(0.5 ** np.abs(np.subtract.outer(np.arange(K), np.arange(K))))
    thetas = [rng.standard_normal((n, K)) @ mix.T for n in sizes]
    targets = [
        theta[:, true] @ rng.uniform(1, 3, len(true)) + noise * rng.standard_normal(len(theta)) for theta in thetas
    ]
    return Regression(thetas, targets, np.array(sizes, dtype=float), np.full(len(sizes), 1e-8))


def everything() -> np.ndarray:
    return np.ones(K, bool)


def nothing() -> np.ndarray:
    return np.zeros(K, bool)


def problem(levels: list[Regression], **options: object) -> StateProblem:
    given = {
        "penalty": PENALTIES["group_l0"],
        "criterion": "bic",
        "allowed": everything(),
        "required": nothing(),
        "max_terms": None,
    } | options
    return StateProblem(tuple(f"level {i}" for i in range(len(levels))), lambda level, _: levels[level], **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("max_terms", [2, 4])
def test_masks_honour_restrictions(penalty: str, max_terms: int) -> None:
    allowed, required = everything(), nothing()
    allowed[[5, 8]] = False
    required[[0, 3]] = True
    masks = propose(regression(), PENALTIES[penalty], allowed, required, max_terms)
    assert masks
    for mask in masks:
        assert mask.shape == (K,)
        assert mask.dtype == bool
        assert mask[required].all()
        assert not mask[~allowed].any()
        assert mask.sum() <= max_terms
    assert len({mask.tobytes() for mask in masks}) == len(masks)
    sizes = [int(mask.sum()) for mask in masks]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_no_allowed_terms_leave_the_empty_mask(penalty: str) -> None:
    masks = propose(regression(), PENALTIES[penalty], nothing(), nothing(), 4)
    assert [mask.tolist() for mask in masks] == [[False] * K]


@pytest.mark.parametrize("penalty", PENALTIES)
def test_required_terms_stay_though_they_are_more_than_asked(penalty: str) -> None:
    required = np.arange(K) < 4
    masks = propose(regression(), PENALTIES[penalty], everything(), required, 2)
    assert [np.flatnonzero(mask).tolist() for mask in masks] == [[0, 1, 2, 3]]


def test_best_supports_of_every_size_are_proposed() -> None:
    masks = propose(regression(), PENALTIES["group_l0"], everything(), nothing(), 5)
    assert [int(mask.sum()) for mask in masks] == list(range(6))
    assert np.flatnonzero(masks[3]).tolist() == TRUE


def test_environments_without_rows_are_left_out() -> None:
    own = regression()
    more = Regression(
        [*own.thetas, np.zeros((0, K))], [*own.targets, np.zeros(0)], np.append(own.n_effective, 0.0), np.zeros(4)
    )
    for penalty in PENALTIES.values():
        base, other = (propose(r, penalty, everything(), nothing(), 4) for r in (own, more))
        np.testing.assert_array_equal(base, other)


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("seed", range(3))
def test_planted_terms_are_found(criterion: str, seed: int) -> None:
    mask, _ = choose(problem([regression(seed), regression(seed + 50)], criterion=criterion), NAMES)
    assert np.flatnonzero(mask).tolist() == TRUE


def test_planted_terms_are_found_by_the_lasso_path_without_much_noise() -> None:
    mask, _ = choose(problem([regression(1, 0.1)], penalty=PENALTIES["group_lasso"]), NAMES)
    assert np.flatnonzero(mask).tolist() == TRUE


def test_exact_laws_are_found() -> None:
    mask, candidates = choose(problem([regression(0, 0.0)]), NAMES)
    assert np.flatnonzero(mask).tolist() == TRUE
    assert candidates[0].residual < 1e-12


def test_zero_target_gives_no_terms() -> None:
    own = regression()
    mask, candidates = choose(problem([own._replace(targets=[0 * y for y in own.targets])]), NAMES)
    assert not mask.any()
    assert [c.terms for c in candidates] == [()]


def test_candidates_are_sorted_and_measured_from_the_best() -> None:
    levels = [regression(0), regression(1)]
    mask, candidates = choose(problem(levels, max_terms=4), NAMES)
    assert list(candidates[0].mask) == mask.tolist()
    assert candidates[0].distance == 0.0
    scores = [c.score for c in candidates]
    assert scores == sorted(scores)
    for c in candidates:
        assert c.distance == pytest.approx(c.score - scores[0])
        assert c.terms == tuple(name for name, used in zip(NAMES, c.mask, strict=True) if used)
        assert c.residual > 0
        assert set(c.found_by) <= {"level 0", "level 1"}
        assert c.found_by
    assert len({c.mask for c in candidates}) == len(candidates)
    assert candidates[0].found_by == ("level 0", "level 1")


def test_knee_ranks_one_mask_of_each_size() -> None:
    _, candidates = choose(problem([regression(0), regression(1)], criterion="knee", max_terms=4), NAMES)
    finite = [c for c in candidates if np.isfinite(c.score)]
    assert sorted(len(c.terms) for c in finite) == [0, 1, 2, 3, 4]
    assert all(c.distance == float("inf") for c in candidates if not np.isfinite(c.score))


def test_more_terms_are_searched_where_eight_are_not_enough() -> None:
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((300, 14))
    true = list(range(0, 14, 1))[:10]
    own = Regression(
        [theta],
        [theta[:, true] @ rng.uniform(1, 2, 10) + 0.1 * rng.standard_normal(300)],
        np.full(1, 300.0),
        np.zeros(1),
    )
    wide = {"allowed": np.ones(14, bool), "required": np.zeros(14, bool)}
    names = [f"f{k}" for k in range(14)]
    assert np.flatnonzero(choose(problem([own], **wide), names)[0]).tolist() == true
    assert choose(problem([own], max_terms=8, **wide), names)[0].sum() == 8


def test_rows_are_weighted_by_the_pilot() -> None:
    seen: list[np.ndarray | None] = []
    own = regression()

    def weighted(level: int, pilot: np.ndarray | None) -> Regression:
        seen.append(pilot)
        return own

    base = problem([own])
    choose(StateProblem(base.levels, weighted, base.penalty, "bic", base.allowed, base.required, 4, rounds=2), NAMES)
    assert seen[0] is None
    assert [np.flatnonzero(pilot).tolist() for pilot in seen[1:] if pilot is not None] == [TRUE, TRUE]
