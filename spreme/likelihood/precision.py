"""What a first fit tells about the problem: the size of the noise, and how finely to integrate."""

from __future__ import annotations

import numpy as np

from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.fits import Fit
from spreme.likelihood.problem import Problem

# Halvings of the step of integration.
HALVINGS = 6
# Halvings to begin with where samples are far apart.
FIRST_HALVINGS = 4


def with_noise_of(problem: Problem, fit: Fit) -> Problem:
    """Noise from the residuals of a fit, corrected for the fitted numbers."""
    return problem.with_noise(fit.residual_std(problem))


def with_fine_steps(problem: Problem) -> Problem:
    """Begin with fine steps where samples are far apart, as the time between two is too long a step."""
    for _ in range(FIRST_HALVINGS):
        problem = problem.finer()
    return problem


def enough_steps(evaluator: Evaluator, fit: Fit) -> Problem:
    """Halve the step of integration where that still changes the cost of a fit."""
    problem = evaluator.problem
    now = evaluator.costs(fit, problem)
    for _ in range(HALVINGS):
        then = evaluator.costs(fit, problem.finer())
        moved = np.isfinite(then) & (np.abs(then - now) > np.minimum(0.1, 1e-5 * fit.n_values))
        if not moved.any():
            break
        problem, now = problem.finer(moved), np.where(moved, then, now)
    return problem
