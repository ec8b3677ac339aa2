"""Coefficients of an unseen environment: the same mask and the same refit, shrunk to the population of fitted ones.

`adaptation_prior` describes the population, `adaptation_by_likelihood` and `adaptation_by_regression` are the two ways
of refitting, `adaptation_repairs` names the terms that would repair a misfit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories, Trajectory
from spreme.estimators.adaptation_attempts import Question
from spreme.estimators.adaptation_by_likelihood import Adapted, adapt_by_likelihood
from spreme.estimators.adaptation_by_regression import Posterior, posteriors
from spreme.estimators.adaptation_prior import Population, nothing_known, population, posterior_covariance
from spreme.estimators.adaptation_repairs import allowance, asks_for_more, in_words, repairs
from spreme.estimators.by_regression import block_diagonal
from spreme.estimators.options import Options
from spreme.estimators.prepared import grouped, make_equations
from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.footholds import nearest
from spreme.likelihood.ladder import is_sparse
from spreme.likelihood.precision import with_fine_steps
from spreme.likelihood.problem import pose
from spreme.noise import noise_std
from spreme.results import Law
from spreme.selection.weak_equations import WeakEquations

__all__ = ["Adaptation", "Population", "adapt_law", "population"]

Array = NDArray[np.float64]

# With fewer samples the new data cannot tell their own noise, and that of the fitted environments is taken.
SAMPLES_FOR_NOISE = 40
# Residuals of rows this many times larger than in the fitted environments (and than the noise) contradict the mask.
ALARM = 4.0
# A coefficient rests on the prior if that leaves less than this share of the error which the data alone would have, and
# these would not know it better than to this share of its size.
RESTS, ROUGH = 0.7, 1.0
LOST = "the law could not be integrated over the new data: its coefficients come from a regression on the rows alone"
# Fewer values beyond the fitted numbers raise no alarm.
LEAST_FREE = 4


@dataclass(frozen=True, eq=False)
class Adaptation:
    """Law of one new environment.

    Attributes
    ----------
    law : Law
        With the new environment alone.
    covariance : ndarray (1, q, q)
        Of its coefficients; NaN where not observed.
    residual : ndarray (1, S)
        Residuals in units of the noise.
    complaints : tuple of str
        What the user must know before trusting it.
    """

    law: Law
    covariance: Array
    residual: Array
    complaints: tuple[str, ...]

    @property
    def status(self) -> str:
        """The complaints in one text, or "converged"."""
        return "; ".join(self.complaints) or "converged"


@dataclass(frozen=True, eq=False)
class Newcomer:
    """The new environment.

    Attributes
    ----------
    data : Trajectories
        As given.
    runs : list of Trajectory
        Wild samples taken out.
    noise : ndarray (S,)
        The most that the noise may be: neighbouring samples of few and coarse ones differ by more.
    likely : ndarray (S,)
        Noise to begin with.
    usual : ndarray (S,)
        Residuals of the fitted environments, in units of the noise.
    """

    data: Trajectories
    runs: list[Trajectory]
    noise: Array
    likely: Array
    usual: Array


def adapt_law(law: Law, residual: Array, prior: Population | None, data: Trajectories, options: Options) -> Adaptation:
    """Fit the coefficients of the mask to one new environment.

    Parameters
    ----------
    law : Law
        The fitted law.
    residual : ndarray (E, S)
        Its residuals in units of the noise.
    prior : Population or None
        Prior of the coefficients; None for none.
    data : Trajectories
        Recordings of one new environment.
    options : Options
        Options of the fit.

    Returns
    -------
    Adaptation
        Law, covariances, residuals, complaints.

    Raises
    ------
    ValueError
        If there are fewer values than unknowns and no prior.
    """
    new, known = _newcomer(law, residual, data), prior or nothing_known(law)
    equations = make_equations([new.runs], law.table, new.noise[None], options)
    rough = posteriors(equations, law.mask, known, new.usual)
    found = None
    if options.refine is not None:
        alone = rough if prior is None else posteriors(equations, law.mask, nothing_known(law), new.usual)
        found = _by_likelihood(law, known, [rough, alone], new, options)
    if found is None:
        scale = equations.sigma[0] if isinstance(equations, WeakEquations) else None
        found = _by_regression(law, prior, rough, new, scale)
        if options.refine is not None:
            found = replace(found, complaints=(LOST, *found.complaints))
    return found


def _newcomer(law: Law, residual: Array, data: Trajectories) -> Newcomer:
    """The new environment, with the noise of the fitted ones where it has too few samples to tell."""
    runs = grouped(data)[0]
    noise = likely = noise_std(runs)
    if data.n_samples < SAMPLES_FOR_NOISE:
        likely = np.median(law.noise_std, axis=0)
        noise = np.maximum(noise, likely)
    return Newcomer(data, runs, noise, likely, np.maximum(np.median(residual, axis=0), 1.0))


def _check_values(question: Question) -> None:
    """Refuse fewer values than unknowns: coefficients without a prior, and the first states."""
    problem = question.problem
    n_values, n_runs = int(problem.n_values[0]), len(problem.recordings[0].bounds) - 1
    n_coef = int((np.isinf(question.variance) & ~question.silent).sum())
    n_first = n_runs * int((~problem.frozen[0]).sum())
    if n_coef and n_values < n_coef + n_first:
        raise ValueError(
            f"the new data have too few samples: {n_values} values for {n_coef} coefficients without a prior and "
            f"{n_first} first states. Record more, or use prior=True with a model of several environments"
        )


def _by_likelihood(
    law: Law, prior: Population, rough: Sequence[Sequence[Posterior]], new: Newcomer, options: Options
) -> Adaptation | None:
    """By the likelihood of the trajectories; None where the law cannot be integrated over them."""
    mask = law.mask
    mean, variance = prior.mean[mask], prior.std[mask] ** 2
    problem = pose([new.runs], law.table, mask, mask, new.likely[None], huber=options.huber)
    centre = np.where(np.isfinite(variance), mean, _typical(law.coef[:, mask]))
    estimates = [np.concatenate([own.coef for own in equations]) for equations in rough]
    begin = [centre, *(np.where(np.isfinite(own), own, centre) for own in estimates)]
    if is_sparse(problem):  # regressions say little there: other environments may say more
        problem = with_fine_steps(problem)
        begin += nearest(problem, mask, law.coef[:, mask])
    question = Question(problem, mask, mean, variance, _typical(np.abs(law.coef[:, mask])))
    _check_values(question)
    found = adapt_by_likelihood(question, begin)
    if found is None:
        return None
    residual = found.estimate.noise_std / np.maximum(new.noise, problem.floor)
    own = _law_of(law, new, found.coef, found.covariance, found.noise_std)
    complaints = (*_resting(own, found, mean), *_misfit(own, found, residual[0], new))
    return Adaptation(own, found.covariance[None], residual, complaints)


def _typical(coef: Array) -> Array:
    """Mean (q,) of coefficients (E, q) over the environments that observe them; 0 for none."""
    count = np.isfinite(coef).sum(axis=0)
    return np.nan_to_num(coef).sum(axis=0) / np.maximum(count, 1)


def _law_of(law: Law, new: Newcomer, coef: Array, covariance: Array, noise: Array) -> Law:
    """The law in the new environment alone."""
    table, std = np.zeros((1, *law.mask.shape)), np.full((1, *law.mask.shape), np.nan)
    table[0, law.mask], std[0, law.mask] = coef, np.sqrt(np.diag(covariance))
    environments = tuple(new.data.environments)
    return replace(law, coef=table, coef_std=std, environments=environments, noise_std=noise[None])


def _resting(law: Law, found: Adapted, mean: Array) -> list[str]:
    """Equations with coefficients that the new data alone would hardly know."""
    fisher, variance = found.fisher, np.diag(found.covariance)
    alone = np.diag(posterior_covariance(fisher, np.full(len(mean), np.inf)))
    seen = np.diag(fisher) > 0
    size = np.maximum(np.abs(np.nan_to_num(found.coef)), np.abs(mean))
    with np.errstate(invalid="ignore"):
        rests = seen & (variance < RESTS**2 * alone) & (alone > (ROUGH * size) ** 2)
    state, term = np.nonzero(law.mask)
    terms = [[law.table.names[k] for k in term[rests & (state == s)]] for s in range(len(law.state_names))]
    return [
        f"too few samples, or too little motion, to tell {', '.join(own)} in {name}' from the new data alone: "
        "these coefficients rest on the prior"
        for name, own in zip(law.state_names, terms, strict=True)
        if own
    ]


def _misfit(law: Law, found: Adapted, residual: Array, new: Newcomer) -> list[str]:
    """Residuals beyond what noise and the fitted environments explain, and the terms that would repair that."""
    estimate, fit = found.estimate, found.estimate.fit
    if found.n_free < LEAST_FREE:
        return []
    far = residual > allowance(found.n_free / len(residual)) * new.usual
    if not (far.any() or asks_for_more(Evaluator(estimate.problem, estimate.pieces), fit)[0]):
        return []
    expected = estimate.problem.with_noise((new.noise * new.usual)[None])
    terms = repairs(expected, estimate.pieces, fit, estimate.states)
    if not (terms or far.any()):
        return []
    s = int((residual / new.usual).argmax())
    size = (
        f"residuals of {law.state_names[s]} are {residual[s]:.3g} times the noise, {new.usual[s]:.3g} in the fitted "
        "environments"
    )
    remedy = in_words(terms, law) or "a term may be missing there"
    words = f"{size}; {remedy}" if far.any() else remedy
    return [f"the fitted mask does not describe the new environment: {words}. Fit it with the others"]


def _by_regression(
    law: Law, prior: Population | None, rough: Sequence[Posterior], new: Newcomer, scale: Array | None
) -> Adaptation:
    """By the rows of the weak form alone."""
    complaints = []
    for name, mask, own, usual in zip(law.state_names, law.mask, rough, new.usual, strict=True):
        if prior is None and own.n_rows < mask.sum():
            raise ValueError(
                f"the new data have too few samples to fit the {mask.sum()} terms of {name}' without a prior: "
                "record more, or use prior=True"
            )
        complaints += _complaints(name, own, int(mask.sum()), usual)
    residual = np.array([own.residual for own in rough])
    covariance = block_diagonal([own.covariance[None] for own in rough])[0]
    coef = np.concatenate([own.coef for own in rough])
    adapted = _law_of(law, new, coef, covariance, new.noise if scale is None else scale * residual)
    return Adaptation(adapted, covariance[None], residual[None], tuple(complaints))


def _complaints(name: str, own: Posterior, n_terms: int, usual: float) -> list[str]:
    """What the user must know before trusting an adapted equation."""
    if own.n_rows < n_terms:
        return [f"too few samples to fit {name}' from the new data alone: its coefficients rest on the prior"]
    if own.n_rows > n_terms + 2 and own.residual > ALARM * usual:
        return [
            f"the fitted mask does not describe the new environment: residuals of {name}' are {own.residual:.3g} times "
            f"the noise, {usual:.3g} in the fitted environments. A term may be missing there; fit it with the others"
        ]
    return []
