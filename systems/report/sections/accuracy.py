"""Sections on numbers: coefficients, forecasts, new environments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from systems.report import figures, statistics, tables
from systems.report.captions import medians_at_ends
from systems.report.parts import Picture, Section, Table
from systems.report.records import main_part, truth_users
from systems.report.statistics import DIVERGED, ERROR_FLOOR, ORACLE
from systems.report.tables.texts import share_text

if TYPE_CHECKING:
    import pandas as pd

QUARTILES = "Lines join medians over systems and seeds, bars are quartiles; failures count as infinite."
IN_NUMBERS = "The same in numbers: median (lower quartile, upper quartile); ∞: a failure."


def profiles(records: pd.DataFrame) -> Section:
    """Make the section with performance profiles."""
    title, anchor, main = "Performance profiles", "profiles", main_part(records)
    fair = main[~main["method"].isin(truth_users(main))]
    factors = np.array([1.0, 2.0])
    found = {name: statistics.profile(statistics.errors(fair, name), factors) for name in ("coef_error", "rollout")}
    found = {name: table for name, table in found.items() if table.attrs["n"]}
    if not found or fair["method"].nunique() < 2:
        return Section(
            title, anchor, ["Profiles compare at least two methods on the same cases; here are no such cases."]
        )
    best = [_best_in_words(table, name) for name, table in found.items()]
    caption = (
        "Share of the cases in which the error of a method is within a factor of the best error of all methods; "
        f"higher is better, at the left end it is the share of cases won. {' '.join(best)} Errors below "
        f"{ERROR_FLOOR:g} count as equal."
    )
    return Section(title, anchor, [], [Picture(figures.plot_profiles(records), caption)])


def errors(records: pd.DataFrame) -> Section:
    """Make the section on the error of the coefficients."""
    title, anchor, main = "Error of coefficients", "coefficients", main_part(records)
    cases = statistics.errors(main, "coef_error")
    if not main["coef_error"].notna().any():
        return Section(title, anchor, ["No case of this run has coefficients to compare with."])
    caption = (
        "Relative error of the coefficients (Frobenius norm, mean over environments), whether or not the terms are "
        f"right. {QUARTILES} Medians: {medians_at_ends(cases)}"
    )
    columns = {"coef_error": math.inf, "worst_term_error": math.inf}
    words = f"{IN_NUMBERS} Worst term: the largest relative error of a true term."
    table = Table(tables.quartile_table(main, columns), words, True)
    return Section(title, anchor, [], [Picture(figures.plot_errors(records), caption), table])


def efficiency(records: pd.DataFrame) -> Section:
    """Make the section on the error relative to the fit that knows the true terms."""
    title, anchor = "Efficiency", "efficiency"
    cases = statistics.efficiency(main_part(records), ORACLE)
    if not len(cases):
        return Section(title, anchor, [f"The method {ORACLE} (the likelihood with the true terms) is not in this run."])
    caption = (
        f"Error of the coefficients divided by that of {ORACLE}, which is told the true terms, on the same case; 1 is "
        f"as good as can be hoped for. Cases where the {ORACLE}'s error is below {ERROR_FLOOR:g} are left out. "
        f"{QUARTILES} Medians: {medians_at_ends(cases)}"
    )
    return Section(title, anchor, [], [Picture(figures.plot_efficiency(records, ORACLE), caption)])


def rollouts(records: pd.DataFrame) -> Section:
    """Make the section on forecasts from unseen starts."""
    title, anchor, main = "Forecasts", "forecasts", main_part(records)
    columns = {name: DIVERGED for name in ("rollout", "rollout_beyond") if main[name].notna().any()}
    if not columns:
        return Section(title, anchor, ["No forecasts were judged."])
    cases = statistics.errors(main, next(iter(columns)), DIVERGED)
    n_diverged = int(main["rollout_diverged"].fillna(0).sum())
    caption = (
        "Error of forecasts from unseen starts, relative to the spread of each state (NRMSE), within the horizon of "
        f"training and beyond it. Lines join medians, bars are quartiles; diverged forecasts ({n_diverged} runs) and "
        f"failures count as {DIVERGED:g}. Medians within the horizon: {medians_at_ends(cases)}"
    )
    table = Table(tables.quartile_table(main, columns), IN_NUMBERS, True)
    return Section(title, anchor, [], [Picture(figures.plot_rollouts(records), caption), table])


def valid_times(records: pd.DataFrame) -> Section:
    """Make the section on chaotic systems."""
    title, anchor, main = "Valid time of chaotic systems", "valid-times", main_part(records)
    if not main["valid_time"].notna().any():
        return Section(title, anchor, ["No chaotic system is in this run."])
    cases = statistics.errors(main, "valid_time", 0.0)
    caption = (
        "For how many Lyapunov times forecasts of chaotic systems are right. Lines join medians over systems and "
        "seeds, bars are quartiles; a failure is right for no time. Medians: "
        f"{medians_at_ends(cases, is_more_better=True)}"
    )
    words = "System by system: medians over seeds, in Lyapunov times."
    parts: list[Picture | Table] = [
        Picture(figures.plot_valid_times(records), caption),
        Table(tables.valid_times(main), words, True),
    ]
    return Section(title, anchor, [], parts)


def adaptation(records: pd.DataFrame) -> Section:
    """Make the section on environments that were not trained on."""
    title, anchor, main = "New environments", "adaptation", main_part(records)
    columns = {"adapt_error": math.inf, "adapt_rollout": DIVERGED, "adapt_seconds": math.inf}
    columns = {name: worst for name, worst in columns.items() if main[name].notna().any()}
    shown = [name for name in columns if name != "adapt_seconds"]
    if not shown:
        return Section(title, anchor, ["No method was adapted to new environments."])
    able = ", ".join(dict.fromkeys(main.loc[main[shown[0]].notna(), "method"]))
    caption = (
        "The found terms are kept, their coefficients fitted to one trajectory of each new environment. Methods that "
        f"can: {able}. {QUARTILES} Medians: {medians_at_ends(statistics.errors(main, shown[0], columns[shown[0]]))}"
    )
    table = Table(tables.quartile_table(main, columns), IN_NUMBERS, True)
    return Section(title, anchor, [], [Picture(figures.plot_adaptation(records), caption), table])


def _best_in_words(table: pd.DataFrame, name: str) -> str:
    """Who wins most cases, and who is most often within a factor of two."""
    wins, near = table.iloc[0], table.iloc[1]
    what = {"coef_error": "Coefficients", "rollout": "Forecasts"}[name]
    best, close = f"{wins.idxmax()} ({share_text(wins.max())})", f"{near.idxmax()} ({share_text(near.max())})"
    return f"{what}, {table.attrs['n']} cases: best most often is {best}, within a factor of 2 most often {close}."
