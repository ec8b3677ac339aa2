"""The population evidence where the coefficients of an environment are hardly determined by its own data.

    -2 log Z  =  sum_e [ deviance_e(c_e) + (c_e - mu)' D^-1 (c_e - mu) + log|I + D^1/2 F_e D^1/2| ] + price

at the posterior mode c_e, with F_e there. The search expands the likelihood about the estimates of every environment
alone. Where single coefficients have errors as large as themselves these lie far from the population, and a parabola
says nothing about the likelihood in between: it flatters masks with superfluous terms. Fits with the population as
prior stay where the likelihood is wanted. Mean and variances follow from the parabola about the mode, in turns.

References
----------
Tierney, L. and Kadane, J. B. (1986). Accurate approximations for posterior moments and marginal densities. Journal of
the American Statistical Association 81.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.criteria import FLOOR, deviance, evidence, price_of_terms, score
from spreme.likelihood.fits import Fit, FitsMasks
from spreme.likelihood.population import fit_population
from spreme.likelihood.restarts import fisher_of, is_vague
from spreme.likelihood.search import Visited
from spreme.likelihood.shooting.gauss_newton import Control, Prior

Array = NDArray[np.float64]

# Turns of fit and population, and the fall of the evidence that ends them.
TURNS, CHANGE = 3, 0.3
# A difference of the evidence, or of BIC, that is not worth a mention (Kass and Raftery, 1995).
TIE = 2.0
# Masks in the lead whose evidence is computed with care.
LEADERS = 12
FITTING = Control(40, 0.02, 1e-6)
# A population without variance: this share of the smallest error of a coefficient in any environment.
NARROW = 1e-3


def leader(evaluator: FitsMasks, visited: Visited, states: Sequence[Any]) -> Fit:
    """Find the best mask once the evidence of those in the lead is computed about their posterior modes.

    Parameters
    ----------
    evaluator : FitsMasks
        Fits the data, with priors.
    visited : Visited
        Masks with their evidence; that of leaders with vague coefficients is replaced.
    states : sequence
        What fits start from.

    Returns
    -------
    Fit
        The best one.
    """
    for _ in range(LEADERS):
        waiting = [own for own in _contenders(visited) if own.mask.tobytes() not in visited.settled]
        if not waiting:
            break
        fit = waiting[0]
        value = evidence_at_mode(evaluator, fit, states) if is_vague(fit) else visited.score(fit.mask)
        visited.settle(fit, max(value, _least(fit, visited)))
    equals = [own for own in _contenders(visited) if own.mask.tobytes() in visited.settled] or visited.ranked()[:1]
    prices = [score(own, "bic") for own in equals]
    return next(own for own, price in zip(equals, prices, strict=True) if price <= min(prices) + TIE)


def _contenders(visited: Visited) -> list[Fit]:
    """The best mask and, if its coefficients are vague, those that BIC prefers clearly and the evidence hardly minds.

    The evidence of vague coefficients rests on a population guessed from a few environments; BIC needs none.
    """
    best, *others = _tied(visited)
    if not is_vague(best):
        return [best]
    price = score(best, "bic")
    return [best, *(own for own in others if score(own, "bic") < price - TIE)]


def _tied(visited: Visited) -> list[Fit]:
    """Masks whose evidence can hardly be told from the best, best first."""
    ranked = visited.ranked()
    return [own for own in ranked if visited.score(own.mask) <= visited.score(ranked[0].mask) + TIE]


def _least(fit: Fit, visited: Visited) -> float:
    """What the score of a mask cannot fall below where terms take less from the deviance than they cost.

    Such terms gain only by what they do to the populations of the others: beside a superfluous term, which leaves these
    undetermined, their coefficients can be taken to be alike in all environments.
    """
    own = float(deviance(fit).sum())
    price, out = price_of_terms(fit) / max(fit.n_terms, 1), -np.inf
    for other in visited.ranked():
        if other.n_terms < fit.n_terms and not (other.mask & ~fit.mask).any():
            gain = float(deviance(other).sum()) - own - (fit.n_terms - other.n_terms) * price
            if gain < 0.0:
                out = max(out, visited.score(other.mask) - gain)
    return out


class _Expansion(NamedTuple):
    """The evidence (lower is better) for mean and variance (q,) of the population, with the modes and information."""

    value: float
    mean: Array
    variance: Array
    mode: Fit
    fisher: Array


def evidence_at_mode(evaluator: FitsMasks, fit: Fit, states: Sequence[Any]) -> float:
    """Evidence of a mask by Laplace's method about the posterior mode.

    Parameters
    ----------
    evaluator : FitsMasks
        Fits the data, with priors.
    fit : Fit
        Estimates of every environment alone.
    states : sequence
        What fits start from.

    Returns
    -------
    float
        On the scale of `spreme.likelihood.criteria.evidence`; that value if there is no population or no mode is found.
    """
    if not fit.n_terms or len(fit.coef) < 2:
        return evidence(fit)
    here, fisher = evaluator.states(fit, states), fisher_of(fit)
    first = [_expand(evaluator, fit, here, fisher, *own) for own in (_by_parabola(fit, fisher), _by_moments(fit))]
    found = [own for own in first if own is not None]
    if not found:
        return evidence(fit)
    best = min(found, key=lambda own: own.value)
    for _ in range(TURNS):
        top = replace(best.mode, coef=_top_of_parabola(best))
        after: _Expansion | None = None
        for update in (_by_parabola(top, best.fisher), _by_expectation(best)):
            after = _expand(evaluator, best.mode, here, best.fisher, *update)
            if after is not None and after.value < best.value:
                break
        if after is None or not after.value < best.value:
            break
        fall, best = best.value - after.value, after
        if fall < CHANGE:
            break
    return best.value


def _expand(
    evaluator: FitsMasks, fit: Fit, states: Sequence[Any], fisher: Array, mean: Array, variance: Array
) -> _Expansion | None:
    """Fit with a population as prior and expand there; None if it cannot be integrated."""
    variance = np.maximum(variance, (NARROW * _smallest_error(fisher)) ** 2)
    noise = fit.cost / fit.n_values + FLOOR
    priors = [Prior(mean, np.diag(own / variance)) for own in noise]
    closer = np.where(fit.observed, fit.coef, mean)
    for start in (_posterior_mean(closer, fisher, mean, variance), closer):
        mode = evaluator.fit(fit.mask, start, states, FITTING, priors)
        if mode.is_feasible:
            fisher = fisher_of(mode)
            return _Expansion(_evidence(mode, mean, variance, fisher), mean, variance, mode, fisher)
    return None


def _by_parabola(fit: Fit, fisher: Array) -> tuple[Array, Array]:
    """Mean and variance of the population if the likelihoods were parabolas about the estimates."""
    population = fit_population(np.where(fit.observed, fit.coef, np.nan), fisher)
    return np.nan_to_num(population.mean), population.std**2


def _by_moments(fit: Fit) -> tuple[Array, Array]:
    """Mean and variance of the estimates."""
    count = np.maximum(fit.observed.sum(axis=0), 1)
    mean = np.where(fit.observed, fit.coef, 0.0).sum(axis=0) / count
    return mean, np.where(fit.observed, (fit.coef - mean) ** 2, 0.0).sum(axis=0) / count


def _by_expectation(now: _Expansion) -> tuple[Array, Array]:
    """Mean and variance by one step of expectation and maximisation over the environments that observe a term."""
    inner = _inner(now.fisher, now.variance)
    posterior = now.variance * np.einsum("eqq->eq", np.linalg.inv(inner))
    mean, variance = _by_moments(now.mode)
    count = np.maximum(now.mode.observed.sum(axis=0), 1)
    return mean, variance + np.where(now.mode.observed, posterior, 0.0).sum(axis=0) / count


def _posterior_mean(coef: Array, fisher: Array, mean: Array, variance: Array) -> Array:
    """Where the modes (E, q) were if the likelihoods were parabolas about the estimates."""
    root = np.sqrt(variance)
    pull = np.einsum("eqr,er->eq", fisher, coef - mean) * root
    return mean + root * np.linalg.solve(_inner(fisher, variance), pull[..., None])[..., 0]


def _inner(fisher: Array, variance: Array) -> Array:
    """I + D^1/2 F_e D^1/2 (E, q, q), which has no units."""
    root = np.sqrt(variance)
    out: Array = np.eye(len(root)) + root[:, None] * fisher * root
    return out


def _smallest_error(fisher: Array) -> Array:
    """Standard error of every coefficient (q,) in the environment that knows it best, the others known."""
    size = np.einsum("eqq->eq", fisher).max(axis=0)
    return 1.0 / np.sqrt(np.where(size > 0, size, 1.0))


def _evidence(mode: Fit, mean: Array, variance: Array, fisher: Array) -> float:
    """Laplace's method about the mode."""
    pull = np.where(mode.observed, (mode.coef - mean) ** 2 / variance, 0.0)
    volume = np.linalg.slogdet(_inner(fisher, variance))[1]
    return float(deviance(mode).sum() + pull.sum() + volume.sum()) + price_of_terms(mode)


def _top_of_parabola(now: _Expansion) -> Array:
    """Estimates (E, q) of every environment alone if the likelihood were the parabola that it is about the mode."""
    error = _smallest_error(now.fisher)
    force = np.where(now.mode.observed, (now.mode.coef - now.mean) / now.variance, 0.0) * error
    inverse = np.linalg.pinv(now.fisher * error[:, None] * error, rcond=1e-12, hermitian=True)
    return now.mode.coef + np.einsum("eqr,er->eq", inverse, force) * error
