"""Data frames of pandas and of polars: the same table gives the same trajectories, the same fault the same refusal."""

import re
import traceback

import numpy as np
import pytest

from spreme.data import Trajectories

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")

nan = np.nan
N = 12
COLUMNS = {"env": "env", "trajectory": "run", "time": "time", "states": ["x", "y"]}


def table():
    """A table in long form as lists: runs 0 and 1 in A, 2 in B."""
    rng = np.random.default_rng(0)
    return {
        "env": ["A"] * (2 * N) + ["B"] * N,
        "run": [0] * N + [1] * N + [2] * N,
        "time": [0.1 * i for i in range(N)] * 3,
        "x": rng.standard_normal(3 * N).tolist(),
        "y": rng.standard_normal(3 * N).tolist(),
    }


@pytest.fixture(params=["pandas", "polars"])
def frame(request):
    """The maker of data frames of one package."""
    return pandas.DataFrame if request.param == "pandas" else polars.DataFrame


def read(df, **changed):
    """Read with the usual columns."""
    return Trajectories.from_frame(df, **{**COLUMNS, **changed})


def refuse(df, *patterns, **changed):
    """The table is refused by a `raise` of the package whose message matches all patterns."""
    with pytest.raises((ValueError, TypeError)) as caught:
        read(df, **changed)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert "/spreme/" in last.filename.replace("\\", "/")
    assert re.search(r"\braise\b", last.line)
    for pattern in patterns:
        assert re.search(pattern, str(caught.value)), str(caught.value)


def test_read(frame):
    columns = table()
    data = read(frame({**columns, "note": ["a"] * (3 * N)}))
    assert data.env == ["A", "A", "B"]
    assert data.state_names == ["x", "y"]
    assert data.n_samples == 3 * N
    assert np.array_equal(data[1].t, columns["time"][:N])
    assert np.array_equal(data[1].x[:, 1], columns["y"][N : 2 * N])


def test_pandas_and_polars_agree():
    columns = table()
    columns["x"][5] = columns["y"][20] = None
    first, second = (read(kind(columns)) for kind in (pandas.DataFrame, polars.DataFrame))
    assert first.env == second.env
    assert all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(first.x + first.t, second.x + second.t, strict=True)
    )
    assert np.isnan(first[0].x[5, 0])
    assert repr(first) == repr(second)


def test_only_time_and_states(frame):
    columns = {name: values[:N] for name, values in table().items()}
    data = read(frame(columns), env=None, trajectory=None)
    assert (len(data), data.environments) == (1, [0])
    assert len(read(frame(columns), trajectory=None)) == 1


def test_inputs_and_integers(frame):
    columns = {**table(), "drive": list(range(3 * N)), "n": [1, 2, 4] * N}
    data = read(frame(columns), inputs=["drive"], states=["n"])
    assert data.n_inputs == 1
    assert data.input_names == ["drive"]
    assert data.u[1][:, 0].tolist() == list(range(N, 2 * N))
    assert data.x[0][:3, 0].tolist() == [1, 2, 4]


def test_runs_that_restart_in_each_environment(frame):
    assert len(read(frame({**table(), "run": [0] * N + [1] * N + [0] * N}))) == 3


def test_rows_of_runs_may_interleave(frame):
    columns = table()
    order = np.argsort(columns["time"], kind="stable")
    mixed = {name: [values[i] for i in order] for name, values in columns.items()}
    first, second = read(frame(columns)), read(frame(mixed))
    assert all(np.array_equal(a, b) for a, b in zip(first.x, second.x, strict=True))


def test_the_frame_is_left_alone():
    df = pandas.DataFrame(table())
    before = df.copy()
    data = read(df)
    data.x[0][:] = 0
    pandas.testing.assert_frame_equal(df, before)


def test_short_run_is_left_out_with_a_warning(frame):
    columns = {name: values[: 2 * N + 2] for name, values in table().items()}
    with pytest.warns(UserWarning, match="trajectory 2 .*environment 'B'.* only 2 samples"):
        assert len(read(frame(columns))) == 2


def test_extension_types_of_pandas():
    df = pandas.DataFrame(table()).convert_dtypes()
    df.loc[3, "x"] = pandas.NA
    df["env"] = df["env"].astype("category")
    data = read(df)
    assert data.environments == ["A", "B"]
    assert np.isnan(data[0].x[3, 0])


