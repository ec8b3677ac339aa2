"""What a fit tells while it lasts: nothing unless asked for; a line that changes, or lines."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

from spreme import PolynomialLibrary, SpReME, Trajectories
from spreme.estimators.progress import told


class Terminal(io.StringIO):
    """A file that takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def awkward() -> Trajectories:
    """Gaps, a state that never changes, one sample far away, numbers of very different size."""
    rng = np.random.default_rng(2)
    t = np.linspace(0, 3, 40)
    x = np.column_stack([1e6 * np.exp(-t), np.full(40, 3.0), 1e-6 * np.exp(-0.3 * t)])
    x[:, 0] *= 1 + 0.05 * rng.standard_normal(40)
    x[5:9, 2], x[20, 0] = np.nan, 4e6
    return Trajectories([x, x[::2]], [t, t[::2]], env=["A", "B"])


@pytest.mark.parametrize("refine", ["trajectory", None])
def test_silence_unless_asked_for(capfd: pytest.CaptureFixture[str], refine: str | None) -> None:
    with pytest.warns(UserWarning) as caught:
        SpReME(library=PolynomialLibrary(2), refine=refine).fit(awkward())
    assert {own.category for own in caught} == {UserWarning} and len(caught) == 1
    assert capfd.readouterr() == ("", "")


def test_files_get_a_line_for_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    with told(1) as report:
        report("rows")
        report("done")
    out, err = capsys.readouterr()
    assert not out and [line.split("s  ")[1] for line in err.splitlines()] == ["rows", "done"]


def test_a_terminal_gets_one_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with told(1) as report:
        report("rows")
        report("done")
    assert terminal.getvalue().count("\n") == 1 and "rows" in terminal.getvalue()
    assert terminal.getvalue().rstrip().endswith("done")


def test_without_tqdm_a_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with told(1) as report:
        report("rows")
    assert terminal.getvalue().startswith("[spreme]") and terminal.getvalue().endswith("s  rows\n")


def test_an_error_ends_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(ValueError, match="culprit"), told(1) as report:
        report("rows")
        raise ValueError("the culprit")
    assert terminal.getvalue().endswith("\n")
