"""What a data set looks like, in a few lines of text or a small table of HTML."""

from __future__ import annotations

import html
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spreme.data.arrays import show
from spreme.rendering.html import curves, table

if TYPE_CHECKING:
    from spreme.data.collection import Trajectories

MOST_LABELS, MOST_ROWS = 6, 12
# States that are drawn.
MOST_DRAWN = 3


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
        ("states", shorten([with_unit(name, data) for name in data.state_names])),
        ("inputs", shorten([with_unit(name, data) for name in data.input_names])),
        ("environments", ", ".join(shown)),
        ("samples", span([member.n_samples for member in data]) + " per trajectory"),
        ("times", " ".join([time_span(data), data.time_unit or ""]).rstrip()),
        ("missing", percent(missing_share(data)) if missing_share(data) else ""),
    ]
    lines = [f"  {name:<12}  {text}" for name, text in rows if text]
    return "\n".join([f"Trajectories: {headline(data)}", *lines])


def with_unit(name: str, data: Trajectories) -> str:
    """Write a name and, in brackets, its unit."""
    return f"{name} [{data.units[name]}]" if name in data.units else name


def shorten(names: Sequence[str], most: int = 8) -> str:
    """Write names in a row, at most eight of them."""
    return ", ".join(names[:most]) + (f", ... ({len(names)} in all)" if len(names) > most else "")


def as_html(data: Trajectories) -> str:
    """Describe a data set in a small table, one row per environment; colours are the notebook's own."""
    states, inputs = ([with_unit(name, data) for name in names] for names in (data.state_names, data.input_names))
    times = f"times [{data.time_unit}]" if data.time_unit else "times"
    heads = ("environment", "trajectories", "samples", times, "missing", *states[:MOST_DRAWN])
    labels = data.environments
    rows = [environment_row(data.where(env=label), label) for label in labels[:MOST_ROWS]]
    if len(labels) > MOST_ROWS:
        rows.append((f"... {len(labels) - MOST_ROWS} more", *[""] * (len(heads) - 1)))
    caption = f"<b>Trajectories</b>: {headline(data)}; states {html.escape(shorten(states))}"
    driven = f"; inputs {html.escape(shorten(inputs))}" if data.n_inputs else ""
    return f"<div><div>{caption}{driven}</div>{table([html.escape(head) for head in heads], rows)}</div>"


def environment_row(data: Trajectories, label: Hashable) -> tuple[str, ...]:
    """Fill the cells of one environment."""
    name = label if isinstance(label, str) else repr(label)
    share = percent(missing_share(data))
    cells = (f"{name:.40}", str(len(data)), str(data.n_samples), time_span(data), share)
    return *(html.escape(cell) for cell in cells), *(curve_of(data, s) for s in range(min(data.n_states, MOST_DRAWN)))


def curve_of(data: Trajectories, s: int) -> str:
    """Draw one state of the first trajectories of an environment, from its smallest to its largest value."""
    values = np.concatenate([member.x[:, s] for member in data])
    known = values[np.isfinite(values)]
    if not len(known):
        return ""
    return curves([(member.t, member.x[:, s]) for member in data], float(known.min()), float(known.max()))
