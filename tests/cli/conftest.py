"""Tables of two environments, and a model fitted to them: decay of x at a rate that differs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spreme import SpReME, Trajectories
from spreme.cli import main

RATES = {"cold": 1.0, "warm": 2.0}
T = np.linspace(0, 3, 31)


def table(rates: dict[str, float], start: float = 1.0) -> str:
    """Exact decay in long form."""
    lines = [f"{env},{t:.10g},{start * np.exp(-rate * t):.15g}" for env, rate in rates.items() for t in T]
    return "\n".join(["place,t,x", *lines, ""])


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model."""
    path = tmp_path_factory.mktemp("models") / "decay.json"
    x = [np.exp(-rate * T) for rate in RATES.values()]
    SpReME(allowed={"x": ["x"]}).fit(Trajectories(x, T, env=list(RATES), state_names=["x"])).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fitted: Path) -> Path:
    """A working folder with the tables and the model."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "decay.csv").write_text(table(RATES))
    (tmp_path / "decay.json").write_bytes(fitted.read_bytes())
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the program in the working folder: exit code, standard output, standard error."""

    def run_there(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run_there
