"""`spreme fit`: the same law as the package finds, from CSV and Parquet, printed, saved and reported."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spreme import CustomLibrary, FourierLibrary, PolynomialLibrary, SpReME, Trajectories
from spreme.cli.fit import CRITERIA, LOSSES, TIES
from spreme.estimators import options

Run = Callable[..., tuple[int, str, str]]
READ = ("--env", "place", "--allow", "x: x")  # a search among one term is quick


def test_the_law_is_that_of_the_package(run: Run, folder: Path) -> None:
    data = Trajectories.from_csv("decay.csv", time="t", states=["x"], env="place")
    model = SpReME(allowed={"x": ["x"]}).fit(data)
    code, out, err = run("fit", "decay.csv", *READ, "--out", "new.json")
    assert (code, out) == (0, f"{model}\n")
    assert err == "decay.csv: read with --env place --time t --states x\nwrote new.json\n"
    saved = SpReME.load("new.json")
    assert np.array_equal(saved.coef_, model.coef_)
    assert saved.verbose == 0


def test_quiet_and_verbose(run: Run) -> None:
    assert run("fit", "decay.csv", *READ, "--quiet")[2] == ""
    code, out, err = run("fit", "decay.csv", *READ, "--verbose")
    assert (code, out) == run("fit", "decay.csv", *READ)[:2]
    assert "masks fitted" in err


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_the_format_of_the_table_changes_nothing(run: Run, suffix: str) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv("decay.csv")
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
        frame.to_parquet("other.parquet")
    else:
        frame.to_csv(f"other{suffix}", index=False, sep="\t" if suffix == ".tsv" else ",")
    assert run("fit", f"other{suffix}", *READ)[:2] == run("fit", "decay.csv", *READ)[:2]


def test_semicolons_and_decimal_commas(run: Run, folder: Path) -> None:
    text = (folder / "decay.csv").read_text()
    (folder / "comma.csv").write_text(text.replace(",", ";").replace(".", ","))
    code, out, _ = run("fit", "comma.csv", *READ, "--decimal", ",")
    assert (code, out) == run("fit", "decay.csv", *READ)[:2]
    code, _, err = run("fit", "comma.csv", *READ)
    assert code == 1
    assert "pass --decimal ','" in err


def test_each_file_is_an_environment_without_a_column_of_them(run: Run, folder: Path) -> None:
    lines = (folder / "decay.csv").read_text().splitlines()
    for name in ("cold", "warm"):
        own = [line.partition(",")[2] for line in lines if line.startswith(name)]
        (folder / f"{name}.csv").write_text("\n".join(["t,x", *own, ""]))
    code, out, _ = run("fit", "cold.csv", "warm.csv", "--allow", "x: x")
    assert (code, out) == run("fit", "decay.csv", *READ)[:2]


def test_files_with_a_column_of_environments_are_joined(run: Run, folder: Path) -> None:
    (folder / "again.csv").write_text((folder / "decay.csv").read_text())
    assert run("fit", "decay.csv", "again.csv", *READ, "--out", "both.json")[0] == 0
    assert SpReME.load("both.json").environments_ == ["cold", "warm"]


class Caught(Exception):
    """Ends a command where the estimator has been made."""


@pytest.fixture
def arguments(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., types.SimpleNamespace]:
    """Arguments of the estimator that options lead to."""

    def of(*given: str) -> types.SimpleNamespace:
        caught = {}

        def remember(self: SpReME, data: Trajectories) -> None:
            caught.update(self.get_params(deep=False), data=data)
            raise Caught

        monkeypatch.setattr(SpReME, "fit", remember)
        with pytest.raises(Caught):
            run("fit", "decay.csv", "--env", "place", *given)
        return types.SimpleNamespace(**caught)

    return of


def test_defaults_are_those_of_the_estimator(arguments: Callable[..., types.SimpleNamespace]) -> None:
    found, defaults = vars(arguments()), SpReME().get_params(deep=False)
    different = {name for name, value in defaults.items() if found[name] != value}
    assert different == {"random_state"}


def test_options_become_arguments(arguments: Callable[..., types.SimpleNamespace]) -> None:
    spelled = ["--degree", "2", "--fourier", "1", "--term", "exp(-x)", "--term", "x/(1 + x)", "--criterion", "bic"]
    spelled += ["--tie", "x: x", "--max-terms", "3", "--loss", "huber", "--jobs", "-1", "--seed", "7"]
    spelled += ["--allow", "x: x, x**2", "--allow", "x: 1", "--require", "x: x", "--exclude", "x: x**3"]
    found = arguments(*spelled)
    library = PolynomialLibrary(2) + FourierLibrary(1) + CustomLibrary(("exp(-x)", "x/(1 + x)"))
    assert found.library == library
    assert (found.criterion, found.loss, found.max_terms, found.n_jobs, found.random_state) == (
        "bic",
        "huber",
        3,
        -1,
        7,
    )
    assert (found.allowed, found.required) == ({"x": ["x", "x**2", "1"]}, {"x": ["x"]})
    assert (found.excluded, found.tie) == ({"x": ["x**3"]}, {"x": ["x"]})
    assert arguments("--tie", "auto").tie == "auto"


def test_words_are_those_of_the_estimator() -> None:
    assert set(CRITERIA) == {"auto", *options.LIKELIHOOD_CRITERIA}
    assert set(LOSSES) == set(options.LOSSES)
    assert set(TIES) == set(options.TIES)


def test_inputs_and_trajectories(arguments: Callable[..., types.SimpleNamespace], folder: Path) -> None:
    rows = [f"A,{run},{t},{t + run},{t * t}" for run in (1, 2) for t in range(4)]
    (folder / "decay.csv").write_text("\n".join(["place,RUN,Time,x,force", *rows]))
    data = arguments("--inputs", "force").data
    assert (len(data), data.state_names, data.input_names) == (2, ["x"], ["force"])


def test_a_complaint_is_an_exit_code_and_a_warning(run: Run, folder: Path) -> None:
    lines = (folder / "decay.csv").read_text().splitlines()
    (folder / "still.csv").write_text("\n".join([lines[0] + ",y", *(line + ",2" for line in lines[1:])]))
    restricted = ("--states", "x,y", "--allow", "x: x", "--out", "still.json")
    code, out, err = run("fit", "still.csv", "--env", "place", *restricted)
    assert code == 3
    assert "Warning: state 'y' never changes" in err
    assert "note: state 'y' never changes" in out
    assert SpReME.load("still.json").status_ != "converged"


def test_a_trajectory_left_out_is_told(run: Run, folder: Path) -> None:
    with (folder / "decay.csv").open("a") as file:
        file.write("hot,0,1\n")
    code, _, err = run("fit", "decay.csv", *READ)
    assert code == 0
    assert "Warning: trajectory 2 (environment 'hot') has only 1 sample" in err


@pytest.mark.parametrize(
    ("text", "given", "told"),
    [
        ("place,t,x\ncold,0,1\n", ["--states", "y"], "--states: there is no column 'y'; the columns are place, t, x"),
        ("place,t,x\ncold,0,1\n", ["--env", "lake"], "--env: there is no column 'lake'; the columns are place, t, x"),
        ("day,x\n0,1\n", [], "--time is needed, no column is named t or time; the columns are day, x"),
        ("t,time,x\n0,1,2\n", [], "--time is needed"),
        ("t\n0\n1\n2\n", [], "--states is needed"),
        ("t,\n0,1\n1,2\n2,4\n", [], "--states is needed"),
        ("t,x\n0,1\n1,two\n2,3\n", ["--states", "x"], "bad.csv: column 'x', line 3: 'two' is not a number"),
        ("t,x,note\n0,1,a\n1,2,b\n2,3,c\n", [], "without --states, all other columns are states: x, note"),
        ("t,x,dose\n0,1,5\n1,2,5\n2,4,5\n", [], "column 'dose' does not change within any trajectory"),
        ("t,x\n0,1\n2,2\n1,3\n", [], "sort the table by 't', or name the column that tells trajectories apart (--traj"),
        ("t,x\n0,1\n0,2\n1,3\n", [], "0 is a duplicate in column 't'"),
        ("t,x\n0,1\n1,2\n", [], "trajectory 0 has only 2 samples, at least 3 are needed"),
        ("t,x\n0,1\n1,2,3\n", [], "bad.csv, line 3: 3 fields, but the header has 2 columns"),
        ("t,x\n", [], "bad.csv: the table is empty"),
        ("", [], "bad.csv is empty"),
        ("t,my x\n0,1\n1,2\n2,4\n", [], "write 'my_x', say"),
        ("t,x\n0,1\n1,2\n2,4\n", ["--exclude", "y: 1"], "excluded names the unknown state 'y': the states are x"),
        ("t,x\n0,1\n1,2\n2,4\n", ["--term", "exp(x"], "cannot use the expression 'exp(x'"),
    ],
)
def test_faulty_tables(run: Run, folder: Path, text: str, given: list[str], told: str) -> None:
    (folder / "bad.csv").write_text(text)
    code, out, err = run("fit", "bad.csv", *given, "--out", "never.json", "--quiet")
    assert (code, out) == (1, "")
    assert err.startswith("Error: ") and err.count("\n") == 1
    assert told in err
    assert not (folder / "never.json").exists()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("no.csv", None, "no.csv: no such file or directory"),
        ("noise.csv", bytes(range(128, 256)), "noise.csv is not UTF-8 text"),
        ("noise.parquet", bytes(100), "noise.parquet: not a Parquet file, or damaged"),
    ],
)
def test_files_that_are_no_tables(run: Run, folder: Path, name: str, content: bytes | None, told: str) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    code, _, err = run("fit", name, "--time", "t")
    assert code == 1
    assert f"Error: {told}" in err


def test_files_of_one_name_cannot_be_told_apart(run: Run, folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "decay.csv").write_text("t,x\n0,1\n1,2\n2,4\n")
    assert "files are told apart by their names" in run("fit", "decay.csv", "other/decay.csv", "--time", "t")[2]
    assert "decay.csv is given twice" in run("fit", "decay.csv", "./decay.csv", "--env", "place")[2]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Stands in for the report: arguments with which it was asked for."""
    asked: list[object] = []

    def write_report(model: SpReME, data: Trajectories, path: Path, *, title: str | None = None) -> None:
        asked.extend([model, data, title])
        path.write_text("<html>")

    module = types.ModuleType("spreme.report")
    monkeypatch.setattr(module, "write_report", write_report, raising=False)
    monkeypatch.setitem(sys.modules, "spreme.report", module)
    return asked


