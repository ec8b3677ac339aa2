"""Exact recovery where data are sampled more rarely, unevenly, briefly, with gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from systems.report.figures.looks import looks, new_figure, styled
from systems.report.figures.rows import draw_rows
from systems.report.statistics import judged, shares

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def plot_variants(records: pd.DataFrame) -> Figure:
    """Draw the share of exact recoveries in every variant of the data.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    matplotlib.figure.Figure
        Shares over systems, noise levels and seeds, with 95 % intervals; only systems and noise levels that all
        variants have.
    """
    table = shares(at_common_noise(records), ("method", "variant")).rename(columns={"share": "middle"})
    variants = list(dict.fromkeys(table["variant"]))
    seen = {name: look for name, look in looks(records).items() if name in set(table["method"])}
    with styled():
        figure = new_figure(8.0, 0.8 + len(variants) * (0.16 + 0.12 * len(seen)))
        axes = figure.subplots()
        handles = draw_rows(axes, table, "variant", variants, seen)
        axes.set_xlim(-0.02, 1.02)
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        axes.set_xlabel("equations exactly right")
        figure.legend(handles, [look.label for look in seen.values()], loc="outside right center")
    return figure


def at_common_noise(records: pd.DataFrame) -> pd.DataFrame:
    """Cases of the systems and noise levels that all variants have, so that variants can be compared."""
    cases = judged(records)
    for column in ("noise", "system"):
        n_variants = cases.groupby(column)["variant"].nunique()
        common = n_variants.index[n_variants == cases["variant"].nunique()]
        cases = cases[cases[column].isin(common)] if len(common) else cases
    return cases
