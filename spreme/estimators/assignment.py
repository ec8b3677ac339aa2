"""Which environment of a fitted model new trajectories belong to."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from spreme.data import Trajectories, Trajectory
from spreme.estimators.outliers import without_outliers
from spreme.estimators.state import FittedState
from spreme.labelling import trajectory_costs
from spreme.results import SearchPath

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Assignment:
    """Environments of trajectories.

    Attributes
    ----------
    labels : list
        Most probable environment of every trajectory.
    probabilities : ndarray (m, E)
        Of every environment for every trajectory, in the order of ``environments_``; all environments are equally
        probable beforehand.
    misfit : ndarray (m,)
        Root mean square residual under that environment, in units of the noise; about 1 if it is the right one.
    """

    labels: list[Hashable]
    probabilities: Array
    misfit: Array


def assign_trajectories(state: FittedState, data: Trajectories) -> Assignment:
    """Judge trajectories by the likelihood under the law of every environment, the states at their start free."""
    law = state.law
    runs: Sequence[Trajectory] = without_outliers(list(data), data.state_names)
    noise = np.tile(np.sqrt((law.noise_std**2).mean(axis=0)), (len(runs), 1))
    found = trajectory_costs(runs, law, noise, n_segments(state.path))
    costs = np.where(np.isinf(found.costs), 1e300, found.costs)
    best = np.argmin(costs, axis=1)
    misfit = np.sqrt(found.costs[np.arange(len(best)), best] / found.n_free)
    labels = [law.environments[k] for k in best]
    return Assignment(labels, np.asarray(softmax(-0.5 * costs, axis=1)), misfit)


def n_segments(path: SearchPath) -> int:
    """Into how many segments the longest trajectory was cut when the law was chosen."""
    return next((own.segments for own in path.laws if own.reason == "chosen"), 1)
