"""Lines and tables of records, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, median
from typing import Any

from systems.batch.record import OK, Record

SETTING = ("method", "variant", "noise")


def line(record: Record) -> str:
    """One record in one line."""
    at = f"{record['system']} {record['method']} {record['variant']} noise {record['noise']:g} seed {record['seed']}"
    if record["status"] != OK:
        return f"{at}: {record['status']} ({record['error']})"
    wrong = [f"{what} {', '.join(record[what][:6])}" for what in ("missing", "extra") if record[what]]
    found = (
        "no true law in its library" if record["exact"] is None else "exact" if record["exact"] else "; ".join(wrong)
    )
    return f"{at}: {found}, {duration(record['seconds'])}"


def duration(seconds: float) -> str:
    """A time in words."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def table(records: Sequence[Record]) -> str:
    """One row for each method, variant and noise level: how many laws are exactly right, and at what cost."""
    head = ["method", "variant", "noise", "exact", "F1", "rollout", "failed", "median time", "slowest"]
    settings = sorted(dict.fromkeys(tuple(record[key] for key in SETTING) for record in records))
    return aligned([head, *(row(setting, records) for setting in settings)])


def row(setting: tuple[Any, ...], records: Sequence[Record]) -> list[str]:
    """Entries of one setting; misspecified systems count for forecasts only."""
    own = [record for record in records if tuple(record[key] for key in SETTING) == setting]
    told = [record for record in own if record["exact"] is not None]
    rollouts = [record["rollout"] for record in own if record["rollout"] is not None]
    seconds = [record["seconds"] for record in own if record["seconds"] is not None]
    method, variant, noise = setting
    return [
        *(method, variant, f"{noise:g}"),
        f"{sum(record['exact'] for record in told)}/{len(told)}",
        f"{fmean(record['f1'] for record in told):.3f}" if told else "-",
        f"{median(rollouts):.1e}" if rollouts else "-",
        str(sum(record["status"] != OK for record in own)),
        *((duration(median(seconds)), duration(max(seconds))) if seconds else ("-", "-")),
    ]


def failures(records: Sequence[Record]) -> str:
    """One line for each case without a result, or with forecasts that could not be judged."""
    wrong = [record for record in records if record["status"] != OK or record["error"]]
    return "\n".join(f"  {record['key']}: {record['status']}: {record['error']}" for record in wrong)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns of equal width; the first two to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            f"{entry:{'<' if i < 2 else '>'}{width}}" for i, (entry, width) in enumerate(zip(own, widths, strict=True))
        )
        for own in rows
    ]
    return "\n".join(own.rstrip() for own in lines)
