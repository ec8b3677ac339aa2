"""How well the coefficients of every environment describe every trajectory, the states at its start free.

    cost_rk = min over starts of sum_i ((y_i - x(t_i; start, c_k)) / sigma_r)^2

in segments, short ones first, as long as the law follows them (multiple shooting, see `spreme.likelihood.shooting`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectory
from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.ladder import ladder, n_periods
from spreme.likelihood.one_stage import SETTING_OUT
from spreme.likelihood.problem import Problem, pose
from spreme.likelihood.shooting.gauss_newton import Prior
from spreme.likelihood.starting_states import starting_states
from spreme.results import Law

Array = NDArray[np.float64]

# Precision that holds coefficients, in units of their size squared.
HELD = 1e12
# Halvings of the step of integration where hardly any trajectory can be integrated at the sampling interval.
HALVINGS = 3


@dataclass(frozen=True, eq=False)
class TrajectoryCosts:
    """Misfit of every trajectory under every environment's coefficients.

    Attributes
    ----------
    costs : ndarray (m, K)
        Sums of squared residuals in units of the noise; infinite where the law could not follow.
    n_free : ndarray (m,)
        Values less fitted starts, at least a fifth of the values.
    """

    costs: Array
    n_free: Array


def trajectory_costs(runs: Sequence[Trajectory], law: Law, noise: Array, segments: int) -> TrajectoryCosts:
    """Judge trajectories by the law of every environment.

    Parameters
    ----------
    runs : sequence of Trajectory
        m trajectories.
    law : Law
        Law of K environments.
    noise : ndarray (m, S)
        Noise of every trajectory.
    segments : int
        Into how many segments the longest trajectory is cut.

    Returns
    -------
    TrajectoryCosts
        Smaller is better.
    """
    problem = pose([[run] for run in runs], law.table, law.mask, law.mask, noise)
    coefs = np.nan_to_num(law.coef[:, law.mask])
    costs = np.empty((len(runs), len(coefs)))
    for k, coef in enumerate(coefs):
        costs[:, k] = _under(problem, law, coef, segments)
    evaluator = Evaluator(problem, segments)
    fitted = np.array([(len(edges) - 1) * problem.n_states for edges in evaluator.edges])
    return TrajectoryCosts(costs, np.maximum(problem.n_values - fitted, 0.2 * problem.n_values))


def _under(problem: Problem, law: Law, coef: Array, segments: int) -> Array:
    """Costs (m,) under one environment's coefficients (q,)."""
    every = np.tile(coef, (problem.n_environments, 1))
    precision = np.diag(HELD / np.where(coef == 0.0, 1.0, coef) ** 2)
    priors = [Prior(coef, precision)] * problem.n_environments
    rungs = [own for own in ladder(problem.n_samples, n_periods(problem)) if own > segments]
    evaluator = Evaluator(problem, max([*rungs, segments]))
    states = starting_states(problem.recordings, evaluator.edges, problem.is_quiet)
    fit = evaluator.fit(law.mask, every, states, SETTING_OUT, priors)
    for _ in range(HALVINGS):
        if np.isfinite(fit.cost).mean() >= 0.5:
            break
        evaluator = Evaluator(evaluator.problem.finer(), evaluator.pieces)
        fit = evaluator.fit(law.mask, every, states, SETTING_OUT, priors)
    for pieces in dict.fromkeys((*rungs[1:], segments)):
        states = evaluator.states(fit, states)
        evaluator = Evaluator(evaluator.problem, pieces)
        fit = evaluator.fit(law.mask, every, states, SETTING_OUT, priors)
    return _at_most(fit)


def _at_most(fit: Fit) -> Array:
    """Costs, infinite where not feasible."""
    return np.where(np.isfinite(fit.cost), fit.cost, np.inf)
