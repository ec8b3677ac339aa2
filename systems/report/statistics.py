"""What is computed from the records: shares with intervals, quartiles, profiles, paired comparisons.

A failure is never dropped: it is not exact, and its errors are infinite. Left out is what cannot be judged: the
structure of systems whose law is not in their library, forecasts where a set-up has none, coefficients of methods that
have none.

References
----------
Wilson (1927), Probable inference, the law of succession, and statistical inference.
Korn and Graubard (1998), Confidence intervals for proportions with small expected number of positive counts estimated
from survey data: the effective number of cases.
Dolan and More (2002), Benchmarking optimization software with performance profiles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from systems.report.records import reached

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

# Two-sided 95 % quantile of the standard normal distribution.
QUANTILE = 1.959963984540054
# Smaller errors are as good as none: how they compare says nothing of a method.
ERROR_FLOOR = 1e-6
SETTING = ("system", "variant", "noise", "seed")
# What a diverged forecast counts as, and with it the forecast of a failure.
DIVERGED = 1e3
# This method is given the true terms: its structure is no finding.
ORACLE = "oracle"
GAP = 0.5  # of BIC: a search that ends so much above the true mask has missed it


def wilson(n_right: float, n: float) -> tuple[float, float]:
    """Interval of 95 % for a share.

    Parameters
    ----------
    n_right, n : float
        Number of successes and of cases; effective numbers need not be whole.

    Returns
    -------
    low, high : float
        Ends of the interval, within 0 and 1; 0 and 1 if there are no cases.

    Examples
    --------
    >>> low, high = wilson(10, 10)
    >>> round(low, 4), high
    (0.7225, 1.0)
    """
    if n <= 0:
        return 0.0, 1.0
    share, z2 = n_right / n, QUANTILE**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = QUANTILE / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # At the ends, where the formula gives 0 or 1, rounding must not say otherwise.
    low = 0.0 if n_right == 0 else max(centre - half, 0.0)
    return low, 1.0 if n_right == n else min(centre + half, 1.0)


def judged(records: pd.DataFrame) -> pd.DataFrame:
    """Cases whose structure is right or wrong, failures among the wrong ones; `right` as a number."""
    own = reached(records)
    own = own[own["exact"].notna() & (own["method"] != ORACLE)]
    return own.assign(right=own["exact"].astype(float))


def likeness(records: pd.DataFrame) -> float:
    """Likeness of seeds: how much the outcome of one system depends on the system, not on the noise.

    The intraclass correlation (analysis of variance), pooled over methods, variants and noise levels: 1 where all seeds
    of a system end alike, 0 where systems do not differ, or cannot be compared because there is one system or one seed.
    """
    cells = judged(records)[["method", "variant", "noise", "system", "right"]]
    by_system = cells.groupby(["method", "variant", "noise", "system"])["right"]
    by_cell = cells.groupby(["method", "variant", "noise"])
    free_within = len(cells) - by_system.ngroups
    free_between = by_system.ngroups - by_cell.ngroups
    if not free_within or not free_between:
        return 0.0
    size = len(cells) / by_system.ngroups
    mean = by_system.transform("mean")
    within = float(((cells["right"] - mean) ** 2).sum()) / free_within
    between = float(((mean - by_cell["right"].transform("mean")) ** 2).sum()) / free_between
    if not within and not between:
        return 1.0
    return min(max((between - within) / (between + (size - 1) * within), 0.0), 1.0)


def shares(records: pd.DataFrame, by: Sequence[str] = ("method", "noise")) -> pd.DataFrame:
    """Share of exact recoveries with an interval.

    Wilson's interval for N / (1 + (n - 1) rho) cases: n seeds of one system are not n systems, and rho (`likeness`)
    says how much less they tell.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.
    by : sequence of str
        Columns that make a group.

    Returns
    -------
    pandas.DataFrame
        One row per group, in the order of the records: the columns of `by`, ``share``, ``low``, ``high`` and ``n``,
        which is the number of cases.
    """
    import pandas

    rho = likeness(records)
    rows = []
    for key, own in judged(records).groupby(list(by), sort=False):
        n, share = len(own), float(own["right"].mean())
        effective = n / (1 + (n / own["system"].nunique() - 1) * rho)
        low, high = wilson(share * effective, effective)
        rows.append((*key, share, low, high, n))
    return pandas.DataFrame(rows, columns=[*by, "share", "low", "high", "n"])


def errors(records: pd.DataFrame, column: str, worst: float = math.inf) -> pd.DataFrame:
    """Values of an error, failures being as bad as can be.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.
    column : str
        Name of a column of numbers.
    worst : float, default inf
        What a failure counts as.

    Returns
    -------
    pandas.DataFrame
        The cases where this can be judged, with ``value``: there is one, or it is missing where other methods have
        one for the system, and the method for other systems.
    """
    own = reached(records)
    known = own[own[column].notna()]
    has_run = set(own.loc[own["status"] == "ok", "method"])
    able = set(known["method"]) | (set(own["method"]) - has_run)
    possible = own["system"].isin(known["system"].unique()) & own["method"].isin(able)
    value = own[column].mask(own[column].isna() & possible, worst)
    return own.assign(value=value)[value.notna()]


def quartiles(cases: pd.DataFrame, by: Sequence[str] = ("method", "noise")) -> pd.DataFrame:
    """Median and quartiles of ``value``: the order statistics above them, so that infinite values do no harm.

    Parameters
    ----------
    cases : pandas.DataFrame
        Of `errors` or `efficiency`.
    by : sequence of str
        Columns that make a group.

    Returns
    -------
    pandas.DataFrame
        One row per group: the columns of `by`, ``low``, ``middle``, ``high``, ``n``.
    """
    import pandas

    rows = []
    for key, own in cases.groupby(list(by), sort=False):
        low, middle, high = np.quantile(own["value"], [0.25, 0.5, 0.75], method="inverted_cdf")
        rows.append((*key, low, middle, high, len(own)))
    return pandas.DataFrame(rows, columns=[*by, "low", "middle", "high", "n"])


def efficiency(records: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Error of the coefficients in units of the reference's on the same case.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.
    reference : str
        Name of a method: the fit that knows the true terms.

    Returns
    -------
    pandas.DataFrame
        The other methods' cases with ``value``, where the reference has an error above the floor.
    """
    cases = errors(records, "coef_error")
    best = cases[(cases["method"] == reference) & (cases["status"] == "ok") & (cases["value"] > ERROR_FLOOR)]
    others = cases[cases["method"] != reference]
    both = others.merge(best[[*SETTING, "value"]], on=list(SETTING), suffixes=("", "_reference"))
    return both.assign(value=both["value"] / both["value_reference"])


