"""From rough beginnings to the most likely mask: search on short segments first, then on longer and longer ones.

Short segments survive bad starts and chaos; whole trajectories hold what slow systems know. Every stage starts at the
states fitted by the one before. Where the best mask fails on longer segments, others are tried (`next_stage`), then
segments in between; when all fail, the stage before has the last word.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.engines import engine, is_joint, states_at_samples
from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.fits import Fit, FitsMasks
from spreme.likelihood.footholds import calmest_first, carried_over
from spreme.likelihood.integral_matching import better_equations, matched_model
from spreme.likelihood.ladder import is_sparse, ladder, matching_windows, n_periods
from spreme.likelihood.next_stage import Found, Passage
from spreme.likelihood.one_stage import SETTING_OUT, Stage, StageSearch, most_terms
from spreme.likelihood.precision import enough_steps, with_fine_steps, with_noise_of
from spreme.likelihood.problem import Problem
from spreme.likelihood.search import Visited
from spreme.likelihood.spline.evaluation import JointEvaluator
from spreme.likelihood.starting_states import starting_states
from spreme.likelihood.superset import Beginning

Array = NDArray[np.float64]
Report = Callable[[str], None]

# Environments in which a beginning is looked for when there is none for all of them together.
FOOTHOLDS = 3
# Largest misfit without noise, in units of the noise floor, that counts as exact.
EXACT = 1e-2
# Masks proposed by integral matching that are fitted.
MATCHED = 3


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
        self.problem, self.report, self.beginnings_of, self.most_of_one = problem, report, beginnings_of, max_terms
        self.search = StageSearch(criterion, max_terms or problem.table.n_terms, most_terms(problem, max_terms))
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
        self._begins(lengths[0])
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
            self._begins(pieces)
            passage = Passage(self.search, self.done[-1], self.states, self.wide, self.settled)
            arrival = passage.to(Evaluator(self.problem, pieces, pool))
            if arrival.found is not None:
                self._keep(pieces, *arrival.found)
                continue
            self.settled, self.whole = arrival.settled, arrival.whole
            between = round(np.sqrt(used * pieces))
            if self.settled or not pieces < between < used:
                break  # a settled mask that shooting loses: the joint fit takes whole trajectories from here
            waiting = [between, *([pieces] if between - pieces > 1 else []), *waiting]

    def _look_again(self, pool: ThreadPoolExecutor | None) -> bool:
        """Put the last word to the test of integrals over its states; whether another mask was better."""
        last = self.done[-1]
        if self._is_exact() or not last.fit.is_feasible or self._is_unanimous():
            return False
        self.report("test of integrals for other terms")
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
                self._keep(last.pieces, evaluator, visited, self.search.run(evaluator, visited, best, self.states))
                return True
        return False

    def _run_jointly(self, pool: ThreadPoolExecutor | None) -> list[Stage]:
        """One stage: whole trajectories, states and coefficients fitted together."""
        self.report("states and coefficients of whole trajectories together")
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
        self.states = evaluator.states(first, states)
        self._keep(1, evaluator, *self._set_out(evaluator, first))
        return self.done

    def _finds_foothold(self, states: Sequence[Array], pool: ThreadPoolExecutor | None) -> bool:
        """Begin anew with what one environment says by itself, carried over to all; whether that is a beginning."""
        if self.beginnings_of is None or self.problem.n_environments < 2:
            return False
        fine, criterion = with_fine_steps(self.problem), self.search.criterion
        for e in calmest_first(self.problem)[:FOOTHOLDS].tolist():
            alone = Stages(self.problem.only([e]), self.beginnings_of(e), criterion, self.most_of_one, _silent)
            fit = alone._run_jointly(pool)[-1].fit
            coef = carried_over(fine, e, fit, states, pool) if fit.is_feasible and fit.n_terms else None
            if coef is not None:
                self.problem, self.superset, self.states = fine, fit.mask, list(states)
                self.coef = np.zeros((len(coef), *fit.mask.shape))
                self.coef[:, fit.mask] = coef
                return True
        return False

    def _first(self, evaluator: Evaluator) -> Found:
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
        return evaluator, *self._set_out(evaluator, first)

    def _set_out(self, evaluator: FitsMasks, first: Fit) -> tuple[Visited, Fit]:
        """The first search, which sees more masks than later ones; all fits and the best one."""
        visited = self.search.begin()
        visited.add(first)
        return visited, self.search.run(evaluator, visited, first, self.states, extra=1, distrust=True)

    def _is_unanimous(self) -> bool:
        """Whether several stages were run and none wanted another mask."""
        masks = {own.fit.mask.tobytes() for own in self.done}
        return len(self.done) > 1 and len(masks) == 1

    def _begins(self, pieces: int) -> None:
        """Report the segments that are searched next."""
        length = math.ceil(self.problem.n_samples / pieces)
        self.report("whole trajectories" if pieces == 1 else f"segments of {length} samples")

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
