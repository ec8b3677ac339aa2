"""The search for one equation: candidates from every window width, judged on all of them.

The weight of the rows depends on the law sought (its slopes carry the noise of the states into the residuals), so rows
are weighted by a pilot law, masks proposed, the best of them taken as pilot, and once more. Candidates of all widths
then meet on the rows of all widths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.penalties import Penalty
from spreme.results import Candidate
from spreme.selection.candidates import propose
from spreme.selection.criteria import scores
from spreme.selection.regression import Regression

Mask = NDArray[np.bool_]

ROUNDS = 2
# Sizes searched at first; where the choice comes near, the search goes on to the second number.
FEW_TERMS, MANY_TERMS = 8, 16


@dataclass(frozen=True)
class StateProblem:
    """The search for the equation of one state.

    Attributes
    ----------
    levels : tuple of str
        Names of the sets of rows (window widths).
    weighted : callable
        weighted(level, pilot) -> Regression, rows of a level weighted for a pilot mask; pilot None: as if the law were
        zero.
    penalty, criterion : Penalty, str
        What proposes and what judges.
    allowed, required : ndarray (K,) of bool
        Restrictions.
    max_terms : int or None
        Largest number of terms; None searches up to 8, and to 16 where that is not enough.
    rounds : int
        How often rows are weighted anew.
    """

    levels: tuple[str, ...]
    weighted: Callable[[int, Mask | None], Regression]
    penalty: Penalty
    criterion: str
    allowed: Mask
    required: Mask
    max_terms: int | None
    rounds: int = ROUNDS


def choose(problem: StateProblem, names: Sequence[str]) -> tuple[Mask, tuple[Candidate, ...]]:
    """Choose the equation of one state.

    Parameters
    ----------
    problem : StateProblem
        Rows, restrictions and options.
    names : sequence of str
        Names of the K terms.

    Returns
    -------
    mask : ndarray (K,) of bool
        The chosen terms.
    candidates : tuple of Candidate
        All that was looked at, best first.
    """
    most = int(problem.allowed.sum())
    limit = min(problem.max_terms or FEW_TERMS, most)
    mask, candidates = _search(problem, names, limit)
    if problem.max_terms is None and limit < most and mask.sum() >= limit - 1:
        mask, candidates = _search(problem, names, min(MANY_TERMS, most))
    return mask, candidates


def _search(problem: StateProblem, names: Sequence[str], limit: int) -> tuple[Mask, tuple[Candidate, ...]]:
    """Search up to `limit` terms."""
    regressions: list[Regression] = []
    pool: dict[bytes, Mask] = {}
    origin: dict[bytes, list[str]] = {}
    for level, name in enumerate(problem.levels):
        regression = problem.weighted(level, None)
        for _ in range(problem.rounds):
            masks = propose(regression, problem.penalty, problem.allowed, problem.required, limit)
            pilot = masks[int(np.argmin(scores([regression], masks, problem.criterion)[0]))]
            regression = problem.weighted(level, pilot)
        for mask in propose(regression, problem.penalty, problem.allowed, problem.required, limit):
            pool[mask.tobytes()] = mask
            origin.setdefault(mask.tobytes(), []).append(name)
        regressions.append(regression)
    masks = list(pool.values())
    values, residuals = scores(regressions, masks, problem.criterion)
    order = np.argsort(values, kind="stable")
    best = values[order[0]]
    candidates = tuple(
        Candidate(
            terms=tuple(names[k] for k in np.flatnonzero(masks[i]).tolist()),
            mask=tuple(masks[i].tolist()),
            score=float(values[i]),
            distance=float(values[i] - best) if np.isfinite(values[i]) else float("inf"),
            residual=float(residuals[i]),
            found_by=tuple(origin[masks[i].tobytes()]),
        )
        for i in order
    )
    return masks[order[0]], candidates
