"""The first page: what came out, and what was run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from systems.report import tables
from systems.report.captions import verdict
from systems.report.figures.looks import label_of, percent
from systems.report.parts import Section, Table
from systems.report.records import FAILURES, main_part, reached, truth_users
from systems.report.statistics import SETTING, likeness

if TYPE_CHECKING:
    import pandas as pd


def headline(records: pd.DataFrame) -> Section:
    """Make the section with the table that says it all in one line per method."""
    main = main_part(records)
    variant = main["variant"].iloc[0]
    sentences = [verdict(records)]
    if records["variant"].nunique() > 1:
        sentences.append(f"All sections are about the variant “{variant}” unless they say otherwise.")
    cases = {
        frozenset(zip(*(own[name] for name in SETTING), strict=True)) for _, own in reached(main).groupby("method")
    }
    if len(cases) > 1:
        sentences.append(
            "Not all methods were tried on the same cases: compare with the section “Method against method”."
        )
    caption = (
        "Exactly right: share of cases with exactly the true terms in all equations, with 95 % interval, and by "
        "noise level; mean F1 of the terms; medians of the relative error of the coefficients, of the error of "
        "forecasts from unseen starts, and of the wall time. Failures count as wrong, with infinite errors "
        "(forecasts: 1000). Hatched: methods that see the truth. Intervals: Wilson's, for the effective number of "
        f"cases (intraclass correlation of the seeds of a system: {likeness(records):.2f})."
    )
    return Section("Result", "result", [one for one in sentences if one], [Table(tables.headline(records), caption)])


def what_was_run(records: pd.DataFrame) -> Section:
    """Make the section on systems, methods, conditions, versions and dates."""
    parts = [
        Table(_conditions(records), "Cases and conditions."),
        Table(_methods(records), "Methods."),
        Table(_systems(records), "Systems, suite by suite."),
    ]
    return Section("What was run", "run", [], list(parts))


def _conditions(records: pd.DataFrame) -> pd.DataFrame:
    """Conditions of the run, two columns."""
    import pandas

    counts = records["status"].value_counts()
    outcome = ", ".join(f"{counts.get(status, 0)} {status}" for status in ("ok", *FAILURES, "skipped"))
    rows = {
        "cases": f"{len(records)}: {outcome}",
        "systems": f"{records['system'].nunique()} ({', '.join(dict.fromkeys(records['suite']))})",
        "noise": ", ".join(percent(noise) for noise in sorted(records["noise"].unique())),
        "seeds": f"{records['seed'].nunique()} ({_ranges(records['seed'])})",
        "variants": ", ".join(_variant(name) for name in records["variant"].unique()),
        "time of all fits together": _duration(records["seconds"].sum()),
        "run": _dates(records["finished"]),
        "versions": _versions(records["versions"]),
    }
    return pandas.DataFrame(list(rows.items()), columns=["", "this run"], dtype=object)


def _methods(records: pd.DataFrame) -> pd.DataFrame:
    """Methods with their summaries."""
    import pandas

    from systems import methods

    cheats, known = truth_users(records), methods.names()
    rows = []
    for name, own in records.groupby("method", sort=False):
        summary = methods.get(str(name)).summary if name in known else "(not among the methods of this version)"
        n_skipped = int((own["status"] == "skipped").sum())
        remark = f"{n_skipped} skipped: package not installed" if n_skipped else ""
        rows.append([label_of(str(name), name in cheats), len(own), summary, remark])
    table = pandas.DataFrame(rows, columns=["method", "cases", "what it does", "remark"], dtype=object)
    return table if any(table["remark"]) else table.drop(columns="remark")


def _systems(records: pd.DataFrame) -> pd.DataFrame:
    """Systems by suite, those without a true mask named."""
    import pandas

    ok = records[records["status"] == "ok"]
    n_judged = ok.groupby("system")["exact"].count()
    hopeless = set(n_judged.index[n_judged == 0])
    rows = []
    for suite, own in records.groupby("suite", sort=False):
        names = [f"{name}*" if name in hopeless else str(name) for name in dict.fromkeys(own["system"])]
        rows.append([suite, len(names), ", ".join(names)])
    remark = "systems (*: the law is not in the library, only forecasts are judged)" if hopeless else "systems"
    return pandas.DataFrame(rows, columns=["suite", "number", remark], dtype=object)


def _variant(name: str) -> str:
    """Name of a variant, with what it means."""
    from systems.setups import VARIANTS

    return f"{name} ({VARIANTS[name].summary})" if name in VARIANTS else name


def _ranges(seeds: Iterable[int]) -> str:
    """Whole numbers, runs of them joined: 0, 1, 2, 5 -> 0 to 2, 5."""
    runs: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} seconds"


def _dates(finished: Iterable[str]) -> str:
    """First and last day."""
    days = sorted(day[:10] for day in finished if day)
    if not days:
        return "not recorded"
    return days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"


def _versions(versions: Iterable[object]) -> str:
    """Versions of packages; more than one of a package is to be seen."""
    found: dict[str, set[str]] = {}
    for own in versions:
        for name, version in own.items() if isinstance(own, dict) else ():
            found.setdefault(name, set()).add(str(version))
    return ", ".join(f"{name} {' and '.join(sorted(own))}" for name, own in found.items()) or "not recorded"
