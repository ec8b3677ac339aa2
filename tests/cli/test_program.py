"""The program as a whole: help, version, exit codes, interruption, and a start that loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable

import click
import pytest

import spreme
from spreme.cli import main
from spreme.cli.messages import in_one_message
from spreme.cli.program import program

Run = Callable[..., tuple[int, str, str]]
HEAVY = ("jinja2", "joblib", "matplotlib", "numba", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "sympy")


def test_help_and_version_load_nothing_heavy() -> None:
    code = (
        "import sys; from spreme.cli import main; codes = [main([name, '--help']) for name in "
        f"('fit', 'simulate', 'adapt', 'show')] + [main(['--version'])]; "
        f"print(codes, sorted(set({HEAVY!r}) & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[0, 0, 0, 0, 0] []", done.stderr


def test_the_module_is_the_same_program() -> None:
    done = subprocess.run([sys.executable, "-m", "spreme", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"spreme, version {spreme.__version__}\n")


@pytest.mark.parametrize("name", sorted(program.commands))
def test_every_command_shows_examples_and_its_exit_codes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "-h"]) == 0
    shown = capsys.readouterr().out
    assert f"  spreme {name} " in shown
    assert "Exit codes: 0 done" in shown


@pytest.mark.parametrize("name", sorted(program.commands))
def test_every_option_of_an_example_exists(name: str) -> None:
    command = program.commands[name]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    used = {word for word in (command.epilog or "").split() if word.startswith("--")}
    assert used
    assert used <= known


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit"],
        ["fit", "decay.csv", "--degree", "-1"],
        ["fit", "decay.csv", "--criterion", "aic"],
        ["fit", "decay.csv", "--exclude", "x"],
        ["fit", "decay.csv", "--tie", "auto", "--tie", "x: x"],
        ["fit", "decay.csv", "--title", "no report"],
        ["fit", "decay.csv", "--states", "x,,y"],
        ["simulate", "decay.json", "--start", "x", "--until", "1"],
        ["simulate", "decay.json", "--start", "x=1,x=2", "--until", "1"],
        ["simulate", "decay.json", "--start", "x=nan", "--until", "1"],
        ["simulate", "decay.json", "--start", "x=1", "--until", "inf"],
        ["simulate", "decay.json", "--start", "x=1", "--until", "0"],
        ["simulate", "decay.json", "--start", "x=1", "--until", "1", "--step", "0"],
        ["simulate", "decay.json", "--start", "x=1", "--until", "1", "--step", "1e-12"],
        ["simulate", "decay.json", "--start", "x=1", "--until", "1", "--band", "1"],
        ["simulate", "decay.json", "--start", "x=1", "--until", "1", "--input", "u=1", "--input-file", "u.csv"],
        ["adapt", "decay.json"],
        ["adapt", "decay.json", "a.csv", "b.csv"],
        ["show", "decay.json", "--precision", "3"],
        ["show", "decay.json", "--terms", "--format", "json"],
        ["paint", "decay.json"],
    ],
)
def test_wrong_arguments(run: Run, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "Usage: spreme" in err and "Error: " in err


def test_interruption(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("spreme.SpReME.fit", interrupted)
    code, out, err = run("fit", "decay.csv", "--env", "place", "--out", "new.json", "--quiet")
    assert (code, out) == (130, "")
    assert "Interrupted" in err


def test_warnings_are_plain_messages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def warn() -> None:
        warnings.warn("trajectory 0 is odd; name it (trajectory=...)", UserWarning, stacklevel=2)

    monkeypatch.setitem(program.commands, "warn", warn)
    assert run("warn") == (0, "", "Warning: trajectory 0 is odd; name it (--trajectory)\n")


def test_errors_of_the_system_name_the_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert (
        in_one_message(FileNotFoundError(2, "No such file or directory", "x.csv")) == "x.csv: no such file or directory"
    )
    assert in_one_message(OSError("broken")) == "broken"
    assert in_one_message(ValueError()) == "ValueError"


def test_a_bug_is_not_dressed_up(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AttributeError("bug")

    monkeypatch.setattr("spreme.SpReME.fit", broken)
    with pytest.raises(AttributeError, match="bug"):
        run("fit", "decay.csv", "--env", "place")
