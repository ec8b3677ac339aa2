"""Starts of forecasts, found once for all pictures of the same data."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectory
from spreme.metrics import fitted_start
from spreme.results import Law

Array = NDArray[np.float64]


class FittedStarts:
    """The states from which a law reproduces trajectories best, each sought when first asked for."""

    def __init__(self, law: Law) -> None:
        self.law = law
        self._found: dict[Hashable, Array] = {}

    def of(self, run: Trajectory) -> Array:
        """State (S,) at the first time of a trajectory; ValueError if the law cannot be followed there."""
        key = (run.env, run.t.tobytes(), run.x.tobytes(), run.inputs.tobytes())
        if key not in self._found:
            self._found[key] = fitted_start(self.law, run, run.env)
        return self._found[key]
