"""What a data set looks like, in a few lines of text or a small table of HTML."""

from __future__ import annotations

import html
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spreme.data.arrays import show

if TYPE_CHECKING:
    from spreme.data.collection import Trajectories

MOST_LABELS, MOST_ROWS = 6, 12


def listing(labels: Sequence[Any], most: int = 12) -> str:
    """Write labels as text, cut short if there are many."""
    texts = [f"{label!r:.40}" for label in labels[:most]]
    return ", ".join(texts) + (f", ... ({len(labels)} in all)" if len(labels) > most else "")


def count(number: int, noun: str) -> str:
    """Count things: 1 trajectory, 2 trajectories."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def span(values: Sequence[float]) -> str:
    """Write a range: 3, or 3 to 7."""
    low, high = show(min(values)), show(max(values))
    return low if low == high else f"{low} to {high}"


def missing_share(data: Trajectories) -> float:
    """Compute the share of the values that are missing."""
    return float(np.mean(np.concatenate([member.missing.ravel() for member in data])))


def time_span(data: Trajectories) -> str:
    """Write the first and last time of all trajectories."""
    return span([float(times[k]) for times in data.t for k in (0, -1)])


def percent(share: float) -> str:
    """Write a share in percent, never rounded down to nothing."""
    return "none" if share == 0 else f"{max(100 * share, 0.1):.1f} %"


def headline(data: Trajectories) -> str:
    """Count trajectories, environments and samples."""
    parts = (
        count(len(data), "trajectory"),
        count(len(data.environments), "environment"),
        count(data.n_samples, "sample"),
    )
    return ", ".join(parts)


def as_text(data: Trajectories) -> str:
    """Describe a data set in a few lines of text."""
    labels = data.environments
    sizes = np.bincount(data.groups)
    shown = [f"{label!r:.40} ({size})" for label, size in zip(labels[:MOST_LABELS], sizes, strict=False)]
    if len(labels) > MOST_LABELS:
        shown.append(f"... ({len(labels)} in all)")
    rows = [
        ("states", shorten(data.state_names)),
        ("inputs", shorten(data.input_names)),
        ("environments", ", ".join(shown)),
        ("samples", span([member.n_samples for member in data]) + " per trajectory"),
        ("times", time_span(data)),
        ("missing", percent(missing_share(data)) if missing_share(data) else ""),
    ]
    lines = [f"  {name:<12}  {text}" for name, text in rows if text]
    return "\n".join([f"Trajectories: {headline(data)}", *lines])


def shorten(names: Sequence[str], most: int = 8) -> str:
    """Write names in a row, at most eight of them."""
    return ", ".join(names[:most]) + (f", ... ({len(names)} in all)" if len(names) > most else "")


def as_html(data: Trajectories) -> str:
    """Describe a data set in a small table, one row per environment; colours are the notebook's own."""
    heads = ("environment", "trajectories", "samples", "times", "missing")
    labels = data.environments
    rows = [environment_row(data.where(env=label), label) for label in labels[:MOST_ROWS]]
    if len(labels) > MOST_ROWS:
        rows.append((f"... {len(labels) - MOST_ROWS} more", "", "", "", ""))
    head = "".join(f'<th style="text-align:left">{cell}</th>' for cell in heads)
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:left">{html.escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    caption = f"<b>Trajectories</b>: {headline(data)}; states {html.escape(shorten(data.state_names))}"
    inputs = f"; inputs {html.escape(shorten(data.input_names))}" if data.n_inputs else ""
    return f"<div><div>{caption}{inputs}</div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def environment_row(data: Trajectories, label: Hashable) -> tuple[str, ...]:
    """Fill the cells of one environment."""
    name = label if isinstance(label, str) else repr(label)
    share = percent(missing_share(data))
    return f"{name:.40}", str(len(data)), str(data.n_samples), time_span(data), share
