"""A beginning where no regression is one: a single environment first, then from environment to environment.

Few samples, far apart for the dynamics, hardly tell a derivative or an integral, so that the coefficients with which a
fit of all environments would begin mean nothing. Among the environments there may be one calm enough to be understood
by itself. Its law, with its coefficients, is then a beginning for environments whose data resemble its own, these are
one for theirs, and so on: numerical continuation, with the environments as steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.fits import Fit
from spreme.likelihood.problem import Problem
from spreme.likelihood.recording import Recording
from spreme.likelihood.shooting.gauss_newton import Control
from spreme.likelihood.spline.evaluation import JointEvaluator
from spreme.likelihood.starting_states import starting_states

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

# Fits of an environment begin at so many of the nearest that are understood.
NEAREST = 3
# An environment is understood if its misfit is at most so many times that of the foothold, or of the noise.
ALIKE = 4.0
FITTING, AS_IT_IS = Control(60, 0.05, 1e-3), Control(0, 0.05, 1e-3)


def calmest_first(problem: Problem) -> Indices:
    """Order the environments by how little their neighbouring samples differ.

    Parameters
    ----------
    problem : Problem
        Data of E environments.

    Returns
    -------
    ndarray of int, shape (E,)
        The one whose second differences are the smallest share of its variance comes first.
    """
    return np.argsort([_roughness(own) for own in problem.recordings], kind="stable")


def carried_over(
    problem: Problem, foothold: int, fit: Fit, states: Sequence[Array], pool: ThreadPoolExecutor | None
) -> Array | None:
    """Fit the law of one environment in all others, each beginning at the nearest that are understood.

    Parameters
    ----------
    problem : Problem
        Data of E environments, with steps of integration fine enough for any beginning.
    foothold : int
        Position of the environment that is understood.
    fit : Fit
        Its fit, with q terms.
    states : sequence of ndarray (n_e, S)
        States at the samples to start from.
    pool : ThreadPoolExecutor or None
        Threads.

    Returns
    -------
    ndarray (E, q) or None
        Coefficients with which whole trajectories can be integrated; None if the law could not be carried over to all.
    """
    place = _places(problem)

    def understood(e: int, known: dict[int, Fit]) -> Fit:
        """Best fit of an environment from the coefficients of its neighbours, and of the two nearest between them."""
        near = sorted(known.keys() - {e}, key=lambda k: _distance(place, e, k))[:NEAREST]
        begin = [known[k].coef for k in near]
        begin += [(begin[0] + begin[1]) / 2.0] if len(begin) > 1 else []
        return _fitted(problem.only([e]), fit.mask, begin, [states[e]], pool)

    known = {foothold: _fitted(problem.only([foothold]), fit.mask, [fit.coef], [states[foothold]], pool)}
    limit = ALIKE * max(known[foothold].misfit, 1.0)
    waiting = [e for e in range(problem.n_environments) if e != foothold]
    while waiting:
        for e in sorted(waiting, key=lambda e: min(_distance(place, e, k) for k in known)):
            found = understood(e, known)
            if found.is_feasible and found.misfit <= limit:
                known[e] = found
                waiting.remove(e)
                break
        else:
            return None
    for e in known:  # those reached early had few neighbours, all on one side
        known[e] = min(known[e], understood(e, known), key=lambda one: one.misfit)
    return np.concatenate([known[e].coef for e in range(problem.n_environments)])


def nearest(problem: Problem, mask: Mask, coefs: Array) -> list[Array]:
    """Find the known coefficients whose solutions come nearest to the data of a new environment.

    Parameters
    ----------
    problem : Problem
        Data of one environment, with steps of integration fine enough.
    mask : ndarray (S, K) of bool
        The law, with q terms.
    coefs : ndarray (E, q)
        Coefficients of known environments.

    Returns
    -------
    list of ndarray (q,)
        At most `NEAREST`, best first; none with which the data cannot be integrated from their first states.
    """
    evaluator = Evaluator(problem, 1)
    states = starting_states(problem.recordings, evaluator.edges, problem.is_quiet)
    fits = evaluator.fit_all([mask] * len(coefs), [own[None] for own in coefs], states, AS_IT_IS)
    order = sorted((i for i, fit in enumerate(fits) if fit.is_feasible), key=lambda i: fits[i].misfit)
    return [coefs[i] for i in order[:NEAREST]]


def _fitted(
    problem: Problem, mask: Mask, begin: Sequence[Array], states: Sequence[Array], pool: ThreadPoolExecutor | None
) -> Fit:
    """Best fit of one environment to whole trajectories from several coefficients, directly or after a joint fit."""
    shooting, masks = Evaluator(problem, 1, pool), [mask] * len(begin)
    joint = JointEvaluator(problem, pool).fit_all(masks, begin, states, FITTING)
    begin = [*begin, *(own.coef for own in joint if own.is_feasible)]
    shot = shooting.fit_all([mask] * len(begin), begin, states, FITTING)
    return min(shot, key=lambda one: one.misfit)


def _roughness(recording: Recording) -> float:
    """Second differences over deviations from the mean, sums of squares over all trajectories, mean over states."""
    bends = np.zeros(recording.y.shape[1])
    spread = np.zeros_like(bends)
    for first, last in zip(recording.bounds[:-1], recording.bounds[1:], strict=True):
        y = recording.y[first:last]
        bends += np.nansum(np.diff(y, n=2, axis=0) ** 2, axis=0)
        spread += np.nansum((y - np.nanmean(y, axis=0)) ** 2, axis=0)
    moves = spread > 0
    return float(np.mean(bends[moves] / spread[moves])) if moves.any() else np.inf


def _places(problem: Problem) -> Array:
    """Means and spreads of all states (E, 2 S), each in units of its scatter over the environments."""
    rows = [np.concatenate([np.nanmean(own.y, axis=0), np.nanstd(own.y, axis=0)]) for own in problem.recordings]
    scatter = np.std(rows, axis=0)
    return np.array(rows) / np.where(scatter > 0, scatter, 1.0)


def _distance(place: Array, one: int, other: int) -> float:
    """How much the data of two environments differ."""
    return float(np.linalg.norm(place[one] - place[other]))
