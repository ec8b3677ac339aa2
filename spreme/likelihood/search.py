"""Search for the mask on the likelihood itself.

At a fit the information matrix of the whole library, terms outside the mask at zero, is a quadratic model of the
likelihood. Group L0 with swaps on it proposes masks of every size; the most promising are fitted truly, and the search
moves while the criterion falls. Segments are lengthened stage by stage, each stage started at the fitted states.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.criteria import score
from spreme.likelihood.fits import Fit, FitsMasks
from spreme.likelihood.restarts import carried, repaired, started_again
from spreme.likelihood.shooting.elimination import solve_part
from spreme.likelihood.shooting.gauss_newton import Control
from spreme.likelihood.threads import over_threads
from spreme.solvers import best_supports, neighbours

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# A fit whose score can fall by less than this has converged for the search.
TOL = 0.05
MAX_ITER = 30
# Enumerate small sizes of the quadratic model up to this many multiplications.
AFFORDABLE = 1e5
ROUNDS = 12
# Masks whose neighbours are proposed too, and how many neighbours of each kind.
CENTRES, NEAR = 2, 3
# Environments from which masks are proposed, at most.
PROPOSING = 150
# The model may not foretell less than this share of the present cost.
LEAST = 0.3
# A score that the model foretells to be worse by more than this is believed to be worse.
MARGIN = 100.0
# Fits whose cost stays beyond this many times the present one are given up.
REACH = 2.0
# Terms of one equation when it is searched alone.
MOST_OF_ONE = 7
# By how many terms a proposal for one equation may differ from the present size.
NEAR_SIZE = 2
# Masks are proposed up to this many terms more than the present one has.
BEYOND = 4
# How many terms more than wanted a support of the quadratic model may get on the way.
ABOVE = 3
# Shares of the present size that are tried when the quadratic model misleads.
SHARES = (0.85, 0.7, 0.6, 0.5, 0.4, 0.33, 0.25)


@dataclass(eq=False)
class Visited:
    """Masks fitted truly at one segmentation, the best fit of each."""

    criterion: str
    limit: int
    fits: dict[bytes, Fit] = field(default_factory=dict)
    scores: dict[bytes, float] = field(default_factory=dict)
    settled: set[bytes] = field(default_factory=set)

    def add(self, fit: Fit) -> float:
        """Keep a fit if it is the best of its mask; returns the score of the mask."""
        key, value = fit.mask.tobytes(), self.judge(fit)
        if key in self.settled:
            return self.scores[key]
        if key not in self.scores or value < self.scores[key]:
            self.fits[key], self.scores[key] = fit, value
        return self.scores[key]

    def settle(self, fit: Fit, value: float) -> None:
        """Give a mask its last score."""
        self.scores[fit.mask.tobytes()] = value
        self.settled.add(fit.mask.tobytes())

    def best(self, masks: Sequence[Mask]) -> Fit:
        """The fit with the lowest score among some masks."""
        return self.fits[min((mask.tobytes() for mask in masks), key=lambda key: self.scores[key])]

    def judge(self, fit: Fit) -> float:
        """Score of a fit; infinite if an equation has more terms than it may."""
        value = score(fit, self.criterion) if fit.mask.sum(axis=1).max() <= self.limit else np.inf
        return value if np.isfinite(value) else np.inf

    def ranked(self) -> list[Fit]:
        """Feasible fits, best first."""
        keys = sorted(self.scores, key=self.scores.__getitem__)
        return [self.fits[key] for key in keys if np.isfinite(self.scores[key])]

    def score(self, mask: Mask) -> float:
        """Score of a mask that was fitted."""
        return self.scores[mask.tobytes()]


class Sums(NamedTuple):
    """Information (E, Q, Q), right-hand sides (E, Q) and weights (E,) of environments."""

    gram: Array
    cross: Array
    weight: Array


@dataclass(frozen=True, eq=False)
class Model:
    """Quadratic model of the likelihood about a fit, over all allowed terms (Q of them).

    Attributes
    ----------
    terms, required : ndarray (S, K) of bool
        Allowed and required terms.
    gram, cross : ndarray (E, Q, Q), (E, Q)
        Information A and A c + g.
    empty : ndarray (E,)
        Cost of no terms, by the model.
    centre : Fit
        Where the model was made.
    """

    terms: Mask
    required: Mask
    gram: Array
    cross: Array
    empty: Array
    centre: Fit

    @property
    def weight(self) -> Array:
        """Weights of the environments (E,): one over the variance of their standardised residuals."""
        return np.minimum(self.centre.n_values / np.maximum(self.centre.cost, 1e-300), 1e3)

    @cached_property
    def some(self) -> Sums:
        """What masks are proposed from: of very many environments some at equal distances, for all of them judge."""
        n = len(self.gram)
        chosen = np.linspace(0, n - 1, min(n, PROPOSING)).round().astype(np.int64)
        return Sums(self.gram[chosen], self.cross[chosen], self.weight[chosen])

    def fit(self, mask: Mask) -> Fit:
        """What the fit of a mask would be if the model held everywhere."""
        chosen = np.flatnonzero(mask[self.terms])
        coef, gram = np.zeros((len(self.gram), len(chosen))), np.empty((len(self.gram), len(chosen), len(chosen)))
        solve_part(self.gram, self.cross, chosen, gram, coef)
        cost = np.maximum(self.empty - (coef * self.cross[:, chosen]).sum(axis=1), LEAST * self.centre.cost)
        return replace(self.centre, mask=mask, coef=coef, cost=cost, information=gram)

    def mask(self, support: Mask) -> Mask:
        """Terms (S, K) of a support (Q,)."""
        out = np.zeros_like(self.terms)
        out[self.terms] = support
        return out


def local_search(
    evaluator: FitsMasks,
    visited: Visited,
    current: Fit,
    states: Sequence[Any],
    max_terms: int,
    *,
    width: int,
    distrust: bool,
) -> Fit:
    """Move from mask to mask while the criterion falls.

    Parameters
    ----------
    evaluator : Evaluator
        Fits masks.
    visited : Visited
        What was fitted before; more is added.
    current : Fit
        Where to begin.
    states : sequence of ndarray (n_e, S)
        States to start from where the present fit cannot be integrated.
    max_terms : int
        Largest mask.
    width : int
        New masks fitted in each round.
    distrust : bool
        Whether to try much smaller masks when nothing near is better.

    Returns
    -------
    Fit
        The best.
    """
    for _ in range(ROUNDS):
        model = quadratic_model(evaluator, current)
        if model is None:
            break
        most = max_terms if distrust else min(max_terms, current.n_terms + BEYOND)
        proposals = propose(model, visited, most, evaluator.pool)
        here = evaluator.states(current, states)
        known = {mask.tobytes() for mask, _ in proposals if mask.tobytes() in visited.scores}
        present = next((value for mask, value in proposals if (mask == current.mask).all()), -np.inf)
        # masks seen before that the model now puts before the present one may have sat in a local minimum
        again = [mask for mask, value in proposals if mask.tobytes() in known and value < present]
        new = [mask for mask, _ in proposals if mask.tobytes() not in known]
        better = _try(evaluator, visited, again + new[:width], model, here, current)
        if better is None and distrust:
            sizes = {max(1, round(current.n_terms * share)) for share in SHARES}
            smaller = [mask for mask in new[width:] if int(mask.sum()) in sizes]
            better = _try(evaluator, visited, smaller, model, here, current)
        distrust = False
        if better is None:
            limit = present + MARGIN
            better = _try(evaluator, visited, _drops(model, visited, limit)[: 2 * width], model, here, current)
        if better is None:
            break
        current = better
    return current


def quadratic_model(evaluator: FitsMasks, current: Fit) -> Model | None:
    """Quadratic model of the likelihood at a fit; None where a step cannot be integrated."""
    problem = evaluator.problem
    found = evaluator.model(current, problem.allowed)
    if found is None:
        return None
    gram, cross = found
    coef = np.zeros(cross.shape)
    coef[:, current.mask[problem.allowed]] = current.coef
    slope = cross - np.einsum("ejk,ek->ej", gram, coef)
    empty = current.cost + (coef * (cross + slope)).sum(axis=1)
    return Model(problem.allowed, problem.required, gram, cross, empty, current)


def propose(
    model: Model, visited: Visited, max_terms: int, pool: ThreadPoolExecutor | None = None
) -> list[tuple[Mask, float]]:
    """Masks of all sizes with the criterion that the model foretells, best first."""
    inside, required = model.centre.mask[model.terms], model.required[model.terms]
    path = best_supports(
        model.some.gram,
        model.some.cross,
        max_terms=min(max_terms, len(inside)),
        weight=model.some.weight,
        required=required,
        starts=(inside,) if inside.sum() <= max_terms else (),
        affordable=AFFORDABLE,
        above=ABOVE,
        sound=True,
    )
    supports = [inside, *path.masks, *by_equation(model, visited.limit)]
    supports = [own for own in supports if own.sum() <= max_terms and (own | ~required).all()]
    found = {support.tobytes(): (model.mask(support), support) for support in supports}
    found[inside.tobytes()] = model.centre.mask, inside
    values: dict[bytes, float] = {}

    def judge() -> None:
        """Score what was found since the last time."""
        new = [key for key in found if key not in values]
        scores = over_threads(lambda key: visited.judge(model.fit(found[key][0])), new, pool)
        values.update(zip(new, scores, strict=True))

    judge()
    centres = [inside.tobytes(), *sorted(values, key=values.__getitem__)[:CENTRES]]
    for centre in dict.fromkeys(centres):
        near = neighbours(*model.some[:2], found[centre][1], weight=model.some.weight, required=required, most=NEAR)
        for support, _ in near:
            if support.tobytes() not in found and support.sum() <= max_terms:
                found[support.tobytes()] = model.mask(support), support
    judge()
    return [(found[key][0], values[key]) for key in sorted(values, key=values.__getitem__)]


def _drops(model: Model, visited: Visited, limit: float) -> list[Mask]:
    """Masks with one term less that were not fitted yet, unless the model foretells a score beyond the limit."""
    out = []
    for s, k in np.argwhere(model.centre.mask & ~model.required):
        mask = model.centre.mask.copy()
        mask[s, k] = False
        if mask.tobytes() not in visited.scores:
            out.append((visited.judge(model.fit(mask)), mask))
    return [mask for value, mask in sorted(out, key=lambda pair: pair[0]) if value < limit]


def by_equation(model: Model, limit: int) -> list[Mask]:
    """Best supports of every size of one equation while the others keep their terms."""
    inside = model.centre.mask[model.terms]
    out: list[Mask] = []
    owner = np.nonzero(model.terms)[0]
    if model.terms.any(axis=1).sum() < 2:
        return out
    for s in range(len(model.terms)):
        own = owner == s
        used = own | inside
        fixed = (inside & ~own) | model.required[model.terms]
        most = min(int(own.sum()), MOST_OF_ONE, limit) + int((fixed & ~own).sum())
        path = best_supports(
            model.some.gram[:, used][:, :, used],
            model.some.cross[:, used],
            max_terms=most,
            weight=model.some.weight,
            required=fixed[used],
            affordable=0.0,
            above=ABOVE,
            sound=True,
        )
        present = int(inside.sum())
        for support in path.masks:
            if abs(int(support.sum()) - present) <= NEAR_SIZE:
                out.append(np.zeros(len(inside), bool))
                out[-1][used] = support
    return out


def _try(
    evaluator: FitsMasks, visited: Visited, masks: list[Mask], model: Model, states: Sequence[Any], current: Fit
) -> Fit | None:
    """Fit masks from the solution of the model, else from the present coefficients; the best if it is better."""
    if not masks:
        return None
    control = Control(MAX_ITER, TOL, 1e-6)
    reach = REACH * current.cost + MARGIN
    foretold = [model.fit(mask) for mask in masks]
    fits = evaluator.fit_all(masks, [own.coef for own in foretold], states, control, reach)
    fits = repaired(evaluator, fits, foretold, current, states, control)
    failed = [fit.mask for fit in fits if not fit.is_feasible]
    fits = [fit for fit in fits if fit.is_feasible]
    if failed:
        fits += evaluator.fit_all(failed, [carried(current, mask) for mask in failed], states, control, reach)
    for fit in started_again(evaluator, fits, states, control, reach):
        visited.add(fit)
    best = visited.best(masks)
    return best if visited.score(best.mask) < visited.score(current.mask) - 1e-6 else None
