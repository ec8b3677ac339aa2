"""The pipeline: trajectories -> rows -> candidates -> selection -> refit -> law."""

from __future__ import annotations

import time
import warnings
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from spreme.data import Trajectories, Trajectory
from spreme.estimators.options import Options
from spreme.estimators.outliers import without_outliers
from spreme.library import TermTable, resolve
from spreme.noise import noise_std
from spreme.refit import Refit, refit
from spreme.results import Candidate, Law, SearchPath, Selection
from spreme.selection import StateProblem, choose
from spreme.selection.derivative_equations import DerivativeEquations, derivative_equations
from spreme.selection.weak_equations import WeakEquations, weak_equations

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Equations = WeakEquations | DerivativeEquations

REASONS = {
    "bic": "lowest Bayesian information criterion of the residuals, over all window widths and environments",
    "ebic": "lowest extended Bayesian information criterion of the residuals, over all window widths and environments",
    "knee": "size after which more terms no longer reduce the residuals",
}


# Environments are mixed if residuals are this many times the noise together, and fewer, and this many times smaller,
# with trajectories apart.
MIXED = 4.0


# Noise estimated from neighbouring samples beyond this share of the spread: the motion between samples cannot be seen.
COARSE = 0.6


class Search(NamedTuple):
    """The search for one equation: chosen mask, candidates, residual of a pooled fit given up for its misfit."""

    mask: Mask
    candidates: tuple[Candidate, ...]
    pooled_residual: float | None


@dataclass(frozen=True, eq=False)
class Discovery:
    """What a fit found."""

    law: Law
    residual: Array
    path: SearchPath
    selection: Selection
    status: str


def discover(data: Trajectories, options: Options) -> Discovery:
    """Find the shared law of all environments.

    Parameters
    ----------
    data : Trajectories
        Recordings.
    options : Options
        Checked options.

    Returns
    -------
    Discovery
        The law and how it was found.
    """
    table = options.library.table(data.state_names)
    allowed, required = resolve(table, allowed=options.allowed, required=options.required, excluded=options.excluded)
    environments = grouped(data)
    noise = np.array([noise_std(every) for every in environments])
    equations = make_equations(environments, table, noise, options)
    _check_rows(equations, data)
    still = constant_states(environments)
    allowed[still] = required[still]
    _check_sizes(required, options.max_terms, data.state_names)
    searches = _search_all(equations, allowed, required, options)
    masks = np.array([search.mask for search in searches])
    refits = [refit(partial(equations.weighted, s), len(equations.levels), mask) for s, mask in enumerate(masks)]
    law = assemble(table, masks, refits, data.environments, noise_from(equations, noise, refits))
    complaints = [*_coarse(environments, noise, data.state_names), *_complaints(law, searches, refits, still)]
    status = "; ".join(complaints) or "converged"
    if status != "converged":
        warnings.warn(status, UserWarning, stacklevel=3)
    candidates = {name: search.candidates for name, search in zip(data.state_names, searches, strict=True)}
    return Discovery(
        law, np.array([r.residual for r in refits]).T, SearchPath(candidates), _selection(options, candidates), status
    )


def grouped(data: Trajectories) -> list[list[Trajectory]]:
    """Trajectories by environment, wild samples taken out."""
    runs = without_outliers(list(data), data.state_names)
    return [
        [run for run, group in zip(runs, data.groups, strict=True) if group == e] for e in range(len(data.environments))
    ]


def make_equations(
    environments: Sequence[Sequence[Trajectory]], table: TermTable, noise: Array, options: Options
) -> Equations:
    """Rows in the chosen formulation."""
    if options.formulation == "weak":
        return weak_equations(environments, table, noise)
    return derivative_equations(environments, table, options.smoother)


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


def constant_states(environments: Sequence[Sequence[Trajectory]]) -> Mask:
    """States (S,) that have one value on all data."""
    every = np.vstack([run.x for runs in environments for run in runs])
    return np.nanmax(every, axis=0) == np.nanmin(every, axis=0)


def _check_sizes(required: Mask, max_terms: int | None, names: Sequence[str]) -> None:
    """Refuse more required terms than an equation may have."""
    for name, own in zip(names, required, strict=True):
        if max_terms is not None and own.sum() > max_terms:
            raise ValueError(
                f"max_terms is {max_terms}, but {own.sum()} terms are required in the equation of {name!r}"
            )


def _check_rows(equations: Equations, data: Trajectories) -> None:
    """Refuse environments from which no row could be made."""
    for env, n_rows in zip(data.environments, equations.n_rows, strict=True):
        if n_rows == 0:
            sizes = ", ".join(str(len(run.t)) for run in list(data.where(env=env))[:5])
            rest = " Or leave it out of fit and use adapt for it afterwards" if len(data.environments) > 1 else ""
            raise ValueError(
                f"environment {env!r} has too few samples close together to see its dynamics ({sizes} per trajectory): "
                f"record more; at least 5 at regular times, about 20 at irregular ones, without long gaps.{rest}"
            )


def _search_all(equations: Equations, allowed: Mask, required: Mask, options: Options) -> list[Search]:
    """Search the equation of every state."""
    parallel = Parallel(n_jobs=options.n_jobs, prefer="threads")
    return list(
        parallel(delayed(_search_one)(equations, s, allowed[s], required[s], options) for s in range(len(allowed)))
    )


def _search_one(equations: Equations, state: int, allowed: Mask, required: Mask, options: Options) -> Search:
    """Search the equation of one state and, if asked, say so."""
    begin = time.perf_counter()
    found = _choose(equations, state, allowed, required, options)
    if found.candidates[0].residual > MIXED and _can_split(equations):
        # a pooled fit of trajectories with different coefficients invents terms; apart, the shared ones show
        apart = _choose(equations.split(), state, allowed, required, options)
        if apart.candidates[0].residual < min(MIXED, found.candidates[0].residual / MIXED):
            found = Search(apart.mask, apart.candidates, found.candidates[0].residual)
    if options.verbose:
        name, terms = equations.table.state_names[state], " + ".join(found.candidates[0].terms) or "0"
        print(f"[spreme] {name}' ~ {terms}   ({len(found.candidates)} candidates, {time.perf_counter() - begin:.1f} s)")
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


def _coarse(environments: Sequence[Sequence[Trajectory]], noise: Array, names: Sequence[str]) -> list[str]:
    """States whose neighbouring samples differ as if they were noise."""
    spread = np.array([np.nanstd(np.vstack([run.x for run in every]), axis=0) for every in environments])
    coarse = np.median(noise / np.where(spread > 0, spread, np.inf), axis=0) > COARSE
    return [
        f"neighbouring samples of state {name!r} differ nearly as much as the state varies at all: it is sampled too "
        "coarsely for its dynamics, or drowned in noise; do not trust its equation"
        for name, is_coarse in zip(names, coarse, strict=True)
        if is_coarse
    ]


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
