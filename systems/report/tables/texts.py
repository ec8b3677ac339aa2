"""How numbers, shares and names are written in tables."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from systems.report.figures.looks import label_of
from systems.report.records import truth_users

if TYPE_CHECKING:
    import pandas as pd

NOTHING = "\u2013"


def number(value: float) -> str:
    """Three digits of a number; powers of ten where it is large or small."""
    if not math.isfinite(value):
        return NOTHING if math.isnan(value) else "∞"
    return f"{value:.3g}" if value == 0 or 1e-3 <= abs(value) < 1e3 else f"{value:.1e}"


def share_text(share: float) -> str:
    """A share in percent; only all is 100, only nothing is 0."""
    shown = 100 * share
    return f"{shown:.1f} %" if (shown and shown < 1) or 99 < shown < 100 else f"{shown:.0f} %"


def interval_text(row: Any) -> str:
    """A share with its interval."""
    return f"{share_text(row['share'])} [{100 * row['low']:.0f}, {100 * row['high']:.0f}]"


def labels(records: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Names as they stand everywhere in the report."""
    cheats = truth_users(records)
    return [label_of(name, name in cheats) for name in names]
