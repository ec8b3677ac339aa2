r"""Terms with one coefficient for all environments: joint maximum likelihood.

    minimise over a, (b_e), starts:   sum_e cost_e(a, b_e, starts_e),     coefficients c_e = (a, b_e)

With A_e the information of environment e (starts eliminated) and h_e = A_e c_e + its gradient, the own coefficients
b_e are eliminated, and the shared ones follow from

    S_e = A_aa - A_ab A_bb^-1 A_ba,   r_e = h_a - A_ab A_bb^-1 h_b,   (sum_e S_e) a = sum_e r_e

Then every environment is fitted anew with a held, and so on: Gauss-Newton on the profile of a. The score
r_e - S_e a says how an environment pulls at the shared coefficients; it tells whether they disagree.

Legend: E environments, q coefficients of the mask, p of them tied.

References
----------
Seber and Wild (1989), Nonlinear Regression, chapter 5 (concentrating out). Rao (1948), Large sample tests of
statistical hypotheses (score test).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from spreme.likelihood.engines import engine, states_at_samples
from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.final import EXACT, PRECISE, Estimate, covariance_of
from spreme.likelihood.population import fit_population
from spreme.likelihood.reduced import Reduced, reduced_model, solve
from spreme.likelihood.shooting.gauss_newton import Prior
from spreme.likelihood.wald import equality, holm, information, observed_estimates

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Precision that holds a coefficient, relative to its information: it then moves by this inverse share of its error.
HOLD = 1e8
ROUNDS, HALVINGS = 20, 6
# Familywise level of the tests that decide what is tied.
LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class Tied:
    """Coefficients of a mask, some of them shared by all environments.

    Attributes
    ----------
    estimate : Estimate
        Coefficients, equal in all environments where tied, and covariances from the joint information.
    which : ndarray (q,) of bool
        Tied coefficients.
    statistic : ndarray (q,)
        Score test of equality; NaN where not tied.
    p_value : ndarray (q,)
        Its probability, Holm's correction over the tied terms.
    """

    estimate: Estimate
    which: Mask
    statistic: Array
    p_value: Array


def hold_at(coef: Array, which: Mask, information: Array) -> list[Prior]:
    """Priors that hold some coefficients of every environment at their values.

    Parameters
    ----------
    coef : ndarray (E, q)
        Values.
    which : ndarray (q,) of bool
        Coefficients that are held.
    information : ndarray (E, q, q)
        What the data say about them; the largest of the environments counts.

    Returns
    -------
    list of Prior
        One for each environment.
    """
    size = np.einsum("eqq->eq", information).max(axis=0, initial=0.0)
    precision = np.diag(np.where(which, HOLD * np.where(size > 0, size, 1.0), 0.0))
    return [Prior(np.array(own), precision) for own in coef]


def fit_tied(estimate: Estimate, which: Mask, pool: ThreadPoolExecutor | None = None) -> Tied | None:
    r"""Fit a mask with one coefficient for all environments where tied.

    .. math:: \min_{a, b_e, x_e} \sum_e \mathrm{cost}_e(a, b_e, x_e)

    Parameters
    ----------
    estimate : Estimate
        The fit of the mask with a coefficient for each environment.
    which : ndarray (q,) of bool
        Tied coefficients, in the order of `np.nonzero(mask)`.
    pool : ThreadPoolExecutor, optional
        Threads.

    Returns
    -------
    Tied or None
        None if the data cannot be followed with these coefficients tied.
    """
    jointly = len(estimate.fit.joint) > 0
    evaluator = engine(estimate.problem, estimate.pieces, pool, jointly=jointly)
    fit = descend(evaluator, estimate.fit, estimate.states, which)
    if fit is None:
        return None
    reduced = reduced_model(evaluator, fit, which)
    shared = fit.coef[0, which]
    joint = replace(fit, information=_joint(fit, reduced, which))
    covariance, dependent = covariance_of(joint)
    statistic, p_value = np.full(len(which), np.nan), np.full(len(which), np.nan)
    statistic[which], p_value[which] = _disagreement(reduced, shared, _variance(fit))
    states = states_at_samples(evaluator.states(fit, estimate.states))
    out = Estimate(joint, estimate.problem, estimate.pieces, states, covariance, estimate.integration_error, dependent)
    return Tied(out, which, statistic, holm(p_value))


def fit_alike(estimate: Estimate, pool: ThreadPoolExecutor | None = None) -> Tied | None:
    """Tie what the environments do not tell apart, and once more what the better known rest then does not.

    Parameters
    ----------
    estimate : Estimate
        The fit of the mask with a coefficient for each environment.
    pool : ThreadPoolExecutor, optional
        Threads.

    Returns
    -------
    Tied or None
        None if nothing is tied.
    """
    n_values = estimate.fit.n_values
    which = alike(estimate.coef, estimate.covariance, n_values)
    found = fit_tied(estimate, which, pool) if which.any() else None
    if found is None:
        return None
    again = which & ~(found.p_value < LEVEL)
    again |= ~which & alike(found.estimate.coef, found.estimate.covariance, n_values)
    if (again == which).all():
        return found
    return (fit_tied(estimate, again, pool) or found) if again.any() else None


def alike(coef: Array, covariance: Array, n_values: Array, level: float = LEVEL) -> Mask:
    """Terms that are the same in all environments, as far as can be told.

    A term is, if the Wald test of equality does not reject it and either the population has no spread, or BIC prefers
    one coefficient to several.

    Parameters
    ----------
    coef : ndarray (E, q)
        Estimates; NaN where not observed.
    covariance : ndarray (E, q, q)
        Of their errors.
    n_values : ndarray (E,)
        Measured values.
    level : float, default 0.05
        Familywise level.

    Returns
    -------
    ndarray (q,) of bool
        Never true for a term that fewer than two environments observe.

    Examples
    --------
    >>> coef = np.array([[1.0, 0.2], [3.0, 0.2], [2.0, 0.21]])
    >>> alike(coef, np.tile(0.01 * np.eye(2), (3, 1, 1)), np.full(3, 100.0)).tolist()
    [False, True]
    """
    coef, variance = observed_estimates(coef, np.einsum("eqq->eq", covariance))
    population = fit_population(coef, information(covariance, variance))
    statistic, degrees, p_value = equality(coef, variance)
    price = (np.isfinite(coef) * np.log(n_values)[:, None]).sum(axis=0) - np.log(n_values.sum())
    is_cheaper = (population.std == 0.0) | (np.nan_to_num(statistic) < price)
    return (degrees > 0) & (np.nan_to_num(holm(p_value)) >= level) & is_cheaper


def descend(
    evaluator: Evaluator,
    fit: Fit,
    states: Sequence[Array],
    which: Mask,
    held: Mask | None = None,
    at: Array | None = None,
) -> Fit | None:
    """Gauss-Newton on the shared coefficients; each step is halved until the cost falls.

    Parameters
    ----------
    evaluator : Evaluator
        Data of all environments.
    fit : Fit
        Where to begin.
    states : sequence of ndarray (n_e, S)
        States to begin with.
    which : ndarray (q,) of bool
        Shared coefficients, p in number.
    held : ndarray (p,) of bool, optional
        Shared coefficients that stay where they are.
    at : ndarray (p,), optional
        Shared coefficients to begin with; by default those of the quadratic model.

    Returns
    -------
    Fit or None
        None if the data cannot be followed.
    """
    tol = (EXACT if evaluator.problem.is_quiet else PRECISE).tol
    held = np.zeros(int(which.sum()), bool) if held is None else held
    states = evaluator.states(fit, states)
    reduced = reduced_model(evaluator, fit, which)
    now = solve(reduced, held, np.zeros(len(held))) if at is None else at
    current = _at(evaluator, fit, which, now, reduced, states)
    if not current.is_feasible:
        return None
    for _ in range(0 if held.all() else ROUNDS):
        states = evaluator.states(current, states)
        reduced = reduced_model(evaluator, current, which)
        aim = solve(reduced, held, now)
        fall = (aim - now) @ reduced.information.sum(axis=0) @ (aim - now)
        if fall <= tol * current.cost.sum() / current.n_values.sum():
            break
        better = _step(evaluator, current, which, now, aim, reduced, states)
        if better is None:
            break
        current, now = better, better.coef[0, which]
    return current


def _step(
    evaluator: Evaluator, fit: Fit, which: Mask, now: Array, aim: Array, reduced: Reduced, states: Sequence[Array]
) -> Fit | None:
    """The first of shorter and shorter steps at which the cost falls."""
    for halving in range(HALVINGS):
        trial = _at(evaluator, fit, which, now + 0.5**halving * (aim - now), reduced, states)
        if trial.cost.sum() < fit.cost.sum():
            return trial
    return None


def _at(evaluator: Evaluator, fit: Fit, which: Mask, shared: Array, reduced: Reduced, states: Sequence[Array]) -> Fit:
    """Fit the own coefficients with the shared ones held."""
    coef = np.empty_like(fit.coef)
    coef[:, which] = shared
    coef[:, ~which] = reduced.own - reduced.slope @ shared
    control = EXACT if evaluator.problem.is_quiet else PRECISE
    found = evaluator.fit(fit.mask, coef, states, control, hold_at(coef, which, fit.information))
    found.coef[:, which] = shared  # held to eight digits of the error; now to the last bit
    return found


def _variance(fit: Fit) -> float:
    """Variance of the standardised residuals of all environments together."""
    return float(fit.cost.sum() / fit.n_free.sum())


def _joint(fit: Fit, reduced: Reduced, which: Mask) -> Array:
    """Information (E, q, q) on the coefficients of every environment from the data of all of them.

    Scaled such that divided by its own residual variance every environment gets errors of the common variance: a
    shared coefficient has one error.
    """
    others = reduced.information.sum(axis=0) - reduced.information
    out = np.array(fit.information)
    out[np.ix_(np.arange(len(out)), which, which)] += others
    return out * (fit.cost / fit.n_free / max(_variance(fit), 1e-300))[:, None, None]


def _disagreement(reduced: Reduced, shared: Array, variance: float) -> tuple[Array, Array]:
    """Score test, for each shared coefficient, of releasing it in every environment: statistic and probability (p,)."""
    score = reduced.right - reduced.information @ shared
    size = np.einsum("epp->ep", reduced.information)
    known = size > 1e-14 * np.maximum(size.max(axis=0), 1e-300)
    statistic = (np.where(known, score, 0.0) ** 2 / np.where(known, size, 1.0)).sum(axis=0) / max(variance, 1e-300)
    return statistic, chdtrc(np.maximum(known.sum(axis=0) - 1, 1), statistic)
