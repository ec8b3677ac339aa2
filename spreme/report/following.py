"""How far and how well the forecasts of a law follow the data."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from spreme.data import Trajectories, Trajectory
from spreme.metrics import forecast_error
from spreme.plotting.starts import FittedStarts
from spreme.report.portions import Portion, portions
from spreme.simulate import simulate

DONE = "converged"


class Followed(NamedTuple):
    """One forecast: its error, NaN if there can be none, and its status in words."""

    error: float
    status: str

    @property
    def is_possible(self) -> bool:
        """Whether there is a forecast at all."""
        return not math.isnan(self.error)


Outcome = dict[Hashable, list[Followed]]


def follow_all(starts: FittedStarts, pieces: Sequence[Portion]) -> Outcome:
    """Forecast the trajectories that are drawn.

    Parameters
    ----------
    starts : FittedStarts
        Starts of forecasts by a fitted law.
    pieces : sequence of Portion
        Data of its environments.

    Returns
    -------
    dict
        Environment -> one entry for every trajectory.
    """
    return {
        env: [_follow(starts, run) for run in own.data.where(env=env)]
        for own in pieces
        for env in own.data.environments
    }


def drawable(data: Trajectories, outcome: Outcome) -> list[Portion]:
    """Portions of the environments of which every forecast is possible."""
    fine = {env for env, own in outcome.items() if all(one.is_possible for one in own)}
    rows = [row for row, env in enumerate(data.env) if env in fine]
    return list(portions(data[rows])) if rows else []


def _follow(starts: FittedStarts, run: Trajectory) -> Followed:
    """Forecast one trajectory, unless it makes a term active whose coefficient is unknown."""
    try:
        forecast = simulate(starts.law, starts.of(run), run.t, run.env, run.u)
    except ValueError as error:
        return Followed(math.nan, str(error))
    return Followed(forecast_error(forecast, run), str(forecast.status))
