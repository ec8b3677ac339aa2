"""Penalties: proximal operators, subgradients and conjugates against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog, minimize_scalar

from spreme import penalties
from spreme.penalties import (
    GroupElasticNet,
    GroupKSupport,
    GroupLasso,
    GroupMCP,
    GroupSCAD,
    ProximalPenalty,
    SparseGroupLasso,
    as_penalty,
)
from spreme.penalties.interface import DualPenalty

RADIAL = {
    "lasso": GroupLasso(),
    "weighted": GroupLasso(weights=(0.5, 1.0, 2.0, 3.0, np.inf)),
    "elastic": GroupElasticNet(0.6),
    "no ridge": GroupElasticNet(1.0),
    "mcp": GroupMCP(),
    "sharp mcp": GroupMCP(1.1),
    "scad": GroupSCAD(),
    "sharp scad": GroupSCAD(2.2),
}
CONVEX = {
    **{name: RADIAL[name] for name in ("lasso", "elastic", "no ridge")},
    "sparse": SparseGroupLasso(0.4),
    "sparse without lasso": SparseGroupLasso(0.0),
    "k-support": GroupKSupport(2),
    "squared norm": GroupKSupport(1),
    "ridge": GroupKSupport(9),
}
ALL: dict[str, ProximalPenalty] = {**RADIAL, **CONVEX}
every_penalty = pytest.mark.parametrize("penalty", ALL.values(), ids=ALL)
every_convex = pytest.mark.parametrize("penalty", CONVEX.values(), ids=CONVEX)


def point(seed: int, scale: float = 2.0) -> np.ndarray:
    """Coefficients (3, 5): one column zero, one with a zero entry, sizes from small to large."""
    coef = np.random.default_rng(seed).standard_normal((3, 5)) * np.geomspace(0.2, 1, 5) * scale
    coef[:, 2] = 0.0
    coef[1, 3] = 0.0
    return coef


def radial_objective(penalty: ProximalPenalty, j: int, t: float, size: float, alpha: float, step: float) -> float:
    """Objective of the proximal operator for one column of norm t."""
    coef = np.zeros((1, 5))
    coef[0, j] = t
    return (t - size) ** 2 / (2 * step) + penalty.value(coef, alpha)


@pytest.mark.parametrize("name", RADIAL)
# steps below and above gamma, gamma - 1 and gamma + 1 of the folded penalties
@pytest.mark.parametrize("step", [0.3, 1.5, 3.0, 3.5, 8.0])
def test_prox_of_a_norm_is_the_global_minimiser(name: str, step: float) -> None:
    penalty, alpha = RADIAL[name], 0.7
    for size in np.linspace(0.05, 8.0, 25):
        for j in range(5) if name == "weighted" else [0]:
            coef = np.zeros((2, 5))
            coef[:, j] = size * np.array([0.6, -0.8])
            got = penalty.prox(coef, alpha, step)
            t = float(np.linalg.norm(got[:, j]))
            np.testing.assert_allclose(got[:, j], t * np.array([0.6, -0.8]), atol=1e-12)
            grid = np.linspace(0.0, 1.1 * size, 120) if not (name == "weighted" and j == 4) else np.zeros(1)
            values = [radial_objective(penalty, j, s, size, alpha, step) for s in grid]
            # nothing on the grid is better, beyond rounding
            assert radial_objective(penalty, j, t, size, alpha, step) <= min(values) + 1e-12


@every_penalty
def test_prox_beats_its_neighbours(penalty: ProximalPenalty) -> None:
    rng = np.random.default_rng(0)
    for seed, alpha, step in ((1, 0.5, 0.4), (2, 1.5, 0.9), (3, 0.1, 2.5)):
        coef = point(seed)
        best = penalty.prox(coef, alpha, step)

        def objective(b: np.ndarray, coef: np.ndarray = coef, alpha: float = alpha, step: float = step) -> float:
            return float(((b - coef) ** 2).sum()) / (2 * step) + penalty.value(b, alpha)

        reached = objective(best)
        for size in (1e-4, 1e-2, 0.3):
            for _ in range(50):
                other = best + size * rng.standard_normal(best.shape) * (rng.uniform(size=best.shape) < 0.5)
                if isinstance(penalty, GroupLasso) and penalty.weights is not None:
                    other[:, 4] = 0.0  # excluded: its infinite price has no number
                assert objective(other) >= reached - 1e-12


@every_penalty
def test_steps_may_differ_between_terms(penalty: ProximalPenalty) -> None:
    coef, steps = point(4), np.array([0.2, 0.9, 0.5, 0.7, 0.4])
    equal = penalty.prox(coef, 0.5, np.full(5, 0.3))
    np.testing.assert_allclose(equal, penalty.prox(coef, 0.5, 0.3), atol=1e-15)
    got, rng = penalty.prox(coef, 0.5, steps), np.random.default_rng(1)

    def objective(b: np.ndarray) -> float:
        return float((((b - coef) ** 2).sum(axis=0) / (2 * steps)).sum()) + penalty.value(b, 0.5)

    for _ in range(100):
        change = 0.05 * rng.standard_normal(coef.shape)
        if isinstance(penalty, GroupLasso) and penalty.weights is not None:
            change[:, 4] = 0.0
        assert objective(got + change) >= objective(got) - 1e-12


@every_penalty
@pytest.mark.parametrize("step", [0.05, 0.9])
def test_what_prox_leaves_is_a_subgradient(penalty: ProximalPenalty, step: float) -> None:
    # (v - prox(v)) / step is a subgradient at prox(v); steps below 1 keep the folded penalties' objectives convex
    for seed in range(5):
        coef = point(seed)
        best = penalty.prox(coef, 0.8, step)
        np.testing.assert_allclose(penalty.kkt(best, (coef - best) / step, 0.8), 0.0, atol=1e-12)


@every_penalty
def test_distance_from_subgradients_is_a_distance(penalty: ProximalPenalty) -> None:
    # it grows by no more than the correlations move, and vanishes for one subgradient
    coef, rng = penalty.prox(point(5), 0.8, 0.5), np.random.default_rng(2)
    inside = (point(5) - coef) / 0.5
    for _ in range(50):
        change = rng.standard_normal(coef.shape)
        got = penalty.kkt(coef, inside + change, 0.8)
        assert (got <= np.linalg.norm(change, axis=0) + 1e-12).all()


@every_convex
def test_subgradients_support_the_penalty(penalty: ProximalPenalty) -> None:
    coef, rng = penalty.prox(point(6), 0.8, 0.5), np.random.default_rng(3)
    slope = (point(6) - coef) / 0.5
    for _ in range(200):
        other = coef + rng.standard_normal(coef.shape) * rng.uniform(0, 2)
        bound = penalty.value(coef, 0.8) + float(np.vdot(slope, other - coef))
        assert penalty.value(other, 0.8) >= bound - 1e-11


@every_convex
def test_conjugate_by_fenchel_and_moreau(penalty: ProximalPenalty) -> None:
    assert isinstance(penalty, DualPenalty)
    rng = np.random.default_rng(4)
    for seed in range(5):
        slope = point(seed)
        multiple, conjugate = penalty.dual_point(slope, 0.8)
        for _ in range(50):  # Fenchel: <g, b> <= P(b) + P*(g)
            b = rng.standard_normal(slope.shape) * rng.uniform(0, 3)
            assert multiple * np.vdot(slope, b) <= penalty.value(b, 0.8) + conjugate + 1e-10
        # equality at a subgradient (Moreau: v = prox(v) + v - prox(v))
        b = penalty.prox(slope, 0.8, 1.0)
        rest = slope - b
        multiple, conjugate = penalty.dual_point(rest, 0.8)
        share = min(multiple, 1.0)
        assert share == pytest.approx(1.0, abs=1e-12)
        if multiple == 1.0:
            assert np.vdot(rest, b) == pytest.approx(penalty.value(b, 0.8) + conjugate, abs=1e-11)
        else:  # the conjugate of a norm: zero inside its ball
            assert np.vdot(rest, b) == pytest.approx(penalty.value(b, 0.8), abs=1e-11)


@pytest.mark.parametrize("name", [name for name in ALL if not name.startswith(("k-", "sq", "ridge"))])
def test_alpha_max_is_the_smallest_with_zero(name: str) -> None:
    penalty = ALL[name]
    for seed in range(5):
        cross = point(seed)
        top = penalty.alpha_max(cross)  # type: ignore[attr-defined]
        zero = np.zeros_like(cross)
        assert penalty.kkt(zero, cross, top * (1 + 1e-12)).max() == pytest.approx(0.0, abs=1e-12)
        assert penalty.kkt(zero, cross, top * 0.999).max() > 0
        assert penalty.alpha_max(zero) == 0.0  # type: ignore[attr-defined]


@pytest.mark.parametrize("ratio", [0.0, 0.2, 0.5, 0.9, 0.99])
def test_dual_norm_of_sparse_groups_solves_its_equation(ratio: float) -> None:
    rng = np.random.default_rng(5)
    for shape in ((1, 3), (2, 4), (7, 5)):
        cross = rng.standard_normal(shape)
        cross[:, 0] = np.sign(cross[:, 0])  # ties
        for j in range(shape[1]):
            top = SparseGroupLasso(ratio).alpha_max(cross[:, j : j + 1])
            left = np.linalg.norm(np.maximum(np.abs(cross[:, j]) - top * ratio, 0))
            assert left == pytest.approx(top * (1 - ratio), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 7])
def test_k_support_is_the_smallest_over_shares(k: int) -> None:
    # P = max over g of <g, t> - P*(g) for a convex closed P; and by a linear programme over piecewise shares from above
    rng = np.random.default_rng(k)
    for _ in range(5):
        size = np.abs(rng.standard_normal(6)) * (rng.uniform(size=6) < 0.8)
        got = GroupKSupport(k).value(size[None], 2.0)
        grid = np.linspace(0.01, 1.0, 400)
        used = np.flatnonzero(size)
        cost = np.concatenate([size[j] ** 2 / grid for j in used])
        one = np.kron(np.eye(len(used)), np.ones(len(grid)))
        budget = np.tile(grid, len(used))[None]
        best = linprog(cost, A_ub=budget, b_ub=[k], A_eq=one, b_eq=np.ones(len(used))).fun
        # the grid of shares is coarse: chords of t^2 / u lie above by no more than this
        assert got - 1e-9 <= best <= got * 1.002 + 1e-9


def test_k_support_special_cases() -> None:
    coef = point(7)
    size = np.linalg.norm(coef, axis=0)
    assert GroupKSupport(1).value(coef, 0.6) == pytest.approx(0.3 * size.sum() ** 2)
    for k in (4, 5, 50):  # 4 columns are not zero
        assert GroupKSupport(k).value(coef, 0.6) == pytest.approx(0.3 * (size**2).sum())
        np.testing.assert_allclose(GroupKSupport(k).prox(coef, 0.6, 0.5), coef / 1.3, atol=1e-15)


def test_k_support_prox_with_ties_and_extremes() -> None:
    penalty = GroupKSupport(2)
    np.testing.assert_allclose(penalty.prox(np.ones((1, 4)), 1.0, 1.0), np.full((1, 4), 1 / 3), atol=1e-15)
    got = penalty.prox(np.array([[1e12, 1e6, 1.0, 1e-6]]), 1.0, 1.0)
    np.testing.assert_allclose(got[0, :2], [5e11, 5e5], rtol=1e-12)
    assert not got[0, 2:].any()
    assert not penalty.prox(np.zeros((2, 4)), 1.0, 1.0).any()


def test_limits_of_the_families() -> None:
    coef = point(8)
    for penalty in (GroupMCP(1e12), GroupSCAD(1e12), GroupMCP(np.inf), GroupSCAD(np.inf), SparseGroupLasso(0.0)):
        np.testing.assert_allclose(penalty.prox(coef, 0.5, 0.7), GroupLasso().prox(coef, 0.5, 0.7), atol=1e-10)
        assert penalty.value(coef, 0.5) == pytest.approx(GroupLasso().value(coef, 0.5), rel=1e-10)


@pytest.mark.parametrize("name", ["mcp", "scad"])
def test_slopes_are_derivatives(name: str) -> None:
    penalty, alpha = RADIAL[name], 0.7
    for t in np.linspace(0.05, 4.0, 37):
        fall, rise = (penalty.value(np.array([[t + d]]), alpha) for d in (-1e-6, 1e-6))
        # central differences: rounding 1e-10, curvature jumps 1e-6
        assert penalty.kkt(np.array([[t]]), np.zeros((1, 1)), alpha)[0] == pytest.approx((rise - fall) / 2e-6, abs=2e-6)


def test_folded_prox_agrees_with_a_scalar_search() -> None:
    for penalty in (GroupMCP(2.0), GroupSCAD(3.0)):
        for size in (0.4, 1.1, 1.7, 2.6):
            found = minimize_scalar(
                lambda t, size=size, penalty=penalty: (t - size) ** 2 / 1.4 + penalty.value(np.array([[t]]), 0.8),
                bounds=(0.0, 4.0),
                method="bounded",
                options={"xatol": 1e-10},
            )
            # a bounded search knows the place of a smooth minimum to the root of rounding
            assert penalty.prox(np.array([[size]]), 0.8, 0.7)[0, 0] == pytest.approx(found.x, abs=1e-6)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: GroupLasso(weights=(1.0, 0.0)), "weights"),
        (lambda: GroupLasso(weights=(1.0, 2.0)).value(np.ones((1, 3)), 1.0), "weights"),
        (lambda: GroupElasticNet(0.0), "l1_ratio"),
        (lambda: GroupElasticNet(1.1), "l1_ratio"),
        (lambda: SparseGroupLasso(1.0), "l1_ratio"),
        (lambda: SparseGroupLasso("half"), "l1_ratio"),  # type: ignore[arg-type]
        (lambda: GroupMCP(1.0), "gamma"),
        (lambda: GroupSCAD(2.0), "gamma"),
        (lambda: GroupKSupport(0), "k"),
        (lambda: GroupKSupport(2.5), "k"),  # type: ignore[arg-type]
        (lambda: penalties.AdaptiveGroupLasso(gamma=-1.0), "gamma"),
        (lambda: penalties.STLSQ(ridge=-1.0), "ridge"),
    ],
)
def test_options_out_of_range_are_refused_by_name(make: object, name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        make()  # type: ignore[operator]


class _OwnPenalty:
    def value(self, coef: np.ndarray, alpha: float) -> float:
        return 0.0

    def prox(self, coef: np.ndarray, alpha: float, step: float) -> np.ndarray:
        return coef

    def kkt(self, coef: np.ndarray, correlation: np.ndarray, alpha: float) -> np.ndarray:
        return np.linalg.norm(correlation, axis=0)


def test_names_objects_and_own_penalties_are_told_apart() -> None:
    for name, cls in penalties.PENALTIES.items():
        assert as_penalty(name) == cls()
        assert cls.name == name  # type: ignore[attr-defined]
        with pytest.raises(ValueError, match="unknown penalty"):
            as_penalty(cls)  # type: ignore[arg-type]
    own = _OwnPenalty()
    assert as_penalty(own) is own
    for wrong in (_OwnPenalty, "lasso", None, 3, object()):
        with pytest.raises(ValueError, match="prox, value and kkt"):
            as_penalty(wrong)  # type: ignore[arg-type]
