"""What a user must know before trusting a law found by the likelihood, and what is good to know beside it.

Complaints become the status and a warning: the law, or a number in it, would mislead. Notes stand in the reason of the
selection: errors are stated rightly, and the note says why they are as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spreme.estimators.absent_states import is_noise_around_zero
from spreme.estimators.lack_of_fit import Limits, lack_of_fit
from spreme.estimators.prepared import Prepared
from spreme.likelihood.final import Estimate
from spreme.likelihood.tied import Tied
from spreme.results import Law
from spreme.symbolic import coefficient_names

Array = NDArray[np.float64]

# A coefficient moved by the error of integration beyond this share of its standard error is worth a word.
INACCURATE = 0.5
# Unless it is this share of the coefficient, at most: without noise standard errors are those of rounding.
IMMATERIAL = 1e-6
# Errors of two coefficients correlated beyond this make them a pair, which misleads if errors are this share of values.
COLLINEAR, VAGUE = 0.999, 0.1
# Tied coefficients disagree if so large differences have less than this probability.
DISAGREE = 0.01
# A trajectory rests if its fitted states stay within the noise of their last values for this share of its length; if
# every one of an environment does so for the second share, there was nothing to see.
RESTING, STILL = 0.8, 0.97
# Names listed in one sentence; the rest are counted.
MOST_NAMED = 4


def complaints_about(
    prepared: Prepared, law: Law, estimate: Estimate, tied: Tied | None, free: Estimate, max_terms: int | None
) -> list[str]:
    """What would mislead, one sentence each; `free` is the fit without ties, for these are not the library's fault."""
    return [
        *_about_states(prepared, law),
        *_about_integration(law, estimate),
        *_about_ties(law, tied),
        *lack_of_fit(free, law, Limits(prepared.allowed, max_terms)),
        *_about_environments_at_rest(prepared, law, estimate),
        *_about_collinear_terms(law, estimate),
    ]


def notes_on(prepared: Prepared, law: Law, estimate: Estimate, tied: Tied | None) -> list[str]:
    """What is good to know, one clause each."""
    out = []
    if tied is not None:
        out.append(f"one coefficient for all environments: {', '.join(_names(law, tied.which))}")
    if estimate.problem.is_quiet:
        out.append("the data show no noise: standard errors are those of rounding and integration")
    out += _on_absent_states(prepared, law)
    resting = resting_trajectories(prepared, estimate)
    total = sum(map(len, resting))
    if total:
        places = [f"{r} of {env!r}" for env, own in zip(law.environments, resting, strict=True) for r in own]
        out.append(
            f"at rest within the noise for most of their length, telling little: {total} of "
            f"{sum(map(len, prepared.environments))} trajectories ({_listed(places)}; counted from 0)"
        )
    return out


def _on_absent_states(prepared: Prepared, law: Law) -> list[str]:
    """States that are as good as absent from an environment."""
    out = []
    for e, (env, runs) in enumerate(zip(law.environments, prepared.environments, strict=True)):
        given = [x for x, group in zip(prepared.data.x, prepared.data.groups, strict=True) if group == e]
        absent = ~_anything([run.x for run in runs])
        traces = np.asarray(absent & _anything(given))
        noise = is_noise_around_zero(runs)
        for name, is_trace, is_noise in zip(law.state_names, traces, noise, strict=True):
            if is_trace:
                out.append(
                    f"traces of {name} in environment {env!r} are taken for none: its terms are not observed there"
                )
            elif is_noise:
                out.append(
                    f"{name} is nothing but noise around zero in environment {env!r}: its terms are hardly known there"
                )
    return out


def _anything(parts: Sequence[Array]) -> NDArray[np.bool_]:
    """States (S,) with a value other than zero in some of the arrays (n_i, S)."""
    return np.asarray(np.any([part.any(axis=0) for part in parts], axis=0))


def resting_trajectories(prepared: Prepared, estimate: Estimate, share: float = RESTING) -> list[list[int]]:
    """Positions, environment by environment, of trajectories whose fitted states hardly move beyond the noise."""
    if not estimate.fit.is_feasible:
        return [[] for _ in prepared.environments]
    out = []
    for own, states, noise in zip(estimate.problem.recordings, estimate.states, estimate.noise_std, strict=True):
        resting = []
        for r, (first, last) in enumerate(zip(own.bounds[:-1], own.bounds[1:], strict=True)):
            moved = (np.abs(states[first:last] - states[last - 1]) > noise).any(axis=1)
            if moved.mean() < 1.0 - share:
                resting.append(r)
        out.append(resting)
    return out


