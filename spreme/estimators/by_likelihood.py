"""Discovery by the likelihood of the measured trajectories: the default."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray

from spreme.estimators.by_regression import MIXED, discover_by_regression
from spreme.estimators.complaints import complaints_about, notes_on
from spreme.estimators.discovery import Discovery
from spreme.estimators.excerpt import n_samples
from spreme.estimators.options import LATER, Options
from spreme.estimators.prepared import Prepared, alone, coarse
from spreme.estimators.progress import Report, silent
from spreme.library.restrictions import listed_terms
from spreme.likelihood.all_samples import search_all_samples
from spreme.likelihood.choice import check_enough, choose, rejudged
from spreme.likelihood.final import Estimate, conclude, finish
from spreme.likelihood.one_stage import Stage
from spreme.likelihood.problem import Problem, pose
from spreme.likelihood.record import equations, laws, other_choice, rivals
from spreme.likelihood.stages import Stages
from spreme.likelihood.superset import Beginning, begin
from spreme.likelihood.tied import Tied, fit_alike, fit_tied
from spreme.results import Law, SearchPath, Selection

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

REASONS = {
    "bic": "lowest Bayesian information criterion of the likelihood of the measured trajectories",
    "ebic": "lowest extended Bayesian information criterion of the likelihood of the measured trajectories",
    "evidence": "highest evidence of the measured trajectories, the environments a sample of one population",
}
# Terms of one equation that are looked at, unless the user says otherwise: larger masks begin the search.
FEW_TERMS = 8
# Sensitivities to this many coefficients are taken at once; of larger libraries only the most promising terms are.
MOST_PROBED = 240


def discover_by_likelihood(prepared: Prepared, options: Options, report: Report = silent) -> Discovery:
    """Find the shared law by the likelihood of the measured trajectories.

    Parameters
    ----------
    prepared : Prepared
        Trajectories, rows, library, restrictions.
    options : Options
        Checked options.
    report : callable, default none
        Is told every step.

    Returns
    -------
    Discovery
        The law and how it was found.
    """
    n_jobs = effective_n_jobs(-1 if options.n_jobs is None else options.n_jobs)
    wanted = _tied_by_name(prepared, options)
    report("regressions, where the search begins")
    beginnings = _begin(prepared, options)
    allowed = probed(prepared.allowed, beginnings)
    problem = pose(
        prepared.environments,
        prepared.table,
        allowed,
        prepared.required,
        prepared.noise,
        huber=options.huber,
        n_jobs=n_jobs,
    )
    check_enough(options.criterion, problem)
    with ThreadPoolExecutor(n_jobs) if n_jobs > 1 else nullcontext() as pool:
        search = Stages(
            problem,
            beginnings,
            options.search_criterion,
            options.max_terms,
            report,
            lambda e: _begin(alone(prepared, e, options), options),
        )
        engine = "spline" if options.refine == "spline" else "auto"
        stages, reason = _chosen(search, search.run(pool, engine), options, pool)
        every = _on_all_samples(prepared, problem, options, search, stages[-1], pool) if prepared.is_excerpt else None
        last = stages[-1]
        report("last fit, to full precision")
        if every is None:
            estimate = conclude(
                last.problem, last.pieces, last.fit.mask, last.fit.coef, search.states, pool, search.whole
            )
        else:
            stages, estimate = [*stages, every[0]], every[1]
        tied = _tie(estimate, options, wanted, pool)
    reason = "; ".join([reason, *_on_excerpt(prepared, is_for_search=every is not None)])
    seen = prepared if every is None else replace(prepared, environments=prepared.every)
    found = _collect(seen, options, stages, estimate, tied, reason)
    if _misfit(residuals(prepared, estimate)) > MIXED:
        report("regressions, for trajectories of one environment may differ")
        other = discover_by_regression(prepared, options.by_regression(), report)
        found = other if other.is_mixed else found
    return found


def _chosen(
    search: Stages, stages: list[Stage], options: Options, pool: ThreadPoolExecutor | None
) -> tuple[list[Stage], str]:
    """The stages with the last word of the criterion that chooses afterwards, if there is one, and why."""
    last = stages[-1]
    if options.criterion not in LATER:
        return stages, REASONS[options.criterion]
    choice = choose(options.criterion, last, search.states, pool, options.generator())
    return [*stages[:-1], rejudged(last, choice, options.criterion)], f"{choice.reason}, after a search by BIC"


def _on_all_samples(
    prepared: Prepared, problem: Problem, options: Options, search: Stages, last: Stage, pool: ThreadPoolExecutor | None
) -> tuple[Stage, Estimate] | None:
    """The law found on an excerpt, searched and fitted once more on all samples; None if it cannot be integrated."""
    again = None if options.criterion in LATER else search.search
    whole = pose(
        prepared.every,
        prepared.table,
        problem.allowed,
        problem.required,
        prepared.noise,
        huber=options.huber,
        n_jobs=problem.n_jobs,
    )
    found = search_all_samples(whole, last, again, pool)
    if found is None:
        return None
    stage, states = found
    estimate = finish(stage.problem, stage.pieces, stage.fit.mask, stage.fit.coef, states, pool)
    return (stage, estimate) if estimate.fit.is_feasible else None


def _on_excerpt(prepared: Prepared, is_for_search: bool) -> list[str]:
    """What was left out of the search, or of the fit, too."""
    searched, read, given = n_samples(prepared.environments), n_samples(prepared.every), prepared.data.n_samples
    fitted = read if is_for_search else searched
    if searched == given:
        return []
    to = "all" if fitted == given else f"{fitted:,}"
    return [f"of {given:,} samples {searched:,} were searched and {to} fitted"]


def _tied_by_name(prepared: Prepared, options: Options) -> Mask:
    """Terms (S, K) that the user wants tied."""
    if isinstance(options.tie, str):
        return np.full(prepared.allowed.shape, options.tie == "all")
    return listed_terms(prepared.table, "tie", options.tie)[: len(prepared.allowed)]


def _tie(estimate: Estimate, options: Options, wanted: Mask, pool: ThreadPoolExecutor | None) -> Tied | None:
    """Fit with tied coefficients where there are any to tie."""
    if options.tie is None or len(estimate.coef) < 2 or not estimate.fit.is_feasible:
        return None
    if isinstance(options.tie, str) and options.tie == "auto":
        return fit_alike(estimate, pool)
    which = wanted[estimate.fit.mask]
    return fit_tied(estimate, which, pool) if which.any() else None


def _begin(prepared: Prepared, options: Options) -> list[Beginning]:
    """Where the search begins, equation by equation."""
    limit = min(options.max_terms or FEW_TERMS, int(prepared.allowed.sum(axis=1).max()))
    parallel = Parallel(n_jobs=options.n_jobs, prefer="threads")
    return list(
        parallel(
            delayed(begin)(prepared.equations, s, allowed, required, options.penalty, limit)
            for s, (allowed, required) in enumerate(zip(prepared.allowed, prepared.required, strict=True))
        )
    )


def probed(allowed: Mask, beginnings: list[Beginning]) -> Mask:
    """The terms the likelihood looks at: all, or the most promising of a large library."""
    if allowed.sum() <= MOST_PROBED:
        return allowed
    most = max(MOST_PROBED // len(allowed), 1)
    out = np.zeros_like(allowed)
    for row, own, permitted in zip(out, beginnings, allowed, strict=True):
        row[np.argsort(-own.promise, kind="stable")[:most]] = True
        row &= permitted
        row |= own.superset | own.wide
    return out


def _collect(
    prepared: Prepared, options: Options, stages: list[Stage], free: Estimate, tied: Tied | None, reason: str
) -> Discovery:
    """Law, path and complaints of a search."""
    estimate = free if tied is None else tied.estimate
    table, mask = prepared.table, estimate.fit.mask
    shape = (len(prepared.environments), *mask.shape)
    coef, std = np.zeros(shape), np.full(shape, np.nan)
    coef[:, mask], std[:, mask] = estimate.coef, np.where(np.isfinite(estimate.coef), estimate.std, np.nan)
    law = Law(table, mask, coef, std, tuple(prepared.data.environments), estimate.noise_std)
    residual = residuals(prepared, estimate)
    found = laws(stages, table, mask)
    candidates = equations(stages[-1], table, mask)
    selection = Selection(
        options.criterion,
        "; ".join([f"{reason}, in {_segments(stages[-1].pieces)}", *notes_on(prepared, law, estimate, tied)]),
        {name: own[0] for name, own in candidates.items()},
        {name: own[1] if len(own) > 1 else None for name, own in candidates.items()},
        rivals(found, options.criterion),
        other_choice(found, options.criterion),
    )
    complaints = (
        *coarse(prepared.environments, np.minimum(prepared.noise, estimate.noise_std), prepared.data.state_names),
        *complaints_about(prepared, law, estimate, tied, free, options.max_terms),
    )
    return Discovery(law, estimate.covariance, residual, SearchPath(candidates, found), selection, complaints)


def _segments(pieces: int) -> str:
    """How trajectories were cut, in words."""
    return "whole trajectories" if pieces == 1 else f"trajectories cut into {pieces} segments"


def residuals(prepared: Prepared, estimate: Estimate) -> Array:
    """Residuals (E, S) in units of the noise that neighbouring samples show, where these show any."""
    problem: Problem = estimate.problem
    return estimate.noise_std / np.maximum(prepared.noise, problem.floor)


def _misfit(residual: Array) -> float:
    """Root mean square over environments of the worst state."""
    return float(np.sqrt((residual**2).mean(axis=0)).max())
