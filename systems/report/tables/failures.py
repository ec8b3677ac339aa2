"""Cases without a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from systems.report.figures.looks import percent
from systems.report.tables.texts import NOTHING

if TYPE_CHECKING:
    import pandas as pd


def failures(records: pd.DataFrame) -> pd.DataFrame:
    """Make the table of all cases without a result, with the reason.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    pandas.DataFrame
        One row per case, those that were skipped last.
    """
    lost = records[records["status"] != "ok"].sort_values("status", key=lambda own: own == "skipped", kind="stable")
    reason = [error.strip().splitlines()[-1] if error.strip() else NOTHING for error in lost["error"]]
    columns = ["system", "method", "variant", "noise", "seed", "status", "reason"]
    return lost.assign(noise=[percent(noise) for noise in lost["noise"]], reason=reason)[columns]
