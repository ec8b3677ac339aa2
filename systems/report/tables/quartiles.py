"""Medians and quartiles of errors and of valid times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from systems.report.figures.looks import percent
from systems.report.records import methods_of
from systems.report.statistics import errors, quartiles
from systems.report.tables.texts import NOTHING, labels, number

if TYPE_CHECKING:
    import pandas as pd


# Columns of records, as they are called in tables.
HEADINGS = {
    "coef_error": "coefficients",
    "worst_term_error": "worst term",
    "rollout": "within the horizon",
    "rollout_beyond": "beyond the horizon",
    "adapt_error": "coefficients",
    "adapt_rollout": "forecasts",
    "adapt_seconds": "seconds",
}


def quartile_table(records: pd.DataFrame, columns: dict[str, float]) -> pd.DataFrame:
    """Make a table of medians with quartiles: methods and noise levels down, errors across.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.
    columns : dict of str to float
        Columns of numbers, and what a failure counts as.

    Returns
    -------
    pandas.DataFrame
        One row per method and noise level, "median (lower quartile, upper quartile)".
    """
    import pandas

    parts = []
    for column, worst in columns.items():
        table = quartiles(errors(records, column, worst))
        texts = [_with_quartiles(*row) for row in table[["middle", "low", "high"]].to_numpy(float)]
        parts.append(table.assign(text=texts, column=column)[["method", "noise", "column", "text"]])
    wide = pandas.concat(parts).pivot(index=["method", "noise"], columns="column", values="text")
    order = [(name, noise) for name in methods_of(records) for noise in sorted(records["noise"].unique())]
    wide = wide.reindex(index=[row for row in order if row in wide.index], columns=list(columns)).reset_index()
    names, levels = labels(records, wide["method"]), [percent(noise) for noise in wide["noise"]]
    return wide.assign(method=names, noise=levels).fillna(NOTHING).rename(columns=HEADINGS).rename_axis(None, axis=1)


def valid_times(records: pd.DataFrame) -> pd.DataFrame:
    """Make the table of valid times: chaotic systems and noise levels down, methods across.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    pandas.DataFrame
        Medians over seeds, in Lyapunov times; a failure is right for no time.
    """
    table = quartiles(errors(records, "valid_time", 0.0), ["system", "noise", "method"])
    wide = table.pivot(index=["system", "noise"], columns="method", values="middle")
    wide = wide.reindex(columns=list(dict.fromkeys(table["method"])))
    wide = wide.reindex(list(dict.fromkeys(zip(table["system"], table["noise"], strict=True))))
    wide.columns = labels(records, wide.columns)
    shown = wide.map(number).reset_index()
    return shown.assign(noise=[percent(noise) for noise in shown["noise"]])


def _with_quartiles(middle: float, low: float, high: float) -> str:
    """A median with its quartiles."""
    return f"{number(middle)} ({number(low)}, {number(high)})"
