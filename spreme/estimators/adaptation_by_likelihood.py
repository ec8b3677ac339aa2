"""Coefficients of an unseen environment by the likelihood of its trajectories, shrunk to the population.

On short segments first, then on longer ones, from the mean of the population and from estimates of the weak form, with
the prior and without it first; the attempt of highest evidence wins (`adaptation_attempts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spreme.estimators.adaptation_attempts import (
    Attempt,
    Question,
    fit_alone_first,
    fit_jointly_first,
    fit_with_prior,
    minus_two_log_evidence,
    n_fitted,
    variance_unit,
)
from spreme.estimators.adaptation_prior import posterior_covariance
from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.final import Estimate, finish
from spreme.likelihood.ladder import FEWEST, LOST, LOST_AFTER, is_sparse, ladder, n_periods
from spreme.likelihood.next_stage import LEAST_MISFIT
from spreme.likelihood.precision import enough_steps
from spreme.likelihood.problem import Problem
from spreme.likelihood.recording import FEWEST as FEWEST_IN_SEGMENT
from spreme.likelihood.starting_states import starting_states

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# What is known of the noise beforehand counts as much as so many residuals.
KNOWN_AS = 10.0
# Two attempts with costs this close have met.
MET = 0.1
# Segments are shortened and steps refined so often where a law cannot be integrated.
MOST_TRIES = 4
# A cost that rises with the length of segments by this many standard deviations of chance has lost the solution.
CHANCE = 4.0
# Were all else known, the data would tell an unseen coefficient to no better than the inverse root of this, in sizes.
UNSEEN = 1e-4


@dataclass(frozen=True, eq=False)
class Adapted:
    """What the new data and the prior say together.

    Attributes
    ----------
    estimate : Estimate
        The last fit.
    coef : ndarray (q,)
        Coefficients; NaN where nothing is known.
    fisher : ndarray (q, q)
        Information of the new data; zero for terms that they do not show.
    covariance : ndarray (q, q)
        Of the coefficients; NaN for those of which nothing is known.
    noise_std : ndarray (S,)
        Of the measurements.
    """

    estimate: Estimate
    coef: Array
    fisher: Array
    covariance: Array
    noise_std: Array

    @property
    def n_free(self) -> float:
        """Values less fitted numbers; may be negative."""
        return float(self.estimate.fit.n_values[0] - n_fitted(self.estimate.problem, self.estimate.fit))


def adapt_by_likelihood(question: Question, begin: Sequence[Array]) -> Adapted | None:
    """Fit the coefficients of one environment.

    Parameters
    ----------
    question : Question
        Data, mask, prior.
    begin : sequence of ndarray (q,)
        Coefficients from which to try.

    Returns
    -------
    Adapted or None
        None if the law cannot be integrated over the data from any of them.
    """
    waiting = segmentations(question.problem)
    attempts, evaluator = _set_out(question, waiting, begin)
    if not attempts:
        return None
    problem = enough_steps(evaluator, attempts[0].fit)
    known = problem.sd[0]
    problem = problem.with_noise(_noise(known, problem, attempts[0].fit)[None])
    question, used = replace(question, problem=problem), evaluator.pieces
    attempts = _onwards(question, used, attempts, may_lose=False) or attempts
    while waiting:
        pieces = waiting.pop(0)
        further = _onwards(question, pieces, attempts)
        if further:
            attempts, used = further, pieces
            continue
        between = round(np.sqrt(used * pieces))
        if not pieces < between < used:
            break
        waiting = [between]
    return _finish(question, used, min(attempts, key=lambda own: minus_two_log_evidence(question, own)), known)


def segmentations(problem: Problem) -> list[int]:
    """Segments of the longest trajectory, stage by stage; few samples are not cut at all."""
    return [1] if problem.n_samples < 2 * FEWEST else ladder(problem.n_samples, n_periods(problem))


def _set_out(question: Question, waiting: list[int], begin: Sequence[Array]) -> tuple[list[Attempt], Evaluator]:
    """First fits on the shortest segments, shorter and with finer steps until they can be integrated."""
    problem, pieces = question.problem, waiting.pop(0)
    most = max(problem.n_samples // FEWEST_IN_SEGMENT, pieces)
    for _ in range(MOST_TRIES):
        evaluator = Evaluator(problem, pieces)
        attempts = _first_attempts(replace(question, problem=problem), evaluator, begin)
        if attempts:
            break
        if pieces < most:
            waiting.insert(0, pieces)
        pieces, problem = min(3 * pieces, most), problem.finer().finer()
    return attempts, evaluator


def _first_attempts(question: Question, evaluator: Evaluator, begin: Sequence[Array]) -> list[Attempt]:
    """Fits from all beginnings, with the prior and without it first."""
    problem = question.problem
    states = starting_states(problem.recordings, evaluator.edges, problem.is_quiet)
    tried = [fit_with_prior(question, evaluator, coef, states, question.variance) for coef in begin]
    tried += [fit_alone_first(question, evaluator, coef, states) for coef in begin]
    if is_sparse(problem):
        tried += [fit_jointly_first(question, evaluator, coef) for coef in begin]
    return _distinct(question, [attempt for attempt in tried if attempt is not None])


def _onwards(question: Question, pieces: int, attempts: Sequence[Attempt], may_lose: bool = True) -> list[Attempt]:
    """Attempts that get along with these segments, best first."""
    evaluator = Evaluator(question.problem, pieces)
    out = []
    for before in attempts:
        after = fit_with_prior(question, evaluator, before.fit.coef[0], before.states, before.variance)
        if after is not None and not (may_lose and _is_lost(before.fit, after.fit)):
            out.append(after)
    return _distinct(question, out)


def _is_lost(before: Fit, after: Fit) -> bool:
    """Whether longer segments have lost the solution."""
    chance = CHANCE * np.sqrt(2.0 * max(1.0 / before.n_free[0] - 1.0 / after.n_free[0], 0.0))
    return bool(
        after.misfit > (LOST + chance) * max(before.misfit, LEAST_MISFIT)
        or after.spread > (LOST_AFTER + chance) * before.spread
    )


def _distinct(question: Question, attempts: Sequence[Attempt]) -> list[Attempt]:
    """Attempts that have not met, best first."""
    out: list[Attempt] = []
    for attempt in sorted(attempts, key=lambda own: minus_two_log_evidence(question, own)):
        if all(attempt.fit.cost[0] - own.fit.cost[0] > MET for own in out):
            out.append(attempt)
    return out


def _noise(known: Array, problem: Problem, fit: Fit) -> Array:
    """Noise (S,): what was known before, corrected by the residuals as far as these can tell."""
    seen = np.isfinite(problem.recordings[0].y).sum(axis=0)
    free = np.maximum(seen * (1.0 - n_fitted(problem, fit) / fit.n_values[0]), 0.0)
    return np.sqrt((KNOWN_AS * known**2 + free * fit.residual_std(problem)[0] ** 2) / (KNOWN_AS + free))


def _finish(question: Question, pieces: int, attempt: Attempt, known: Array) -> Adapted:
    """The last fit, to full precision."""
    problem = question.problem.with_noise(_noise(known, question.problem, attempt.fit)[None])
    prior = question.prior(attempt.variance, variance_unit(problem, attempt.fit))
    estimate = finish(problem, pieces, question.mask, attempt.fit.coef, attempt.states, None, [prior])
    unit = variance_unit(estimate.problem, estimate.fit)
    fisher = _seen(estimate.fit.information[0] / unit, question.size)
    covariance = posterior_covariance(fisher, attempt.variance)
    noise = estimate.noise_std[0] if problem.is_quiet else _noise(known, problem, estimate.fit)
    coef = np.where(question.silent, question.mean, estimate.fit.coef[0])
    return Adapted(estimate, np.where(np.isnan(np.diag(covariance)), np.nan, coef), fisher, covariance, noise)


def _seen(fisher: Array, size: Array) -> Array:
    """Information without terms that are as good as zero on all data, such as those of an absent species."""
    seen = np.diag(fisher) * size**2 > UNSEEN
    return np.where(seen[:, None] & seen, fisher, 0.0)
