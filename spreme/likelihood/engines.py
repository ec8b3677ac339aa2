"""Which of the two engines fits: multiple shooting, or states and coefficients together; both have one interface."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.problem import Problem
from spreme.likelihood.spline.evaluation import JointEvaluator
from spreme.likelihood.spline.result import JointFit

Array = NDArray[np.float64]


def is_joint(states: Sequence[Array | JointFit]) -> bool:
    """Whether states come from the joint fit of states and coefficients."""
    return len(states) > 0 and isinstance(states[0], JointFit)


def engine(problem: Problem, pieces: int, pool: ThreadPoolExecutor | None, *, jointly: bool) -> Evaluator:
    """What fits masks to a problem.

    Parameters
    ----------
    problem : Problem
        Data and noise.
    pieces : int
        Segments of the longest trajectory; the joint fit takes whole ones.
    pool : ThreadPoolExecutor or None
        Threads.
    jointly : bool
        Whether states and coefficients are fitted together.

    Returns
    -------
    Evaluator
        Or a `JointEvaluator`, which has the same methods.
    """
    if jointly:
        return cast("Evaluator", JointEvaluator(problem, pool))
    return Evaluator(problem, pieces, pool)


def states_at_samples(states: Sequence[Array | JointFit]) -> list[Array]:
    """States (n_e, S) at the samples, whichever engine they come from."""
    return [own.states if isinstance(own, JointFit) else own for own in states]
