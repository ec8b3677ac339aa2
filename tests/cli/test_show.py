"""`spreme show`: what each form prints is read back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import numpy as np
import pytest
import sympy

from spreme import SpReME, Trajectories

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def model(folder: object) -> SpReME:
    return SpReME.load("decay.json")


def test_text(run: Run, model: SpReME) -> None:
    assert run("show", "decay.json") == (0, f"{model}\n", "")
    assert run("show", "decay.json", "--env", "warm")[1] == "x' = -2.000*x\n"
    assert run("show", "decay.json", "--env", "warm", "--precision", "1")[1] == "x' = -2.0*x\n"


def test_latex(run: Run, model: SpReME) -> None:
    assert run("show", "decay.json", "--format", "latex")[1] == model.to_latex() + "\n"
    assert "-1.00 x" in run("show", "decay.json", "--format", "latex", "--env", "cold", "--precision", "2")[1]


def test_sympy(run: Run, model: SpReME) -> None:
    out = run("show", "decay.json", "--format", "sympy", "--env", "cold")[1]
    name, _, right = out.strip().partition("' = ")
    # SymPy prints 15 digits.
    difference = sympy.sympify(right) - model.to_sympy("cold")[name]
    assert abs(float(difference.subs("x", 1))) < 1e-14


def test_csv_has_every_digit(run: Run, model: SpReME) -> None:
    rows = list(csv.DictReader(io.StringIO(run("show", "decay.json", "--format", "csv")[1])))
    assert [(row["env"], row["state"], row["term"]) for row in rows] == [("cold", "x", "x"), ("warm", "x", "x")]
    assert [float(row["value"]) for row in rows] == model.coef_[:, model.mask_].ravel().tolist()
    assert [float(row["std"]) for row in rows] == model.coef_std_[:, model.mask_].ravel().tolist()


def test_table(run: Run) -> None:
    lines = run("show", "decay.json", "--format", "table", "--env", "warm")[1].splitlines()
    assert lines[0].split() == ["env", "state", "term", "value", "±", "std"]
    assert lines[1].split()[:3] == ["warm", "x", "x"]
    assert len(lines) == 2


def test_json(run: Run, model: SpReME) -> None:
    document = json.loads(run("show", "decay.json", "--format", "json")[1])
    assert (document["states"], document["environments"]) == (["x"], ["cold", "warm"])
    assert document["law"] == {"x": "c_x_1*x"}
    assert [row["value"] for row in document["coefficients"]] == model.coef_[:, model.mask_].ravel().tolist()
    assert document["status"] == "converged"
    (only,) = json.loads(run("show", "decay.json", "--format", "json", "--env", "warm")[1])["equations"]
    assert only["env"] == "warm"


def test_terms(run: Run, model: SpReME) -> None:
    assert run("show", "decay.json", "--terms")[1] == f"{model.term_report()}\n"


def test_what_was_not_observed_is_empty_in_csv_and_null_in_json(run: Run) -> None:
    t = np.linspace(0, 3, 31)
    x = [np.column_stack([np.exp(-t), 0 * t]), np.column_stack([np.exp(-2 * t), np.exp(-t)])]
    data = Trajectories(x, t, env=[1, 2], state_names=["x", "y"])
    SpReME(allowed={"x": ["x"], "y": ["y"]}).fit(data).save("absent.json")
    rows = list(csv.DictReader(io.StringIO(run("show", "absent.json", "--format", "csv", "--env", "1")[1])))
    assert [row["value"] == "" for row in rows] == [False, True]
    document = json.loads(run("show", "absent.json", "--format", "json", "--env", "1")[1])
    assert [row["value"] is None for row in document["coefficients"]] == [False, True]
    assert document["environments"] == [1]


@pytest.mark.parametrize("env", ["hot", "COLD", ""])
def test_an_unknown_environment(run: Run, env: str) -> None:
    code, out, err = run("show", "decay.json", "--env", env)
    assert (code, out) == (1, "")
    assert "the model has no such environment; it has 'cold', 'warm'" in err
