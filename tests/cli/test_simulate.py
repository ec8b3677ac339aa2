"""`spreme simulate`: closed forms, bands, inputs, an end before the last time."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spreme import PolynomialLibrary, SpReME, Trajectories

Run = Callable[..., tuple[int, str, str]]
START = ("--start", "x=2", "--until", "1")


def columns(text: str) -> dict[str, np.ndarray]:
    """Columns of a table of numbers."""
    header, *rows = csv.reader(io.StringIO(text))
    values = np.array([[float(cell or "nan") for cell in row] for row in rows])
    return dict(zip(header, values.T, strict=True))


def test_exponential_decay(run: Run) -> None:
    code, out, err = run("simulate", "decay.json", "--env", "warm", *START, "--step", "0.25")
    assert (code, err) == (0, "")
    found = columns(out)
    assert list(found) == ["time", "x"]
    assert found["time"].tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    # The fit is exact to rounding and integration of the fit (1e-6), the table has ten digits.
    assert found["x"] == pytest.approx(2.0 * np.exp(-2.0 * found["time"]), rel=1e-5)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["--until", "1"], np.linspace(0, 1, 101)),
        (["--until", "1", "--step", "0.3"], [0.0, 0.3, 0.6, 0.9]),
        (["--until", "0.3", "--step", "0.1"], [0.0, 0.1, 0.2, 0.3]),  # 0.3 / 0.1 is a little less than 3
        (["--from", "5", "--until", "5.5", "--step", "0.25"], [5.0, 5.25, 5.5]),
        (["--from", "1", "--until", "-1", "--step", "0.5"], [1.0, 0.5, 0.0, -0.5, -1.0]),
        (["--until", "1", "--step", "3"], [0.0]),
    ],
)
def test_times(run: Run, given: list[str], expected: list[float]) -> None:
    _, out, _ = run("simulate", "decay.json", "--env", "cold", "--start", "x=1", *given)
    found = columns(out)
    assert found["time"] == pytest.approx(np.array(expected), abs=1e-9)
    assert found["x"] == pytest.approx(np.exp(found["time"][0] - found["time"]), rel=1e-5)


def test_a_band_is_that_of_the_package(run: Run) -> None:
    _, out, _ = run("simulate", "decay.json", "--env", "cold", *START, "--band", "0.9", "--seed", "3", "--step", "0.5")
    forecast = SpReME.load("decay.json").simulate([2.0], [0, 0.5, 1.0], "cold", band=0.9, random_state=3)
    found = columns(out)
    assert list(found) == ["time", "x", "x_lower", "x_upper"]
    assert forecast.lower is not None
    assert found["x_lower"] == pytest.approx(forecast.lower[:, 0], rel=1e-9)


@pytest.mark.parametrize("name", ["forecast.csv", "forecast.parquet"])
def test_files_hold_the_same(run: Run, folder: Path, name: str) -> None:
    pandas = pytest.importorskip("pandas")
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    given = ("simulate", "decay.json", "--env", "cold", *START)
    printed = columns(run(*given)[1])
    code, out, err = run(*given, "--out", name)
    assert (code, out, err) == (0, "", f"wrote {name}\n")
    frame = pandas.read_csv(name) if name.endswith("csv") else pandas.read_parquet(name)
    for column, values in printed.items():
        assert frame[column].to_numpy() == pytest.approx(values, rel=1e-9)


def test_a_forecast_can_be_fitted(run: Run) -> None:
    run("simulate", "decay.json", "--env", "warm", *START, "--out", "again.csv")
    code, _, _ = run("fit", "again.csv", "--allow", "x: x", "--out", "again.json")
    assert code == 0
    assert SpReME.load("again.json").coef_.sum() == pytest.approx(-2.0, rel=1e-4)


@pytest.fixture
def explosive(folder: Path) -> Path:
    """A model of x' = x**2, of which a start at 1 blows up at the time 1."""
    t = np.linspace(0, 0.8, 41)
    x = [1 / (1 / start - t) for start in (0.5, 1.0)]
    data = Trajectories(x, t, state_names=["x"])
    path = folder / "explosive.json"
    SpReME(PolynomialLibrary(2), allowed={"x": ["x**2"]}).fit(data).save(path)
    return path


