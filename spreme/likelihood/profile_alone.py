"""Fits of one environment with one coefficient held; other environments, where they share some, weigh in as a prior.

The cost of the other environments as a function of shared coefficients a is taken as quadratic about the joint fit:
(a - m)' P (a - m), their own coefficients and starts eliminated (`spreme.likelihood.tied`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.final import EXACT, PRECISE, Estimate
from spreme.likelihood.profile_walk import Held
from spreme.likelihood.shooting.gauss_newton import Prior

Array = NDArray[np.float64]

# Precision at which the coefficient is held, in units of its information: it gives way by 1e-10 of its error.
HELD = 1e10
# Change of the deviance by halving the step of integration which calls for the smaller step; most halvings.
MOVED, FINER = 0.05, 6


class At(NamedTuple):
    """Where a fit is: coefficients (q,), states, and how the others follow the one held (q,)."""

    coef: Array
    states: list[Array]
    response: Array


class Alone:
    """Fits of one environment with one coefficient held.

    Parameters
    ----------
    estimate : Estimate
        Fit of one environment, see `spreme.likelihood.final.finish`.
    position : int
        The coefficient, counted in `np.nonzero(mask)`.
    prior : Prior, optional
        What other environments say about coefficients (q,) that they share, in units of the cost.
    variance : float, optional
        Of the standardised residuals; by default of this environment.
    """

    def __init__(
        self, estimate: Estimate, position: int, prior: Prior | None = None, variance: float | None = None
    ) -> None:
        q = estimate.fit.n_terms
        self.position, self.fit, self.std = position, estimate.fit, float(estimate.std[0, position])
        self.prior = Prior(np.zeros(q), np.zeros((q, q))) if prior is None else prior
        self.variance = max(variance or float(self.fit.cost[0] / self.fit.n_free[0]), 1e-300)
        self.control = EXACT if estimate.problem.is_quiet else PRECISE
        self.evaluator, self.n_finer = Evaluator(estimate.problem, estimate.pieces), 0
        self.size = self.fit.information[0, position, position]
        self.least = self._cost(self.fit)
        self.centre = self._held_at(float(self.fit.coef[0, position]), self.fit, estimate.states)

    def hold(self, near: Held, value: float) -> Held | None:
        """Hold the coefficient at a value, beginning at a neighbour; None where this cannot be fitted."""
        moved = near.at.coef + near.at.response * (value - near.value)
        plain = near.at.coef.copy()
        moved[self.position] = plain[self.position] = value
        fit = self._fit(near, moved)
        if not fit.is_feasible:
            fit = self._fit(near, plain)
        while self.n_finer < FINER and self._is_rough(fit):
            evaluator = self.evaluator
            self.evaluator = Evaluator(evaluator.problem.finer(), evaluator.pieces)
            again = self._fit(near, plain)
            if not (fit.is_feasible or again.is_feasible):  # the law itself leaves the data, not its integration
                self.evaluator = evaluator
                return None
            fit, self.n_finer = again, self.n_finer + 1
        return self._held_at(value, fit, self.evaluator.states(fit, near.at.states)) if fit.is_feasible else None

    def _fit(self, near: Held, coef: Array) -> Fit:
        """Fit from given coefficients (q,), the one in question held."""
        mean, precision = self.prior.mean.copy(), self.prior.precision.copy()
        mean[self.position], precision[self.position] = coef[self.position], 0.0
        precision[:, self.position] = 0.0
        precision[self.position, self.position] = HELD * self.size
        return self.evaluator.fit(self.fit.mask, coef[None], near.at.states, self.control, [Prior(mean, precision)])

    def _is_rough(self, fit: Fit) -> bool:
        """Tell whether half the step of integration would change the deviance of a fit."""
        if not fit.is_feasible:
            return True
        finer = self.evaluator.costs(fit, self.evaluator.problem.finer())
        return not bool(abs(finer[0] - fit.cost[0]) <= MOVED * self.variance)

    def _cost(self, fit: Fit) -> float:
        """Cost of this environment and of the others."""
        apart = fit.coef[0] - self.prior.mean
        return float(fit.cost[0] + apart @ self.prior.precision @ apart)

    def _held_at(self, value: float, fit: Fit, states: list[Array]) -> Held:
        """Look at a fit."""
        deviance = (self._cost(fit) - self.least) / self.variance
        return Held(value, deviance, At(fit.coef[0], states, response(fit.information[0], self.position)))


def response(information: Array, position: int) -> Array:
    """How the other coefficients (q,) follow the one that is held: cov[:, p] / cov[p, p]."""
    others = np.arange(len(information)) != position
    size = np.sqrt(np.diag(information)[others])
    size = np.where(size > 0.0, size, np.inf)
    out = np.ones(len(information))
    inner = information[np.ix_(others, others)] / np.outer(size, size)
    out[others] = -np.linalg.pinv(inner, rcond=1e-12, hermitian=True) @ (information[others, position] / size) / size
    return out
