"""The page about the command line keeps its word: its commands run and print what it says."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from spreme import datasets
from spreme.cli import main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "command_line.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Numbers may differ this much from those on the page: they depend on the libraries and processors used.
TOLERANCE = 0.1
NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?")


def commands() -> list[tuple[str, str]]:
    """Every command of the page with what it prints."""
    text = "".join(BLOCK.findall(PAGE.read_text(encoding="utf-8")))
    parts = [part.partition("\n") for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]
    return [(command, output) for command, _, output in parts]


def printed(command: str) -> str:
    """Both outputs of a command; those of the shell go to it."""
    if not command.startswith("spreme "):
        return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.redirect_stderr(shown):
        main(shlex.split(command)[1:])
    return shown.getvalue()


@pytest.mark.skipif(shutil.which("sh") is None, reason="a line of the page is for a shell")
def test_commands_print_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(Path(datasets.__path__[0]) / "gause.csv", tmp_path)
    assert len(commands()) == 6
    for command, promised in commands():
        actual = printed(command)
        assert NUMBER.sub("#", actual).split() == NUMBER.sub("#", promised).split()
        assert [float(n) for n in NUMBER.findall(actual)] == pytest.approx(
            [float(n) for n in NUMBER.findall(promised)], rel=TOLERANCE
        )


def test_the_page_names_every_command_and_exit_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in ("fit", "show", "simulate", "adapt"))
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == ["0", "1", "2", "3", "4", "130"]
