"""Choice among the laws of the last stage, by criteria other than that of the search (BIC)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.choice.contenders import contenders, fit_masks
from spreme.likelihood.choice.held_out_blocks import cross_validate, make_blocks, smallest_within_one_error
from spreme.likelihood.choice.knee import judge_by_knee
from spreme.likelihood.choice.other_environments import leave_one_environment_out
from spreme.likelihood.choice.resamples import SHARE, by_trajectory, selection_frequency
from spreme.likelihood.engines import engine, is_joint
from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.one_stage import Stage
from spreme.likelihood.problem import Problem
from spreme.likelihood.search import Visited, quadratic_model

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Environments needed to foretell one by others, of which two are the least that tell a spread.
FEWEST_ENVIRONMENTS = 3
# Terms that were not kept are named if this share of the resamples chose them.
NAMED = 0.2


@dataclass(frozen=True, eq=False)
class Choice:
    """A law chosen among several.

    Attributes
    ----------
    fit : Fit
        The chosen one.
    fits, scores : dict
        Mask -> fit and score of all that were judged; lower is better.
    reason : str
        What was done, in words.
    """

    fit: Fit
    fits: dict[bytes, Fit]
    scores: dict[bytes, float]
    reason: str


def check_enough(criterion: str, problem: Problem) -> None:
    """Refuse data of which a criterion cannot make folds or resamples, before any search.

    Parameters
    ----------
    criterion : str
        Name.
    problem : Problem
        Data.

    Raises
    ------
    ValueError
        Naming what is needed, and what to use instead.
    """
    n_environments = problem.n_environments
    n_runs = sum(len(own.bounds) - 1 for own in problem.recordings)
    instead = "more data, or choose criterion='bic' or 'evidence'"
    if criterion == "loeo" and n_environments < FEWEST_ENVIRONMENTS:
        raise ValueError(
            f"criterion='loeo' leaves one environment out and needs at least {FEWEST_ENVIRONMENTS} environments, the "
            f"data have {n_environments}: use criterion='cv', which leaves trajectories out, or 'bic'"
        )
    if criterion == "stability" and n_runs < 2:
        raise ValueError(
            "criterion='stability' resamples environments and trajectories and needs at least 2 of either, the data "
            f"are one trajectory: use {instead}"
        )
    if criterion == "cv" and n_runs == 1 and problem.n_samples < 8:
        raise ValueError(f"criterion='cv' needs at least 8 samples to cut one trajectory in halves: use {instead}")


def choose(
    criterion: str, stage: Stage, states: Sequence[Array], pool: ThreadPoolExecutor | None, rng: np.random.Generator
) -> Choice:
    """Choose a law.

    Parameters
    ----------
    criterion : {"knee", "cv", "loeo", "stability"}
        What chooses.
    stage : Stage
        Last stage of a search by BIC.
    states : sequence of ndarray (n_e, S)
        Fitted states at all samples.
    pool : ThreadPoolExecutor or None
        Threads.
    rng : Generator
        Source of resamples.

    Returns
    -------
    Choice
        The best law of the search if that could not be integrated over the data.
    """
    if not stage.fit.is_feasible:
        return Choice(stage.fit, *_alone(stage), "no law could be followed over the data, so none could be compared")
    evaluator = engine(stage.problem, stage.pieces, pool, jointly=is_joint(states))
    fits = contenders(evaluator, stage, states, all_sizes=criterion == "knee")
    if criterion == "knee":
        return _by_knee(evaluator, fits)
    if criterion == "cv":
        return _by_held_out_blocks(stage, fits, states, pool)
    if criterion == "loeo":
        return _by_other_environments(stage, fits)
    return _by_resamples(evaluator, stage, fits, states, rng)


def rejudged(stage: Stage, choice: Choice, criterion: str) -> Stage:
    """The stage with the scores of the choice, and what it chose.

    Parameters
    ----------
    stage : Stage
        Last stage of the search.
    choice : Choice
        Choice among its laws.
    criterion : str
        Name of what chose.

    Returns
    -------
    Stage
        The same segments.
    """
    visited = Visited(criterion, stage.visited.limit, dict(choice.fits), dict(choice.scores))
    return replace(stage, visited=visited, fit=choice.fit)


def _alone(stage: Stage) -> tuple[dict[bytes, Fit], dict[bytes, float]]:
    """The law of the search as the only one judged."""
    key = stage.fit.mask.tobytes()
    return {key: stage.fit}, {key: stage.visited.scores.get(key, np.inf)}


def _choice(fits: Sequence[Fit], scores: dict[bytes, float], chosen: Fit, reason: str) -> Choice:
    """Collect what was judged."""
    judged = {fit.mask.tobytes(): fit for fit in fits if fit.mask.tobytes() in scores}
    return Choice(chosen, judged, scores, reason)


def _by_knee(evaluator: Evaluator, fits: Sequence[Fit]) -> Choice:
    """The size after which the misfit stops falling."""
    scores = judge_by_knee(evaluator, fits)
    best = min(scores, key=scores.__getitem__)
    chosen = next(fit for fit in fits if fit.mask.tobytes() == best)
    sizes = sorted({fit.n_terms for fit in fits})
    reason = f"size after which more terms no longer raise the likelihood, among {sizes[0]} to {sizes[-1]} terms"
    return _choice(fits, scores, chosen, reason)


def _by_held_out_blocks(
    stage: Stage, fits: Sequence[Fit], states: Sequence[Array], pool: ThreadPoolExecutor | None
) -> Choice:
    """Smallest law within one standard error of the lowest deviance of held-out trajectories."""
    blocks = make_blocks(stage.problem, stage.pieces, states, pool)
    if blocks is None:
        return Choice(stage.fit, *_alone(stage), "lowest BIC, because the trajectories are too short to hold parts out")
    return _parsimonious(
        stage, fits, cross_validate(blocks, fits), "held-out parts of the trajectories, their starts free"
    )


def _parsimonious(stage: Stage, fits: Sequence[Fit], deviances: Array, what: str) -> Choice:
    """Smallest law within one standard error of the lowest deviance of what was left out (laws, parts)."""
    n_choices = int(stage.problem.allowed.sum())
    chosen = fits[smallest_within_one_error(deviances, [fit.n_terms for fit in fits], n_choices)]
    scores = {fit.mask.tobytes(): float(own.sum()) for fit, own in zip(fits, deviances, strict=True)}
    n_parts = deviances.shape[1]
    reason = f"smallest of {len(fits)} laws within one standard error of the lowest deviance of {n_parts} {what}"
    return _choice(fits, scores, chosen, reason)


def _by_other_environments(stage: Stage, fits: Sequence[Fit]) -> Choice:
    """Smallest law within one standard error of the lowest deviance of environments foretold by the others."""
    deviances = np.array([leave_one_environment_out(fit) for fit in fits])
    what = "environments left out, their coefficients foretold by the others"
    return _parsimonious(stage, fits, deviances, what)


def _by_resamples(
    evaluator: Evaluator, stage: Stage, fits: Sequence[Fit], states: Sequence[Array], rng: np.random.Generator
) -> Choice:
    """Terms that most resamples choose."""
    runs, model = by_trajectory(evaluator, stage.fit, states), quadratic_model(evaluator, stage.fit)
    if runs is None or model is None:
        raise RuntimeError("a law that was integrated could not be integrated again")
    frequency, masks = selection_frequency(runs, stage, rng)
    mask = (frequency >= SHARE) | stage.problem.required
    known = {fit.mask.tobytes(): fit for fit in fits}
    reason = f"terms that at least {SHARE:.0%} of {len(masks)} resamples chose: {_frequencies(frequency, mask, stage)}"
    if mask.tobytes() not in known:
        found = fit_masks(evaluator, [mask], [model.fit(mask).coef], stage.fit, states)
        known |= {own.mask.tobytes(): own for own in found}
    if mask.tobytes() not in known:
        reason = f"lowest BIC, because the law of the stable terms could not be integrated over the data; {reason}"
        mask = stage.fit.mask
    scores = {key: float(np.mean([(fit.mask != own).sum() for own in masks])) for key, fit in known.items()}
    return Choice(known[mask.tobytes()], known, scores, reason)


def _frequencies(frequency: Array, mask: Mask, stage: Stage) -> str:
    """How often each term was chosen, and the most frequent ones that were not kept."""
    table, shown = stage.problem.table, mask | (frequency >= NAMED)
    lines = []
    for s, name in enumerate(table.state_names[: len(mask)]):
        order = [k for k in np.argsort(-frequency[s], kind="stable") if shown[s, k]]
        terms = [f"{table.names[k]} {frequency[s, k]:.0%}{'' if mask[s, k] else ' (not kept)'}" for k in order]
        lines.append(f"{name}' {', '.join(terms) or 'none'}")
    return "; ".join(lines)
