"""Notebooks run without a word on stderr, are stored executed from a clean kernel, and define nothing large."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONGEST_FUNCTION = 10
SECONDS = 300  # of one cell, on a slow machine that compiles everything first


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def complaints(cells: list[nbformat.NotebookNode]) -> list[str]:
    """What was written to stderr, warnings among it."""
    return [output.text for cell in cells for output in cell.outputs if output.get("name") == "stderr"]


def show(value: object) -> None:
    """Make the text that a kernel would show of the last expression of a cell."""
    getattr(value, "_repr_html_", value.__repr__)()


def run_cell(source: str, name: str, namespace: dict[str, object]) -> None:
    """Run a cell; its last statement, if it is an expression, is shown."""
    cell = ast.parse(source, name)
    last = cell.body.pop() if cell.body and isinstance(cell.body[-1], ast.Expr) else None
    exec(compile(cell, name, "exec"), namespace)
    if last is not None:
        show(eval(compile(ast.Expression(last.value), name, "eval"), namespace))


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """All cells in one namespace, warnings being errors; pictures are drawn when shown."""
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("Agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: plt.gcf().canvas.draw())
    namespace: dict[str, object] = {"__name__": "__main__"}
    try:
        for number, cell in enumerate(code_cells(path), start=1):
            run_cell(cell.source, f"{path.name}, code cell {number}", namespace)
    finally:
        plt.close("all")
    assert capfd.readouterr().err == ""
    assert list(tmp_path.iterdir()) == [], "the notebook leaves files behind"


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("default")  # what the client itself says about event loops and sockets is not ours
def test_notebook_runs_in_a_clean_kernel(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    copy = Path(shutil.copy(path, tmp_path))
    notebook = nbformat.read(copy, as_version=4)
    NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert complaints([cell for cell in notebook.cells if cell.cell_type == "code"]) == []
    assert [file.name for file in tmp_path.iterdir()] == [path.name], "the notebook leaves files behind"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_outputs_are_those_of_a_clean_kernel(path: Path) -> None:
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert complaints(cells) == []
    kinds = {output.output_type for cell in cells for output in cell.outputs}
    assert "error" not in kinds
    assert any("image/png" in output.get("data", {}) for cell in cells for output in cell.outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_tell_and_packages_define(path: Path) -> None:
    for cell in code_cells(path):
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, ast.ClassDef), f"class {node.name} belongs into the package"
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno is not None
                n_lines = node.end_lineno - node.lineno + 1
                assert n_lines <= LONGEST_FUNCTION, f"{node.name} has {n_lines} lines"
