"""Group L0 against enumeration in NumPy, and its scan against least squares."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from problems import PROBLEMS, Problem

from spreme.solvers import best_supports, solve_path
from spreme.solvers.subsets.group_l0 import _Search as Search
from spreme.solvers.subsets.scan import DEPENDENT, JOIN, SWAP, scan, workspace


def explained(gram: np.ndarray, cross: np.ndarray, weight: np.ndarray, support: tuple[int, ...]) -> float:
    """What a support explains: c' pinv(G) c, summed over environments."""
    S = list(support)
    return sum(
        float(w * c[S] @ np.linalg.pinv(G[np.ix_(S, S)], rcond=1e-11, hermitian=True) @ c[S])
        for G, c, w in zip(gram, cross, weight, strict=True)
    )


def outside(gram: np.ndarray, support: tuple[int, ...], j: int) -> bool:
    """Whether column j lies outside the span of a support in some environment."""
    S = list(support)
    left = [G[j, j] - G[j, S] @ np.linalg.pinv(G[np.ix_(S, S)], rcond=1e-11, hermitian=True) @ G[S, j] for G in gram]
    return bool((np.array(left) > DEPENDENT * np.array([G[j, j] for G in gram])).any())


def enumerated(
    gram: np.ndarray, cross: np.ndarray, weight: np.ndarray, required: tuple[int, ...], size: int
) -> tuple[float, set[int]]:
    """Best support of a size without dependent free columns."""
    free = [j for j in range(gram.shape[1]) if j not in required]
    best: tuple[float, set[int]] = (-np.inf, set())
    for chosen in combinations(free, size - len(required)):
        support = (*required, *chosen)
        value = explained(gram, cross, weight, support)
        if value > best[0] and all(outside(gram, tuple(i for i in support if i != j), j) for j in chosen):
            best = (value, set(support))
    return best


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("problem", ["correlated", "absent", "duplicate", "monomials", "zero column"])
def test_scan_equals_least_squares(problem: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    system = PROBLEMS[problem]().system()
    K, E = system.n_terms, system.n_environments
    weight = rng.uniform(0, 1, E)
    s = int(rng.integers(0, 4))
    support = rng.permutation(K)[:s]
    cross = np.ascontiguousarray(system.cross[:, 0])
    gains, left = np.zeros((s + 1, K)), np.zeros(s + 1)
    diagonal = np.einsum("ejj->ej", system.gram).copy()
    assert scan(system.gram, diagonal, cross, weight, support, s, JOIN, workspace(s + 1, K), gains, left)
    value, gain = left[s], gains[s]
    expected = explained(system.gram, cross, weight, tuple(support))
    # condition 1e3 of the Grams times rounding
    assert value == pytest.approx(expected, abs=1e-11 * system.y_sq.sum())
    for j in range(K):
        if j in support:
            assert gain[j] == -1.0
        else:
            more = explained(system.gram, cross, weight, (*support, j)) - expected
            assert gain[j] == pytest.approx(more, abs=1e-10 * system.y_sq.sum())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("problem", PROBLEMS)
def test_all_swaps_at_once_equal_one_scan_each(problem: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    system = PROBLEMS[problem]().system()
    K, E = system.n_terms, system.n_environments
    weight = rng.uniform(0, 1, E)
    s = int(rng.integers(1, 5))
    support, work = rng.permutation(K)[:s], workspace(s + 1, K)
    arrays = system.gram, np.einsum("ejj->ej", system.gram).copy(), np.ascontiguousarray(system.cross[:, 0]), weight
    search = Search(arrays, 0, s)
    gains, one, value = np.zeros((search.top + 1, K)), np.zeros((s + 1, K)), np.zeros(s + 1)
    left = search.scan(support, SWAP, gains)
    unit = 1e-11 * max(system.y_sq.sum(), 1.0)  # condition 1e3 of the Grams times rounding
    assert left[search.leaving(support)] == pytest.approx(left[:s].max(), abs=unit)
    for position in range(s + 1):
        rest = np.delete(support, position) if position < s else support
        scan(*arrays, rest, len(rest), JOIN, work, one, value)
        one[len(rest), support] = -1.0
        assert left[position] == pytest.approx(value[len(rest)], abs=unit)
        np.testing.assert_allclose(gains[position], one[len(rest)], rtol=0, atol=10 * unit)


def test_downdates_are_refused_where_the_support_is_nearly_dependent() -> None:
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((50, 4))
    theta[:, 1] = theta[:, 0] + 1e-5 * theta[:, 1]
    system = Problem([theta], [theta[:, 2:3]]).system()
    arrays = system.gram, np.einsum("ejj->ej", system.gram).copy(), system.cross[:, 0].copy(), np.ones(1)
    for support, is_regular in (([0, 2, 0], True), ([0, 1, 0], False)):
        buffers = workspace(3, 4), np.zeros((3, 4)), np.zeros(3)
        assert scan(*arrays, np.array(support), 2, SWAP, *buffers) is is_regular


@pytest.mark.parametrize("required", [(), (3,), (0, 3)], ids=str)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_equals_enumeration(problem: str, required: tuple[int, ...]) -> None:
    system = PROBLEMS[problem]().system()
    K = system.n_terms
    weight = np.linspace(1.0, 0.5, system.n_environments)
    mask = np.zeros(K, bool)
    mask[list(required)] = True
    for s in range(2):
        cross = system.cross[:, s]
        path = best_supports(system.gram, cross, max_terms=4, weight=weight, required=mask)
        assert path.exact.all()
        if problem == "zero target":
            assert not path.masks[:, ~mask].any()
            continue
        for size in range(len(required), 5):
            value, support = enumerated(system.gram, cross, weight, required, size)
            assert path.explained[size] == pytest.approx(value, rel=1e-9, abs=1e-12)
            if PROBLEMS[problem]().unique:
                assert set(np.flatnonzero(path.masks[size])) == support


@pytest.mark.parametrize("problem", [name for name in PROBLEMS if name != "wide"])
def test_search_alone_finds_the_same_on_easy_problems(problem: str) -> None:
    system = PROBLEMS[problem]().system()
    for s in range(2):
        exact = best_supports(system.gram, system.cross[:, s], max_terms=4)
        found = best_supports(system.gram, system.cross[:, s], max_terms=4, affordable=0.0)
        np.testing.assert_allclose(found.explained, exact.explained, rtol=1e-9, atol=1e-12)
        assert found.exact.tolist() == [True, False, False, False, False]


def test_exact_marks_what_was_enumerated() -> None:
    system = PROBLEMS["correlated"]().system()
    # sizes 1, 2, 3 cost s (64 C(8, s - 1) + 4 C(8, s)) = 96, 1248, 6048 multiplications without bounds
    path = best_supports(system.gram, system.cross[:, 0], max_terms=4, affordable=1300)
    assert path.exact.tolist() == [True, True, True, False, False]


def test_sizes_that_cannot_be_reached_repeat_the_largest_smaller_mask() -> None:
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((40, 5))
    theta[:, 1] = 0.0
    theta[:, 3] = 2 * theta[:, 0]
    theta[:, 4] = theta[:, 0] - theta[:, 2]
    own = Problem([theta], [theta[:, :1] + rng.standard_normal((40, 1))])
    path = solve_path(own.system(), "group_l0", max_terms=5)
    assert path.masks[:, 0].sum(axis=1).tolist() == [0, 1, 2, 2, 2, 2]
    assert not path.masks[:, 0, 1].any()


def test_dependent_required_terms_stay() -> None:
    system = PROBLEMS["duplicate"]().system()
    required = np.isin(np.arange(7), [1, 5])
    path = best_supports(system.gram, system.cross[:, 0], max_terms=4, required=required)
    assert path.masks[2:, required].all()
    assert path.masks.sum(axis=1).tolist() == [0, 0, 2, 3, 4]


def test_starts_only_help() -> None:
    system = PROBLEMS["correlated"]().system()
    plain = best_supports(system.gram, system.cross[:, 0], max_terms=3, affordable=0.0)
    rng = np.random.default_rng(0)
    starts = tuple(rng.uniform(size=system.n_terms) < p for p in (0.2, 0.5, 1.0))
    more = best_supports(system.gram, system.cross[:, 0], max_terms=3, affordable=0.0, starts=starts)
    assert (more.explained >= plain.explained * (1 - 1e-12)).all()


def test_weights_decide_between_environments() -> None:
    theta = [np.eye(4), np.eye(4)]
    own = Problem(theta, [np.array([[1.0, 0, 0, 0]]).T, np.array([[0, 1.0, 0, 0]]).T])
    system = own.system()
    for weight, term in (([1.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 2.0], 1)):
        path = best_supports(system.gram, system.cross[:, 0], max_terms=1, weight=np.array(weight))
        assert path.masks[1].nonzero()[0].tolist() == [term]


@pytest.mark.parametrize("problem", ["correlated", "monomials", "absent", "one environment"])
def test_coefficients_are_least_squares_on_the_mask(problem: str) -> None:
    own = PROBLEMS[problem]()
    system = own.system()
    path = solve_path(system, "group_l0", max_terms=4)
    assert np.isnan(path.gap).all()
    assert path.alphas.tolist() == [[size, size] for size in range(5)]
    for size in range(5):
        for s in range(2):
            mask = path.masks[size, s]
            for e, (theta, y) in enumerate(zip(own.thetas, own.targets, strict=True)):
                seen = mask & theta.any(axis=0)
                expected = np.linalg.lstsq(theta[:, seen] / system.scale[e, seen], y[:, s])[0]
                # Grams square the condition, at most 1e3 here
                np.testing.assert_allclose((path.coefs[size, e, s] * system.scale[e])[seen], expected, atol=1e-9)


def test_more_terms_than_columns_are_cut() -> None:
    path = solve_path(PROBLEMS["zero target"]().system(), "group_l0", max_terms=50)
    assert len(path.alphas) == 6


def test_recovers_planted_terms_of_a_large_library_exactly() -> None:
    rng = np.random.default_rng(2)
    x = [rng.uniform(-1.5, 1.5, (300, 2)) for _ in range(5)]
    powers = [(a, d - a) for d in range(8) for a in range(d + 1)]
    thetas = [np.column_stack([v[:, 0] ** a * v[:, 1] ** b for a, b in powers]) for v in x]
    true = [powers.index(p) for p in ((1, 0), (2, 1), (0, 3))]
    targets = [theta[:, true] @ rng.uniform(0.5, 2, (3, 1)) for theta in thetas]
    path = solve_path(Problem(thetas, targets).system(), "group_l0", max_terms=5)
    assert np.flatnonzero(path.masks[3, 0]).tolist() == sorted(true)
