"""One stage of the search: what it found, how widely it is searched, and how large masks may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spreme.likelihood.fits import Fit, FitsMasks
from spreme.likelihood.posterior_mode import leader
from spreme.likelihood.problem import Problem
from spreme.likelihood.restarts import started_again
from spreme.likelihood.search import Visited, local_search
from spreme.likelihood.shooting.gauss_newton import Control

# Fits from which a search sets out need not be precise.
SETTING_OUT = Control(20, 0.5, 1e-3)
# Work spent on new masks in each round of a search (values times sensitivities), and how many masks that may be.
BUDGET, WIDTHS = 3e5, (2, 8)
# Terms of an equation.
FEW_TERMS = 8


@dataclass(frozen=True, eq=False)
class Stage:
    """What the search at one segmentation found.

    Attributes
    ----------
    pieces : int
        Segments of the longest trajectory.
    problem : Problem
        With the noise and the steps in use.
    visited : Visited
        All fits.
    fit : Fit
        The best one.
    """

    pieces: int
    problem: Problem
    visited: Visited
    fit: Fit


@dataclass(frozen=True)
class StageSearch:
    """How every stage is searched.

    Attributes
    ----------
    criterion : str
        Judges masks.
    limit : int
        Terms of the largest equation.
    max_terms : int
        Terms of the largest mask.
    """

    criterion: str
    limit: int
    max_terms: int

    def begin(self) -> Visited:
        """Nothing is fitted yet."""
        return Visited(self.criterion, self.limit)

    def run(
        self,
        evaluator: FitsMasks,
        visited: Visited,
        first: Fit,
        states: Sequence[Any],
        *,
        extra: int = 0,
        distrust: bool = False,
    ) -> Fit:
        """Search from a fit and return the best one.

        Parameters
        ----------
        evaluator : FitsMasks
            Engine at the segmentation of the stage.
        visited : Visited
            Fits so far; new ones are added.
        first : Fit
            Where to begin.
        states : sequence
            Where fits start.
        extra : int, default 0
            Masks fitted in each round beyond those that are affordable.
        distrust : bool, default False
            Whether to try much smaller masks when nothing near is better.

        Returns
        -------
        Fit
            The best one by the criterion.
        """
        problem = evaluator.problem
        if (problem.allowed == problem.required).all() and first.is_feasible:  # no other mask brings a second start
            reach = np.full(problem.n_environments, np.inf)
            first = started_again(evaluator, [first], states, SETTING_OUT, reach)[0]
            visited.add(first)
        width = affordable_width(problem, first) + extra
        found = local_search(evaluator, visited, first, states, self.max_terms, width=width, distrust=distrust)
        is_judged = found.is_feasible and bool(visited.ranked())
        if self.criterion != "evidence" or problem.n_environments < 2 or not is_judged:
            return found
        return leader(evaluator, visited, states)


def most_terms(problem: Problem, max_terms: int | None) -> int:
    """Largest mask in all: eight terms an equation, unless there is only one equation or the user says otherwise."""
    equations = int(problem.allowed.any(axis=1).sum())
    own = max_terms or (FEW_TERMS if equations > 1 else 2 * FEW_TERMS)
    return max(min(int(problem.allowed.sum()), own * max(equations, 1)), int(problem.required.sum()))


def affordable_width(problem: Problem, fit: Fit) -> int:
    """New masks fitted in each round: more where a fit is cheap."""
    per_state = fit.n_terms / problem.n_states
    work = problem.n_values.sum() * problem.n_states * (per_state + problem.n_states)
    return int(np.clip(BUDGET / work, *WIDTHS))
