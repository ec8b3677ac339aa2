"""Laws that are worth a second look: the best one of every size, and those that come close to the best of all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.one_stage import Stage
from spreme.likelihood.restarts import carried
from spreme.likelihood.search import propose, quadratic_model
from spreme.likelihood.shooting.gauss_newton import Control

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Differences of the criterion up to which a law is a close competitor (evidence is very strong from 10 on), and
# how many of these are looked at.
CLOSE, MOST = 20.0, 6
# Sizes around that of the best law.
AROUND = 2
CONTROL = Control(30, 0.05, 1e-6)


def contenders(evaluator: Evaluator, stage: Stage, states: Sequence[Array], *, all_sizes: bool) -> list[Fit]:
    """Fits of the laws among which to choose.

    Parameters
    ----------
    evaluator : Evaluator
        At the segments of the stage.
    stage : Stage
        The last stage of the search; its best fit is feasible.
    states : sequence of ndarray (n_e, S)
        Fitted states.
    all_sizes : bool
        Whether laws of every smaller size are wanted, or only those of about the size of the best one.

    Returns
    -------
    list of Fit
        Feasible, every mask once, the smallest first; sizes that the search left out are fitted.
    """
    ranked = stage.visited.ranked()
    least = stage.visited.score(ranked[0].mask)
    close = [fit for fit in ranked if stage.visited.score(fit.mask) < least + CLOSE][:MOST]
    size = stage.fit.n_terms
    lowest = 1 if all_sizes else max(1, size - AROUND)
    wanted = range(max(lowest, int(stage.problem.required.sum())), size + AROUND + 1)
    best: dict[int, Fit] = {}
    for fit in ranked:
        best.setdefault(fit.n_terms, fit)
    of_size = [best[n] for n in wanted if n in best]
    missing = [n for n in wanted if n not in best]
    found = {fit.mask.tobytes(): fit for fit in [*close, *of_size, *_fitted(evaluator, stage, states, missing)]}
    return sorted(found.values(), key=lambda fit: fit.n_terms)


def _fitted(evaluator: Evaluator, stage: Stage, states: Sequence[Array], sizes: Sequence[int]) -> list[Fit]:
    """True fits of the best masks of some sizes in the eyes of the quadratic model about the best law."""
    model = quadratic_model(evaluator, stage.fit) if sizes else None
    if model is None:
        return []
    best: dict[int, Mask] = {}
    for mask, value in propose(model, stage.visited, max(sizes)):
        if np.isfinite(value):
            best.setdefault(int(mask.sum()), mask)
    masks = [best[n] for n in sizes if n in best]
    return fit_masks(evaluator, masks, [model.fit(mask).coef for mask in masks], stage.fit, states)


def fit_masks(
    evaluator: Evaluator, masks: Sequence[Mask], coefs: Sequence[Array], otherwise: Fit, states: Sequence[Array]
) -> list[Fit]:
    """Feasible fits of masks from the given coefficients (E, q), else from those of another fit.

    Where a fit stays worse than rest it is given up.
    """
    reach = resting_cost(evaluator)
    fits = evaluator.fit_all(masks, coefs, states, CONTROL, reach)
    failed = [fit.mask for fit in fits if not fit.is_feasible]
    fits += evaluator.fit_all(failed, [carried(otherwise, mask) for mask in failed], states, CONTROL, reach)
    return [fit for fit in fits if fit.is_feasible]


def resting_cost(evaluator: Evaluator) -> Array:
    """Cost (E,) of the law of no terms: every segment at rest at its mean."""
    out = np.zeros(evaluator.problem.n_environments)
    for e, (own, edges) in enumerate(zip(evaluator.problem.recordings, evaluator.edges, strict=True)):
        for first, last in pairwise(edges):
            y = own.y[first:last] / evaluator.problem.sd[e]
            known = np.isfinite(y)
            mean = np.where(known, y, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
            out[e] += (np.where(known, y - mean, 0.0) ** 2).sum()
    return out
