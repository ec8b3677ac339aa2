"""Blocked cross-validation over trajectories: coefficients from some of them, judged on the others.

    D(mask) = sum over blocks b of n_b log(cost_b / n_b + floor),    cost_b with free starts and held coefficients

Blocks are whole trajectories (up to `FOLDS` groups of them an environment), or the halves in time of a single one. The
smallest law is chosen whose D exceeds the lowest by no more than one standard error of the difference over blocks,
beyond what the best of as many superfluous terms as were looked at would seem to gain.

References
----------
Breiman, Friedman, Olshen and Stone (1984), Classification and regression trees (one standard error). Roberts et al.
(2017), Cross-validation strategies for data with temporal structure, Ecography 40.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.choice.contenders import CONTROL, resting_cost
from spreme.likelihood.choice.parts import pose_parts
from spreme.likelihood.criteria import deviance
from spreme.likelihood.engines import engine, is_joint, states_at_samples
from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.problem import Problem
from spreme.likelihood.recording import Recording
from spreme.likelihood.spline.result import JointFit
from spreme.likelihood.tied import hold_at

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

FOLDS = 5
# A half of a trajectory holds at least this many samples.
FEWEST = 4


@dataclass(frozen=True, eq=False)
class Blocks:
    """Training and held-out parts; every block is an environment of both problems.

    Attributes
    ----------
    training, held_out : Evaluator
        Over B blocks.
    training_states, held_out_states : list of ndarray (n_b, S)
        Fitted states there.
    environment : ndarray (B,) of int64
        To which environment each block belongs.
    """

    training: Evaluator
    held_out: Evaluator
    training_states: list[Array]
    held_out_states: list[Array]
    environment: Indices


def cross_validate(blocks: Blocks, fits: Sequence[Fit]) -> Array:
    """Deviance of every law on every held-out block.

    Parameters
    ----------
    blocks : Blocks
        Parts of the data.
    fits : sequence of Fit
        Laws fitted to all data.

    Returns
    -------
    ndarray (laws, B)
        Deviances; that of rest where a law cannot be integrated.
    """
    masks = [fit.mask for fit in fits]
    coefs = [fit.coef[blocks.environment] for fit in fits]
    trained = blocks.training.fit_all(masks, coefs, blocks.training_states, CONTROL)
    return np.array([_judge(blocks, fit) for fit in trained])


def smallest_within_one_error(deviances: Array, sizes: Sequence[int], n_choices: int = 1) -> int:
    """Position of the smallest law within one standard error of the best.

    Parameters
    ----------
    deviances : ndarray (laws, B)
        Of what was held out.
    sizes : sequence of int
        Numbers of terms.
    n_choices : int, default 1
        Terms M among which laws were sought: a superfluous one, the best of M, may seem to gain 2 log M.

    Returns
    -------
    int
        The one with the lower deviance among laws of one size.

    Examples
    --------
    >>> smallest_within_one_error(np.array([[9.0, 9.0], [1.0, 2.1], [1.1, 1.9]]), [1, 2, 3])
    1
    """
    total = deviances.sum(axis=1)
    best = int(np.argmin(total))
    distance = deviances - deviances[best]
    error = np.sqrt(deviances.shape[1]) * distance.std(axis=1, ddof=1)
    chance = 2.0 * np.log(n_choices) * np.maximum(sizes[best] - np.array(sizes), 0)
    close = np.flatnonzero(distance.sum(axis=1) <= error + chance).tolist()
    return min(close, key=lambda i: (sizes[i], total[i]))


def make_blocks(
    problem: Problem, pieces: int, states: Sequence[Array | JointFit], pool: ThreadPoolExecutor | None
) -> Blocks | None:
    """Cut the data into training and held-out parts.

    Parameters
    ----------
    problem : Problem
        All data.
    pieces : int
        Segments of the longest trajectory.
    states : sequence of ndarray (n_e, S), or of JointFit
        Fitted states.
    pool : ThreadPoolExecutor or None
        Threads.

    Returns
    -------
    Blocks or None
        None if all environments consist of one trajectory too short to be cut.
    """
    training: list[tuple[Recording, Array]] = []
    held_out: list[tuple[Recording, Array]] = []
    environment: list[int] = []
    for e, (own, known) in enumerate(zip(problem.recordings, states_at_samples(states), strict=True)):
        for inside in _folds(own):
            training.append(_part(own, known, ~inside))
            held_out.append(_part(own, known, inside))
            environment.append(e)
    if len(environment) < 2:
        return None
    index = np.array(environment)

    def side(parts: list[tuple[Recording, Array]]) -> Evaluator:
        part = pose_parts(problem, [own for own, _ in parts], index)
        shorter = max(1, round(pieces * part.n_samples / problem.n_samples))
        return engine(part, shorter, pool, jointly=is_joint(states))

    return Blocks(side(training), side(held_out), [x for _, x in training], [x for _, x in held_out], index)


def _folds(own: Recording) -> list[Mask]:
    """Rows (n,) that each fold of one environment holds out."""
    bounds, n_runs = own.bounds, len(own.bounds) - 1
    if n_runs == 1:
        n = int(own.measured.sum())
        late = np.cumsum(own.measured) > n // 2
        return [late, ~late] if n >= 2 * FEWEST else []
    run = np.repeat(np.arange(n_runs), np.diff(bounds))
    n_folds = min(n_runs, FOLDS)
    return [run % n_folds == fold for fold in range(n_folds)]


def _part(own: Recording, states: Array, inside: Mask) -> tuple[Recording, Array]:
    """Some rows of a recording, and the states there."""
    counts = np.array([inside[a:b].sum() for a, b in zip(own.bounds[:-1], own.bounds[1:], strict=True)])
    bounds = np.concatenate([[0], np.cumsum(counts[counts > 0])]).astype(np.int64)
    return Recording(own.y[inside], own.t[inside], own.u[inside], bounds), states[inside]


def _judge(blocks: Blocks, trained: Fit) -> Array:
    """Deviances (B,) of one law, its coefficients held."""
    rest = resting_cost(blocks.held_out)
    priors = hold_at(trained.coef, np.ones(trained.n_terms, bool), trained.information)
    fit = blocks.held_out.fit(trained.mask, trained.coef, blocks.held_out_states, CONTROL, priors)
    cost = np.where(np.isfinite(trained.cost) & np.isfinite(fit.cost), fit.cost, rest)
    return deviance(replace(fit, cost=cost))
