"""Discovery by regression alone: candidates and criterion on the rows, coefficients by weighted least squares."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from spreme.estimators.discovery import Discovery
from spreme.estimators.options import Options
from spreme.estimators.prepared import Equations, Prepared, coarse
from spreme.estimators.progress import Report, silent
from spreme.library import TermTable
from spreme.refit import Refit, refit
from spreme.results import Candidate, Law, SearchPath, Selection
from spreme.selection import StateProblem, choose
from spreme.selection.weak_equations import WeakEquations

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

REASONS = {
    "bic": "lowest Bayesian information criterion of the residuals, over all window widths and environments",
    "ebic": "lowest extended Bayesian information criterion of the residuals, over all window widths and environments",
    "knee": "size after which more terms no longer reduce the residuals",
}

# Environments are mixed if residuals are this many times the noise together, and fewer, and this many times smaller,
# with trajectories apart.
MIXED = 4.0


class Search(NamedTuple):
    """The search for one equation: chosen mask, candidates, residual of a pooled fit given up for its misfit."""

    mask: Mask
    candidates: tuple[Candidate, ...]
    pooled_residual: float | None


def discover_by_regression(prepared: Prepared, options: Options, report: Report = silent) -> Discovery:
    """Find the shared law from the rows alone.

    Parameters
    ----------
    prepared : Prepared
        Rows, library, restrictions.
    options : Options
        Checked options.
    report : callable, default none
        Is told every equation.

    Returns
    -------
    Discovery
        The law and how it was found.
    """
    equations, names = prepared.equations, prepared.data.state_names
    searches = _search_all(equations, prepared.allowed, prepared.required, options, report)
    masks = np.array([search.mask for search in searches])
    refits = [refit(partial(equations.weighted, s), len(equations.levels), mask) for s, mask in enumerate(masks)]
    noise = noise_from(equations, prepared.noise, refits)
    law = assemble(prepared.table, masks, refits, prepared.data.environments, noise)
    complaints = (
        *coarse(prepared.environments, prepared.noise, names),
        *_complaints(law, searches, refits, prepared.still),
    )
    candidates = {name: search.candidates for name, search in zip(names, searches, strict=True)}
    return Discovery(
        law=law,
        covariance=block_diagonal([own.covariance for own in refits]),
        residual=np.array([r.residual for r in refits]).T,
        path=SearchPath(candidates),
        selection=_selection(options, candidates),
        complaints=complaints,
        is_mixed=any(search.pooled_residual is not None for search in searches),
    )


def block_diagonal(parts: Sequence[Array]) -> Array:
    """Covariances of the equations (E, s, s), one after the other, as one (E, q, q): equations were fitted apart."""
    sizes = [part.shape[1] for part in parts]
    out = np.zeros((len(parts[0]), sum(sizes), sum(sizes)))
    for part, last in zip(parts, np.cumsum(sizes), strict=True):
        own = slice(last - part.shape[1], last)
        out[:, own, own] = part
    return out


def assemble(
    table: TermTable, masks: Mask, refits: Sequence[Refit], environments: Sequence[Hashable], noise: Array
) -> Law:
    """Collect the equations of all states to a law; NaN inside the mask marks what an environment does not observe."""
    shape = (len(environments), *masks.shape)
    coef, std = np.zeros(shape), np.full(shape, np.nan)
    for s, (mask, own) in enumerate(zip(masks, refits, strict=True)):
        coef[:, s, mask], std[:, s, mask] = own.coef, own.coef_std
    return Law(table, masks, coef, std, tuple(environments), noise)


def noise_from(equations: Equations, noise: Array, refits: Sequence[Refit]) -> Array:
    """Noise (E, S): what the residuals of the weak form leave, else the estimate from neighbouring samples."""
    if not isinstance(equations, WeakEquations):
        return noise
    return equations.sigma * np.array([own.residual for own in refits]).T


def _search_all(equations: Equations, allowed: Mask, required: Mask, options: Options, report: Report) -> list[Search]:
    """Search the equation of every state."""
    parallel = Parallel(n_jobs=options.n_jobs, prefer="threads")
    return list(
        parallel(
            delayed(_search_one)(equations, s, allowed[s], required[s], options, report) for s in range(len(allowed))
        )
    )


def _search_one(
    equations: Equations, state: int, allowed: Mask, required: Mask, options: Options, report: Report
) -> Search:
    """Search the equation of one state."""
    found = _choose(equations, state, allowed, required, options)
    if found.candidates[0].residual > MIXED and _can_split(equations):
        # a pooled fit of trajectories with different coefficients invents terms; apart, the shared ones show
        apart = _choose(equations.split(), state, allowed, required, options)
        if apart.candidates[0].residual < min(MIXED, found.candidates[0].residual / MIXED):
            found = Search(apart.mask, apart.candidates, found.candidates[0].residual)
    name, terms = equations.table.state_names[state], " + ".join(found.candidates[0].terms) or "0"
    report(f"{name}' ~ {terms}   ({len(found.candidates)} candidates)")
    return found


def _choose(equations: Equations, state: int, allowed: Mask, required: Mask, options: Options) -> Search:
    """Choose the equation of one state from the given rows."""
    problem = StateProblem(
        levels=equations.levels,
        weighted=partial(equations.weighted, state),
        penalty=options.penalty,
        criterion=options.criterion,
        allowed=allowed,
        required=required,
        max_terms=options.max_terms,
    )
    return Search(*choose(problem, equations.table.names), None)


def _can_split(equations: Equations) -> bool:
    """Whether some environment has several trajectories; only whitened rows know the size of the noise."""
    return isinstance(equations, WeakEquations) and any(len(every) > 1 for every in equations.runs)


def _selection(options: Options, candidates: dict[str, tuple[Candidate, ...]]) -> Selection:
    """Name what was chosen."""
    chosen = {state: own[0] for state, own in candidates.items()}
    second = {state: own[1] if len(own) > 1 else None for state, own in candidates.items()}
    return Selection(options.criterion, REASONS[options.criterion], chosen, second)


def _complaints(law: Law, searches: Sequence[Search], refits: Sequence[Refit], still: Mask) -> list[str]:
    """What a user must know before trusting the law."""
    out = []
    for name, constant in zip(law.state_names, still, strict=True):
        if constant:
            out.append(f"state {name!r} is constant on all data: its equation has no terms but required ones")
    mixed = [
        (f"{n}'", own) for n, own in zip(law.state_names, searches, strict=True) if own.pooled_residual is not None
    ]
    if mixed:
        together = max(own.pooled_residual or 0.0 for _, own in mixed)
        apart = max(own.candidates[0].residual for _, own in mixed)
        out.append(
            f"trajectories of one environment do not share the coefficients of {', '.join(n for n, _ in mixed)}: "
            f"residuals are {together:.3g} times the noise together, {apart:.3g} apart. The terms were found with "
            "every trajectory apart; give trajectories of different conditions different environments (env=...)"
        )
    poor = [(n, own.misfit) for n, own in zip(law.state_names, refits, strict=True) if own.misfit > MIXED]
    if poor and not mixed:
        out.append(
            "the law does not describe the data: residuals of "
            + ", ".join(f"{n}' are {misfit:.3g}" for n, misfit in poor)
            + " times the noise. The library may lack a term, or a state that matters was not measured"
        )
    for s, own in enumerate(refits):
        terms = ", ".join(law.table.names[k] for k in np.flatnonzero(law.mask[s]))
        for e in own.dependent:
            out.append(
                f"the terms {terms} of {law.state_names[s]}' are linearly dependent on the data of environment "
                f"{law.environments[e]!r}: their single coefficients there mean nothing"
            )
    return out
