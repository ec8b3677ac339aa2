"""Blocks of rows that come one after the other: iterators, memory-mapped arrays, Parquet files."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from spreme.gram import GramSystem, build, from_parquet, from_states
from spreme.library import PolynomialLibrary


def rows(n: int, n_terms: int = 4, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, n_terms))


def close(a: GramSystem, b: GramSystem) -> None:
    """Assert that systems agree up to rounding; entries of the scaled Grams are of size one."""
    np.testing.assert_array_equal(a.n_samples, b.n_samples)
    for name in ("gram", "cross", "y_sq", "scale"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-12, atol=1e-13)


def test_blocks_of_any_size_and_order() -> None:
    a, b = rows(100), rows(70, seed=1)
    blocks = [(3, a[:1], a[:1, :2]), ("b", b, b[:, :2]), (3, a[1:1], a[1:1, :2]), (3, a[1:], a[1:, :2])]
    wanted = build([a, b], [a[:, :2], b[:, :2]])
    system = GramSystem.from_blocks(blocks)
    close(system, wanted)
    assert system.environments == (3, "b")
    turned = GramSystem.from_blocks(iter(blocks), environments=["b", 3])
    close(turned, build([b, a], [b[:, :2], a[:, :2]]))
    assert turned.environments == ("b", 3)


def test_memory_mapped_blocks_are_never_in_memory_together(tmp_path: Path) -> None:
    theta = np.lib.format.open_memmap(tmp_path / "theta.npy", mode="w+", shape=(60_000, 8), dtype=np.float32)
    theta[:] = rows(60_000, 8)
    y = theta[:, :1].astype(float)

    def blocks() -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        for first in range(0, len(theta), 4096):
            yield first // 30_000, theta[first : first + 4096], y[first : first + 4096]

    tracemalloc.start()
    try:
        system = GramSystem.from_blocks(blocks())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert system.n_samples.sum() == len(theta)
    assert peak < len(theta) * 8 * 8 / 10  # the whole as doubles
    labels = np.repeat(np.arange(0, len(theta), 4096) // 30_000, 4096)[: len(theta)]
    close(system, build([theta[labels == e] for e in (0, 1)], [y[labels == e] for e in (0, 1)]))


ONES = np.ones((3, 2))


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([], "at least one block"),
        ([("a", ONES, ONES), ("b", np.ones((3, 3)), ONES)], r"block 1 \(environment 'b'\) has 3 terms and 2 states"),
        ([("a", ONES, ONES), ("a", ONES, np.ones((2, 2)))], r"block 1 \(environment 'a'\): 3 rows of theta, 2 of"),
        ([("a", ONES, np.ones(3))], r"block 0 .*two-dimensional"),
        ([("a", ONES, ONES), ("b", np.nan * ONES, ONES)], "environment 'b', block 1: .*not finite"),
        ([("a", ONES, 1e200 * ONES)], "environment 'a', block 0: .*overflow"),
        ([(np.str_("a"), ONES, np.array([["u"] * 2] * 3))], r"environment 'a'\): target must hold real numbers"),
        ([("a", ONES[:0], ONES[:0])], "environment 'a' has no rows"),
    ],
)
def test_blocks_that_do_not_fit_are_refused(blocks: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GramSystem.from_blocks(blocks)


def test_labels_are_checked() -> None:
    with pytest.raises(ValueError, match=r"block 0 .*the label is not in environments=\['b'\]"):
        GramSystem.from_blocks([("a", ONES, ONES)], environments=["b"])
    with pytest.raises(ValueError, match="environment 'b' has no rows"):
        GramSystem.from_blocks([("a", ONES, ONES)], environments=["a", "b"])
    with pytest.raises(ValueError, match="label 'a' twice"):
        GramSystem.from_blocks([("a", ONES, ONES)], environments=["a", "a"])


@pytest.fixture
def frame():  # type: ignore[no-untyped-def]  # pandas is imported where it is used
    """Two environments in turns, in one table."""
    pytest.importorskip("pyarrow")
    pd = pytest.importorskip("pandas")
    x = rows(1000, 2, seed=5)
    columns = {"x": x[:, 0], "y": x[:, 1].astype(np.float32), "k": np.arange(1000), "dx": x[:, 0] ** 2}
    return pd.DataFrame({**columns, "env": np.where(np.arange(1000) // 130 % 2, "b", "a"), "note": "-"})


def test_parquet_row_groups(frame, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    frame.to_parquet(tmp_path / "runs.parquet", row_group_size=97)
    system = from_parquet(tmp_path / "runs.parquet", ["x", "y", "k"], ["dx", "x"], env="env")
    parts = [frame[frame["env"] == label] for label in "ab"]
    wanted = build([p[["x", "y", "k"]].to_numpy(float) for p in parts], [p[["dx", "x"]].to_numpy(float) for p in parts])
    close(system, wanted)
    assert system.environments == ("a", "b")
    frame.astype({"env": "category"}).to_parquet(tmp_path / "categories.parquet", row_group_size=97)
    close(from_parquet(str(tmp_path / "categories.parquet"), ["x", "y", "k"], ["dx", "x"], env="env"), wanted)


def test_parquet_files_of_states(frame, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    parts = {"first": frame[:300], "second": frame[300:]}
    for name, part in parts.items():
        part.to_parquet(tmp_path / f"{name}.parquet")
    table = PolynomialLibrary(degree=3).table(["x", "y"])
    paths = [tmp_path / f"{name}.parquet" for name in parts]
    system = from_parquet(paths, ["x", "y"], ["dx"], table=table, environments=["second", "first"])
    x = [parts[name][["x", "y"]].to_numpy(float) for name in ("second", "first")]
    close(system, from_states(table, x, [parts[name][["dx"]].to_numpy(float) for name in ("second", "first")]))


def test_damaged_parquet_is_refused(frame, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "runs.parquet"
    frame.loc[700, "x"] = np.nan
    frame.to_parquet(path, row_group_size=250)
    with pytest.raises(ValueError, match="has no column 'z'; it has x, y, k"):
        from_parquet(path, ["z"], ["dx"])
    with pytest.raises(ValueError, match="column 'note' is not numeric"):
        from_parquet(path, ["note"], ["dx"])
    with pytest.raises(ValueError, match=r"environment 'runs', block 2: theta\[200, 0\] is not finite"):
        from_parquet(path, ["x"], ["dx"])
    with pytest.raises(ValueError, match="columns must be a list"):
        from_parquet(path, "x", ["dx"])
    frame.loc[3, "env"] = None
    frame.to_parquet(path)
    with pytest.raises(ValueError, match="1 rows have no environment"):
        from_parquet(path, ["y"], ["dx"], env="env")


def test_parquet_names_its_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"spreme\[parquet\]"):
        from_parquet(tmp_path / "runs.parquet", ["x"], ["dx"])
