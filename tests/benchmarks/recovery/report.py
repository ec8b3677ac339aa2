"""Lines and markdown tables of the records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean, median
from typing import Any

Record = dict[str, Any]
SETTING = ("method", "noise", "variant")


def line(record: Record) -> str:
    """One record in one line."""
    head = f"{record['system']:16} {record['method']:23} {record['variant']:10} noise={record['noise']:<5g}"
    text = f"{head} seed={record['seed']} exact={int(record['exact'])} F1={record['f1']:.2f} {record['seconds']:6.1f} s"
    if record["status"] != "ok":
        return f"{text}  FAILED {record['status']}"
    shares = f"  {record['environments_right']}/{record['environments']} right" if "environments" in record else ""
    misses = [f" {what} {', '.join(record[what][:6])}" for what in ("missing", "extra") if record[what]]
    return text + shares + "".join(misses)


def settings(records: Sequence[Record]) -> list[tuple[Any, ...]]:
    """Methods, noise levels and variants, in the order in which they first came."""
    return sorted(dict.fromkeys(tuple(r[key] for key in SETTING) for r in records), key=lambda own: own[:2])


def where(records: Iterable[Record], setting: tuple[Any, ...]) -> list[Record]:
    """Records of one method, noise level and variant."""
    return [record for record in records if tuple(record[key] for key in SETTING) == setting]


def summary(records: Sequence[Record]) -> str:
    """One row per method, noise level and variant; failures are among those that are not exact."""
    rows = []
    for setting in settings(records):
        own = where(records, setting)
        exact, failed = sum(r["exact"] for r in own), sum(r["status"] != "ok" for r in own)
        seconds = [record["seconds"] for record in own]
        times = [f"{typical(seconds):.1f}" for typical in (median, max)]
        joined = sum(r.get("exact_joined", {"majority": r["exact"]})["majority"] for r in own)
        shares = [f"{exact}/{len(own)}", f"{joined}/{len(own)}", f"{fmean(r['f1'] for r in own):.3f}"]
        rows.append([*setting, *shares, failed, *times])
    return table([*SETTING, "exact", "majority exact", "mean F1", "failed", "median s", "slowest s"], rows)


def by_system(records: Sequence[Record]) -> str:
    """One row per system: "yes" where exact, else the F1 (and how many environments are right by themselves)."""
    columns = settings(records)
    rows = [
        [name, *(cell([r for r in where(records, setting) if r["system"] == name]) for setting in columns)]
        for name in dict.fromkeys(record["system"] for record in records)
    ]
    return table(["system", *(f"{method} {noise:g} {variant}" for method, noise, variant in columns)], rows)


def cell(own: Sequence[Record]) -> str:
    """Records of one system in one setting."""
    exact = sum(record["exact"] for record in own)
    if exact == len(own):
        return "yes" if own else ""
    if all(record["status"] != "ok" for record in own):
        return "failed"
    share = f"{exact}/{len(own)} " if len(own) > 1 else ""
    right = f" ({own[0]['environments_right']})" if len(own) == 1 and "environments_right" in own[0] else ""
    return f"{share}{fmean(record['f1'] for record in own):.2f}{right}"


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, entries)) + " |" for entries in lines)
