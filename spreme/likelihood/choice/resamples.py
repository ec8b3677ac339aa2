"""Stability selection: the terms that most resamples of environments and trajectories would choose.

About the best law the quadratic model of the likelihood is a sum over trajectories. Resampled environments, and within
each its resampled trajectories, give other sums; the search on these alone chooses a mask anew, at the price of a
subset search each. Terms are kept that at least `SHARE` of the resamples choose.

References
----------
Meinshausen and Buehlmann (2010), Stability selection, J. R. Statist. Soc. B 72. Bach (2008), Bolasso: model consistent
Lasso estimation through the bootstrap, ICML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.choice.parts import pose_parts
from spreme.likelihood.engines import engine, is_joint, states_at_samples
from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.one_stage import Stage
from spreme.likelihood.problem import Problem
from spreme.likelihood.recording import Recording
from spreme.likelihood.search import BEYOND, Model, Visited, propose, quadratic_model
from spreme.likelihood.shooting.gauss_newton import Control
from spreme.likelihood.spline.result import JointFit
from spreme.likelihood.tied import hold_at

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

RESAMPLES = 50
# Share of the resamples that must choose a term.
SHARE = 0.6
# The starts of every trajectory alone, coefficients held: the model is made at their optimum.
CONTROL = Control(30, 1e-4, 1e-6)


@dataclass(frozen=True, eq=False)
class Runs:
    """Quadratic model of the likelihood about one law, trajectory by trajectory.

    Attributes
    ----------
    model : Model
        With R trajectories in place of environments.
    first : ndarray (E + 1,) of int64
        Trajectories of environment e are first[e] : first[e + 1].
    """

    model: Model
    first: Indices


def selection_frequency(
    runs: Runs, stage: Stage, rng: np.random.Generator, *, n_resamples: int = RESAMPLES
) -> tuple[Array, list[Mask]]:
    """How often resamples choose each term.

    Parameters
    ----------
    runs : Runs
        Model by trajectory.
    stage : Stage
        Where it was made; its criterion chooses.
    rng : Generator
        Source of the resamples.
    n_resamples : int, default 50
        Their number.

    Returns
    -------
    frequency : ndarray (S, K)
        Between 0 and 1.
    masks : list of ndarray (S, K) of bool
        What every resample chose.
    """
    most = stage.fit.n_terms + BEYOND
    masks = []
    for _ in range(n_resamples):
        model = _summed(runs, _resample(runs.first, rng))
        masks.append(propose(model, Visited(stage.visited.criterion, stage.visited.limit), most)[0][0])
    return np.mean(masks, axis=0), masks


def by_trajectory(evaluator: Evaluator, fit: Fit, states: Sequence[Array | JointFit]) -> Runs | None:
    """Quadratic model of every trajectory about a fit; None where it cannot be integrated.

    Parameters
    ----------
    evaluator : Evaluator
        What made the fit.
    fit : Fit
        Feasible.
    states : sequence of ndarray (n_e, S), or of JointFit
        Its states at all samples.

    Returns
    -------
    Runs or None
        Their sums over the trajectories of an environment are the model of the environment.
    """
    problem, jointly = evaluator.problem, is_joint(states)
    environment = np.repeat(np.arange(len(problem.recordings)), [len(own.bounds) - 1 for own in problem.recordings])
    part = engine(_apart(problem, environment), evaluator.pieces, evaluator.pool, jointly=jointly)
    bounds = [pair for own in problem.recordings for pair in pairwise(own.bounds)]
    known = states_at_samples(states)
    pieces = [known[e][first:last] for e, (first, last) in zip(environment, bounds, strict=True)]
    held = hold_at(fit.coef[environment], np.ones(fit.n_terms, bool), fit.information)
    model = quadratic_model(part, part.fit(fit.mask, fit.coef[environment], pieces, CONTROL, held))
    first = np.searchsorted(environment, np.arange(len(problem.recordings) + 1)).astype(np.int64)
    return None if model is None else Runs(model, first)


def _apart(problem: Problem, environment: Indices) -> Problem:
    """The problem with every trajectory as an environment of its own."""
    runs = [
        Recording(own.y[a:b], own.t[a:b], own.u[a:b], np.array([0, b - a], dtype=np.int64))
        for own in problem.recordings
        for a, b in pairwise(own.bounds)
    ]
    return pose_parts(problem, runs, environment)


def _resample(first: Indices, rng: np.random.Generator) -> list[Indices]:
    """Trajectories of drawn environments."""
    drawn = rng.integers(0, len(first) - 1, len(first) - 1)
    return [rng.integers(first[e], first[e + 1], first[e + 1] - first[e]) for e in drawn]


def _summed(runs: Runs, drawn: Sequence[Indices]) -> Model:
    """The model of drawn environments: sums over their trajectories."""
    model, centre = runs.model, runs.model.centre
    first = [own[0] for own in drawn]
    new_centre = replace(
        centre,
        coef=centre.coef[first],
        starts=[np.vstack([centre.starts[r] for r in own]) for own in drawn],
        information=centre.information[first],
        squares=centre.squares[first],
        cost=np.array([centre.cost[own].sum() for own in drawn]),
        n_values=np.array([centre.n_values[own].sum() for own in drawn]),
    )
    return replace(
        model,
        gram=np.array([model.gram[own].sum(axis=0) for own in drawn]),
        cross=np.array([model.cross[own].sum(axis=0) for own in drawn]),
        empty=np.array([model.empty[own].sum() for own in drawn]),
        centre=new_centre,
    )
