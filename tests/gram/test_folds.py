"""Systems of the folds of a cross-validation."""

from __future__ import annotations

import numpy as np
import pytest

from spreme.gram import GramSystem, build, build_folds

rng = np.random.default_rng(0)
THETAS = [rng.standard_normal((n, 4)) * [0.01, 1.0, 5.0, 100.0] for n in (60, 91)]
TARGETS = [rng.standard_normal((len(theta), 2)) for theta in THETAS]

FOLDS = {
    "blocks": [np.arange(len(theta)) * 3 // len(theta) for theta in THETAS],
    "shuffled": [np.random.default_rng(1).integers(0, 3, len(theta)) for theta in THETAS],
    "one fold less in an environment": [np.arange(60) % 2, np.arange(91) % 3],
}


def close(a: GramSystem, b: GramSystem) -> None:
    """Assert that systems agree up to rounding; entries of the scaled Grams are of size one."""
    np.testing.assert_array_equal(a.n_samples, b.n_samples)
    for name in ("gram", "cross", "y_sq", "scale"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-12, atol=1e-13)


def of_rows(chosen: list[np.ndarray]) -> GramSystem:
    """System of some rows."""
    return build([t[own] for t, own in zip(THETAS, chosen)], [y[own] for y, own in zip(TARGETS, chosen)])  # noqa: B905


@pytest.mark.parametrize("name", FOLDS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_folds_are_built_from_their_rows(name: str, order: str) -> None:
    thetas = [np.asarray(theta, order=order) for theta in THETAS]  # type: ignore[call-overload]
    folds = build_folds(thetas, TARGETS, FOLDS[name], environments=["a", "b"])
    assert folds.n_folds == 3
    close(folds.whole(), build(THETAS, TARGETS))
    assert folds.whole().environments == ("a", "b")
    for k in range(3):
        training, held_out = folds.training(k), folds.held_out(k)
        close(training, of_rows([own != k for own in FOLDS[name]]))
        np.testing.assert_array_equal(held_out.scale, training.scale)
        for e, own in enumerate(FOLDS[name]):
            assert held_out.n_samples[e] == (own == k).sum()
            if (own == k).any():
                unit, y = THETAS[e][own == k] / training.scale[e], TARGETS[e][own == k]
                np.testing.assert_allclose(held_out.gram[e], unit.T @ unit / len(unit), rtol=1e-12, atol=1e-13)
                np.testing.assert_allclose(held_out.cross[e], y.T @ unit / len(unit), rtol=1e-12, atol=1e-13)
            else:
                assert not held_out.gram[e].any()


def test_nothing_cancels() -> None:
    """A fold 1e12 times as large as the others leaves no trace in the system without it."""
    theta = np.ones((90, 1))
    theta[:30] = 1e12
    folds = build_folds([theta], [theta], [np.repeat([0, 1, 2], 30)])
    assert folds.training(0).scale.item() == 1.0
    assert folds.training(0).y_sq.item() == 1.0


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([FOLDS["blocks"][0]], "folds for 2 environments, got 1"),
        ([np.zeros(60, int), np.zeros(91, int)], "at least two folds"),
        ([np.zeros(60, int), np.zeros(90, int)], "environment 'b': folds must be 91 whole numbers"),
        ([np.zeros(60, int), np.zeros(91)], "environment 'b': folds must be 91 whole numbers"),
        ([np.zeros(60, int) - 1, np.zeros(91, int)], "environment 'a': folds must be 60 whole numbers"),
    ],
)
def test_folds_are_checked(folds: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_folds(THETAS, TARGETS, folds, environments=["a", "b"])


def test_folds_that_leave_nothing_are_refused() -> None:
    folds = build_folds(THETAS, TARGETS, [np.zeros(60, int), np.arange(91) % 2], environments=["a", "b"])
    with pytest.raises(ValueError, match="environment 'a' has no rows outside fold 0"):
        folds.training(0)
    with pytest.raises(ValueError, match="no fold 2: the folds are 0 to 1"):
        folds.training(2)
    assert folds.held_out(1).n_samples.tolist() == [0, 45]
    bad = THETAS[1].copy()
    bad[3, 2] = np.nan
    with pytest.raises(ValueError, match=r"environment 'b': theta\[3, 2\] is not finite"):
        build_folds([THETAS[0], bad], TARGETS, FOLDS["blocks"], environments=["a", "b"])
