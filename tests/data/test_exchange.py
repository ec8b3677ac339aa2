"""What is written as a data frame, a Parquet file or a Dataset is read back as it was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreme.data import Trajectories

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pytest.importorskip("xarray")
pytest.importorskip("pyarrow")

nan = np.nan
LABELS = {
    "text": ["B", "A", "B"],
    "whole": [3, 1, 3],
    "real": [0.5, -2.0, 0.5],
    "truth": [True, False, True],
    "tuple": [("a", 1), ("b", 2), ("a", 1)],
    "mixed": ["a", 1, 2.5],
    "large": [2**70, 1, 2],
}


def build(labels, inputs=True, n_states=2):
    """Three trajectories of unequal length and own times; values are missing, the last ones, too."""
    rng = np.random.default_rng(len(labels))
    t = [np.sort(rng.uniform(0, 5, n)) for n in (6, 4, 9)]
    x = [rng.standard_normal((len(own), n_states)) for own in t]
    x[1][2, 0] = x[0][-1] = nan
    u = [rng.standard_normal((len(own), 1)) for own in t] if inputs else None
    return Trajectories(x, t, labels, u, ["x", "y"][:n_states], ["push"] if inputs else None)


def same(a, b):
    """Equal in every respect, labels by type."""
    arrays = zip([*a.x, *a.t, *(a.u or [])], [*b.x, *b.t, *(b.u or [])], strict=True)
    return (
        all(np.array_equal(p, q, equal_nan=True) for p, q in arrays)
        and list(map(repr, a.env)) == list(map(repr, b.env))
        and (a.state_names, a.input_names) == (b.state_names, b.input_names)
        and (a.units, a.time_unit) == (b.units, b.time_unit)
    )


def roles(data):
    """Keywords that read what was written."""
    inputs = data.input_names or None
    return {"time": "time", "states": data.state_names, "env": "env", "trajectory": "trajectory", "inputs": inputs}


@pytest.mark.parametrize("backend", ["pandas", "polars"])
@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("inputs", [True, False])
def test_frames(backend, kind, inputs):
    data = build(LABELS[kind], inputs)
    frame = data.to_frame(backend)
    assert type(frame).__module__.startswith(backend)
    assert list(frame.columns) == ["env", "trajectory", "time", "x", "y", *data.input_names]
    assert len(frame) == data.n_samples
    assert same(Trajectories.from_frame(frame, **roles(data)), data)


@pytest.mark.parametrize("kind", LABELS)
def test_datasets(kind):
    data = build(LABELS[kind]).in_units({"x": "g/L", "push": "N"}, "day")
    dataset = data.to_xarray()
    assert dict(dataset.sizes) == {"trajectory": 3, "sample": 9}
    assert dataset["x"].attrs == {"units": "g/L"}
    assert same(Trajectories.from_xarray(dataset, **roles(data)), data)


@pytest.mark.parametrize("kind", ["text", "whole", "real", "truth"])
@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_parquet(kind, backend, tmp_path):
    data = build(LABELS[kind])
    frame = data.to_frame(backend)
    path = tmp_path / "data.parquet"
    frame.to_parquet(path) if backend == "pandas" else frame.write_parquet(path)
    assert same(Trajectories.from_parquet(path, **roles(data)), data)


values = st.floats(-1e6, 1e6, allow_subnormal=False)


@settings(deadline=None, max_examples=40)
@given(
    x=st.lists(st.lists(st.one_of(values, st.just(nan)), min_size=3, max_size=6), min_size=1, max_size=4),
    labels=st.lists(st.one_of(st.text(max_size=3), st.integers(), st.tuples(st.text(max_size=2))), min_size=4),
)
def test_any_values_and_labels(x, labels):
    kept = [np.array([1.0, *own]) for own in x]  # one value at least: what has none is left out
    data = Trajectories(kept, 0.5, labels[: len(kept)])
    for written, read in (
        (data.to_frame(), Trajectories.from_frame),
        (data.to_frame("polars"), Trajectories.from_frame),
        (data.to_xarray(), Trajectories.from_xarray),
    ):
        assert same(read(written, **roles(data)), data)


def test_dtypes():
    frame = build(LABELS["whole"]).to_frame()
    assert [frame.dtypes[name].kind for name in frame.columns] == ["i", "i", "f", "f", "f", "f"]
    frame = build(LABELS["text"]).to_frame("polars")
    assert frame.dtypes == [polars.String, polars.Int64, *[polars.Float64] * 4]
    assert frame["x"].is_nan().sum() == 2
    assert frame["x"].null_count() == 0


@pytest.mark.parametrize("write", ["to_frame", "to_xarray"])
def test_other_names(write):
    data = Trajectories([np.arange(4.0)], 1.0, state_names=["time"])
    with pytest.raises(ValueError, match=r"time: the column 'time' is a state or an input already.*time='time_'"):
        getattr(data, write)()
    written = getattr(data, write)(time="t", env="place", trajectory="run")
    read = Trajectories.from_frame if write == "to_frame" else Trajectories.from_xarray
    assert same(read(written, time="t", states=["time"], env="place", trajectory="run"), data)
    with pytest.raises(ValueError, match="trajectory: the column 't' is time already"):
        getattr(data, write)(time="t", trajectory="t")


def test_unknown_backend():
    with pytest.raises(ValueError, match="'arrow' of to_frame: choose one of 'pandas', 'polars'"):
        build(LABELS["text"]).to_frame("arrow")


@pytest.mark.parametrize("package", ["pandas", "polars", "xarray"])
def test_missing_packages_are_named(package, monkeypatch):
    data = build(LABELS["text"])
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(ImportError, match=rf'{package}: pip install "spreme\[frames\]"'):
        data.to_xarray() if package == "xarray" else data.to_frame(package)


def test_faulty_parquet(tmp_path, monkeypatch):
    data = build(LABELS["text"])
    path, bad = tmp_path / "data.parquet", tmp_path / "bad.parquet"
    data.to_frame().assign(day=pandas.Timestamp("2020-01-01"), word="many").to_parquet(path)
    bad.write_bytes(b"no table")
    for pattern, changed in (
        ("no column 'wolf'; the columns are 'env'", {"states": ["wolf"]}),
        ("'day' holds dates", {"time": "day"}),
        ("'word', row 0: numbers are expected, got 'many'", {"states": ["word"]}),
    ):
        with pytest.raises((ValueError, TypeError), match=pattern):
            Trajectories.from_parquet(path, **{**roles(data), **changed})
    with pytest.raises(ValueError, match=r"bad\.parquet: not a Parquet file"):
        Trajectories.from_parquet(bad, **roles(data))
    with pytest.raises(OSError, match="nosuch"):
        Trajectories.from_parquet(tmp_path / "nosuch", **roles(data))
    with pytest.raises(TypeError, match="path"):
        Trajectories.from_parquet(3, **roles(data))
    data.to_frame()[:0].to_parquet(path)
    with pytest.raises(ValueError, match="no rows"):
        Trajectories.from_parquet(path, **roles(data))
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r'pip install "spreme\[parquet\]"'):
        Trajectories.from_parquet(path, **roles(data))


def test_columns_of_integers_with_gaps(tmp_path):
    polars.DataFrame({"t": [0, 1, 2, 3], "n": [5, None, 7, 8]}).write_parquet(tmp_path / "n.parquet")
    data = Trajectories.from_parquet(tmp_path / "n.parquet", time="t", states=["n"])
    assert np.array_equal(data.x[0][:, 0], [5, nan, 7, 8], equal_nan=True)
