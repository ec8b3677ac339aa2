"""Attempts to fit the coefficients of one environment at one segmentation, and what an attempt is worth.

    minimise  sum of squared standardised residuals + sum_j (c_j - mu_j)^2 / tau_j^2   over c and starts of segments

An attempt keeps its own tau, widened where the data contradict the population, and is worth its evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spreme.estimators.adaptation_prior import relaxed
from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.problem import Problem
from spreme.likelihood.shooting.gauss_newton import Control, Prior
from spreme.likelihood.spline.evaluation import JointEvaluator
from spreme.likelihood.starting_states import starting_states

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Fits on the way need not be precise.
ON_THE_WAY = Control(25, 0.2, 1e-3)
# The prior is widened and the fit repeated at most so often; a change of log tau^2 by less does not matter.
ROUNDS, MATTERS = 3, 0.05
# Values for each fitted number from which data can be fitted without a prior.
ENOUGH = 1.5


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked.

    Attributes
    ----------
    problem : Problem
        Data of one environment.
    mask : ndarray (S, K) of bool
        Terms, q in number.
    mean, variance : ndarray (q,)
        Prior of the coefficients; infinite variance for none.
    size : ndarray (q,)
        Sizes of the coefficients in the fitted environments.
    """

    problem: Problem
    mask: Mask
    mean: Array
    variance: Array
    size: Array

    @property
    def silent(self) -> Mask:
        """Coefficients (q,) of states that never change, such as absent species: the fit holds them at zero."""
        return self.problem.silent(self.mask, 0)

    def prior(self, variance: Array, unit: float) -> Prior:
        """Prior in units of the cost, the noise having `unit` times the variance that is assumed."""
        return Prior(self.mean, np.diag(np.where(np.isfinite(variance), unit / variance, 0.0)))


@dataclass(frozen=True, eq=False)
class Attempt:
    """One way: where it is, with which variance of the prior, and at which states."""

    fit: Fit
    variance: Array
    states: list[Array]


def fit_with_prior(
    question: Question, evaluator: Evaluator, coef: Array, states: Sequence[Array], variance: Array
) -> Attempt | None:
    """Fit, widen the prior where the data contradict it, and fit again; None where not integrable."""
    fit, unit = None, 1.0
    for _ in range(ROUNDS):
        prior = question.prior(variance, unit)
        now = evaluator.fit(question.mask, coef[None], states, ON_THE_WAY, [prior])
        if not now.is_feasible:
            break
        states = evaluator.states(now, states)
        # of silent coefficients only the prior knows
        fit = replace(now, coef=np.where(question.silent, question.mean, now.coef))
        coef = fit.coef[0]
        unit = variance_unit(question.problem, fit)
        wider = _widened(question, fit, prior, unit)
        bounded = np.isfinite(wider)
        settled = np.all(np.abs(np.log(wider[bounded] / variance[bounded])) < MATTERS)
        variance = wider
        if settled:
            break
    return None if fit is None else Attempt(fit, variance, list(states))


def fit_alone_first(question: Question, evaluator: Evaluator, coef: Array, states: Sequence[Array]) -> Attempt | None:
    """Fit without the prior, and then with it: it may hold coefficients on the wrong side of a barrier."""
    nothing = np.full(len(coef), np.inf)
    alone = evaluator.fit(question.mask, coef[None], states, ON_THE_WAY, [question.prior(nothing, 1.0)])
    if not alone.is_feasible or alone.n_values[0] < ENOUGH * n_fitted(question.problem, alone):
        return None
    states = evaluator.states(alone, states)
    found = replace(alone, coef=np.where(question.silent, question.mean, alone.coef))
    unit = variance_unit(question.problem, found)
    wider = _widened(question, found, question.prior(nothing, 1.0), unit)
    return fit_with_prior(question, evaluator, found.coef[0], states, wider)


def fit_jointly_first(question: Question, evaluator: Evaluator, coef: Array) -> Attempt | None:
    """Fit states and coefficients jointly first: with few samples a period, shooting needs a good start."""
    problem = question.problem
    every_sample = [np.arange(len(own.t) + 1) for own in problem.recordings]
    states = starting_states(problem.recordings, every_sample, problem.is_quiet)
    nothing = question.prior(np.full(len(coef), np.inf), 1.0)
    joint = JointEvaluator(problem).fit(question.mask, coef[None], states, ON_THE_WAY, [nothing])
    if not joint.is_feasible:
        return None
    return fit_alone_first(question, evaluator, joint.coef[0], [own.states for own in joint.joint])


def _widened(question: Question, fit: Fit, prior: Prior, unit: float) -> Array:
    """Variance of the prior, given what the data alone say by the quadratic model about a fit."""
    coef, fisher = fit.coef[0], fit.information[0]
    # at the optimum the gradient of the likelihood balances the pull of the prior
    vector = fisher @ coef + prior.precision @ (coef - question.mean)
    return relaxed(question.variance, question.mean, fisher / unit, vector / unit)


def variance_unit(problem: Problem, fit: Fit) -> float:
    """Variance of the residuals in units of the assumed one: below 1 only where the noise is at its floor."""
    return float(np.clip(fit.cost[0] / fit.n_free[0], 1e-12, 1.0)) if problem.is_quiet else 1.0


def minus_two_log_evidence(question: Question, attempt: Attempt) -> float:
    """Of the data, by Laplace's approximation; coefficients without a prior are maximised."""
    fit, unit = attempt.fit, variance_unit(question.problem, attempt.fit)
    bounded = np.isfinite(attempt.variance)
    spread = np.sqrt(attempt.variance[bounded])
    fisher = fit.information[0][np.ix_(bounded, bounded)] / unit
    charge = float((((fit.coef[0] - question.mean)[bounded] / spread) ** 2).sum())
    volume = float(np.linalg.slogdet(np.eye(len(spread)) + spread[:, None] * fisher * spread)[1])
    return float(fit.cost[0]) / unit + charge + volume


def n_fitted(problem: Problem, fit: Fit) -> int:
    """Coefficients and first states that were fitted, those of states that never change not counted."""
    moving = ~problem.frozen[0]
    return int(fit.mask[moving].sum() + len(fit.starts[0]) * moving.sum())
