"""What the demonstration says about a fit: how well it forecasts, and what the data do and do not support.

Nothing here is written in advance: every number and every verdict is computed from the fitted model.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from spreme import SpReME, Trajectories
from spreme.estimators.display import CLOSE, CRITERIA, number
from systems.demo.stories import Story

Mask = NDArray[np.bool_]

# Half width of a 95 % interval in standard errors.
HALF_WIDTH = 1.96
# Environments whose errors are given one by one.
MOST_LISTED = 4


def forecasts(model: SpReME, data: Trajectories) -> list[str]:
    """Forecast errors of all environments in words."""
    errors = model.rollout_error(data)
    noise = {env: _noise_share(model, data, env) for env in errors}
    if len(errors) <= MOST_LISTED:
        return [
            f"{env}: forecast error {_percent(errors[env])} of the spread "
            f"({'within' if errors[env] <= noise[env] else 'beyond'} the estimated noise, {_percent(noise[env])})"
            for env in errors
        ]
    worst = max(errors, key=errors.__getitem__)
    return [
        f"in {len(errors)} environments: forecast error {_percent(min(errors.values()))} to {_percent(errors[worst])} "
        f"of the spread, most in environment {worst} (estimated noise there {_percent(noise[worst])})"
    ]


def expectation(model: SpReME, story: Story) -> list[str]:
    """Compare the law found with the law expected."""
    lines = []
    for s, state in enumerate(model.state_names_):
        found, expected = term_names(model, model.mask_[s]), story.expected[state]
        lines += [_unsupported(model, story, state, term) for term in expected if term not in found]
        extra = [term for term in found if term not in expected]
        if extra:
            lines.append(f"{state}' has {', '.join(extra)}, which {story.law} does not have")
    lines += _not_ruled_out(model, story) if lines else []
    candidates = model.mask_.shape[1]
    return lines or [f"{story.law}: found, with exactly its terms out of {candidates} candidates per equation"]


def _not_ruled_out(model: SpReME, story: Story) -> list[str]:
    """Whether the expected law itself is nearly as good as the one found."""
    for rival in model.selection_.rivals:
        equations = zip(model.state_names_, rival.equations, strict=True)
        if all(set(terms) == set(story.expected[state]) for state, terms in equations):
            return [f"{story.law} itself is not ruled out: worse by only {rival.distance:.1f} ({_criterion(model)})"]
    return []


def cautions(model: SpReME, story: Story) -> list[str]:
    """Say what else the data do not support."""
    return [*_not_observed(model), *_uncertain(model), *_competitors(model), story.caveat]


def truth_summary(model: SpReME, truth: NDArray[np.float64]) -> list[str]:
    """Compare mask and coefficients with the truth."""
    is_exact = bool((model.mask_ == np.any(truth != 0, axis=0)).all())
    errors = (np.abs(model.coef_ - truth) / model.coef_std_)[:, model.mask_]
    return [
        f"mask exact: {'yes' if is_exact else 'no'}",
        f"95 % intervals hold the true value for {int((errors <= HALF_WIDTH).sum())} of {errors.size} coefficients; "
        f"the farthest is {errors.max():.1f} standard errors off",
    ]


def term_names(model: SpReME, row: Mask) -> list[str]:
    """Names of the terms that a row of the mask marks."""
    return list(model.get_feature_names_out()[row])


def _unsupported(model: SpReME, story: Story, state: str, term: str) -> str:
    """How much worse the best candidate with an expected term is, and what the term is when it is forced in."""
    text = f"not supported: {term} in {state}', where {story.law} has it"
    rivals = [own for own in model.path_.candidates[state] if term in own.terms]
    if rivals:
        best = min(rivals, key=lambda own: own.distance)
        distance = f"{best.distance:.1f} ({_criterion(model)})"
        text += f"; the best candidate with it, {' + '.join(best.terms)}, is worse by {distance}"
    terms = [*model.selection_.chosen[state].terms, term]
    forced = SpReME(library=story.library, required={state: terms}).fit(story.data)
    s, k = forced.state_names_.index(state), list(forced.get_feature_names_out()).index(term)
    estimates = []
    for e, env in enumerate(forced.environments_):
        value, std = forced.coef_[e, s, k], forced.coef_std_[e, s, k]
        if np.isfinite(value):
            verdict = "indistinguishable from 0" if abs(value) <= HALF_WIDTH * std else "distinguishable from 0"
            estimates.append(f"{number(value, std)} in {env!r}, {verdict}")
    return f"{text}; forced in, it is {'; '.join(estimates)}"


def _not_observed(model: SpReME) -> list[str]:
    """Environments that say nothing about some terms."""
    parts = []
    for e, env in enumerate(model.environments_):
        missing = np.isnan(model.coef_[e]) & model.mask_
        own = []
        for s, state in enumerate(model.state_names_):
            if missing[s].any():
                is_all = bool((missing[s] == model.mask_[s]).all())
                own.append(f"{state}'" if is_all else f"{', '.join(term_names(model, missing[s]))} of {state}'")
        parts += [f"{' and '.join(own)} in {env!r}"] if own else []
    return [f"not observed, which is not zero: {'; '.join(parts)}"] if parts else []


def _uncertain(model: SpReME) -> list[str]:
    """Coefficients whose intervals hold zero."""
    names, parts = model.get_feature_names_out(), []
    for e, s, k in np.argwhere(model.mask_ & np.isfinite(model.coef_)):
        value, std = model.coef_[e, s, k], model.coef_std_[e, s, k]
        if 0 < abs(value) <= HALF_WIDTH * std:
            parts.append(f"{names[k]} of {model.state_names_[s]}' in {model.environments_[e]!r}, {number(value, std)}")
    return [f"interval holds zero: {'; '.join(parts)}"] if parts else []


def _competitors(model: SpReME) -> list[str]:
    """How far the next best equation is, where none is so close that the printed law names it."""
    nearest = min((own.distance for own in model.selection_.runner_up.values() if own is not None), default=np.inf)
    if nearest < CLOSE:
        return []
    return [f"no other equation comes near: the next best is worse by {nearest:.0f} ({_criterion(model)})"]


def _criterion(model: SpReME) -> str:
    """Name the criterion as it is written."""
    return CRITERIA.get(model.selection_.criterion, (model.selection_.criterion,))[0]


def _percent(share: float) -> str:
    """Write a share."""
    return f"{100 * share:.0f} %"


def _noise_share(model: SpReME, data: Trajectories, env: Hashable) -> float:
    """Estimated noise over the spread of the states that move: mean over them, median over trajectories."""
    noise = model.noise_std_[model.environments_.index(env)]
    shares = []
    for run in data.where(env=env):
        spread = np.nanstd(run.x, axis=0)
        shares.append(np.mean(noise[spread > 0] / spread[spread > 0]))
    return float(np.median(shares))
