"""Terms outside a mask that an environment asks for: score tests on the quadratic model of the likelihood.

    fall_j = r_j^2 / s_j,   r_j = h_j - A_jM A_MM^-1 h_M,   s_j = A_jj - A_jM A_MM^-1 A_Mj

A the information of the data about the mask M and one more term j, h = A c + gradient: the fall of the cost when j
joins and the mask is fitted anew. Over the variance of what is left it follows Fisher's F (1, n_free) if j is zero.

References
----------
Rao, C. R. (1948). Large sample tests of statistical hypotheses concerning several parameters. Proc. Cambridge Philos.
Soc. 44. Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.problem import Problem
from spreme.likelihood.recording import FEWEST
from spreme.likelihood.restarts import carried
from spreme.likelihood.shooting.gauss_newton import Control
from spreme.likelihood.wald import holm
from spreme.results import Law

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# A term is asked for if chance alone would ask for any term with no larger probability, and if it takes away this share
# of the squared residuals.
LEVEL, SHARE = 1e-6, 0.05
# Terms whose sensitivity is this close to a combination of those of the mask cannot be told from it.
DEPENDENT = 1e-8
# Terms named at most, and proposals fitted truly for each of them.
MOST_NAMED, TRIALS = 3, 3
# Segments on which repairs are sought: whole trajectories may be too far from the measured ones for a quadratic model.
PIECES = 8
# Residuals of one environment this many times those of the others are far above them; with few values more is chance.
FAR, CHANCE = 1.5, 6.0
# Mean squared residual in units of the noise below which a law counts as exact.
EXACT = 0.1
FITTING = Control(30, 0.05, 1e-3)


@dataclass(frozen=True)
class Repair:
    """One more term: its equation, its place in the library, and the share of the misfit beyond noise it explains."""

    state: int
    term: int
    share: float


def falls(evaluator: Evaluator, fit: Fit) -> tuple[Array, Array]:
    """Find what every single term outside the mask would do to the cost.

    Parameters
    ----------
    evaluator : Evaluator
        Data.
    fit : Fit
        Fit of a mask.

    Returns
    -------
    fall : ndarray (E, S, K)
        Of the cost; NaN inside the mask and for terms that cannot be told from it.
    p_value : ndarray (E, S, K)
        Probability of so large a fall by chance.
    """
    fall = np.full((len(fit.coef), *fit.mask.shape), np.nan)
    for s in range(len(fit.mask)):
        terms = fit.mask.copy()
        terms[s] = True
        model = evaluator.model(fit, terms)
        if model is not None:
            new = ~fit.mask[terms]
            fall[:, s, ~fit.mask[s]] = [_fall(*own, new) for own in zip(*model, strict=True)]
    left = np.maximum(fit.cost[:, None, None] - np.nan_to_num(fall), 1e-3 * fit.cost[:, None, None])
    free = np.maximum(fit.n_free - 1.0, 1.0)[:, None, None]
    return fall, np.where(np.isnan(fall), np.nan, fdtrc(1.0, free, np.nan_to_num(fall) * free / left))


def _fall(information: Array, vector: Array, new: Mask) -> Array:
    """Fall of the cost for every new term alone."""
    size = np.sqrt(np.maximum(np.diag(information), 0.0))
    scale = np.where(size > 0, 1.0 / np.where(size > 0, size, 1.0), 0.0)
    unit, h = information * scale[:, None] * scale, vector * scale
    inverse = np.linalg.pinv(unit[np.ix_(~new, ~new)], rcond=1e-11, hermitian=True)
    cross = unit[np.ix_(new, ~new)]
    left = h[new] - cross @ (inverse @ h[~new])
    schur = np.diag(unit)[new] - np.einsum("jm,mn,jn->j", cross, inverse, cross)
    return np.where(schur > DEPENDENT, left**2 / np.maximum(schur, DEPENDENT), np.nan)


def repairs(problem: Problem, pieces: int, fit: Fit, states: Sequence[Array]) -> list[Repair]:
    """Find the terms, at most three, that repair the misfit of one environment or of several together.

    Parameters
    ----------
    problem : Problem
        Their data, with the noise to expect.
    pieces : int
        Segments of the longest trajectory in the fit.
    fit : Fit
        Fit of the mask.
    states : sequence of ndarray (n_e, S)
        Their states.

    Returns
    -------
    list of Repair
        The most effective first, each fitted truly beside the ones before it; shares are those they add.
    """
    for number in dict.fromkeys((shorter(problem, pieces), pieces)):
        evaluator = Evaluator(problem, number)
        own = evaluator.fit(fit.mask, fit.coef, states, FITTING)
        found = _repairs_of(evaluator, own, states) if own.is_feasible else []
        if found:
            return found
    return []


def shorter(problem: Problem, pieces: int) -> int:
    """Segments on which a quadratic model of the misfit can be believed."""
    return max(pieces, min(PIECES, problem.n_samples // (2 * FEWEST)))


def _repairs_of(evaluator: Evaluator, fit: Fit, states: Sequence[Array]) -> list[Repair]:
    """Terms that join one after the other."""
    found: list[Repair] = []
    first, expected = float(fit.cost.sum()), float(fit.n_free.sum())
    while len(found) < MOST_NAMED and fit.cost.sum() > 0:
        best = _best(evaluator, fit, states)
        fall = 0.0 if best is None else float(fit.cost.sum() - best[2].cost.sum())
        if best is None or fall < SHARE * first:
            break
        found.append(Repair(best[0], best[1], fall / max(first - expected, fall)))
        fit, states = best[2], evaluator.states(best[2], states)
    return found


def _best(evaluator: Evaluator, fit: Fit, states: Sequence[Array]) -> tuple[int, int, Fit] | None:
    """The term that truly takes away most among the most promising ones."""
    fall, p_value = _together(falls(evaluator, fit)[0], fit)
    wanted = np.where(holm(p_value) < LEVEL, fall, -np.inf)
    tried = []
    for place in np.argsort(-wanted, axis=None)[:TRIALS]:
        s, k = (int(index) for index in np.unravel_index(place, wanted.shape))
        if not np.isfinite(wanted[s, k]):
            break
        mask = fit.mask.copy()
        mask[s, k] = True
        other = evaluator.fit(mask, carried(fit, mask), states, FITTING)
        if other.is_feasible:
            tried.append((s, k, other))
    return min(tried, key=lambda own: float(own[2].cost.sum()), default=None)


def _together(fall: Array, fit: Fit) -> tuple[Array, Array]:
    """Falls (S, K) of all environments together and their probabilities; NaN for terms that none can tell."""
    count = np.isfinite(fall).sum(axis=0)
    known, degrees = count > 0, np.maximum(count, 1)
    total, cost = np.nan_to_num(fall).sum(axis=0), float(fit.cost.sum())
    free = np.maximum(fit.n_free.sum() - count, 1.0)
    ratio = total / degrees * free / np.maximum(cost - total, 1e-3 * cost)
    return np.where(known, total, np.nan), np.where(known, fdtrc(degrees, free, ratio), np.nan)


def asks_for_more(evaluator: Evaluator, fit: Fit) -> Mask:
    """Environments (E,) in which a term outside the mask is overwhelmingly significant and takes away much."""
    fall, p_value = falls(evaluator, fit)
    strong = (np.nan_to_num(holm(p_value), nan=1.0) < LEVEL) & (np.nan_to_num(fall) > SHARE * fit.cost[:, None, None])
    # residuals far below the noise floor are errors of integration
    return strong.any(axis=(1, 2)) & (fit.cost > EXACT * fit.n_values)


def allowance(n_free: Array | float) -> Array:
    """How many times the usual residuals may be: estimates of noise from few values scatter."""
    return np.asarray(FAR + CHANCE / np.sqrt(np.maximum(n_free, 1.0)))


def in_words(found: Sequence[Repair], law: Law) -> str:
    """Terms as a remedy; empty for none."""
    if not found:
        return ""
    own = [
        f"{law.table.names[item.term]} in {law.state_names[item.state]}' would explain {item.share:.0%} of the misfit"
        for item in found
    ]
    return ", then ".join(own)
