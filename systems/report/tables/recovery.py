"""Tables of exact recovery, and the one that says all in one line per method."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from systems.report.figures.looks import label_of, looks, percent
from systems.report.records import FAILURES, main_part, reached, truth_users
from systems.report.statistics import DIVERGED, ORACLE, errors, quartiles, shares
from systems.report.tables.texts import NOTHING, interval_text, labels, number, share_text

if TYPE_CHECKING:
    import pandas as pd

# Column -> title and what a failure counts as, of the medians in the first table.
MEDIANS = {"coef_error": ("coefficient error", math.inf), "rollout": ("forecast error", DIVERGED)}


def headline(records: pd.DataFrame) -> pd.DataFrame:
    """Make the table that says it all in one line per method.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    pandas.DataFrame
        The best first, those that see the truth last: the share of exact recoveries over all noise levels with its
        interval, and per noise level; the mean F1; medians of the errors of coefficients and forecasts, and of the wall
        time; how many cases failed.
    """
    import pandas

    main = main_part(records)
    everywhere, by_noise = shares(main, ["method"]).set_index("method"), shares(main)
    cheats = truth_users(main)
    ranked = sorted(looks(main), key=lambda name: (name in cheats, -everywhere["share"].get(name, -1.0)))
    noises = sorted(by_noise["noise"].unique())
    rows = []
    for name in ranked:
        own = reached(main)[reached(main)["method"] == name]
        at = by_noise[by_noise["method"] == name].set_index("noise")["share"]
        rows.append(
            {
                "method": label_of(name, name in cheats),
                "exactly right": interval_text(everywhere.loc[name]) if name in everywhere.index else NOTHING,
                **({percent(noise): _share_at(at, noise) for noise in noises} if len(noises) > 1 else {}),
                "mean F1": number(own["f1"].mean()) if name != ORACLE else NOTHING,
                **{title: _median(main, column, name, cap) for column, (title, cap) in MEDIANS.items()},
                "seconds": number(own["seconds"].median()),
                "failed": f"{own['status'].isin(FAILURES).sum()} of {len(own)}",
            }
        )
    return pandas.DataFrame(rows, dtype=object)


def recovery_by(records: pd.DataFrame, column: str) -> pd.DataFrame:
    """Make a table of exact recovery: methods down, the values of a column across, over all noise levels.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.
    column : str
        ``suite``, ``variant``, ``noise`` or ``system``.

    Returns
    -------
    pandas.DataFrame
        Shares with intervals; numbers of cases in the heading, or where they differ between methods beside the share.
    """
    table = shares(records, ["method", column])
    sizes = table.groupby(column)["n"].agg(["min", "max"])
    alike = {value for value, size in sizes.iterrows() if size["min"] == size["max"]}
    texts = [interval_text(row) + ("" if row[column] in alike else f" of {row['n']}") for _, row in table.iterrows()]
    wide = table.assign(text=texts).pivot(index="method", columns=column, values="text")
    wide = wide.reindex(index=list(dict.fromkeys(table["method"])), columns=list(dict.fromkeys(table[column])))
    named = {value: percent(float(value)) if column == "noise" else str(value) for value in wide.columns}
    wide.columns = [f"{name} ({sizes['max'][value]})" if value in alike else name for value, name in named.items()]
    wide.index = labels(records, wide.index)
    return wide.fillna(NOTHING).rename_axis("method").reset_index()


def _share_at(at: pd.Series, noise: float) -> str:
    """Share at a noise level, where there is one."""
    return share_text(at[noise]) if noise in at.index else NOTHING


def _median(records: pd.DataFrame, column: str, method: str, worst: float) -> str:
    """Median of an error of one method, failures being as bad as can be."""
    cases = errors(records, column, worst)
    own = cases[cases["method"] == method]
    return number(quartiles(own, ["method"])["middle"].iloc[0]) if len(own) else NOTHING
