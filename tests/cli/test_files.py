"""Files to write: refused before the work begins, replaced at once or left as they were."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from spreme.cli.files import replaced

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused must be refused before anything is read."""
    monkeypatch.setattr("spreme.cli.fit.read_data", lambda *_, **__: pytest.fail("the work has begun"))


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        (["--out", "decay.csv"], 2, "--out decay.csv: the name must end in .json"),
        (["--out", "law.txt"], 2, "--out law.txt: the name must end in .json"),
        (["--report", "law.json"], 2, "--report law.json: the name must end in .html or .htm"),
        (["--out", "no/law.json"], 1, "there is no folder"),
        (["--out", "folder.json"], 1, "--out folder.json is a folder: name a file in it"),
        (["--out", "decay.csv/law.json"], 1, "there is no folder"),
    ],
)
def test_refused_before_the_work(run: Run, folder: Path, given: list[str], code: int, told: str) -> None:
    (folder / "folder.json").mkdir()
    found, out, err = run("fit", "decay.csv", "--env", "place", *given)
    assert (found, out) == (code, "")
    assert told in err


def test_an_input_is_never_overwritten(run: Run, folder: Path) -> None:
    os.link(folder / "decay.csv", folder / "table.json")
    (folder / "link.json").symlink_to("data.json")
    (folder / "data.json").write_text("t,x\n")
    code, _, err = run("fit", "data.json", "--out", "link.json")
    assert code == 2
    assert "--out link.json would overwrite the input data.json" in err


def test_a_folder_that_is_not_writable(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: not mode & os.W_OK)  # who runs the tests may write anywhere
    code, _, err = run("fit", "decay.csv", "--env", "place", "--out", "law.json")
    assert code == 1
    assert "is not writable; choose another one" in err


def test_what_is_replaced_is_told(run: Run, folder: Path) -> None:
    (folder / "f.csv").write_text("old")
    given = ("simulate", "decay.json", "--env", "cold", "--start", "x=1", "--until", "1", "--out", "f.csv")
    assert run(*given)[2] == "f.csv will be replaced\nwrote f.csv\n"
    assert (folder / "f.csv").read_text().startswith("time,x\n")
    assert run(*given, "--quiet")[2] == ""


def test_a_failure_leaves_the_old_file(folder: Path) -> None:
    target = folder / "page.html"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), replaced(target) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_link_stays_a_link(folder: Path) -> None:
    (folder / "link.html").symlink_to("page.html")
    with replaced(folder / "link.html") as temporary:
        temporary.write_text("new")
    assert (folder / "link.html").is_symlink()
    assert (folder / "page.html").read_text() == "new"
