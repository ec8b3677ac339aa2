"""How far and how well the forecasts of a law follow the data."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from spreme.data import Trajectories, Trajectory
from spreme.metrics import fitted_start, run_error
from spreme.report.portions import Portion, portions
from spreme.results import Law
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


def follow_all(law: Law, pieces: Sequence[Portion]) -> Outcome:
    """Forecast the trajectories that are drawn.

    Parameters
    ----------
    law : Law
        Fitted law.
    pieces : sequence of Portion
        Data of its environments.

    Returns
    -------
    dict
        Environment -> one entry for every trajectory.
    """
    return {
        env: [_follow(law, run) for run in own.data.where(env=env)] for own in pieces for env in own.data.environments
    }


def drawable(data: Trajectories, outcome: Outcome) -> list[Portion]:
    """Portions of the environments of which every forecast is possible."""
    fine = {env for env, own in outcome.items() if all(one.is_possible for one in own)}
    rows = [row for row, env in enumerate(data.env) if env in fine]
    return list(portions(data[rows])) if rows else []


def _follow(law: Law, run: Trajectory) -> Followed:
    """Forecast one trajectory, unless it makes a term active whose coefficient is unknown."""
    try:
        start = fitted_start(law, run, run.env)
        forecast = simulate(law, start, run.t, run.env, run.u)
    except ValueError as error:
        return Followed(math.nan, str(error))
    return Followed(run_error(law, run, run.env, start), str(forecast.status))
