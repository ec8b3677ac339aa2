"""Parts of the data, each posed as an environment of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.problem import Problem
from spreme.likelihood.recording import Recording

Indices = NDArray[np.int64]


def pose_parts(problem: Problem, parts: Sequence[Recording], environment: Indices) -> Problem:
    """Pose parts of the data with the noise and the steps of the environments they belong to.

    Parameters
    ----------
    problem : Problem
        All data.
    parts : sequence of Recording
        P of them.
    environment : ndarray (P,) of int64
        To which environment each belongs.

    Returns
    -------
    Problem
        With P environments.
    """
    return replace(
        problem,
        recordings=tuple(parts),
        sd=problem.sd[environment],
        floor=problem.floor[environment],
        longest=problem.longest[environment],
        frozen=problem.frozen[environment],
    )