def profile(cases: pd.DataFrame, factors: Array) -> pd.DataFrame:
    """Performance profile: in what share of the cases a method is within a factor of the best.

    Parameters
    ----------
    cases : pandas.DataFrame
        Of `errors`; cases count that all methods have.
    factors : ndarray (F,)
        Factors, at least 1.

    Returns
    -------
    pandas.DataFrame
        One row per factor, one column per method; ``attrs["n"]`` is the number of cases.
    """
    import pandas

    table = cases.pivot_table(index=list(SETTING), columns="method", values="value", sort=False, aggfunc="first")
    table = table[list(dict.fromkeys(cases["method"]))].dropna().clip(lower=ERROR_FLOOR)
    best = table.min(axis=1)
    # Where all methods failed nobody is the best.
    ratio = table.div(best, axis=0).where(np.isfinite(table), math.inf)
    counts = {name: np.searchsorted(np.sort(ratio[name]), factors, side="right") for name in ratio}
    shown = pandas.DataFrame(counts, index=factors) / max(len(table), 1)
    shown.attrs["n"] = len(table)
    return shown


def search_misses(records: pd.DataFrame) -> pd.DataFrame:
    """Cases whose mask scores worse than the true one: the search has missed it, the data have not."""
    return reached(records)[reached(records)["search_gap"] > GAP]
