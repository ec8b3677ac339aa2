"""Gram systems: the formulas of the interface, from single rows in loops."""

from __future__ import annotations

import numpy as np
import pytest
from problems import PROBLEMS

from spreme.gram import BLOCK, GramSums, build, from_sums


@pytest.mark.parametrize("problem", PROBLEMS)
def test_formulas(problem: str) -> None:
    own = PROBLEMS[problem]()
    system = own.system()
    E, K, S = len(own.thetas), own.thetas[0].shape[1], own.targets[0].shape[1]
    assert system.gram.shape == (E, K, K)
    assert system.cross.shape == (E, S, K)
    assert system.y_sq.shape == (E, S)
    assert system.scale.shape == (E, K)
    assert (system.n_environments, system.n_states, system.n_terms) == (E, S, K)
    assert system.n_samples.tolist() == [len(theta) for theta in own.thetas]
    scale = np.sqrt(np.mean([np.mean(theta**2, axis=0) for theta in own.thetas], axis=0))
    scale[scale == 0] = 1.0
    for e, (theta, y) in enumerate(zip(own.thetas, own.targets, strict=True)):
        unit = theta / scale
        np.testing.assert_allclose(system.scale[e], scale, rtol=1e-13)
        np.testing.assert_allclose(system.gram[e], np.mean(unit[:, :, None] * unit[:, None], axis=0), atol=1e-13)
        np.testing.assert_allclose(system.cross[e], np.mean(y[:, :, None] * unit[:, None], axis=0), atol=1e-12)
        np.testing.assert_allclose(system.y_sq[e], np.mean(y**2, axis=0), rtol=1e-13)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_columns_have_unit_mean_square_over_environments(problem: str) -> None:
    own = PROBLEMS[problem]()
    mean = np.einsum("ejj->ej", own.system().gram).mean(axis=0)
    seen = np.any([theta.any(axis=0) for theta in own.thetas], axis=0)
    np.testing.assert_allclose(mean, seen.astype(float), atol=1e-13)


def test_zero_column_has_scale_one() -> None:
    assert PROBLEMS["zero column"]().system().scale[:, 3].tolist() == [1.0, 1.0]


def test_blocks_add_up() -> None:
    rng = np.random.default_rng(0)
    n = 2 * BLOCK + 17
    theta, y = rng.standard_normal((n, 3)), rng.standard_normal((n, 2))
    system = build([theta], [y])
    scale = np.sqrt((theta**2).mean(axis=0))
    np.testing.assert_allclose(system.gram[0], (theta / scale).T @ (theta / scale) / n, atol=1e-12)
    np.testing.assert_allclose(system.cross[0], y.T @ (theta / scale) / n, atol=1e-12)
    assert system.n_samples.tolist() == [n]
    sums = GramSums(3, 2)
    for part in np.split(np.arange(n), [5, 1000, BLOCK + 3]):
        sums.add(theta[part], y[part])
    other = from_sums([sums])
    np.testing.assert_allclose(other.gram, system.gram, atol=1e-12)
    np.testing.assert_allclose(other.y_sq, system.y_sq, rtol=1e-12)


def test_inputs_stay_and_lists_are_taken() -> None:
    theta, y = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[1.0], [0.0]])
    before = theta.copy(), y.copy()
    system = build([theta], [y])
    np.testing.assert_array_equal(theta, before[0])
    np.testing.assert_array_equal(y, before[1])
    np.testing.assert_allclose(build([theta.tolist()], [y.tolist()]).gram, system.gram)
    np.testing.assert_allclose(build([theta.astype(np.float32)], [y.astype(int)]).gram, system.gram)


ONES = np.ones((3, 2))


@pytest.mark.parametrize(
    ("thetas", "targets", "message"),
    [
        ([], [], "at least one"),
        ([ONES], [], "as many targets"),
        ([ONES], [np.ones(3)], "environment 0.*two-dimensional"),
        ([ONES, ONES], [ONES, np.ones((4, 2))], "environment 1.*3 rows"),
        ([np.ones((0, 2))], [np.ones((0, 1))], "environment 0.*not 0"),
        ([ONES, np.ones((3, 3))], [ONES, ONES], "environment 1 has 3 terms"),
        ([ONES, ONES], [ONES, np.ones((3, 1))], "environment 1 has 2 terms and 1 states"),
        ([np.full((3, 2), np.nan)], [ONES], "environment 0.*not finite"),
        ([ONES], [np.full((3, 2), np.inf)], "environment 0.*not finite"),
        ([np.ones((3, 0))], [ONES], "at least one column"),
        ([ONES, 1e200 * ONES], [ONES, ONES], "environment 1.*overflow"),
        ([ONES], [1e200 * ONES], "environment 0.*overflow"),
        ([[["a"]]], [[[1.0]]], "theta must be a list of numeric matrices"),
        ([ONES], [[[1.0], [1.0, 2.0]]], "target must be a list of numeric matrices"),
    ],
)
def test_what_does_not_fit_is_refused(thetas: list, targets: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(thetas, targets)
