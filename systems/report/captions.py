"""Sentences with numbers, for captions and the summary."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from systems.report.figures.looks import percent
from systems.report.records import main_part
from systems.report.statistics import quartiles, shares
from systems.report.tables.texts import number, share_text

if TYPE_CHECKING:
    import pandas as pd

NAMED = 3  # methods that a sentence names


def at_ends(table: pd.DataFrame, value: str, text: Callable[[float], str], is_more_better: bool = False) -> str:
    """Name the best methods at the lowest and at the highest noise.

    Parameters
    ----------
    table : pandas.DataFrame
        ``method``, ``noise`` and the value.
    value : str
        Name of its column.
    text : callable
        Value -> text.
    is_more_better : bool, default False
        Whether the largest value is the best one.

    Returns
    -------
    str
        One sentence per noise level, at most two.
    """
    noises = sorted(set(table["noise"]))
    ends = dict.fromkeys([noises[0], noises[-1]]) if noises else {}
    sentences = []
    for noise in ends:
        own = table[table["noise"] == noise].sort_values(value, ascending=not is_more_better, kind="stable").head(NAMED)
        named = ", ".join(f"{row['method']} {text(row[value])}" for _, row in own.iterrows())
        sentences.append(f"At {percent(noise)} noise: {named}.")
    return " ".join(sentences)


def recovery_at_ends(records: pd.DataFrame) -> str:
    """Name the methods that recover most at the lowest and at the highest noise."""
    return at_ends(shares(main_part(records)), "share", share_text, is_more_better=True)


def medians_at_ends(cases: pd.DataFrame, is_more_better: bool = False) -> str:
    """Name the methods with the best medians at the lowest and at the highest noise."""
    return at_ends(quartiles(cases), "middle", number, is_more_better)


def verdict(records: pd.DataFrame) -> str:
    """Compare the first method with the best other one, over all noise levels; empty where nothing was judged."""
    table = shares(main_part(records), ["method", "uses_truth"])
    if not len(table):
        return ""
    first = table.iloc[0]
    interval = f"95 % interval {100 * first['low']:.0f} to {100 * first['high']:.0f} %"
    share = f"{share_text(first['share'])} of {first['n']} cases ({interval})"
    sentence = f"{first['method']} finds exactly the right terms in {share}"
    others = table.iloc[1:][~table.iloc[1:]["uses_truth"].to_numpy(bool)]
    if not len(others):
        return sentence + "."
    best = others.iloc[int(np.argmax(others["share"]))]
    return f"{sentence}; the best other method, {best['method']}, in {share_text(best['share'])} of {best['n']}."
