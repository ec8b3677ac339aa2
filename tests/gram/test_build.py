"""Gram systems: the formulas of the interface, from single rows in loops."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import PROBLEMS

from spreme.gram import BLOCK, GramSums, GramSystem, build, from_sums
from spreme.gram.products import LONG_BLOCK, STRIP, WHOLE


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
    n = LONG_BLOCK + 2 * BLOCK + 17
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


def equal(a: GramSystem, b: GramSystem) -> bool:
    """Whether two systems agree to the last bit."""
    names = ("gram", "cross", "y_sq", "n_samples", "scale")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


def close(a: GramSystem, b: GramSystem, rtol: float = 1e-12) -> None:
    """Assert that systems agree to rounding: entries of gram are at most about the number of environments."""
    np.testing.assert_array_equal(a.n_samples, b.n_samples)
    np.testing.assert_allclose(a.scale, b.scale, rtol=rtol)
    np.testing.assert_allclose(a.y_sq, b.y_sq, rtol=rtol)
    np.testing.assert_allclose(a.gram, b.gram, atol=rtol * np.abs(b.gram).max())
    np.testing.assert_allclose(a.cross, b.cross, atol=rtol * max(np.abs(b.cross).max(), 1.0))


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (7, 1), (300, 4), (2 * BLOCK + 3, 6)])
@pytest.mark.parametrize("layout", ["rows", "columns", "every other row", "backwards", "transposed", "int", "float32"])
def test_every_layout_and_type_is_read(shape: tuple[int, int], layout: str) -> None:
    rng = np.random.default_rng(1)
    n, K = shape
    theta = np.round(8 * rng.standard_normal((n, K)))  # whole numbers: int and float32 hold them
    y = np.round(8 * rng.standard_normal((n, 2)))
    given = {
        "rows": theta,
        "columns": np.asfortranarray(theta),
        "every other row": np.repeat(theta, 2, axis=0)[::2],
        "backwards": theta[::-1].copy()[::-1],
        "transposed": np.repeat(theta.T, 2, axis=0)[::2].T,
        "int": theta.astype(np.int32),
        "float32": np.asfortranarray(theta.astype(np.float32)),
    }[layout]
    sums = GramSums(K, 2)
    sums.add(given, y[::-1].copy()[::-1])
    # Products of whole numbers below 2^53 are exact in any order.
    np.testing.assert_array_equal(sums.gram, theta.T @ theta)
    np.testing.assert_array_equal(sums.cross, y.T @ theta)
    np.testing.assert_array_equal(sums.y_sq, (y**2).sum(axis=0))
    assert sums.n_samples == n


def test_wide_grams_are_added_in_strips() -> None:
    rng = np.random.default_rng(2)
    K = max(WHOLE, STRIP) + 5
    theta, y = np.round(4 * rng.standard_normal((40, K))), np.ones((40, 1))
    sums = GramSums(K, 1)
    for first in range(0, 40, 10):
        sums.add(theta[first : first + 10], y[first : first + 10])
    np.testing.assert_array_equal(sums.gram, theta.T @ theta)


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 60), max_size=6), seed=st.integers(0, 99))
def test_rows_may_be_split_anywhere(cuts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    theta, y = rng.standard_normal((60, 3)), rng.standard_normal((60, 2))
    whole, parts, total = GramSums(3, 2), GramSums(3, 2), GramSums(3, 2)
    whole.add(theta, y)
    for rows in np.split(np.arange(60), sorted(cuts)):
        parts.add(theta[rows], y[rows])
        own = GramSums(3, 2)
        own.add(theta[rows], y[rows])
        total = total + own
    close(from_sums([parts]), from_sums([whole]))
    close(from_sums([total]), from_sums([whole]))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_grams_are_symmetric_to_the_last_digit(problem: str) -> None:
    system = PROBLEMS[problem]().system()
    np.testing.assert_array_equal(system.gram, system.gram.transpose(0, 2, 1))


def test_threads_change_nothing() -> None:
    rng = np.random.default_rng(3)
    thetas = [rng.standard_normal((3000 + 100 * e, 60)) for e in range(5)]  # 5e7 multiplications: threads do start
    ys = [rng.standard_normal((len(theta), 2)) for theta in thetas]
    one = build(thetas, ys, n_jobs=1)
    for n_jobs in (None, 2, 7, -1):
        assert equal(build(thetas, ys, n_jobs=n_jobs), one)
    with pytest.raises(ValueError, match=r"environment 3.*not finite"):
        build([*thetas[:3], np.full((5, 60), np.nan)], [*ys[:3], np.ones((5, 2))], n_jobs=2)


@pytest.mark.parametrize("n_jobs", [0, 1.5, "two", True])
def test_number_of_threads_is_checked(n_jobs: object) -> None:
    with pytest.raises(ValueError, match="n_jobs must be"):
        build([np.ones((3, 2))], [np.ones((3, 1))], n_jobs=n_jobs)  # type: ignore[arg-type]


def test_memory_mapped_matrices_are_read_where_they_lie(tmp_path: Path) -> None:
    theta = np.lib.format.open_memmap(tmp_path / "theta.npy", mode="w+", shape=(30_000, 8))
    theta[:] = np.random.default_rng(4).standard_normal(theta.shape)
    y = np.ones((len(theta), 1))
    wanted = build([np.array(theta)], [y])
    tracemalloc.start()
    try:
        system = build([theta], [y])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert equal(system, wanted)
    assert peak < theta.nbytes / 4  # blocks of the targets and the Grams are far less


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_memory_is_the_grams_and_a_block(order: str, dtype: type) -> None:
    n, K = 8 * BLOCK, 50
    thetas = [np.asarray(np.random.default_rng(e).standard_normal((n, K)), dtype=dtype, order=order) for e in range(2)]
    y = [np.ones((n, 1))] * 2
    tracemalloc.start()
    try:
        build(thetas, y, n_jobs=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    grams, block = 2 * K * K * 8, BLOCK * K * 8
    # One block if there is something to convert; products, stripes and the target's blocks are less than 300 kB.
    assert peak < 1.1 * grams + (block if dtype == np.float32 else 0) + 300_000


def test_environments_have_names() -> None:
    ones = np.ones((3, 2))
    assert build([ones, ones], [ones, ones], environments=["a", "b"]).environments == ("a", "b")
    assert build([ones], [ones]).environments is None
    bad = ones.copy()
    bad[2, 1] = np.nan
    with pytest.raises(ValueError, match=r"environment 'b': theta\[2, 1\] is not finite; leave out"):
        build([ones, bad], [ones, ones], environments=["a", "b"])
    with pytest.raises(ValueError, match=r"environment 'b': target\[2, 1\] is not finite"):
        build([ones, ones], [ones, bad], environments=np.array(["a", "b"]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="environment 'b' has 3 terms and 2 states, environment 'a' 2 and 2"):
        build([ones, np.ones((3, 3))], [ones, ones], environments=["a", "b"])
    with pytest.raises(ValueError, match="expected 2 labels"):
        build([ones, ones], [ones, ones], environments=["a"])
    with pytest.raises(ValueError, match="label 'a' twice"):
        build([ones, ones], [ones, ones], environments=["a", "a"])


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
        ([1j * ONES], [ONES], "theta must be a list of numeric matrices.*complex"),
        ([[["a"]]], [[[1.0]]], "theta must be a list of numeric matrices"),
        ([ONES], [[[1.0], [1.0, 2.0]]], "target must be a list of numeric matrices"),
    ],
)
def test_what_does_not_fit_is_refused(thetas: list, targets: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(thetas, targets)
