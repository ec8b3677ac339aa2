"""The README keeps its word: its Python runs and prints what it says, and what it points to is there."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")

# Numbers may differ this much from those printed in the README: they depend on the libraries and processors used.
TOLERANCE = 0.1
NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?")


@pytest.fixture(scope="module")
def printed() -> list[str]:
    """Standard output of every Python block, run one after another in one namespace."""
    namespace: dict[str, Any] = {}
    outputs = []
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL), start=1):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(block, f"README.md, Python block {number}", "exec"), namespace)
        outputs.append(output.getvalue())
    return outputs


def test_python_blocks_print_what_the_readme_says(printed: list[str]) -> None:
    promised = re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)
    assert len(printed) == len(promised) > 0
    for actual, expected in zip(printed, promised, strict=True):
        assert NUMBER.sub("#", actual).split() == NUMBER.sub("#", expected).split()
        assert [float(n) for n in NUMBER.findall(actual)] == pytest.approx(
            [float(n) for n in NUMBER.findall(expected)], rel=TOLERANCE
        )


def test_local_links_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if not link.startswith("http")]
    assert links, "the README points at nothing"
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_pictures_are_small() -> None:
    pictures = [ROOT / link for link in re.findall(r"!\[[^]]*\]\(([^)]+)\)", TEXT)]
    assert pictures
    assert [picture.name for picture in pictures if picture.stat().st_size > 150_000] == []


def test_both_papers_can_be_cited() -> None:
    assert "2302.05942" in TEXT
    assert "2110.14678" in TEXT
    assert "planned" in TEXT.lower()


def test_commands_exist() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"^make (\w+)", TEXT, re.MULTILINE)) <= set(targets)