def test_a_blow_up_is_a_table_up_to_it_and_an_exit_code(run: Run, explosive: Path) -> None:
    code, out, err = run("simulate", str(explosive), "--start", "x=1", "--until", "2", "--step", "0.3")
    assert code == 4
    assert columns(out)["time"] == pytest.approx([0, 0.3, 0.6, 0.9])
    assert err.startswith("Warning: blow-up at t = ")


@pytest.fixture
def driven(folder: Path) -> None:
    """A model of x' = -x + u."""
    t = np.linspace(0, 6, 61)
    u = [np.ones_like(t), np.full_like(t, 0.5)]
    x = [1 - np.exp(-t), 0.5 + 0.5 * np.exp(-t)]
    data = Trajectories(x, t, u=u, state_names=["x"], input_names=["u"])
    SpReME(PolynomialLibrary(1), allowed={"x": ["x", "u"]}).fit(data).save("driven.json")


@pytest.mark.usefixtures("driven")
def test_a_constant_input(run: Run) -> None:
    given = ("simulate", "driven.json", "--start", "x=0", "--until", "2", "--step", "0.5")
    found = columns(run(*given, "--input", "u=3")[1])
    assert found["x"] == pytest.approx(3 * (1 - np.exp(-found["time"])), abs=1e-4)


@pytest.mark.usefixtures("driven")
def test_inputs_of_a_file_are_linear_between_its_rows(run: Run, folder: Path) -> None:
    (folder / "u.csv").write_text("hour,u\n-1,0\n0,0\n0.7,0\n1.7,1\n5,1\n")
    given = ("simulate", "driven.json", "--start", "x=0", "--until", "2", "--step", "0.5")
    code, out, _ = run(*given, "--input-file", "u.csv", "--time", "hour")
    assert code == 0
    found = columns(out)
    assert found["time"].tolist() == [0, 0.5, 1, 1.5, 2]
    # x' = -x + (t - a) from a = 0.7 on, then u = 1 from 1.7 on.
    ramp = lambda t: (t - 0.7) - 1 + np.exp(0.7 - t)  # noqa: E731
    exact = [0, 0, ramp(1.0), ramp(1.5), 1 + (ramp(1.7) - 1) * np.exp(-0.3)]
    assert found["x"] == pytest.approx(exact, abs=1e-4)


@pytest.mark.usefixtures("driven")
@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["driven.json"], "the model has the inputs u: give --input or --input-file"),
        (["driven.json", "--input", "v=1"], "--input: v is no input; give every input of the model: u"),
        (
            ["driven.json", "--input-file", "u.csv", "--until", "9"],
            "the inputs run from 0 to 5, the forecast needs 0 to 9",
        ),
        (["driven.json", "--input-file", "gap.csv"], "gap.csv: the inputs of one forecast are needed, complete"),
        (["decay.json", "--env", "cold", "--input", "u=1"], "decay.json: the model has no inputs"),
        (["decay.json"], "--env is needed, the coefficients differ between environments: give one of 'cold', 'warm'"),
        (["decay.json", "--env", "hot"], "--env hot: the model has no such environment; it has 'cold', 'warm'"),
        (["decay.csv"], "decay.csv: not a spreme model"),
        (["none.json"], "none.json: no such file or directory"),
    ],
)
def test_faults(run: Run, folder: Path, given: list[str], told: str) -> None:
    (folder / "u.csv").write_text("t,u\n0,0\n1,0\n5,1\n")
    (folder / "gap.csv").write_text("t,u\n0,0\n1,\n5,1\n")
    code, out, err = run("simulate", "--start", "x=1", "--until", "1", *given)
    assert (code, out) == (1, "")
    assert err.startswith("Error: ") and told in err


@pytest.mark.parametrize(("start", "told"), [("y=1", "y is no state"), ("x=1,y=1", "y is no state")])
def test_a_start_names_every_state(run: Run, start: str, told: str) -> None:
    code, _, err = run("simulate", "decay.json", "--env", "cold", "--start", start, "--until", "1")
    assert code == 1
    assert f"--start: {told}; give every state of the model: x" in err
