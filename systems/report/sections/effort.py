"""Sections on method against method, on cost, and on what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from systems.report import figures, tables
from systems.report.parts import Picture, Section, Table
from systems.report.records import FAILURES, main_part, reached, truth_users
from systems.report.tables.texts import number

if TYPE_CHECKING:
    import pandas as pd

COMPARED = {"exact": "exact recovery", "coef_error": "error of coefficients", "rollout": "error of forecasts"}


def comparisons(records: pd.DataFrame) -> Section:
    """Make the section with paired tests."""
    title, anchor, main = "Method against method", "comparisons", main_part(records)
    if main.loc[~main["method"].isin(truth_users(main)), "method"].nunique() < 2:
        return Section(title, anchor, ["This run has one method that competes: there is nothing to compare."])
    sentence = (
        "Two methods are compared on the same cases, one number per system: the share of exact recoveries, or the "
        "mean logarithm of the error, over noise levels and seeds. Systems, not seeds, are what is counted. "
        "Two-sided p values of the sign test and of Wilcoxon's signed-rank test, both without ties, adjusted after "
        "Holm for the number of methods."
    )
    parts: list[Picture | Table] = []
    for column, words in COMPARED.items():
        table = tables.wins(records, column)
        if len(table):
            parts.append(Table(table, f"{words.capitalize()}: systems won, drawn and lost."))
    if len(tables.wins(records, "exact")):
        parts.append(
            Table(
                tables.win_matrix(records, "exact"),
                "Systems on which the method of a row recovers more than that of a column.",
                True,
            )
        )
    return Section(title, anchor, [sentence], parts)


def cost(records: pd.DataFrame) -> Section:
    """Make the section on time and memory."""
    title, anchor, own = "Time and memory", "cost", reached(records)
    if not (own["seconds"] > 0.0).any():
        return Section(title, anchor, ["No times were recorded."])
    medians = own.groupby("method", sort=False)["seconds"].median().dropna().sort_values()
    named = ", ".join(f"{name} {number(seconds)} s" for name, seconds in medians.items())
    caption = (
        "Wall time of one fit and growth of memory during it. Markers are medians over all cases, thick bars "
        f"quartiles, thin lines reach to the largest case. Median time: {named}."
    )
    return Section(title, anchor, [], [Picture(figures.plot_cost(records), caption)])


def failures(records: pd.DataFrame) -> Section:
    """Make the section on cases without a result."""
    title, anchor = "Failures", "failures"
    table = tables.failures(records)
    if not len(table):
        return Section(title, anchor, ["No case failed."])
    counts = records["status"].value_counts()
    sentence = (
        f"{sum(counts.get(status, 0) for status in FAILURES)} of {len(records)} cases failed or timed out: they count "
        f"as wrong everywhere above. {counts.get('skipped', 0)} were skipped because a package is not installed: they "
        "count nowhere."
    )
    return Section(title, anchor, [sentence], [Table(table, "Every case without a result, with the reason.", True)])
