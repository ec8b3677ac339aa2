"""Groups of columns: labels, closed form, FISTA, all penalties."""

from __future__ import annotations

import numpy as np
import pytest
from problems import PENALTIES, PROBLEMS, Problem

from spreme.gram import build
from spreme.penalties import GroupElasticNet, GroupLasso
from spreme.solvers import fista, solve_path

LABELS = {
    "integers": [0, 0, 1, 1, 1, 2, 2, 3],
    "negative": [-7, -7, 4, 4, 4, 9, 9, 12],
    "strings": ["x", "x", "y", "y", "y", "z", "z", "zz"],
    "decimals": [0.5, 0.5, 1.5, 1.5, 1.5, 2.5, 2.5, 9.0],
    "truths": [False, False, True, True, True, True, True, True],
}
PATH = {"n_alphas": 6, "alpha_min_ratio": 0.02, "tol": 1e-9, "max_terms": 3}


def only_first(problem: str) -> Problem:
    own = PROBLEMS[problem]()
    return Problem(own.thetas, [y[:, :1] for y in own.targets], own.unique)


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("labels", LABELS)
def test_masks_are_constant_within_a_group(name: str, labels: str) -> None:
    system = only_first("correlated").system()
    path = solve_path(system, name, groups=LABELS[labels], **PATH)
    assert path.masks.any()
    for label in set(LABELS[labels]):
        own = path.masks[..., [one == label for one in LABELS[labels]]]
        # the absolute values of the sparse group lasso leave single columns out
        assert (own == own[..., :1]).all() or name == "sparse_group_lasso"
    assert {s for row in path.status for s in row} <= {"converged", "stationary", "exact"}


@pytest.mark.parametrize("name", PENALTIES)
def test_names_of_groups_do_not_matter(name: str) -> None:
    system = only_first("correlated").system()
    path = solve_path(system, name, groups=LABELS["integers"], **PATH)
    for labels in ("negative", "strings", "decimals"):
        same = solve_path(system, name, groups=LABELS[labels], **PATH)
        np.testing.assert_array_equal(same.coefs, path.coefs)
    renamed = np.array([3, 0, 2, 1])[LABELS["integers"]]
    other = solve_path(system, name, groups=renamed, **PATH)
    # sums over groups in another order; gaps of 1e-9 leave coefficients to their root over that of the curvature 0.03
    np.testing.assert_allclose(other.coefs * system.scale[:, None], path.coefs * system.scale[:, None], atol=1e-3)


@pytest.mark.parametrize("name", PENALTIES)
def test_order_of_columns_does_not_matter(name: str) -> None:
    own = only_first("correlated")
    groups = np.array(LABELS["integers"])
    order = np.random.default_rng(0).permutation(8)
    path = solve_path(own.system(), name, groups=groups, **PATH)
    turned = build([theta[:, order] for theta in own.thetas], own.targets)
    other = solve_path(turned, name, groups=groups[order], **PATH)
    np.testing.assert_allclose(
        other.coefs * turned.scale[:, None], (path.coefs * own.system().scale[:, None])[..., order], atol=1e-3
    )


@pytest.mark.parametrize("name", PENALTIES)
def test_groups_of_one_column_are_none(name: str) -> None:
    system = only_first("correlated").system()
    path = solve_path(system, name, **PATH)
    for labels in (np.arange(8), np.arange(8) * 3 - 5, list("abcdefgh")):
        np.testing.assert_array_equal(solve_path(system, name, groups=labels, **PATH).coefs, path.coefs)
    turned = solve_path(system, name, groups=np.arange(8)[::-1], **PATH)
    np.testing.assert_allclose(turned.coefs * system.scale[:, None], path.coefs * system.scale[:, None], atol=1e-3)


