"""What is wrong where equations are not right, and whether the search is to blame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from systems.report.figures.looks import percent
from systems.report.statistics import GAP, judged, search_misses
from systems.report.tables.texts import NOTHING, number

if TYPE_CHECKING:
    import pandas as pd

MOST_TERMS = 5  # of the wrong terms of a system, those that come most often


def misses(records: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the cases where the search has missed the true mask although that scores better.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    pandas.DataFrame
        One row per case, the largest gap first.
    """
    missed = search_misses(records).sort_values("search_gap", ascending=False)
    texts = {
        "noise": [percent(noise) for noise in missed["noise"]],
        "search gap (BIC)": [number(gap) for gap in missed["search_gap"]],
        "missing": [_listed(terms) for terms in missed["missing"]],
        "extra": [_listed(terms) for terms in missed["extra"]],
    }
    return missed[["system", "method", "variant", "noise", "seed"]].assign(**texts)


def miss_counts(records: pd.DataFrame) -> pd.DataFrame:
    """Count, method by method, where wrong terms come from: the search, or data that speak for other terms.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    pandas.DataFrame
        One row per method for which search gaps were computed.
    """
    import pandas

    known = judged(records)[judged(records)["search_gap"].notna()]
    rows = []
    for name, own in known.groupby("method", sort=False):
        wrong = own[own["right"] == 0.0]
        missed = int((wrong["search_gap"] > GAP).sum())
        counts = {"cases": len(own), "wrong terms": len(wrong), "search missed the truth": missed}
        rows.append({"method": name, **counts, "another mask scores as well or better": len(wrong) - missed})
    return pandas.DataFrame(rows, dtype=object)


def wrong_terms(records: pd.DataFrame) -> pd.DataFrame:
    """Make the table of what is missed and what is added where equations are not exactly right.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    pandas.DataFrame
        One row per system, method, variant and noise level; terms with the number of seeds that have them.
    """
    import pandas

    cases = judged(records)
    rows = []
    for (system, method, variant, noise), own in cases.groupby(["system", "method", "variant", "noise"], sort=False):
        wrong = own[own["right"] == 0.0]
        if len(wrong):
            counts = [f"{len(wrong)} of {len(own)}", _counted(wrong["missing"]), _counted(wrong["extra"])]
            rows.append([system, method, variant, percent(float(str(noise))), *counts])
    columns = ["system", "method", "variant", "noise", "seeds wrong", "missed", "added"]
    return pandas.DataFrame(rows, columns=columns, dtype=object)


def _listed(terms: Any) -> str:
    """Terms in one line."""
    return ", ".join(terms) if isinstance(terms, list) and terms else NOTHING


def _counted(lists: Iterable[Any]) -> str:
    """Terms that come most often in lists of terms, with how often."""
    counts = Counter(term for terms in lists if isinstance(terms, list) for term in terms)
    shown = ", ".join(f"{term} ({n})" for term, n in counts.most_common(MOST_TERMS))
    more = len(counts) - MOST_TERMS
    return (f"{shown}, {more} more" if more > 0 else shown) or NOTHING
