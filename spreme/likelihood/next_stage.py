"""From one stage of the search to the next: the masks of the one tried on the longer segments of the other.

The best mask comes first, then those that the stage before could hardly tell from it, then a wider one, then others of
the stage before. Where shooting loses a mask that two stages agreed on, a joint fit says whether whole trajectories
obey it all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.fits import Fit
from spreme.likelihood.ladder import LOST, limit_after
from spreme.likelihood.one_stage import SETTING_OUT, Stage, StageSearch
from spreme.likelihood.restarts import best_of, carried, drawn_together
from spreme.likelihood.search import Visited
from spreme.likelihood.spline.evaluation import JointEvaluator

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Found = tuple[Evaluator, Visited, Fit]

# Mean squared residual of a short segmentation below 1: starts are fitted, too.
LEAST_MISFIT = 0.7
# A settled mask whose cost stays beyond so many times that of the stage before is left to the joint fit (chaos).
HOPE = 10.0
# Masks of the stage before that come along: those whose scores exceed the best by less than this, so many at most.
CLOSE, RIVALS = 10.0, 6
# Other masks of the stage before that are tried when the best one fails on longer segments.
RESCUES = 6


@dataclass(frozen=True, eq=False)
class Arrival:
    """What became of the attempt to search longer segments.

    Attributes
    ----------
    found : tuple or None
        Engine, all fits and the best one; None if the solution is lost.
    settled : bool
        Whether the mask of the stage before still counts as settled.
    whole : Fit or None
        Joint fit of that mask to whole trajectories, if shooting could not get there.
    """

    found: Found | None
    settled: bool
    whole: Fit | None = None


@dataclass(frozen=True, eq=False)
class Passage:
    """The way from a stage to longer segments.

    Attributes
    ----------
    search : StageSearch
        How every stage is searched.
    before : Stage
        Whose masks are tried.
    states : sequence
        Its fitted states.
    wide : ndarray (S, K) of bool
        Terms of weak-form candidates of all sizes.
    settled : bool
        Whether the stage before confirmed the mask of the one before it.
    """

    search: StageSearch
    before: Stage
    states: Sequence[Any]
    wide: Mask
    settled: bool

    def to(self, evaluator: Evaluator) -> Arrival:
        """Search the longer segments of an engine, beginning with the best mask of the stage before."""
        reach = HOPE * self.before.fit.cost if self.settled else None
        first = self._again(evaluator, [self.before.fit], reach)[0]
        settled = self.settled
        if settled and self._is_lost(first):
            whole = self._fitted_jointly(evaluator.pool)
            if whole is not None:
                return Arrival(None, True, whole)
            settled = False
        return Arrival(self._searched(evaluator, first, settled), settled)

    def _searched(self, evaluator: Evaluator, first: Fit, settled: bool) -> Found | None:
        """Search from the best mask of the stage before, then from others; None if the solution is lost."""
        visited, current = self.search.begin(), None
        limit = LOST * max(self.before.fit.misfit, LEAST_MISFIT)
        if first.misfit < limit:
            visited.add(first)
            current = self.search.run(evaluator, visited, first, self.states)
        if current is not None:
            current = self._with_rivals(evaluator, visited, current, limit)
        if not settled and (current is None or current.n_terms > first.n_terms):
            current = self._widened(evaluator, visited, current, limit)
        if current is None and not settled:
            current = self._rescued(evaluator, visited, limit)
        return None if current is None or self._is_lost(current) else (evaluator, visited, current)

    def _is_lost(self, fit: Fit) -> bool:
        """Whether longer segments fit worse than those of the stage before."""
        before = self.before.fit
        return fit.spread > limit_after(before) * before.spread

    def _fitted_jointly(self, pool: ThreadPoolExecutor | None) -> Fit | None:
        """The law of the stage before if it describes whole trajectories, though shooting does not get there."""
        for is_near in (True, False):
            evaluator = JointEvaluator(self.before.problem, pool, is_near=is_near)
            fit = evaluator.fit(self.before.fit.mask, self.before.fit.coef, self.states, SETTING_OUT)
            if fit.is_feasible and not self._is_lost(fit):
                return fit
        return None

    def _widened(self, evaluator: Evaluator, visited: Visited, current: Fit | None, limit: float) -> Fit | None:
        """Search from many terms too: the present ones, and those of weak-form candidates of all sizes."""
        before = self.before.fit
        union = self.wide | before.mask
        first = evaluator.fit(union, carried(before, union), self.states, SETTING_OUT)
        if not first.misfit < limit:
            return current
        visited.add(first)
        other = self.search.run(evaluator, visited, first, self.states, distrust=True)
        return other if current is None else visited.best([current.mask, other.mask])

    def _with_rivals(self, evaluator: Evaluator, visited: Visited, current: Fit, limit: float) -> Fit:
        """Search from a mask that the stage before could hardly tell from its best, if it is better now."""
        before = self.before
        bar = before.visited.score(before.fit.mask) + CLOSE
        known = [own for own in before.visited.ranked() if before.visited.score(own.mask) < bar]
        known = [own for own in known if own.mask.tobytes() not in visited.scores][:RIVALS]
        fits = [fit for fit in self._again(evaluator, known) if fit.misfit < limit]
        for fit in fits:
            visited.add(fit)
        best = visited.best([current.mask, *(fit.mask for fit in fits)])
        if (best.mask == current.mask).all():
            return current
        return self.search.run(evaluator, visited, best, self.states)

    def _rescued(self, evaluator: Evaluator, visited: Visited, limit: float) -> Fit | None:
        """Search from the best mask of the stage before that still fits the longer segments; None if none does."""
        known = self.before.visited.ranked()[1 : 1 + RESCUES]
        fits = [fit for fit in self._again(evaluator, known) if fit.misfit < limit]
        for fit in fits:
            visited.add(fit)
        if not fits:
            return None
        best = visited.best([fit.mask for fit in fits])
        return self.search.run(evaluator, visited, best, self.states, distrust=True)

    def _again(self, evaluator: Evaluator, known: Sequence[Fit], reach: Array | None = None) -> list[Fit]:
        """Fit masks of the stage before again; estimates that cannot be integrated are first drawn to each other."""
        masks, coefs = [own.mask for own in known], [own.coef for own in known]
        fits = evaluator.fit_all(masks, coefs, self.states, SETTING_OUT, reach)
        lost = [i for i, fit in enumerate(fits) if not fit.is_feasible and fit.n_terms]
        closer = [drawn_together(known[i]) for i in lost]
        again = evaluator.fit_all([masks[i] for i in lost], closer, self.states, SETTING_OUT)
        found = {i: best_of(fits[i], fit) for i, fit in zip(lost, again, strict=True)}
        return [found.get(i, fit) for i, fit in enumerate(fits)]