def changed(name, values):
    """The table with one column replaced, or some of its entries: values is a list or a dict of rows."""
    columns = table()
    if isinstance(values, dict):
        for row, value in values.items():
            columns[name][row] = value
    else:
        columns[name] = values
    return columns


REFUSED = {
    "missing time": (changed("time", {7: None}), "time", "missing", "row 7"),
    "infinite time": (changed("time", {7: np.inf}), "time", "inf", "row 7"),
    "infinite state": (changed("x", {7: np.inf}), "'x'", "inf", "row 7"),
    "times as words": (changed("time", ["monday"] * (3 * N)), "'time'", "monday", "numbers"),
    "words as state": (changed("y", ["many"] * (3 * N)), "'y'", "many", "numbers"),
    "decimal commas": (changed("y", ["1,5"] * (3 * N)), "'y'", "1,5", "numbers"),
    "booleans": (changed("y", [True] * (3 * N)), "'y'", "bool"),
    "unsorted": (changed("time", {2: 0.05}), "increase", "'time'", "trajectory 0", "'A'", "row 2", "sort"),
    "time twice": (changed("time", {15: 0.2}), "duplicate", "trajectory 1", "'A'", "row 14, row 15"),
    "missing label": (changed("env", {9: None}), "env", "missing", "row 9"),
    "missing run": (changed("run", {9: None}), "run", "missing", "row 9"),
    "mistyped label": (changed("env", {11: "B"}), "trajectory 0", "'env'", "'A'", "'B'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_faulty_table(frame, name):
    columns, *patterns = REFUSED[name]
    refuse(frame(columns), *patterns)


def test_faulty_columns(frame):
    df = frame(table())
    refuse(df, "wolf", "'run'", states=["x", "wolf"])
    refuse(df, "cond", "env", env="cond")
    refuse(df, "states is empty", states=[])
    refuse(df, "states", "list", r"\['x'\]", states="x")
    refuse(df, "inputs", "list", inputs="y")
    refuse(df, "time", "one part", states=["x", "time"])
    refuse(df, "'x'", "one part", states=["x"], inputs=["x"])
    refuse(df, "'x'", "one part", states=["x", "x"])
    refuse(df, "column name", time=["time"])
    refuse(df, "time", "None", time=None)
    refuse(df[:0], "no rows")
    refuse(df, "duplicate", "tells trajectories apart", trajectory=None)


def test_missing_input(frame):
    refuse(frame({**table(), "u": [1.0] * 35 + [None]}), "inputs", "'u'", "row 35", inputs=["u"])


def test_illegal_state_name(frame):
    columns = table()
    columns["prey density"] = columns["x"]
    refuse(frame(columns), "prey density", "prey_density", states=["prey density"])


@pytest.mark.parametrize("missing", [False, True])
def test_dates(frame, missing):
    dates = [np.datetime64("2020-01-01") + np.timedelta64(i, "D") for i in range(N)] * 3
    dates[7] = None if missing else dates[7]
    stamps = [None if date is None else date.astype(object) for date in dates]
    columns = pandas.to_datetime(pandas.Series(stamps)) if frame is pandas.DataFrame else polars.Series(stamps)
    expected = ("missing", "row 7") if missing else ("dates", "total_seconds")
    refuse(frame({**table(), "time": columns}), "time", *expected)


def test_column_twice():
    df = pandas.DataFrame(table()).set_axis(["env", "run", "time", "x", "x"], axis=1)
    refuse(df, "'x'", "duplicate", states=["x"])


def test_not_a_frame():
    for other in ({"x": [1]}, None, "data.csv", np.ones((3, 3))):
        refuse(other, "data frame", "pandas")
    refuse(polars.DataFrame(table()).lazy(), "LazyFrame", "collect")


def test_the_cell_that_is_no_number_is_named() -> None:
    """It makes text of all cells of its column; the first of them is not to blame."""
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"t": range(9), "x": [*map(str, range(8)), "n.d.!"]})
    with pytest.raises(TypeError, match=r"column 'x', row 8.*'n\.d\.!'"):
        Trajectories.from_frame(frame, time="t", states=["x"])


def test_a_forgotten_column_of_environments_is_asked_for() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"run": [1] * 8, "T": [280] * 4 + [290] * 4, "t": [0, 1, 2, 3] * 2, "x": range(8)})
    with pytest.raises(ValueError, match=r"name the column of the environments too \(env="):
        Trajectories.from_frame(frame, trajectory="run", time="t", states=["x"])
