"""What a law fails to describe, in all environments or in some of them, and what would repair that.

Residuals that resemble their neighbours are no noise (`spreme.likelihood.whiteness`). That costs next to nothing where
all is well; remedies are sought only where it is not: terms outside the mask, or other labels of the trajectories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spreme.estimators.adaptation_repairs import Repair, repairs
from spreme.estimators.odd_trajectories import Split, split_trajectories
from spreme.likelihood.final import Estimate
from spreme.likelihood.part import part_of
from spreme.likelihood.whiteness import Whiteness, over_whole_trajectories, whiteness
from spreme.results import Law

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Probability of one or more false alarms over all environments and states.
LEVEL = 1e-3
# Share of the variance of residuals that is worth a word: they are then 5 % above the noise.
LEAST = 0.1
# Environments that are looked into; of more only the size of the misfit is told.
MOST_EXAMINED = 4
# Share of the misfit that terms, or other labels, must take away to be called a remedy.
TERMS_HELP, LABELS_HELP = 0.25, 0.5
NOTHING_HELPS = (
    "The library may lack a term, a state that matters was not measured, or the noise is not independent from sample "
    "to sample (drift, smoothed data)"
)


@dataclass(frozen=True)
class Limits:
    """What the search was not free to choose.

    Attributes
    ----------
    allowed : ndarray (S, K) of bool
        Terms that equations might have.
    max_terms : int or None
        Most terms of one equation.
    """

    allowed: Mask
    max_terms: int | None


def lack_of_fit(estimate: Estimate, law: Law, limits: Limits) -> list[str]:
    """Say what the fitted mask does not describe, and what would repair that.

    Parameters
    ----------
    estimate : Estimate
        Fit of the mask, every environment with coefficients of its own.
    law : Law
        Names of environments, states and terms.
    limits : Limits
        What the search was not free to choose.

    Returns
    -------
    list of str
        One complaint for each of a minority of environments with residuals that are no noise, and one for the others
        if theirs are none either.
    """
    if not (estimate.fit.is_feasible and estimate.fit.n_terms):
        return []
    found = whiteness(estimate)
    if 2 * _failing(found).any(axis=1).sum() <= len(found.share):
        found = over_whole_trajectories(estimate, found)
    failing = _failing(found)
    odd: Mask = np.asarray(failing.any(axis=1))
    if 2 * odd.sum() > len(odd):
        return [_of_all(estimate, found, np.asarray(failing.any(axis=0)), np.ones(len(odd), bool), law, limits)]
    out = []
    for rank, e in enumerate(sorted(np.flatnonzero(odd).tolist(), key=lambda e: -float(found.share[e].max()))):
        out.append(_of_one(estimate, found, failing[e], e, law, limits if rank < MOST_EXAMINED else None))
    share, p_value = found.pooled(~odd)
    poor = _is_poor(found, share, p_value)
    return [*out, *([_of_all(estimate, found, poor, ~odd, law, limits)] if poor.any() else [])]


def _failing(found: Whiteness) -> Mask:
    """States (E, S) with residuals that are no noise."""
    return _is_poor(found, found.share, found.p_value)


def _is_poor(found: Whiteness, share: Array, p_value: Array) -> Mask:
    """Whether shares are worth a word and beyond chance, over all environments and states, and these pooled."""
    n_tests = found.share.size + found.share.shape[1]
    return np.asarray((p_value * n_tests < LEVEL) & (share > LEAST))


def _of_all(estimate: Estimate, found: Whiteness, poor: Mask, which: Mask, law: Law, limits: Limits) -> str:
    """Complaint about the law; states (S,) with poor residuals in the environments `which` (E,)."""
    size = np.sqrt(((found.size / found.noise)[which] ** 2).mean(axis=0))
    terms, split = _remedies(estimate, found, which)
    words = f"the law does not describe the data: residuals of {_sizes(law, size, poor)} times the noise"
    if split is not None:
        return f"{words}; {split.in_words(law)}"
    return f"{words}; {_terms(terms, law, limits)}" if terms else f"{words}. {NOTHING_HELPS}"


def _of_one(estimate: Estimate, found: Whiteness, poor: Mask, e: int, law: Law, limits: Limits | None) -> str:
    """Complaint about one environment; without limits nothing is sought that would repair it."""
    size = found.size[e] / found.noise[e]
    words = (
        f"environment {law.environments[e]!r} disagrees with the shared law: residuals of {_sizes(law, size, poor)} "
        "times the noise there"
    )
    if limits is None:
        return words
    terms, split = _remedies(estimate, found, np.arange(len(found.share)) == e)
    if split is not None:
        return f"{words}; {split.in_words(law)}"
    if terms:
        return f"{words}; {_terms(terms, law, limits)}"
    return f"{words}; no term of the library would repair that: check what is different there, or fit it apart"


def _sizes(law: Law, size: Array, which: Mask) -> str:
    """States with the sizes (S,) of their residuals."""
    return ", ".join(f"{law.state_names[s]} are {size[s]:.3g}" for s in np.flatnonzero(which))


def _terms(found: Sequence[Repair], law: Law, limits: Limits) -> str:
    """Terms as a remedy, and why the search could not take them up."""
    out = []
    for item in found:
        name, s = law.table.names[item.term], item.state
        why = ""
        if not limits.allowed[s, item.term]:
            why = " (not allowed)"
        elif limits.max_terms is not None and law.mask[s].sum() >= limits.max_terms:
            why = f" (beyond max_terms={limits.max_terms})"
        out.append(f"{name} in {law.state_names[s]}'{why} would explain {item.share:.0%} of that")
    return ", then ".join(out)


def _remedies(estimate: Estimate, found: Whiteness, which: Mask) -> tuple[list[Repair], Split | None]:
    """Terms, or other labels of trajectories, that repair the environments `which` (E,): what explains more."""
    index = np.flatnonzero(which)
    part = part_of(estimate, index)
    part = replace(part, problem=part.problem.with_noise(found.noise[index]))
    terms = repairs(part.problem, part.pieces, part.fit, part.states)
    split = split_trajectories(part, estimate, index)
    explained = sum(item.share for item in terms)
    if split is not None and split.share > max(LABELS_HELP, explained):
        return [], split
    return terms if explained > TERMS_HELP else [], None