def test_the_report_is_written(run: Run, folder: Path, page: list[object]) -> None:
    pytest.importorskip("jinja2")
    code, _, err = run("fit", "decay.csv", *READ, "--report", "law.html", "--title", "Decay")
    assert code == 0
    assert isinstance(page[0], SpReME) and isinstance(page[1], Trajectories) and page[2] == "Decay"
    assert (folder / "law.html").read_text() == "<html>"
    assert err.endswith("wrote law.html\n")
    assert sorted(path.name for path in folder.iterdir()) == ["decay.csv", "decay.json", "law.html"]


@pytest.mark.slow
def test_a_real_report(run: Run, folder: Path) -> None:
    pytest.importorskip("jinja2")
    assert run("fit", "decay.csv", *READ, "--report", "law.html", "--title", "Decay of x")[0] == 0
    text = (folder / "law.html").read_text(encoding="utf-8")
    assert "Decay of x" in text and "</html>" in text


def test_a_report_needs_its_extra(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, out, err = run("fit", "decay.csv", *READ, "--report", "law.html")
    assert (code, out) == (1, "")
    assert 'pip install "spreme[report]"' in err


def test_parquet_needs_its_extras(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "runs.parquet").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    code, _, err = run("fit", "runs.parquet")
    assert code == 1
    assert 'pip install "spreme[parquet]"' in err


def test_a_model_is_json(run: Run) -> None:
    run("fit", "decay.csv", *READ, "--out", "new.json")
    assert json.loads(Path("new.json").read_text())["format"] == "spreme-model"
