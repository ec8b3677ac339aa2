"""Datasets of xarray: layouts, what only fills up the array, and what is refused."""

import numpy as np
import pytest

from spreme.data import Trajectories

xarray = pytest.importorskip("xarray")
nan = np.nan

E, R, N = 2, 3, 5
CUBE = np.random.default_rng(0).standard_normal((E, R, N))
T = 0.5 * np.arange(N)


def cube(values=CUBE, **extra):
    """A Dataset of dimensions (env, run, time)."""
    return xarray.Dataset(
        {"x": (("env", "run", "time"), values), "y": (("time", "env", "run"), 2 * np.moveaxis(values, 2, 0)), **extra},
        coords={"env": ["A", "B"], "time": T},
    )


ROLES = {"time": "time", "states": ["x", "y"], "env": "env", "trajectory": "run"}


def test_environments_runs_and_times():
    data = Trajectories.from_xarray(cube(), **ROLES)
    assert data.env == ["A"] * R + ["B"] * R
    for i, member in enumerate(data):
        assert np.array_equal(member.t, T)
        assert np.array_equal(member.x[:, 0], CUBE[divmod(i, R)])
        assert np.array_equal(member.x[:, 1], 2 * CUBE[divmod(i, R)])


def test_environments_as_a_coordinate_of_runs():
    dataset = xarray.Dataset(
        {"x": (("run", "time"), CUBE[0])}, coords={"place": ("run", [7, 8, 7]), "time": T, "run": [10, 11, 12]}
    )
    named = Trajectories.from_xarray(dataset, time="time", states=["x"], env="place", trajectory="run")
    unnamed = Trajectories.from_xarray(dataset, time="time", states=["x"], env="place")
    assert named.env == unnamed.env == [7, 8, 7]
    assert all(type(label) is int for label in named.env)
    assert all(np.array_equal(a, b) for a, b in zip(named.x, unnamed.x, strict=True))
    assert len(Trajectories.from_xarray(dataset, time="time", states=["x"], trajectory="run")) == R


def test_a_single_run_and_dimensions_without_labels():
    dataset = xarray.Dataset({"x": ("time", CUBE[0, 0])}, coords={"time": T})
    assert len(Trajectories.from_xarray(dataset, time="time", states=["x"])) == 1
    data = Trajectories.from_xarray(cube().drop_vars("env"), **ROLES)
    assert data.environments == [0, 1]


def test_tails_are_dropped_and_gaps_are_kept():
    values = CUBE.copy()
    values[0, 1, 3:] = values[1, 2] = values[0, 0, 1] = nan
    data = Trajectories.from_xarray(cube(values), **ROLES)
    assert [len(x) for x in data.x] == [5, 3, 5, 5, 5]
    assert np.isnan(data.x[0][1]).all()


def test_an_environment_without_samples_is_told_of():
    values = CUBE.copy()
    values[1] = nan
    with pytest.warns(UserWarning, match="environment 'B' has no sample"):
        assert Trajectories.from_xarray(cube(values), **ROLES).environments == ["A"]
    with pytest.raises(ValueError, match="empty"):
        Trajectories.from_xarray(cube(nan * CUBE), **ROLES)


def test_inputs_of_fewer_dimensions():
    dataset = cube(force=("time", np.sin(T)), dose=(("env", "time"), np.ones((E, N)) * [[1], [2]]))
    data = Trajectories.from_xarray(dataset, **ROLES, inputs=["force", "dose"])
    assert all(np.array_equal(u[:, 0], np.sin(T)) for u in data.u)
    assert [u[0, 1] for u in data.u] == [1, 1, 1, 2, 2, 2]


def test_inputs_go_on_after_the_last_state():
    values = CUBE.copy()
    values[..., 3:] = nan
    data = Trajectories.from_xarray(cube(values, force=("time", T)), **ROLES, inputs=["force"])
    assert [len(x) for x in data.x] == [N] * (E * R)


def test_own_times():
    times = np.array([[0.0, 1, 2, nan], [0.0, 2, 4, 8]])
    dataset = xarray.Dataset(
        {"x": (("run", "k"), [[1.0, 2, nan, 5], [1.0, 2, 3, nan]])}, coords={"t": (("run", "k"), times)}
    )
    data = Trajectories.from_xarray(dataset, time="t", states=["x"], trajectory="run")
    assert [own.tolist() for own in data.t] == [[0, 1, 2], [0, 2, 4, 8]]


def test_units_of_attributes():
    dataset = cube()
    dataset["x"].attrs["units"] = "kg m-2 s-1"
    dataset["time"].attrs["units"] = "days since 2001-01-01"
    data = Trajectories.from_xarray(dataset, **ROLES)
    assert (data.units, data.time_unit) == ({"x": "kg m-2 s-1"}, "days")
    data = Trajectories.from_xarray(dataset, **ROLES, units={"x": "g", "y": "mol"}, time_unit="h")
    assert (data.units, data.time_unit) == ({"x": "g", "y": "mol"}, "h")
    assert np.array_equal(data[0].x[:, 0], CUBE[0, 0])


def dates():
    """A Dataset whose times are dates."""
    return cube().assign_coords(time=np.datetime64("2020-01-01") + np.arange(N) * np.timedelta64(1, "D"))


REFUSED = {
    "no Dataset": (lambda: cube()["x"], {}, "to_dataset"),
    "a dict": (lambda: {"x": [1]}, {}, "xarray Dataset is expected, got dict"),
    "no such variable": (cube, {"states": ["wolf"]}, "there is no column 'wolf'"),
    "states as text": (cube, {"states": "x"}, "list"),
    "no times": (lambda: cube().drop_vars("time"), {}, "'time' has no coordinate"),
    "a dimension too many": (cube, {"trajectory": None}, "'x' has the dimension 'run'.*isel"),
    "a state of no time": (lambda: cube(z=("run", np.ones(R))), {"states": ["z"]}, "'z' has no dimension 'time'"),
    "env of no state": (lambda: cube().isel(env=0, drop=True).assign(env=("env", [1, 2])), {}, "tells none apart"),
    "input of no state": (
        lambda: cube(u=(("pump", "time"), np.ones((2, N)))),
        {"inputs": ["u"]},
        "'u' has the dimension 'pump', which no state has",
    ),
    "dates": (dates, {}, "dates"),
    "words": (lambda: cube(z=(("env", "run", "time"), np.full(CUBE.shape, "a"))), {"states": ["z"]}, "'z'.*strings"),
    "unknown unit": (lambda: cube().assign(x=cube()["x"].assign_attrs(units="furlonk")), {}, "'x'.*'furlonk'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_faulty_dataset(name):
    make, changed, pattern = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=pattern):
        Trajectories.from_xarray(make(), **{**ROLES, **changed})
