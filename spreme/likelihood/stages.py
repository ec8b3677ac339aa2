"""From rough beginnings to the most likely mask: search on short segments first, then on longer and longer ones.

Short segments survive bad starts and chaos; whole trajectories hold what slow systems know. Every stage starts at the
states fitted by the one before. Where the best mask fails on longer segments, a wider one, then other masks of the
stage before, then segments in between are tried; when all fail, the stage before has the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.engines import engine, is_joint, states_at_samples
from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.fits import Fit, FitsMasks
from spreme.likelihood.footholds import calmest_first, carried_over
from spreme.likelihood.integral_matching import better_equations, matched_model
from spreme.likelihood.ladder import LOST, is_sparse, ladder, limit_after, matching_windows, n_periods
from spreme.likelihood.posterior_mode import leader
from spreme.likelihood.precision import enough_steps, with_noise_of
from spreme.likelihood.problem import Problem
from spreme.likelihood.restarts import best_of, drawn_together
from spreme.likelihood.search import Visited, carried, local_search
from spreme.likelihood.shooting.gauss_newton import Control
from spreme.likelihood.spline.evaluation import JointEvaluator
from spreme.likelihood.starting_states import starting_states
from spreme.likelihood.superset import Beginning

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Report = Callable[[str], None]

# Mean squared residual of a short segmentation below 1: starts are fitted, too.
LEAST_MISFIT = 0.7
# Other masks of the stage before that are tried when the best one fails on longer segments.
RESCUES = 6
# A settled mask whose cost stays beyond so many times that of the stage before is left to the joint fit (chaos).
HOPE = 10.0
# Environments in which a beginning is looked for when there is none for all of them together.
FOOTHOLDS = 3
# Masks of the stage before that come along: those whose scores exceed the best by less than this, so many at most.
CLOSE, RIVALS = 10.0, 6
# Work spent on new masks in each round of a search (values times sensitivities), and how many masks that may be.
BUDGET, WIDTHS = 3e5, (2, 8)
# Fits from which a search sets out need not be precise.
SETTING_OUT = Control(20, 0.5, 1e-3)
# Largest misfit without noise, in units of the noise floor, that counts as exact.
EXACT = 1e-2
# Halvings of the step of integration to begin with where samples are far apart.
FIRST_HALVINGS = 4
# Terms of an equation.
FEW_TERMS = 8
# Masks proposed by integral matching that are fitted.
MATCHED = 3


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


class Stages:
    """The stages of one search.

    Attributes
    ----------
    done : list of Stage
        The last one has the last word.
    states : list
        Fitted states at the samples, or joint fits, of the last stage.
    whole : Fit or None
        Joint fit of the last stage's mask to whole trajectories, if shooting could not get there.
    """

    def __init__(
        self,
        problem: Problem,
        beginnings: Sequence[Beginning],
        criterion: str,
        max_terms: int | None,
        report: Report,
        beginnings_of: Callable[[int], Sequence[Beginning]] | None = None,
    ) -> None:
        self.problem, self.criterion, self.report, self.beginnings_of = problem, criterion, report, beginnings_of
        self.limit, self.most_of_one = max_terms or problem.table.n_terms, max_terms
        self.max_terms = most_terms(problem, max_terms)
        self.superset = np.array([own.superset for own in beginnings])
        self.wide = np.array([own.wide for own in beginnings])
        self.coef = np.array([own.coef for own in beginnings]).transpose(1, 0, 2)
        self.done: list[Stage] = []
        self.settled = False
        self.states: list[Any] = []
        self.whole: Fit | None = None

    def run(self, pool: ThreadPoolExecutor | None, kind: str = "auto") -> list[Stage]:
        """Run all stages; the last one holds the result. The engine is "shooting", "spline", or chosen by the data."""
        if kind == "spline" or (kind == "auto" and is_sparse(self.problem)):
            return self._run_jointly(pool)
        lengths = ladder(self.problem.n_samples, n_periods(self.problem))
        evaluator = Evaluator(self.problem, lengths[0], pool)
        self.states = starting_states(self.problem.recordings, evaluator.edges, self.problem.is_quiet)
        self._keep(evaluator.pieces, *self._first(evaluator))
        self._lengthen(lengths, pool)
        while self._look_again(pool):
            self._lengthen(lengths, pool)
        return self.done

    def _lengthen(self, lengths: Sequence[int], pool: ThreadPoolExecutor | None) -> None:
        """Longer and longer segments, until the solution is lost; whole trajectories once two stages agree."""
        waiting = [own for own in lengths if own < self.done[-1].pieces]
        while waiting and not self._is_exact():
            waiting = waiting[-1:] if self.settled else waiting
            used, pieces = self.done[-1].pieces, waiting.pop(0)
            found = self._next(Evaluator(self.problem, pieces, pool))
            if found is not None:
                self._keep(pieces, *found)
                continue
            between = round(np.sqrt(used * pieces))
            if self.settled or not pieces < between < used:
                break  # a settled mask that shooting loses: the joint fit takes whole trajectories from here
            waiting = [between, *([pieces] if between - pieces > 1 else []), *waiting]

    def _look_again(self, pool: ThreadPoolExecutor | None) -> bool:
        """Put the last word to the test of integrals over its states; whether another mask was better."""
        last = self.done[-1]
        if self._is_exact() or not last.fit.is_feasible or self._is_unanimous():
            return False
        evaluator = engine(last.problem, last.pieces, pool, jointly=is_joint(self.states))
        at_samples = states_at_samples(self.states)
        visited = last.visited
        for pieces in matching_windows(last.problem, last.pieces):
            model = matched_model(last.problem, last.fit, at_samples, evaluator.edges, pieces)
            new = [own for own in better_equations(model, visited) if own[0].tobytes() not in visited.scores][:MATCHED]
            if not new:
                continue
            for fit in evaluator.fit_all([own[0] for own in new], [own[1] for own in new], self.states, SETTING_OUT):
                visited.add(fit)
            best = visited.best([last.fit.mask, *(own[0] for own in new)])
            if visited.score(best.mask) < visited.score(last.fit.mask) - 1e-6:
                self.done.pop()
                self._keep(last.pieces, evaluator, visited, self._search(evaluator, visited, best))
                return True
        return False

    def _run_jointly(self, pool: ThreadPoolExecutor | None) -> list[Stage]:
        """One stage: whole trajectories, states and coefficients fitted together."""
        evaluator = JointEvaluator(self.problem, pool)
        every_sample = [np.arange(len(own.t) + 1) for own in self.problem.recordings]
        states = starting_states(self.problem.recordings, every_sample, self.problem.is_quiet)
        mask = self.wide | self.superset
        first = evaluator.fit(mask, self.coef[:, mask], states, SETTING_OUT)
        if not first.is_feasible and self._finds_foothold(states, pool):
            self._keep(1, *self._first(Evaluator(self.problem, 1, pool)))
            return self.done
        if first.is_feasible:
            self.problem = with_noise_of(self.problem, first)
            evaluator = JointEvaluator(self.problem, pool)
            first = evaluator.fit(mask, first.coef, evaluator.states(first, states), SETTING_OUT)
        visited = Visited(self.criterion, self.limit)
        visited.add(first)
        self.states = evaluator.states(first, states)
        self._keep(1, evaluator, visited, self._search(evaluator, visited, first, extra=1, distrust=True))
        return self.done

    def _finds_foothold(self, states: Sequence[Array], pool: ThreadPoolExecutor | None) -> bool:
        """Begin anew with what one environment says by itself, carried over to all; whether that is a beginning."""
        if self.beginnings_of is None or self.problem.n_environments < 2:
            return False
        fine = self.problem
        for _ in range(FIRST_HALVINGS):
            fine = fine.finer()
        for e in calmest_first(self.problem)[:FOOTHOLDS].tolist():
            alone = Stages(self.problem.only([e]), self.beginnings_of(e), self.criterion, self.most_of_one, _silent)
            fit = alone._run_jointly(pool)[-1].fit
            coef = carried_over(fine, e, fit, states, pool) if fit.is_feasible and fit.n_terms else None
            if coef is not None:
                self.problem, self.superset, self.states = fine, fit.mask, list(states)
                self.coef = np.zeros((len(coef), *fit.mask.shape))
                self.coef[:, fit.mask] = coef
                return True
        return False

    def _first(self, evaluator: Evaluator) -> tuple[Evaluator, Visited, Fit]:
        """The shortest segments, from the superset; noise and steps are settled here."""
        mask, pool = self.superset, evaluator.pool
        coef = self.coef[:, mask]
        first = evaluator.fit(mask, coef, self.states, SETTING_OUT)
        if not first.is_feasible:
            first = evaluator.fit(mask, 0.0 * coef, self.states, SETTING_OUT)
        if first.is_feasible:
            evaluator = Evaluator(with_noise_of(self.problem, first), evaluator.pieces, pool)
            self.problem = enough_steps(evaluator, first)
            evaluator = Evaluator(self.problem, evaluator.pieces, pool)
            self.states = evaluator.states(first, self.states)
            first = evaluator.fit(mask, first.coef, self.states, SETTING_OUT)
        visited = Visited(self.criterion, self.limit)
        visited.add(first)
        return evaluator, visited, self._search(evaluator, visited, first, extra=1, distrust=True)

    def _is_unanimous(self) -> bool:
        """Whether several stages were run and none wanted another mask."""
        masks = {own.fit.mask.tobytes() for own in self.done}
        return len(self.done) > 1 and len(masks) == 1

    def _next(self, evaluator: Evaluator) -> tuple[Evaluator, Visited, Fit] | None:
        """Longer segments, from the best mask of the stage before; None if the solution is lost."""
        before, visited, current = self.done[-1], Visited(self.criterion, self.limit), None
        limit = LOST * max(before.fit.misfit, LEAST_MISFIT)
        first = self._again(evaluator, [before.fit], HOPE * before.fit.cost if self.settled else None)[0]
        if self.settled and self._is_lost(first):
            self.settled = self._holds_jointly(evaluator.pool)
            if self.settled:
                return None
        if first.misfit < limit:
            visited.add(first)
            current = self._search(evaluator, visited, first)
        if current is not None:
            current = self._with_rivals(evaluator, visited, current, limit)
        if not self.settled and (current is None or current.n_terms > first.n_terms):
            current = self._widened(evaluator, visited, current, limit)
        if current is None and not self.settled:
            current = self._rescued(evaluator, visited, limit)
        if current is None or self._is_lost(current):
            return None
        return evaluator, visited, current

    def _is_lost(self, fit: Fit) -> bool:
        """Whether longer segments fit worse than those of the stage before."""
        before = self.done[-1].fit
        return fit.spread > limit_after(before) * before.spread

    def _holds_jointly(self, pool: ThreadPoolExecutor | None) -> bool:
        """Whether the law of the stage before describes whole trajectories, though shooting does not get there."""
        before = self.done[-1]
        for is_near in (True, False):
            evaluator = JointEvaluator(before.problem, pool, is_near=is_near)
            fit = evaluator.fit(before.fit.mask, before.fit.coef, self.states, SETTING_OUT)
            if fit.is_feasible and not self._is_lost(fit):
                self.whole = fit
                return True
        self.whole = None
        return False

    def _widened(self, evaluator: Evaluator, visited: Visited, current: Fit | None, limit: float) -> Fit | None:
        """Search from many terms too: the present ones, and those of weak-form candidates of all sizes."""
        before = self.done[-1].fit
        union = self.wide | before.mask
        first = evaluator.fit(union, carried(before, union), self.states, SETTING_OUT)
        if not first.misfit < limit:
            return current
        visited.add(first)
        other = self._search(evaluator, visited, first, distrust=True)
        return other if current is None else visited.best([current.mask, other.mask])

    def _with_rivals(self, evaluator: Evaluator, visited: Visited, current: Fit, limit: float) -> Fit:
        """Search from a mask that the stage before could hardly tell from its best, if it is better now."""
        before = self.done[-1]
        bar = before.visited.score(before.fit.mask) + CLOSE
        known = [own for own in before.visited.ranked() if before.visited.score(own.mask) < bar]
        known = [own for own in known if own.mask.tobytes() not in visited.scores][:RIVALS]
        fits = [fit for fit in self._again(evaluator, known) if fit.misfit < limit]
        for fit in fits:
            visited.add(fit)
        best = visited.best([current.mask, *(fit.mask for fit in fits)])
        return current if (best.mask == current.mask).all() else self._search(evaluator, visited, best)

    def _rescued(self, evaluator: Evaluator, visited: Visited, limit: float) -> Fit | None:
        """Search from the best mask of the stage before that still fits the longer segments; None if none does."""
        known = self.done[-1].visited.ranked()[1 : 1 + RESCUES]
        fits = [fit for fit in self._again(evaluator, known) if fit.misfit < limit]
        for fit in fits:
            visited.add(fit)
        if not fits:
            return None
        return self._search(evaluator, visited, visited.best([fit.mask for fit in fits]), distrust=True)

    def _again(self, evaluator: Evaluator, known: Sequence[Fit], reach: Array | None = None) -> list[Fit]:
        """Fit masks of the stage before again; estimates that cannot be integrated are first drawn to each other."""
        masks, coefs = [own.mask for own in known], [own.coef for own in known]
        fits = evaluator.fit_all(masks, coefs, self.states, SETTING_OUT, reach)
        lost = [i for i, fit in enumerate(fits) if not fit.is_feasible and fit.n_terms]
        closer = [drawn_together(known[i]) for i in lost]
        again = evaluator.fit_all([masks[i] for i in lost], closer, self.states, SETTING_OUT)
        found = {i: best_of(fits[i], fit) for i, fit in zip(lost, again, strict=True)}
        return [found.get(i, fit) for i, fit in enumerate(fits)]

    def _search(
        self, evaluator: FitsMasks, visited: Visited, first: Fit, *, extra: int = 0, distrust: bool = False
    ) -> Fit:
        """Search from a fit."""
        width = affordable_width(evaluator.problem, first) + extra
        found = local_search(evaluator, visited, first, self.states, self.max_terms, width=width, distrust=distrust)
        if self.criterion != "evidence" or self.problem.n_environments < 2 or not found.is_feasible:
            return found
        return leader(evaluator, visited, self.states)

    def _keep(self, pieces: int, evaluator: FitsMasks, visited: Visited, fit: Fit) -> None:
        """Finish a stage."""
        self.settled = bool(self.done) and bool((fit.mask == self.done[-1].fit.mask).all())
        self.states = evaluator.states(fit, self.states)
        self.whole = None
        self.done.append(Stage(pieces, evaluator.problem, visited, fit))
        self.report(
            f"{pieces} segment{'s' if pieces > 1 else ''} a trajectory: {fit.n_terms} terms, "
            f"residuals {np.sqrt(fit.spread):.3g} times the noise, {len(visited.fits)} masks fitted"
        )

    def _is_exact(self) -> bool:
        """Whether the law holds without noise: longer segments add nothing then."""
        return self.done[-1].fit.misfit < EXACT and self.problem.is_quiet


def _silent(line: str) -> None:
    """Report nothing."""


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