def _about_states(prepared: Prepared, law: Law) -> list[str]:
    """States that never change."""
    return [
        f"state {name!r} never changes: its equation was given no terms but the required ones"
        for name, constant in zip(law.state_names, prepared.still, strict=True)
        if constant
    ]


def _about_integration(law: Law, estimate: Estimate) -> list[str]:
    """Failures of the integration."""
    out = []
    if not estimate.fit.is_feasible:
        out.append("the law could not be integrated over the data: do not trust its coefficients")
    size = np.maximum(np.abs(estimate.coef), 1e-300)
    share = estimate.integration_error * np.nanmax(estimate.std / size, initial=0.0)
    if estimate.integration_error > INACCURATE and share > IMMATERIAL:
        out.append(
            f"the error of integration moves a coefficient by {estimate.integration_error:.2g} standard errors: "
            "the dynamics are stiff for explicit steps at these sampling times"
        )
    return out


def _about_environments_at_rest(prepared: Prepared, law: Law, estimate: Estimate) -> list[str]:
    """Environments of which no trajectory moves."""
    resting = resting_trajectories(prepared, estimate, STILL)
    at_rest = [
        repr(env)
        for env, own, runs in zip(law.environments, resting, prepared.environments, strict=True)
        if len(own) == len(runs)
    ]
    if not at_rest or prepared.still.all():
        return []
    return [
        f"no trajectory of environment {_listed(at_rest)} moves beyond its noise: they tell where the states settle, "
        "not how fast; record transients to know the single coefficients there"
    ]


def _about_collinear_terms(law: Law, estimate: Estimate) -> list[str]:
    """Terms whose coefficients are known only together."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for e, env in enumerate(law.environments):
        found = collinear(estimate.covariance[e], estimate.coef[e])
        for group in found:
            groups.setdefault(group, []).append(repr(env))
        if not found and e in estimate.dependent:
            groups.setdefault((), []).append(repr(env))
    names = list(coefficient_names(law).values())
    return [
        f"the coefficients {' and '.join(names[p] for p in group) or 'of some terms'} are known only together in "
        f"environment {_listed(labels)}: the terms are collinear there, one of them may be superfluous"
        for group, labels in groups.items()
    ]


def collinear(covariance: Array, coef: Array) -> list[tuple[int, ...]]:
    """Groups of coefficients with errors that are large and correlate beyond `COLLINEAR`.

    Parameters
    ----------
    covariance : ndarray (q, q)
        Of the errors in one environment; NaN where not observed.
    coef : ndarray (q,)
        Estimates.

    Returns
    -------
    list of tuple of int
        Groups of two or more.
    """
    error = np.sqrt(np.diag(covariance))
    vague = error > VAGUE * np.abs(coef)
    size = np.where(error > 0, error, np.inf)
    linked = (np.abs(covariance) > COLLINEAR * size[:, None] * size) & vague & vague[:, None]
    groups: list[set[int]] = []
    for p, r in np.argwhere(np.triu(linked, 1)).tolist():
        met = [own for own in groups if own & {p, r}]
        groups = [own for own in groups if own not in met] + [{p, r}.union(*met)]
    return [tuple(sorted(own)) for own in groups]


def _about_ties(law: Law, tied: Tied | None) -> list[str]:
    """Tied terms on which the environments disagree."""
    if tied is None or not (tied.p_value < DISAGREE).any():
        return []
    names = _names(law, tied.p_value < DISAGREE)
    return [f"tied, but the environments disagree: {', '.join(names)}; free {'it' if len(names) == 1 else 'them'}"]


def _names(law: Law, which: NDArray[np.bool_]) -> list[str]:
    """Coefficients (q,) as they stand in the equations, with their terms."""
    return [
        f"{symbol} ({law.table.names[k]} in {law.state_names[s]}')"
        for ((s, k), symbol), is_one in zip(coefficient_names(law).items(), which, strict=True)
        if is_one
    ]


def _listed(names: Sequence[str]) -> str:
    """A few names, the rest counted."""
    hidden = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {hidden} more" if hidden > 0 else "")
