"""Best subset with a certificate, and groups of columns, against enumeration in NumPy."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
import pytest
from problems import PROBLEMS, Problem
from without_jit import compiled_and_plain

from spreme.solvers.subsets import best_subset as module
from spreme.solvers.subsets.best_subset import best_subset
from spreme.solvers.subsets.group_l0 import best_supports
from spreme.solvers.subsets.refit import refit_supports
from spreme.solvers.subsets.scan import DEPENDENT
from spreme.solvers.subsets.tree import ceilings

# Condition 1e3 of the Grams times rounding, relative to the mean square of the target.
SAME = 1e-10


def explained(gram: np.ndarray, cross: np.ndarray, weight: np.ndarray, support: tuple[int, ...]) -> float:
    """What a support explains: c' pinv(G) c, summed over environments."""
    S = list(support)
    return sum(
        float(w * c[S] @ np.linalg.pinv(G[np.ix_(S, S)], rcond=1e-11, hermitian=True) @ c[S])
        for G, c, w in zip(gram, cross, weight, strict=True)
    )


def is_admissible(gram: np.ndarray, support: tuple[int, ...], required: tuple[int, ...]) -> bool:
    """Whether every free column of a support lies outside the span of the others in some environment."""
    for j in set(support) - set(required):
        S = [i for i in support if i != j]
        left = [
            G[j, j] - G[j, S] @ np.linalg.pinv(G[np.ix_(S, S)], rcond=1e-11, hermitian=True) @ G[S, j] for G in gram
        ]
        if not (np.array(left) > DEPENDENT * gram[:, j, j]).any():
            return False
    return True


def enumerated(
    gram: np.ndarray, cross: np.ndarray, weight: np.ndarray, size: int, required: tuple[int, ...] = ()
) -> float:
    """What the best admissible support of a size explains; minus infinity if there is none."""
    free = [j for j in range(gram.shape[1]) if j not in required]
    supports = [(*required, *chosen) for chosen in combinations(free, size - len(required))]
    return max(
        (explained(gram, cross, weight, S) for S in supports if is_admissible(gram, S, required)), default=-np.inf
    )


def collinear(seed: int, n_terms: int = 14, n_environments: int = 3) -> Problem:
    """Powers of one noisy variable: nearly dependent columns, and a planted support of three."""
    rng = np.random.default_rng(seed)
    thetas, targets = [], []
    for _ in range(n_environments):
        theta = np.linspace(-1, 1, 60)[:, None] ** np.arange(n_terms) + 0.1 * rng.standard_normal((60, n_terms))
        thetas.append(theta)
        targets.append(theta[:, [1, 4, 5]] @ rng.uniform(0.5, 2, (3, 1)) + 0.5 * rng.standard_normal((60, 1)))
    return Problem(thetas, targets)


@cache
def best_collinear(seed: int, n_environments: int, size: int) -> float:
    """What the best support of a collinear problem of 12 columns explains: both strategies have to find it."""
    system = collinear(seed, 12, n_environments).system()
    return enumerated(system.gram, system.cross[:, 0], np.ones(n_environments), size)


@cache
def best_planted(problem: str, state: int, size: int, required: tuple[int, ...]) -> float:
    """What the best support of one of the common problems explains, environments weighted from 1 down to 0.5."""
    system = PROBLEMS[problem]().system()
    return enumerated(system.gram, system.cross[:, state], np.linspace(1.0, 0.5, system.n_environments), size, required)


