"""Supports one step away from a given one: against enumeration."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from problems import PROBLEMS

from spreme.solvers import best_supports, neighbours


def explained(gram: np.ndarray, cross: np.ndarray, weight: np.ndarray, support: np.ndarray) -> float:
    """What a support explains: c' pinv(G) c, summed over environments."""
    return sum(
        float(w * c[support] @ np.linalg.pinv(G[np.ix_(support, support)], rcond=1e-11, hermitian=True) @ c[support])
        for G, c, w in zip(gram, cross, weight, strict=True)
    )


def enumerated(support: np.ndarray, required: np.ndarray) -> dict[int, list[np.ndarray]]:
    """All supports one step away, by the change of size."""
    inside, outside = np.flatnonzero(support & ~required), np.flatnonzero(~support)
    found: dict[int, list[np.ndarray]] = {-1: [], 0: [], 1: []}
    for leaves, joins in product([None, *inside], [None, *outside]):
        if leaves is not None or joins is not None:
            other = support.copy()
            if leaves is not None:
                other[leaves] = False
            if joins is not None:
                other[joins] = True
            found[int(other.sum() - support.sum())].append(other)
    return found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("problem", ["correlated", "orthogonal", "monomials", "one environment", "absent"])
def test_neighbours_are_the_best_of_all(problem: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    system = PROBLEMS[problem]().system()
    gram, cross = system.gram, np.ascontiguousarray(system.cross[:, 0])
    K = system.n_terms
    weight = rng.uniform(0.1, 1, system.n_environments)
    support = rng.random(K) < 0.5
    required = support & (rng.random(K) < 0.3)
    most = int(rng.integers(1, 5))
    found = neighbours(gram, cross, support, weight=weight, required=required | support & required, most=most)
    wanted = enumerated(support, required)
    total = explained(gram, cross, weight, np.ones(K, bool))
    for change, every in wanted.items():
        own = [(mask, value) for mask, value in found if mask.sum() - support.sum() == change]
        for mask, value in own:
            assert any((mask == other).all() for other in every)
            assert value == pytest.approx(explained(gram, cross, weight, mask), rel=1e-7, abs=1e-9 * total)
        values = np.sort([explained(gram, cross, weight, other) for other in every])[::-1][:most]
        np.testing.assert_allclose([value for _, value in own], values, rtol=1e-7, atol=1e-9 * total)
        assert len({mask.tobytes() for mask, _ in own}) == len(own)


def test_required_terms_stay_and_nothing_is_changed() -> None:
    system = PROBLEMS["correlated"]().system()
    support = np.zeros(8, bool)
    support[[0, 3]] = True
    required = np.zeros(8, bool)
    required[3] = True
    kept = support.copy()
    found = neighbours(system.gram, system.cross[:, 0], support, required=required)
    assert all(mask[3] for mask, _ in found)
    np.testing.assert_array_equal(support, kept)
    sizes = [int(mask.sum()) for mask, _ in found]
    assert sizes == sorted(sizes)


def test_the_empty_and_the_full_support() -> None:
    gram, cross = np.eye(3)[None], np.array([[1.0, -2.0, 3.0]])
    empty = neighbours(gram, cross, np.zeros(3, bool))
    assert [(mask.nonzero()[0].tolist(), value) for mask, value in empty] == [([2], 9.0), ([1], 4.0), ([0], 1.0)]
    full = neighbours(gram, cross, np.ones(3, bool))
    assert [(mask.nonzero()[0].tolist(), value) for mask, value in full] == [
        ([1, 2], 13.0),
        ([0, 2], 10.0),
        ([0, 1], 5.0),
    ]


@pytest.mark.parametrize("problem", ["duplicate", "zero column"])
def test_dependent_columns_are_not_joined(problem: str) -> None:
    system = PROBLEMS[problem]().system()
    gram, cross = system.gram, np.ascontiguousarray(system.cross[:, 0])
    support = np.zeros(system.n_terms, bool)
    support[[1, 4]] = True
    weight = np.ones(system.n_environments)
    for mask, value in neighbours(gram, cross, support):
        assert value == pytest.approx(explained(gram, cross, weight, mask), rel=1e-6)
        assert not (problem == "duplicate" and mask[1] and mask[5])
        assert not (problem == "zero column" and mask[3])


def test_steps_from_the_best_support_of_a_size_do_not_improve_it() -> None:
    system = PROBLEMS["correlated"]().system()
    gram, cross = system.gram, np.ascontiguousarray(system.cross[:, 0])
    path = best_supports(gram, cross, max_terms=4)
    for size in range(1, 4):
        best = {int(mask.sum()): value for mask, value in reversed(neighbours(gram, cross, path.masks[size]))}
        for other, value in best.items():
            assert value <= path.explained[other] * (1 + 1e-9)
