"""Trajectories of one environment that do not share its coefficients: a label is wrong, or hides two conditions.

Every trajectory is fitted with coefficients of its own. Which of them is the odd one follows from

    Q = sum_r (c_r - m)' A_r (c_r - m),      m = (sum_r A_r)^-1 sum_r A_r c_r

with and without it: A_r is the information of trajectory r on its coefficients c_r. An environment e is its home if
(c_r - c_e)' (A_r^-1 + V_e)^-1 (c_r - c_e) is small for chi2 with as many degrees as there are coefficients.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc

from spreme.estimators.adaptation_repairs import FITTING, shorter
from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.final import Estimate
from spreme.likelihood.fits import Fit
from spreme.likelihood.problem import Problem
from spreme.likelihood.recording import Recording
from spreme.results import Law

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# The misfit falls so much by chance with less than this probability.
LEVEL = 1e-6
# One trajectory is the odd one if the others disagree by less than this share of what all do.
ALONE = 0.1
# Coefficients that differ so much with a larger probability are the same.
SAME = 0.01


@dataclass(frozen=True)
class Split:
    """Trajectories apart.

    Attributes
    ----------
    env : int
        Environment of the trajectories; the first one of several.
    share : float
        Share of the misfit that is gone when every trajectory has coefficients of its own.
    odd : int or None
        The trajectory that differs from the others of its environment, counted from 0.
    home : int or None
        Environment whose coefficients it has.
    """

    env: int
    share: float
    odd: int | None
    home: int | None

    def in_words(self, law: Law) -> str:
        """What to do about it."""
        if self.odd is None:
            return (
                "trajectories of one environment do not share their coefficients: give those of different conditions "
                "different environments (env=...)"
            )
        which = f"trajectory {self.odd} of environment {law.environments[self.env]!r} (counted from 0)"
        if self.home is None:
            return f"{which} has other coefficients than the rest: give it an environment of its own (env=...)"
        home: Hashable = law.environments[self.home]
        return f"{which} has the coefficients of environment {home!r}: check its label"


def split_trajectories(part: Estimate, whole: Estimate, index: Indices) -> Split | None:
    """Find whether trajectories with coefficients of their own are described.

    Parameters
    ----------
    part : Estimate
        Fit of some environments, with the noise to expect.
    whole : Estimate
        Fit of all.
    index : ndarray of int
        Positions of the former in the latter.

    Returns
    -------
    Split or None
        None if there is one trajectory an environment, or if that does not help beyond chance.
    """
    problem = part.problem
    owner = np.repeat(np.arange(len(problem.recordings)), [len(own.bounds) - 1 for own in problem.recordings])
    if len(owner) == problem.n_environments:
        return None
    split, states = _split(problem, owner), _states(problem, part.states)
    found, coef = None, part.fit.coef[owner]
    for pieces in dict.fromkeys((shorter(problem, part.pieces), part.pieces)):
        together = Evaluator(problem, pieces).fit(part.fit.mask, part.fit.coef, part.states, FITTING)
        evaluator = Evaluator(split, pieces)
        apart = evaluator.fit(part.fit.mask, coef, states, FITTING)
        if together.is_feasible and apart.is_feasible:
            found, coef, states = (together, apart), apart.coef, evaluator.states(apart, states)
    share = 0.0 if found is None else _explained(*found)
    if found is None or share == 0.0:
        return None
    env = int(index[0])
    return Split(env, share, *(_odd_one(found[1], whole, env) if len(index) == 1 else (None, None)))


def _explained(together: Fit, apart: Fit) -> float:
    """Share of the misfit that is gone; 0 if chance alone might have taken as much."""
    first, fall = float(together.cost.sum()), float(together.cost.sum() - apart.cost.sum())
    extra, expected = together.n_terms * (len(apart.coef) - len(together.coef)), float(together.n_free.sum())
    free = max(expected - extra, 1.0)
    if not fdtrc(extra, free, fall / extra * free / max(first - fall, 1e-3 * first)) < LEVEL:
        return 0.0
    return fall / max(first - expected, fall)


def _split(problem: Problem, owner: Indices) -> Problem:
    """Every trajectory an environment."""
    return replace(
        problem,
        recordings=tuple(
            Recording(own.y[a:b], own.t[a:b], own.u[a:b], np.array([0, b - a]))
            for own in problem.recordings
            for a, b in pairwise(own.bounds)
        ),
        sd=problem.sd[owner],
        floor=problem.floor[owner],
        longest=problem.longest[owner],
        frozen=problem.frozen[owner],
    )


def _states(problem: Problem, states: Sequence[Array]) -> list[Array]:
    """States of every trajectory."""
    return [x[a:b] for own, x in zip(problem.recordings, states, strict=True) for a, b in pairwise(own.bounds)]


def _odd_one(apart: Fit, whole: Estimate, e: int) -> tuple[int | None, int | None]:
    """The trajectory that differs, and the environment whose coefficients it has."""
    n_runs = len(apart.coef)
    homes = [_home(apart.coef[r], apart.information[r], whole, e) for r in range(n_runs)]
    if n_runs == 2:  # either may be the wrong one; what has a home elsewhere is
        odd = [r for r in range(2) if homes[r] is not None]
        return (odd[0], homes[odd[0]]) if len(odd) == 1 else (None, None)
    every = np.arange(n_runs)
    left = [_disagreement(apart, every != r) for r in every]
    odd_one = int(np.argmin(left))
    if left[odd_one] > ALONE * _disagreement(apart, every >= 0):
        return None, None
    return odd_one, homes[odd_one]


def _disagreement(apart: Fit, which: NDArray[np.bool_]) -> float:
    """Q of some trajectories."""
    information, coef = apart.information[which], apart.coef[which]
    total, right = information.sum(axis=0), np.einsum("rpq,rq->p", information, coef)
    scale = 1.0 / np.sqrt(np.maximum(np.diag(total), 1e-300))
    mean = scale * (np.linalg.pinv(total * scale[:, None] * scale, rcond=1e-11, hermitian=True) @ (scale * right))
    return float(np.einsum("rp,rpq,rq->", coef - mean, information, coef - mean))


def _home(coef: Array, information: Array, whole: Estimate, own: int) -> int | None:
    """The other environment whose coefficients (q,) these are."""
    best, most = None, SAME
    for e in range(len(whole.coef)):
        apart, covariance = coef - whole.coef[e], whole.covariance[e]
        if e == own or not (np.isfinite(apart).all() and np.isfinite(covariance).all()):
            continue
        size = np.sqrt(np.maximum(np.diag(information), 1e-300))
        inverse = np.linalg.pinv(information / np.outer(size, size), rcond=1e-11, hermitian=True) / np.outer(size, size)
        p_value = float(chdtrc(len(coef), apart @ np.linalg.pinv(inverse + covariance, hermitian=True) @ apart))
        if p_value > most:
            best, most = e, p_value
    return best
