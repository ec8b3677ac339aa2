"""A law that was searched for on an excerpt, put to all samples.

Segments are as long as those on which the search ended, so that nothing that could be integrated there is lost here;
the way to them begins at short ones, as in every search, for the fits of shorter segments give the states at which
longer ones start. The last segments are searched as any stage is: what only all samples show is found here.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.fits import Fit
from spreme.likelihood.ladder import ladder, limit_after, n_periods
from spreme.likelihood.one_stage import SETTING_OUT, Stage, StageSearch
from spreme.likelihood.precision import enough_steps
from spreme.likelihood.problem import Problem
from spreme.likelihood.recording import Recording
from spreme.likelihood.shooting.gauss_newton import Control
from spreme.likelihood.starting_states import starting_states

Array = NDArray[np.float64]

# Fits on the way need not be precise.
PASSING = Control(20, 1.0, 1e-3)


def search_all_samples(
    problem: Problem, found: Stage, search: StageSearch | None, pool: ThreadPoolExecutor | None
) -> tuple[Stage, list[Array]] | None:
    """Fit the law of a stage to all samples, and search there once more.

    Parameters
    ----------
    problem : Problem
        All samples.
    found : Stage
        The last stage of the search of the excerpt.
    search : StageSearch or None
        How stages are searched; None: the terms stay.
    pool : ThreadPoolExecutor or None
        Threads.

    Returns
    -------
    tuple of Stage and list of ndarray (n_e, S), or None
        The stage of all samples and its states; None where the law cannot be integrated over all of them.
    """
    problem = problem.with_noise(found.fit.residual_std(found.problem))
    way = _way(problem, _pieces(problem, found))
    states = starting_states(problem.recordings, Evaluator(problem, way[0]).edges, problem.is_quiet)
    passed: list[tuple[Evaluator, Fit]] = []
    coef = found.fit.coef
    for pieces in way:
        evaluator = Evaluator(problem, pieces, pool)
        fit = evaluator.fit(found.fit.mask, coef, states, PASSING)
        if not fit.is_feasible or (passed and fit.spread > limit_after(passed[-1][1]) * passed[-1][1].spread):
            break
        states, coef = evaluator.states(fit, states), fit.coef
        passed.append((evaluator, fit))
    return _searched(*passed[-1], search, found, states) if passed else None


def _searched(
    evaluator: Evaluator, passed: Fit, search: StageSearch | None, before: Stage, states: Sequence[Array]
) -> tuple[Stage, list[Array]]:
    """The stage of all samples, on the last segments that were reached."""
    evaluator = Evaluator(enough_steps(evaluator, passed), evaluator.pieces, evaluator.pool)
    first = evaluator.fit(passed.mask, passed.coef, states, SETTING_OUT)
    if search is None:
        return Stage(evaluator.pieces, evaluator.problem, before.visited, first), evaluator.states(first, states)
    visited = search.begin()
    visited.add(first)
    best = search.run(evaluator, visited, first, states)
    return Stage(evaluator.pieces, evaluator.problem, visited, best), evaluator.states(best, states)


def _way(problem: Problem, pieces: int) -> list[int]:
    """Segments of the longest trajectory on the way from short ones to the last."""
    shorter = [own for own in ladder(problem.n_samples, n_periods(problem)) if own > 1.5 * pieces]
    return [*shorter, pieces]


def _pieces(problem: Problem, found: Stage) -> int:
    """Segments that last as long as those of the stage."""
    lasting = _longest(found.problem.recordings) / found.pieces
    return max(1, round(_longest(problem.recordings) / max(lasting, 1e-300)))


def _longest(recordings: Sequence[Recording]) -> float:
    """Duration of the longest trajectory."""
    return max(float((own.t[own.bounds[1:] - 1] - own.t[own.bounds[:-1]]).max()) for own in recordings)
