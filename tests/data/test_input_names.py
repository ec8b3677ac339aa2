"""Names of inputs: given, by default, by columns of a table; kept by whatever keeps the inputs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from spreme.data import Trajectories, Trajectory, coerce

X = [np.arange(6.0), np.arange(6.0) ** 2, np.ones(6)]
U = [np.full((6, 2), float(i)) for i in range(3)]


def driven(**options: object) -> Trajectories:
    """Three trajectories of one state and two inputs."""
    return Trajectories(X, 0.5, ["a", "b", "a"], U, **{"input_names": ["force", "heat"], **options})


def test_names_are_given_or_counted() -> None:
    assert driven().input_names == ["force", "heat"]
    assert driven(input_names=None).input_names == ["u0", "u1"]
    assert Trajectories(X, 0.5).input_names == []
    assert driven(input_names=("\N{KELVIN SIGN}", "b")).input_names == ["K", "b"]  # NFKC, as states are


def test_names_come_with_selections_and_conversions() -> None:
    data = driven()
    parts = [data[1:], data[[0, 2]], data[np.array([True, False, True])], data.where(env="b"), Trajectories(data)]
    parts += [data + data, coerce(data), coerce(data, input_names=["force", "heat"])]
    assert all(part.input_names == ["force", "heat"] and part.n_inputs == 2 for part in parts)
    assert Trajectories(data, input_names=["p", "q"]).input_names == ["p", "q"]
    assert Trajectories(list(data), input_names=["p", "q"]).input_names == ["p", "q"]
    assert Trajectories(list(data)).input_names == ["u0", "u1"]


def test_tables_name_them_by_their_columns(tmp_path) -> None:
    table = pd.DataFrame({"t": range(5), "x": 1.0, "drive": 2.0, "dose": 3.0})
    columns = {"time": "t", "states": ["x"], "inputs": ["dose", "drive"]}
    assert Trajectories.from_frame(table, **columns).input_names == ["dose", "drive"]
    table.to_csv(tmp_path / "runs.csv", index=False)
    data = Trajectories.from_csv(tmp_path / "runs.csv", **columns)
    assert data.input_names == ["dose", "drive"]
    assert data.u[0][0].tolist() == [3.0, 2.0]
    with pytest.raises(ValueError, match=r"input name 'wind speed' is not allowed.*'wind_speed'"):
        Trajectories.from_frame(table.rename(columns={"dose": "wind speed"}), **{**columns, "inputs": ["wind speed"]})


def test_summaries_show_them() -> None:
    assert "inputs        force, heat" in repr(driven())
    assert "inputs force, heat" in driven()._repr_html_()
    assert "inputs" not in repr(Trajectories(X, 0.5))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"input_names": ["force"]}, ValueError, "1 names, but u has 2 inputs"),
        ({"input_names": ["force", "force"]}, ValueError, "'force' is a duplicate"),
        ({"input_names": ["force", "x0"]}, ValueError, "'x0' is the name of a state"),
        ({"input_names": None, "state_names": ["u1"]}, ValueError, "'u1' is the name of a state"),
        ({"input_names": ["force", "lambda"]}, ValueError, "input name 'lambda'.*keyword"),
        ({"input_names": ["force", "sin"]}, ValueError, "input name 'sin'.*function"),
        ({"input_names": ["force", 3]}, TypeError, "input names must be text"),
        ({"input_names": "force"}, TypeError, "input_names must be a list"),
    ],
)
def test_bad_names_are_refused(options: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        driven(**options)


def test_names_without_inputs_and_other_names_are_refused() -> None:
    with pytest.raises(ValueError, match="1 names, but u has 0 inputs"):
        Trajectories(X, 0.5, input_names=["force"])
    with pytest.raises(ValueError, match=r"inputs \['force', 'heat'\].*inputs \['u0', 'u1'\]"):
        driven() + driven(input_names=None)
    with pytest.raises(ValueError, match=r"input_names .* differ"):
        coerce(driven(), input_names=["heat", "force"])


def test_a_trajectory_gives_its_inputs_as_an_array() -> None:
    assert driven()[1].inputs.tolist() == U[1].tolist()
    assert Trajectory(np.arange(4.0), np.ones((4, 1)), 0).inputs.shape == (4, 0)
