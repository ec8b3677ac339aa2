"""Tables in Markdown, printed row by row and kept for a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class Report:
    """Prints tables as their rows arrive; `records` holds what was not rounded."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.records: dict[str, list[dict[str, Any]]] = {}
        self._title = ""

    def say(self, line: str = "") -> None:
        """Print a line."""
        self.lines.append(line)
        print(line, flush=True)

    def start(self, title: str) -> None:
        """Begin a table; its columns are those of its first row."""
        self._title = title
        self.records[title] = []
        self.say(f"\n**{title}**\n")

    def add(self, record: dict[str, Any]) -> None:
        """Append a row."""
        rows = self.records[self._title]
        if not rows:
            self.say(f"| {' | '.join(record)} |")
            self.say("|" + " --- |" * len(record))
        rows.append(record)
        self.say(f"| {' | '.join(cell(key, value) for key, value in record.items())} |")

    def save(self, path: Path) -> None:
        """Write all lines."""
        path.write_text("\n".join(self.lines) + "\n", encoding="utf-8")


def cell(key: str, value: object) -> str:
    """Text of a value; the name of the column says what it is."""
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value)
    if "time" in key:
        return duration(value)
    if "gap" in key or "violation" in key or key.endswith("alpha_max"):
        return f"{value:.0e}"
    if "ratio" in key:
        return f"{value:.2g}" if value < 10 else f"{value:.0f}"
    if "objective" in key:
        return f"{value:.6f}"
    return f"{value:.2f}"


def duration(seconds: float) -> str:
    """Seconds or milliseconds, two digits and more."""
    unit, value = ("s", seconds) if seconds >= 1 else ("ms", 1e3 * seconds)
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}" if value >= 10 else f"{value:.2f} {unit}"
