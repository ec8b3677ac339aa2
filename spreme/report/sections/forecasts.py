"""Data against forecast: pictures, and how well and how far forecasts follow the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spreme.metrics import CAP
from spreme.plotting.fit import draw_fit
from spreme.plotting.panels import env_label
from spreme.report.following import DONE, Followed, Outcome
from spreme.report.parts import Section, Table
from spreme.report.portions import Portion, picture
from spreme.report.subject import Subject, listed, name_of

TITLE, ANCHOR = "Data and forecasts", "forecasts"
SENTENCE = (
    "Every forecast starts where the model reproduces the trajectory best and is then left alone. The error is the "
    "root mean square difference between forecast and data in standard deviations of each state, the mean over states: "
    "0 is perfect, 1 is no better than the mean of the data, noise included."
)
CAPTION = "Measurements as points, forecasts from fitted starts as lines."


def forecasts(subject: Subject, outcome: Outcome, pieces: Sequence[Portion]) -> Section:
    """Pictures of what can be drawn, and the table of all forecasts."""
    pictures = [picture(subject, piece, draw_fit, CAPTION, "forecasts") for piece in pieces]
    return Section(TITLE, ANCHOR, (SENTENCE,), (*pictures, _table(outcome)), tuple(remarks(outcome)))


def _table(outcome: Outcome) -> Table:
    """Error of the forecasts of every environment."""
    rows = tuple((name_of(env), str(len(own)), _ends(own), _error(own)) for env, own in outcome.items())
    head = ("environment", "forecasts", "reach the end", "median error")
    return Table("How forecasts follow the data", head, rows)


def _ends(own: Sequence[Followed]) -> str:
    """Number of forecasts that reach the last sample."""
    return str(sum(one.status == DONE for one in own))


def _error(own: Sequence[Followed]) -> str:
    """Median error."""
    errors = [one.error for one in own if one.is_possible]
    if not errors:
        return "none"
    middle = float(np.median(errors))
    return "ends early" if middle >= CAP else f"{middle:.2g}"


def remarks(outcome: Outcome) -> list[str]:
    """Say which forecasts end early, and why the first of them does."""
    early = [
        (f"{place + 1} of {env_label(env)}", one.status)
        for env, own in outcome.items()
        for place, one in enumerate(own)
        if one.status != DONE
    ]
    if not early:
        return []
    total = sum(map(len, outcome.values()))
    places = listed([place for place, _ in early])
    return [
        f"{len(early)} of {total} forecasts do not reach the end of their trajectories (number {places}; counted "
        f"from 1). The first: {early[0][1]}"
    ]
