"""`Trajectory`: one measured run."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Trajectory:
    """
    One measured run of a system in one environment.

    Parameters
    ----------
    t : ndarray of shape (n,)
        Times, strictly increasing, in the unit the user measured them in.
    x : ndarray of shape (n, S)
        States; NaN marks a missing value.
    env : hashable
        Label of the environment.
    u : ndarray of shape (n, U) or None
        Inputs, complete; None if the system has none.
    index : int
        Position in the data set as the user gave it, for messages.

    Examples
    --------
    >>> from spreme.data import Trajectories
    >>> run = Trajectories([[1.0, 0.5, None]], 0.1)[0]
    >>> run.n_samples, run.n_states, int(run.missing.sum())
    (3, 1, 1)
    """

    t: np.ndarray
    x: np.ndarray
    env: Hashable
    u: np.ndarray | None = None
    index: int = 0

    @property
    def n_samples(self) -> int:
        """Number of samples n."""
        return len(self.t)

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return int(self.x.shape[1])

    @property
    def inputs(self) -> np.ndarray:
        """Inputs as an array of shape (n, U); U is 0 if the system has none."""
        return np.zeros((self.n_samples, 0)) if self.u is None else self.u

    @property
    def missing(self) -> np.ndarray:
        """Where values are missing: bool array of shape (n, S)."""
        return np.isnan(self.x)