@pytest.mark.parametrize("penalty", [GroupLasso(), GroupLasso((0.5, 2.0, 1.0, 3.0)), GroupElasticNet(0.5)], ids=repr)
@pytest.mark.parametrize("problem", ["correlated", "one environment"])
def test_equals_fista(problem: str, penalty: GroupLasso | GroupElasticNet) -> None:
    system = only_first(problem).system()
    groups = np.array(LABELS["integers"])
    path = solve_path(system, penalty, n_alphas=4, alpha_min_ratio=0.05, tol=1e-12, groups=groups)
    for a, alpha in enumerate(path.alphas[:, 0]):
        twin = fista(
            system.gram, system.cross[:, 0].copy(), float(system.y_sq.sum()), penalty, float(alpha),
            tol=1e-12, groups=groups,
        )  # fmt: skip
        np.testing.assert_allclose(path.coefs[a, :, 0] * system.scale, twin.coef, atol=1e-5)
        assert path.gap[a, 0] <= 1e-12


def test_orthonormal_groups_have_a_closed_form() -> None:
    system = only_first("orthogonal").system()
    groups = np.array([0, 1, 1, 2, 0, 2])
    path = solve_path(system, n_alphas=10, alpha_min_ratio=0.02, tol=1e-14, groups=groups)
    c = system.cross[:, 0]
    size = np.array([np.linalg.norm(c[:, groups == g]) for g in groups])
    assert path.alphas[0, 0] == pytest.approx(size.max(), rel=1e-12)
    for a, alpha in enumerate(path.alphas[:, 0]):
        np.testing.assert_allclose(path.coefs[a, :, 0], c * np.maximum(1 - alpha / size, 0), atol=1e-9)


def test_one_group_of_everything() -> None:
    own = only_first("correlated")
    system = own.system()
    path = solve_path(system, n_alphas=6, alpha_min_ratio=1e-3, tol=1e-13, groups=np.zeros(8, int))
    for a, alpha in enumerate(path.alphas[:, 0]):
        b = path.coefs[a, :, 0] * system.scale
        r = system.cross[:, 0] - np.einsum("ejk,ek->ej", system.gram, b)
        if a:
            np.testing.assert_allclose(r, alpha * b / np.linalg.norm(b), atol=1e-5)
        else:
            assert not b.any()


@pytest.mark.parametrize("problem", ["duplicate", "wide", "absent", "zero column"])
def test_columns_of_a_group_may_depend(problem: str) -> None:
    own = only_first(problem)
    system = own.system()
    K = system.n_terms
    groups = np.arange(K) % 3
    path = solve_path(system, n_alphas=8, alpha_min_ratio=1e-3, tol=1e-9, groups=groups)
    assert {s for row in path.status for s in row} == {"converged"}
    for a, alpha in enumerate(path.alphas[:, 0]):
        r = []
        for theta, y, b in zip(own.thetas, own.targets, path.coefs[a, :, 0], strict=True):
            r.append(theta.T @ (y[:, 0] - theta @ b) / len(y) / system.scale[0])
        norms = [np.linalg.norm(np.array(r)[:, groups == g]) for g in range(3)]
        # a gap of 1e-9 leaves gradients of sqrt(2 L 1e-9), eigenvalues of the Grams L < 10
        assert max(norms) <= alpha + 2e-4 * np.sqrt(system.y_sq.sum())
    for e, theta in enumerate(own.thetas):
        assert not path.coefs[:, e, 0, ~theta.any(axis=0)].any()


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([0, 1], r"8 in all, got shape \(2,\)"),
        (np.zeros((8, 1), int), r"8 in all, got shape \(8, 1\)"),
        ([], r"8 in all, got shape \(0,\)"),
        (3, r"8 in all, got shape \(\)"),
        (list(range(9)), r"8 in all, got shape \(9,\)"),
    ],
)
def test_labels_are_one_per_column(groups: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        solve_path(only_first("correlated").system(), groups=groups)  # type: ignore[arg-type]


def test_weights_are_one_per_group() -> None:
    system = only_first("correlated").system()
    with pytest.raises(ValueError, match="8 weights for 4 groups"):
        solve_path(system, GroupLasso((1.0,) * 8), groups=LABELS["integers"])
    with pytest.raises(ValueError, match="3 weights for 8 groups"):
        solve_path(system, GroupLasso((1.0,) * 3))
