"""Pieces of HTML for notebooks, light or dark: tables and small curves, without colours of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WIDTH, HEIGHT, MARGIN = 110, 24, 2
# Points of a small curve, and curves drawn on top of each other.
MOST_POINTS, MOST_CURVES = 60, 3

LEFT = "text-align:left;white-space:nowrap"
NUMBER = "text-align:right;font-variant-numeric:tabular-nums"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], n_left: int = 1) -> str:
    """Write a table of cells that are HTML already, the first columns to the left, numbers to the right."""
    styles = [LEFT if column < n_left else NUMBER for column in range(len(head))]
    names = "".join(f'<th style="{style}">{cell}</th>' for cell, style in zip(head, styles, strict=True))
    body = "".join(
        "<tr>" + "".join(f'<td style="{s}">{c}</td>' for c, s in zip(row, styles, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<div style="overflow-x:auto"><table style="margin:0.4em 0"><thead><tr>{names}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def curves(values: Sequence[tuple[Array, Array]], low: float, high: float) -> str:
    """Draw small curves, each times (n,) and values (n,) with gaps where they are not finite, between two values."""
    shown = list(values)[:MOST_CURVES]
    first, last = min(t.min() for t, _ in shown), max(t.max() for t, _ in shown)
    paths = "".join(_path(t, x, (float(first), float(last)), (low, high)) for t, x in shown)
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" style="vertical-align:middle" fill="none" stroke="currentColor" '
        f'stroke-width="1">{paths}</svg>'
    )


def _path(t: Array, x: Array, times: tuple[float, float], values: tuple[float, float]) -> str:
    """One curve, thinned."""
    chosen = np.unique(np.linspace(0, len(t) - 1, MOST_POINTS).round().astype(int))
    across = _scaled(t[chosen], *times) * (WIDTH - 2 * MARGIN) + MARGIN
    down = (1.0 - _scaled(x[chosen], *values)) * (HEIGHT - 2 * MARGIN) + MARGIN
    text, is_drawing = [], False
    for a, b in zip(across, down, strict=True):
        if np.isfinite(b):
            text.append(f"{'L' if is_drawing else 'M'}{a:.0f} {b:.1f}")
        is_drawing = bool(np.isfinite(b))
    return f'<path d="{"".join(text)}"/>'


def _scaled(values: Array, low: float, high: float) -> Array:
    """Shares of the way from low to high; halfway if there is no way."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray((values - low) / (high - low) if high > low else np.full(len(values), 0.5))
