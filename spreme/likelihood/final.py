"""The last fit of a mask: to full precision, with the noise, the errors of the coefficients and of the integration."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.fits import Fit
from spreme.likelihood.problem import Problem
from spreme.likelihood.shooting.gauss_newton import Control, Prior
from spreme.likelihood.spline.evaluation import JointEvaluator
from spreme.likelihood.spline.result import JointFit

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# The score may still fall by less than this: coefficients are then within 1 % of a standard error of the optimum.
PRECISE = Control(25, 1e-4, 1e-6)
# Without noise residuals are rounding and integration error: the fall is judged relative to these.
EXACT = Control(60, 1e-7, 1e-9)
# Half the step may change the cost by the square of this: a coefficient moves by no larger share of its error.
MOVED = 0.03
HALVINGS = 4
# An environment without a state of more noise than this many times the floor is taken to have none.
QUIET = 1.01
# A fit to whole trajectories is as good if the variance of its residuals is no larger than this many times the other.
AS_WELL = 1.03
# Directions of the information matrix, in units of its diagonal, below which coefficients cannot be told apart.
DEPENDENT = 1e-10


@dataclass(frozen=True, eq=False)
class Estimate:
    """Coefficients of a mask in all environments.

    Attributes
    ----------
    fit : Fit
        The fit, at the segmentation in use.
    problem : Problem
        With the final noise and steps.
    pieces : int
        Segments of the longest trajectory.
    states : list of ndarray (n_e, S)
        Fitted states at all samples.
    covariance : ndarray (E, q, q)
        Of the coefficients; NaN in rows and columns of terms that an environment does not observe.
    integration_error : float
        How far the error of integration moves the optimum, at most, in standard errors; without the
        environments that show no noise, where these mean nothing.
    dependent : tuple of int
        Environments in which some coefficients cannot be told apart.
    """

    fit: Fit
    problem: Problem
    pieces: int
    states: list[Array]
    covariance: Array
    integration_error: float
    dependent: tuple[int, ...]

    @property
    def coef(self) -> Array:
        """Coefficients (E, q); NaN where not observed."""
        own = np.where(self.fit.observed, self.fit.coef, np.nan)
        return np.where(resting(self.problem, self.fit.mask), 0.0, own)

    @property
    def std(self) -> Array:
        """Standard errors (E, q)."""
        return np.sqrt(np.einsum("eqq->eq", self.covariance))

    @property
    def noise_std(self) -> Array:
        """Measurement noise (E, S)."""
        return self.fit.residual_std(self.problem)


def finish(
    problem: Problem,
    pieces: int,
    mask: Mask,
    coef: Array,
    states: Sequence[Array],
    pool: ThreadPoolExecutor | None = None,
    priors: Sequence[Prior] | None = None,
) -> Estimate:
    """Fit a mask to full precision.

    Parameters
    ----------
    problem : Problem
        Data and noise.
    pieces : int
        Segments of the longest trajectory.
    mask : ndarray (S, K) of bool
        Terms.
    coef : ndarray (E, q)
        Where to begin.
    states : sequence of ndarray (n_e, S)
        States to begin with.
    pool : ThreadPoolExecutor, optional
        Threads.
    priors : sequence of Prior, optional
        Of the coefficients of every environment.

    Returns
    -------
    Estimate
        Coefficients and what they are worth.
    """
    control = EXACT if problem.is_quiet else PRECISE
    evaluator = Evaluator(problem, pieces, pool)
    fit = evaluator.fit(mask, coef, states, control, priors)
    if fit.is_feasible and priors is None:
        problem = problem.with_noise(fit.residual_std(problem))
        evaluator = Evaluator(problem, pieces, pool)
        fit = evaluator.fit(mask, fit.coef, evaluator.states(fit, states), control)
    error, noisy = 0.0, ((problem.sd > QUIET * problem.floor) & ~problem.frozen).any(axis=1)
    for _ in range(HALVINGS):
        if not fit.is_feasible:
            break
        moved = np.abs(evaluator.costs(fit, problem.finer()) - fit.cost) * (fit.n_values / np.maximum(fit.cost, 1e-300))
        error = float(np.sqrt(moved[noisy].max(initial=0.0)))
        if np.sqrt(moved.max()) < MOVED:
            break
        evaluator = Evaluator(_fine_enough(problem, moved), pieces, pool)
        again = evaluator.fit(mask, fit.coef, evaluator.states(fit, states), control, priors)
        if not again.is_feasible:
            break
        problem, fit = evaluator.problem, again
    covariance, dependent = covariance_of(fit)
    covariance = with_resting(covariance, resting(problem, mask))
    return Estimate(fit, problem, pieces, evaluator.states(fit, states), covariance, error, dependent)


def _fine_enough(problem: Problem, moved: Array) -> Problem:
    """Halve the steps of environments whose cost moves (E,) by too much; twice where one halving will not do."""
    gain = 2.0**problem.scheme.order
    return problem.finer(moved > MOVED**2).finer(moved > gain * MOVED**2)


def conclude(
    problem: Problem,
    pieces: int,
    mask: Mask,
    coef: Array,
    states: Sequence[Any],
    pool: ThreadPoolExecutor | None = None,
    known: Fit | None = None,
) -> Estimate:
    """Fit a mask to full precision by the engine that its states come from, and to whole trajectories if possible.

    Where shooting had to stop at short segments (chaos), the joint fit of states and coefficients may still follow
    whole trajectories, which tell the coefficients better; it is taken if it fits as well, as a `known` one does.
    """
    if isinstance(states[0], JointFit):
        return finish_jointly(problem, mask, coef, states, pool)
    if known is not None and (known.mask == mask).all() and not problem.is_quiet:
        whole = finish_jointly(problem.with_noise(known.residual_std(problem)), mask, known.coef, known.joint, pool)
        if whole.fit.is_feasible:
            return whole
    estimate = finish(problem, pieces, mask, coef, states, pool)
    if pieces == 1 or not estimate.fit.is_feasible or not estimate.fit.n_terms or problem.is_quiet:
        return estimate
    whole = finish_jointly(estimate.problem, mask, estimate.fit.coef, estimate.states, pool)
    return whole if whole.fit.is_feasible and whole.fit.spread < AS_WELL * estimate.fit.spread else estimate


def finish_jointly(
    problem: Problem,
    mask: Mask,
    coef: Array,
    states: Sequence[Any],
    pool: ThreadPoolExecutor | None = None,
    priors: Sequence[Prior] | None = None,
) -> Estimate:
    """Fit a mask to whole trajectories by the joint fit of states and coefficients; arguments as in `finish`."""
    evaluator = JointEvaluator(problem, pool)
    fit = evaluator.fit(mask, coef, states, PRECISE, priors)
    error = float(max((own.defect for own in fit.joint), default=0.0)) if fit.is_feasible else float("inf")
    covariance, dependent = covariance_of(fit)
    covariance = with_resting(covariance, resting(problem, mask))
    return Estimate(fit, problem, 1, [own.states for own in fit.joint], covariance, error, dependent)


def resting(problem: Problem, mask: Mask) -> Mask:
    """Coefficients (E, q) that are zero because the state never changes although the term is there."""
    index = np.nonzero(mask)
    out = problem.frozen[:, index[0]]
    for e in np.flatnonzero(out.any(axis=1)):
        recording = problem.recordings[e]
        columns = np.column_stack([recording.y, recording.u])
        theta = problem.table.evaluate(columns[np.isfinite(columns).all(axis=1)])
        out[e] &= (theta != 0.0).any(axis=0)[index[1]]
    return out


def with_resting(covariance: Array, still: Mask) -> Array:
    """Covariances with zeros for the coefficients (E, q) that are zero for certain."""
    for own, certain in zip(covariance, still, strict=True):
        own[certain] = own[:, certain] = 0.0
    return covariance


def covariance_of(fit: Fit) -> tuple[Array, tuple[int, ...]]:
    """Inverse information times the variance of the residuals, and environments where it is singular."""
    covariance, dependent = np.full(fit.information.shape, np.nan), []
    variance = fit.cost / fit.n_free
    for e, (information, known) in enumerate(zip(fit.information, fit.observed, strict=True)):
        if not known.any() or not np.isfinite(variance[e]):
            continue
        size = np.sqrt(np.diag(information)[known])
        values, vectors = np.linalg.eigh(information[np.ix_(known, known)] / np.outer(size, size))
        if values[0] < DEPENDENT:
            dependent.append(e)
        inverse = (vectors / np.maximum(values, DEPENDENT)) @ vectors.T
        covariance[e][np.ix_(known, known)] = variance[e] * inverse / np.outer(size, size)
    return covariance, tuple(dependent)
