"""Sections on the terms: recovered or not, where, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from systems.report import figures, tables
from systems.report.captions import recovery_at_ends
from systems.report.parts import Picture, Section, Table
from systems.report.records import main_part
from systems.report.statistics import GAP, judged, likeness, search_misses, shares
from systems.report.tables.texts import share_text

if TYPE_CHECKING:
    import pandas as pd

NO_STRUCTURE = "No case of this run could be judged: there are no true terms to compare with."


def recovery(records: pd.DataFrame) -> Section:
    """Make the section on exact recovery against noise."""
    title, anchor, main = "Recovery against noise", "recovery", main_part(records)
    if not len(judged(main)):
        return Section(title, anchor, [NO_STRUCTURE])
    caption = (
        f"Share of cases in which exactly the right terms were found in all equations. {recovery_at_ends(records)} "
        "Bars are 95 % intervals, Wilson's for an effective number of cases: the seeds of one system are alike "
        f"(intraclass correlation {likeness(records):.2f}), and count for less than as many systems."
    )
    parts: list[Picture | Table] = [Picture(figures.plot_recovery(records), caption)]
    for column, words in (("noise", "By noise level"), ("suite", "By suite of systems, over all noise levels")):
        if main[column].nunique() > 1:
            parts.append(
                Table(
                    tables.recovery_by(main, column), f"{words}: share [95 % interval]; numbers of cases in brackets."
                )
            )
    return Section(title, anchor, [], parts)


def heat_maps(records: pd.DataFrame) -> Section:
    """Make the section on every single system."""
    title, anchor, main = "System by system", "systems", main_part(records)
    if not len(judged(main)):
        return Section(title, anchor, [NO_STRUCTURE])
    parts: list[Picture | Table] = []
    for suite in dict.fromkeys(judged(main)["suite"]):
        own = main[main["suite"] == suite]
        parts.append(Picture(figures.plot_heat_map(own), f"{suite}: {_systems_in_words(own)}"))
    return Section(title, anchor, [], parts)


def variants(records: pd.DataFrame) -> Section:
    """Make the section on rarer, shorter, uneven and missing data."""
    title, anchor = "Variants of the data", "variants"
    cases = judged(records)
    if cases["variant"].nunique() < 2:
        return Section(title, anchor, ["All cases that could be judged are of one variant."])
    common = figures.at_common_noise(records)
    caption = (
        "Share of cases with exactly the right terms, over the systems and noise levels that all variants have; bars "
        f"are 95 % intervals. {_variants_in_words(common)}"
    )
    table = Table(
        tables.recovery_by(common, "variant"),
        "The same in numbers: share [95 % interval]; numbers of cases in brackets.",
    )
    return Section(title, anchor, [], [Picture(figures.plot_variants(records), caption), table])


def searches(records: pd.DataFrame) -> Section:
    """Make the section on what the search has missed."""
    title, anchor = "Search or data", "searches"
    if not records["search_gap"].notna().any():
        return Section(title, anchor, ["Search gaps were not computed (run with --search-gap)."])
    missed = search_misses(records)
    sentence = (
        "The search gap is the BIC of the returned terms minus that of the true ones, under the likelihood of the "
        f"trajectories. Above {GAP} the search has missed a better answer; else the data themselves speak for other "
        f"terms, and no search could have helped. {len(missed)} of {records['search_gap'].notna().sum()} cases were "
        "missed by the search."
    )
    parts: list[Picture | Table] = []
    if len(judged(records)["search_gap"].dropna()):
        parts.append(Table(tables.miss_counts(records), "Where wrong terms come from."))
    if len(missed):
        parts.append(Table(tables.misses(records), "Cases that the search has missed, the largest gap first.", True))
    return Section(title, anchor, [sentence], parts)


def wrong_terms(records: pd.DataFrame) -> Section:
    """Make the section on what exactly was wrong."""
    title, anchor = "Wrong terms", "wrong-terms"
    table = tables.wrong_terms(records)
    if not len(table):
        return Section(title, anchor, ["No equation that could be judged has a wrong term."])
    caption = "Terms that were missed or added, with the number of seeds; failures have neither."
    return Section(title, anchor, [], [Table(table, caption, True)])


def _systems_in_words(records: pd.DataFrame) -> str:
    """What the heat map of a suite shows."""
    by_system = (
        judged(records).groupby("system", sort=False)["right"].mean().sort_values(ascending=False, kind="stable")
    )
    first = judged(records)["method"].iloc[0]
    table = shares(records, ["method", "system"])
    perfect = int(((table["method"] == first) & (table["share"] == 1.0)).sum())
    sentence = (
        f"share of seeds with exactly the right terms. {first} is always right on {perfect} of {len(by_system)} systems"
    )
    if len(by_system) > 1:
        sentence += (
            f"; over all methods {by_system.index[0]} is the easiest system and {by_system.index[-1]} the hardest"
        )
    return f"{sentence}. Systems from easy to hard; darker is more often; a cross: not run."


def _variants_in_words(records: pd.DataFrame) -> str:
    """How the first method does in every variant."""
    table = shares(records, ["method", "variant"])
    first = table["method"].iloc[0]
    own = table[table["method"] == first]
    named = ", ".join(f"{row.variant} {share_text(row.share)}" for row in own.itertuples())
    return f"{first}: {named}."