@pytest.fixture(params=["walks", "children"])
def strategy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Small trees are walked through at once; with these constants every node is ordered and split."""
    if request.param == "children":
        monkeypatch.setattr(module, "ORDER_LEAVES", 0)
        monkeypatch.setattr(module, "CHILD_LEAVES", 0)
    return str(request.param)


@pytest.mark.parametrize("required", [(), (0, 3)], ids=str)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_equals_enumeration(problem: str, required: tuple[int, ...], strategy: str) -> None:
    system = PROBLEMS[problem]().system()
    weight = np.linspace(1.0, 0.5, system.n_environments)
    mask = np.isin(np.arange(system.n_terms), required)
    for s in range(2):
        cross, y_sq = system.cross[:, s], system.y_sq[:, s]
        for size in range(max(len(required), 1), 5):
            found = best_subset(system.gram, cross, n_terms=size, y_sq=y_sq, weight=weight, required=mask)
            value = best_planted(problem, s, size, required)
            assert found.status == "optimal"
            assert found.gap == 0.0
            assert found.bound == found.explained
            assert found.mask[mask].all()
            unit = SAME * max(weight @ y_sq, 1.0)
            if value > -np.inf and problem != "zero target":
                assert found.explained == pytest.approx(value, abs=unit)
                assert found.mask.sum() == size
            own = explained(system.gram, cross, weight, tuple(np.flatnonzero(found.mask)))
            assert found.explained == pytest.approx(own, abs=unit)
            assert found.residual == pytest.approx(weight @ y_sq - own, abs=unit)


@pytest.mark.parametrize("n_environments", [1, 4])
@pytest.mark.parametrize("seed", range(3))
def test_collinear_columns(seed: int, n_environments: int, strategy: str) -> None:
    system = collinear(seed, 12, n_environments).system()
    for size in (1, 3, 4):
        found = best_subset(system.gram, system.cross[:, 0], n_terms=size)
        value = best_collinear(seed, n_environments, size)
        assert found.explained == pytest.approx(value, abs=SAME * system.y_sq.sum())
        assert np.isnan([found.residual, found.residual_bound]).all()


@pytest.mark.parametrize("seed", range(3))
def test_bound_of_interrupted_search_is_not_exceeded(seed: int, strategy: str) -> None:
    system = collinear(seed).system()
    cross, y_sq = system.cross[:, 0], system.y_sq[:, 0]
    best = best_subset(system.gram, cross, n_terms=4, y_sq=y_sq)
    gaps = []
    for limit in (1, 3, 10, 40, 100, 10**6):
        found = best_subset(system.gram, cross, n_terms=4, y_sq=y_sq, node_limit=limit)
        assert found.explained <= best.explained * (1 + 1e-12) <= found.bound * (1 + 2e-12)
        assert found.residual_bound <= best.residual * (1 + 1e-9) <= found.residual * (1 + 2e-9)
        assert found.gap == pytest.approx((found.bound - found.explained) / y_sq.sum())
        assert found.status == ("node_limit" if found.gap > 0 else "optimal")
        assert found.n_nodes <= limit + 1
        gaps.append(found.gap)
    assert gaps[0] > 0.0
    assert gaps[-1] == 0.0


def test_time_limit_returns_the_incumbent() -> None:
    system = collinear(0, 30).system()
    found = best_subset(system.gram, system.cross[:, 0], n_terms=10, time_limit=1e-9)
    assert found.status == "time_limit"
    assert found.mask.sum() == 10
    assert 0.0 < found.gap < 1.0


@pytest.mark.parametrize("seed", range(3))
def test_ceilings_are_not_exceeded(seed: int) -> None:
    rng = np.random.default_rng(seed)
    system = collinear(seed).system()
    cross, weight = np.ascontiguousarray(system.cross[:, 0]), np.array([1.0, 0.3, 2.0])
    above = ceilings(system.gram, cross, weight, 2)
    for _ in range(50):
        first = int(rng.integers(2, 14))
        support = (0, 1, *rng.permutation(np.arange(first, 14))[:3].tolist())
        for e in range(3):
            value = explained(system.gram[e:], cross[e:], weight[e:], support)
            assert value <= above[e, first] + SAME * system.y_sq.sum()


def test_sizes_that_cannot_be_reached_give_fewer_terms() -> None:
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((40, 4))
    theta[:, 1] = 0.0
    theta[:, 3] = 2 * theta[:, 0]
    system = Problem([theta], [rng.standard_normal((40, 1))]).system()
    found = best_subset(system.gram, system.cross[:, 0], n_terms=4)
    assert found.status == "optimal"
    assert found.mask.sum() == 2
    assert not found.mask[1]


def test_environments_of_weight_zero_do_not_count() -> None:
    system = PROBLEMS["correlated"]().system()
    weight = np.array([0.0, 1.0, 0.0, 2.0])
    found = best_subset(system.gram, system.cross[:, 0], n_terms=3, weight=weight)
    alone = best_subset(system.gram[[1, 3]], system.cross[[1, 3], 0], n_terms=3, weight=weight[[1, 3]])
    np.testing.assert_array_equal(found.mask, alone.mask)
    assert found.explained == alone.explained


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_terms": 0}, "n_terms"),
        ({"n_terms": 9}, "n_terms"),
        ({"n_terms": 1, "required": np.arange(8) < 2}, "n_terms"),
        ({"n_terms": 2, "time_limit": 0.0}, "time_limit"),
        ({"n_terms": 2, "node_limit": -1}, "node_limit"),
    ],
)
def test_options_out_of_range_are_refused(options: dict, message: str) -> None:
    system = PROBLEMS["correlated"]().system()
    with pytest.raises(ValueError, match=message):
        best_subset(system.gram, system.cross[:, 0], **options)


def test_certifies_a_large_collinear_library() -> None:
    rng = np.random.default_rng(2)
    x = [rng.uniform(-1.5, 1.5, (300, 2)) for _ in range(5)]
    powers = [(a, d - a) for d in range(8) for a in range(d + 1)]
    thetas = [np.column_stack([v[:, 0] ** a * v[:, 1] ** b for a, b in powers]) for v in x]
    true = [powers.index(p) for p in ((1, 0), (2, 1), (0, 3))]
    targets = [t[:, true] @ rng.uniform(0.5, 2, (3, 1)) + 0.1 * rng.standard_normal((300, 1)) for t in thetas]
    system = Problem(thetas, targets).system()
    found = best_subset(system.gram, system.cross[:, 0], n_terms=3)
    assert found.status == "optimal"
    assert np.flatnonzero(found.mask).tolist() == sorted(true)
    # 36 choose 3 supports are 7140
    assert found.n_nodes < 700


@pytest.mark.parametrize("labels", [[0, 0, 1, 1, 2, 2, 3], [3, 1, 2, 0, 1, 2, 3], [5, 5, 5, 5, 5, 5, 5]], ids=str)
@pytest.mark.parametrize("problem", ["absent", "duplicate", "monomials", "correlated"])
def test_groups_of_columns_join_together(problem: str, labels: list[int]) -> None:
    system = PROBLEMS[problem]().system()
    groups = np.array([*labels, labels[0]])[: system.n_terms]
    distinct = np.unique(groups)
    weight = np.linspace(1.0, 0.5, system.n_environments)
    for required in (np.zeros(system.n_terms, bool), np.arange(system.n_terms) == 2):
        needed = set(groups[required].tolist())
        path = best_supports(
            system.gram, system.cross[:, 0], max_terms=3, weight=weight, required=required, groups=groups
        )
        for size in range(len(needed), min(3, len(distinct)) + 1):
            masks = [
                np.isin(groups, chosen) for chosen in combinations(distinct.tolist(), size) if needed <= set(chosen)
            ]
            values = [explained(system.gram, system.cross[:, 0], weight, tuple(np.flatnonzero(m))) for m in masks]
            unit = SAME * system.y_sq.sum()
            assert path.explained[size] == pytest.approx(max(values), abs=unit)
            own = explained(system.gram, system.cross[:, 0], weight, tuple(np.flatnonzero(path.masks[size])))
            assert own == pytest.approx(max(values), abs=unit)
            assert all(len(set(path.masks[size, groups == g].tolist())) == 1 for g in distinct)


def test_groups_of_one_column_are_the_default() -> None:
    system = PROBLEMS["correlated"]().system()
    plain = best_supports(system.gram, system.cross[:, 0], max_terms=3)
    same = best_supports(system.gram, system.cross[:, 0], max_terms=3, groups=np.arange(8)[::-1])
    np.testing.assert_array_equal(plain.masks, same.masks)
    from spreme.solvers.subsets.column_groups import best_group_supports

    none, ones = np.zeros(8, bool), np.ones(4)
    masks, values = best_group_supports(system.gram, system.cross[:, 0], np.arange(8), 3, ones, none)
    np.testing.assert_array_equal(masks, plain.masks)
    np.testing.assert_allclose(values, plain.explained, rtol=1e-10)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_refit_is_least_squares(problem: str) -> None:
    system = PROBLEMS[problem]().system()
    rng = np.random.default_rng(0)
    masks = rng.uniform(size=(12, system.n_terms)) < np.linspace(0, 1, 12)[:, None]
    coef = refit_supports(system.gram, system.cross[:, 0], masks)
    assert not coef[~np.broadcast_to(masks[:, None], coef.shape)].any()
    for mask, own in zip(masks, coef, strict=True):
        for G, c, b in zip(system.gram, system.cross[:, 0], own, strict=True):
            inverse = np.linalg.pinv(G[np.ix_(mask, mask)], rcond=1e-11, hermitian=True)
            # condition 1e4 of the Grams times rounding
            np.testing.assert_allclose(b[mask], inverse @ c[mask], rtol=0, atol=1e-9)


SCRIPT = """
import numpy as np
from spreme.solvers.subsets.best_subset import best_subset
from spreme.solvers.subsets.group_l0 import best_supports
rng = np.random.default_rng(0)
thetas = [rng.standard_normal((12, 6)) for _ in range(2)]
thetas[1][:, 3] = 0.0
gram = np.array([theta.T @ theta for theta in thetas])
cross = np.array([theta.T @ (theta[:, 1] + rng.standard_normal(12)) for theta in thetas])
path = best_supports(gram, cross, max_terms=4)
best = best_subset(gram, cross, n_terms=3)
part = best_subset(gram, cross, n_terms=4, node_limit=2)
values = [*path.explained, *path.masks.ravel(), best.explained, best.n_nodes, *best.mask, part.bound, part.explained]
print(" ".join(f"{v:.12e}" for v in values))
"""


def test_kernels_give_the_same_without_compilation() -> None:
    compiled, plain = compiled_and_plain(SCRIPT)
    # the compiled scan may reorder sums: a few roundings of numbers of order ten
    np.testing.assert_allclose(plain, compiled, rtol=0, atol=1e-10)
