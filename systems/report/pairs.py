"""Methods compared system by system: who wins, and whether that could be chance.

References
----------
Wilcoxon (1945), Individual comparisons by ranking methods. Holm (1979), A simple sequentially rejective multiple test
procedure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from systems.report.statistics import DIVERGED, ERROR_FLOOR, SETTING, errors, judged

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


class Comparison(NamedTuple):
    """One method against another, over systems.

    Attributes
    ----------
    wins, ties, losses : int
        Systems where the first is better, where both are alike, where the second is better.
    sign_p, wilcoxon_p : float
        Two-sided p values of the sign test and of Wilcoxon's signed-rank test; 1 where all are ties.
    difference : float
        Median difference over systems, first minus second.
    """

    wins: int
    ties: int
    losses: int
    sign_p: float
    wilcoxon_p: float
    difference: float


def per_system(records: pd.DataFrame, column: str) -> pd.DataFrame:
    """One number per system and method, over the cases that all methods have, larger being better.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.
    column : str
        ``exact``: the share of exact recoveries. Else an error: minus the mean of its decimal logarithm.

    Returns
    -------
    pandas.DataFrame
        Index: systems; columns: methods.
    """
    if column == "exact":
        cases = judged(records).rename(columns={"right": "value"})
    else:
        cases = errors(records, column, worst=DIVERGED)
        cases = cases.assign(value=-np.log10(cases["value"].clip(ERROR_FLOOR, DIVERGED)))
    table = cases.pivot_table(index=list(SETTING), columns="method", values="value", sort=False)
    table = table[list(dict.fromkeys(cases["method"]))].dropna()
    return table.groupby("system", sort=False).mean()


def compare(first: Array, second: Array) -> Comparison:
    """Compare two methods on the same systems.

    Parameters
    ----------
    first, second : ndarray (n,)
        One number per system, larger being better. Differences below 1e-9 are ties.

    Returns
    -------
    Comparison
        Wins and tests; both tests leave ties out.

    Examples
    --------
    >>> import numpy as np
    >>> compare(np.ones(6), np.zeros(6)).sign_p
    0.03125
    """
    from scipy.stats import binomtest, wilcoxon

    difference = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    difference[np.abs(difference) < 1e-9] = 0.0
    wins, losses = int((difference > 0).sum()), int((difference < 0).sum())
    middle = float(np.median(difference)) if len(difference) else math.nan
    ties = len(difference) - wins - losses
    if not wins + losses:
        return Comparison(wins, ties, losses, 1.0, 1.0, middle)
    moved = difference[difference != 0.0]
    # Twice rounded means differ in the last digit: ties among the ranks are to be seen as such.
    ranked = wilcoxon(np.round(moved, 9), method="auto")
    return Comparison(wins, ties, losses, float(binomtest(wins, wins + losses).pvalue), float(ranked.pvalue), middle)


def holm(p_values: Array) -> Array:
    """Adjust p values of several tests after Holm.

    Parameters
    ----------
    p_values : ndarray (n,)
        One p value per test.

    Returns
    -------
    ndarray (n,)
        Adjusted values, in the same order.

    Examples
    --------
    >>> import numpy as np
    >>> [float(p) for p in holm(np.array([0.01, 0.04, 0.03]))]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values)
    stepped = np.asarray(p_values)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted
