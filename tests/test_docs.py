"""The Python blocks of every page of the documentation run, in order, in one namespace per page."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^(`{3,})python\n(.*?)^\1$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[int, str]]:
    """Line number of the first line, and code, of every Python block of a page."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, match.start(2)) + 1, match.group(2)) for match in BLOCK.finditer(text)]


PAGES = [page for page in sorted(DOCS.glob("*.md")) if blocks(page)]


def test_pages_with_code_are_found() -> None:
    assert {"start", "choosing_libraries", "cross_validation", "saving", "smoothers"} <= {page.stem for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("Agg")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": f"docs_{page.stem}"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for line, code in blocks(page):
                # Lines are counted as in the page, so that a traceback points there.
                exec(compile("\n" * (line - 1) + code, str(page), "exec"), namespace)
    finally:
        plt.close("all")


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_every_page_can_be_reached(page: Path) -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    assert page.stem == "index" or re.search(rf"^{page.stem}$", index, re.MULTILINE)
