"""`spreme adapt`: the same as the method, under a label that the model does not know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spreme import SpReME, Trajectories

Run = Callable[..., tuple[int, str, str]]
T = np.linspace(0, 3, 31)


def write(path: Path, rate: float, header: str = "t,x", start: float = 1.0) -> None:
    """Decay at one rate."""
    path.write_text("\n".join([header, *(f"{t:.10g},{start * np.exp(-rate * t):.12g}" for t in T), ""]))


@pytest.mark.parametrize("prior", [True, False])
def test_the_same_as_the_method(run: Run, folder: Path, prior: bool) -> None:
    write(folder / "hot.csv", 3.0)
    data = Trajectories.from_csv("hot.csv", time="t", states=["x"])
    model = SpReME.load("decay.json").adapt(data, env="hot", prior=prior)
    code, out, err = run("adapt", "decay.json", "hot.csv", "--out", "hot.json", *([] if prior else ["--no-prior"]))
    assert (code, out) == (0, f"{model}\n")
    assert err == "hot.csv: read with --time t --states x\nwrote hot.json\n"
    saved = SpReME.load("hot.json")
    assert saved.environments_ == ["hot"]
    assert np.array_equal(saved.coef_, model.coef_)


def test_several_recordings_of_one_environment(run: Run, folder: Path) -> None:
    write(folder / "monday.csv", 3.0)
    write(folder / "tuesday.csv", 3.0, start=2.0)
    given = ("adapt", "decay.json", "monday.csv", "tuesday.csv", "--env-name", "lab", "--out", "lab.json")
    assert run(*given)[0] == 0
    saved = SpReME.load("lab.json")
    assert saved.environments_ == ["lab"]
    assert saved.coef_.sum() == pytest.approx(-3.0, rel=1e-4)


def test_columns_of_other_names_are_named_in_the_order_of_the_model(run: Run, folder: Path) -> None:
    write(folder / "hot.csv", 3.0, header="day,Level")
    code, _, err = run("adapt", "decay.json", "hot.csv", "--time", "day")
    assert code == 1
    assert "--states: there is no column 'x'; the columns are day, Level" in err
    code, out, _ = run("adapt", "decay.json", "hot.csv", "--time", "day", "--states", "Level")
    assert code == 0
    assert out.startswith("x' = c_x_1*x\n")


def test_a_column_names_the_environment(run: Run, folder: Path) -> None:
    rows = [f"hot,{t:.10g},{np.exp(-3 * t):.12g}" for t in T]
    (folder / "new.csv").write_text("\n".join(["env,t,x", *rows, ""]))
    run("adapt", "decay.json", "new.csv", "--out", "new.json")
    assert SpReME.load("new.json").environments_ == ["hot"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["decay.csv", "--env", "place"], "the data hold the environments cold, warm: adapt takes one at a time"),
        (["hot.csv", "--env-name", "warm"], "the model knows an environment 'warm' already: give the new one another"),
        (["hot.csv", "--states", "x,t"], "--states: the model has 1 of them: x"),
        (["hot.csv", "--inputs", "x"], "--inputs: the model has 0 of them: none"),
        (["none.csv"], "none.csv: no such file or directory"),
    ],
)
def test_faults(run: Run, folder: Path, given: list[str], told: str) -> None:
    write(folder / "hot.csv", 3.0)
    code, out, err = run("adapt", "decay.json", *given, "--out", "never.json")
    assert (code, out) == (1, "")
    assert told in err
    assert not (folder / "never.json").exists()


def test_the_model_is_not_overwritten(run: Run, folder: Path) -> None:
    write(folder / "hot.csv", 3.0)
    before = (folder / "decay.json").read_bytes()
    code, _, err = run("adapt", "decay.json", "hot.csv", "--out", "./decay.json")
    assert code == 2
    assert "--out decay.json would overwrite the input decay.json" in err
    assert (folder / "decay.json").read_bytes() == before
