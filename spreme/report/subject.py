"""What a report is about: a fitted model and the data that it was fitted to."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from spreme.data import Trajectories
from spreme.estimators import SpReME
from spreme.estimators.held_out import matched
from spreme.estimators.state import FittedState
from spreme.plotting.panels import fitted_law
from spreme.plotting.starts import FittedStarts
from spreme.results import Law


@dataclass(frozen=True, eq=False)
class Subject:
    """A fitted model and data of environments that it knows.

    Attributes
    ----------
    model : SpReME
        The model.
    state : FittedState
        What it has learned.
    data : Trajectories
        The data.
    starts : FittedStarts
        Starts of forecasts.
    """

    model: SpReME
    state: FittedState
    data: Trajectories
    starts: FittedStarts

    @property
    def law(self) -> Law:
        """The fitted law."""
        return self.state.law

    @property
    def without_data(self) -> list[Hashable]:
        """Environments of the law of which no data were given."""
        return [env for env in self.law.environments if env not in self.data.environments]


def check_subject(model: Any, data: Any) -> Subject:
    """Refuse what is no fitted model, no data, or data of something else."""
    law = fitted_law(model, "write_report")
    if not isinstance(data, Trajectories):
        raise TypeError(
            f"write_report needs the Trajectories that the model was fitted to, got {type(data).__name__}: a model "
            "keeps no data. Pass them as the second argument, made by Trajectories(x, t, env=...)"
        )
    data = matched(data, law)
    for env in data.environments:
        law.position(env)
    return Subject(model, model._state, data, FittedStarts(law))


def name_of(env: Hashable) -> str:
    """Label of an environment as text."""
    return env if isinstance(env, str) else repr(env)


def listed(names: list[str], most: int = 6) -> str:
    """Name a few, count the rest."""
    hidden = len(names) - most
    return ", ".join(names[:most]) + (f" and {hidden} more" if hidden > 0 else "")
