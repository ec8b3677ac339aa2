"""Methods compared system by system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from systems.report.pairs import compare, holm, per_system
from systems.report.records import main_part, truth_users
from systems.report.tables.texts import NOTHING, number

if TYPE_CHECKING:
    import pandas as pd


def wins(records: pd.DataFrame, column: str) -> pd.DataFrame:
    """Make the table of the first method against every other, system by system.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.
    column : str
        ``exact`` or the name of an error.

    Returns
    -------
    pandas.DataFrame
        Systems won, drawn and lost, median difference, p values of the sign test and of Wilcoxon's test after Holm.
    """
    import pandas

    main = main_part(records)
    fair = main[~main["method"].isin(truth_users(main))]
    table = per_system(fair, column)
    if table.shape[1] < 2 or not len(table):
        return pandas.DataFrame()
    reference, *others = table.columns
    found = [compare(table[reference].to_numpy(), table[name].to_numpy()) for name in others]
    adjusted = [holm(np.array([getattr(one, kind) for one in found])) for kind in ("sign_p", "wilcoxon_p")]
    return pandas.DataFrame(
        {
            f"{reference} against": others,
            "systems": len(table),
            "won": [one.wins for one in found],
            "drawn": [one.ties for one in found],
            "lost": [one.losses for one in found],
            "median difference": [_difference(one.difference, column) for one in found],
            "p (signs)": [number(p) for p in adjusted[0]],
            "p (Wilcoxon)": [number(p) for p in adjusted[1]],
        },
        dtype=object,
    )


def win_matrix(records: pd.DataFrame, column: str) -> pd.DataFrame:
    """Make the table of systems won, every method (down) against every other (across).

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.
    column : str
        ``exact`` or the name of an error.

    Returns
    -------
    pandas.DataFrame
        Numbers of systems.
    """
    import pandas

    main = main_part(records)
    table = per_system(main[~main["method"].isin(truth_users(main))], column)
    names = [str(name) for name in table.columns]
    values = [[_beaten(table, row, other) for other in names] for row in names]
    return pandas.DataFrame(values, columns=names, dtype=object).assign(method=names)[["method", *names]]


def _beaten(table: pd.DataFrame, row: str, other: str) -> str:
    """On how many systems one method is better than another."""
    return NOTHING if row == other else str(compare(table[row].to_numpy(), table[other].to_numpy()).wins)


def _difference(value: float, column: str) -> str:
    """Difference of shares in points, or ratio of errors."""
    return f"{100 * value:+.0f} points" if column == "exact" else f"error / {10**value:.2g}"
