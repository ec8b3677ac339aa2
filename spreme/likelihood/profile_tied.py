"""Fits of all environments with a coefficient that they share held at one value.

D(v) = [min over the other shared coefficients, own coefficients and starts of sum_e cost_e(a_p = v)
        - sum_e cost_e(a)] / s2,      s2 the variance of the standardised residuals of all environments
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.engines import engine
from spreme.likelihood.evaluation import Fit
from spreme.likelihood.profile_alone import FINER, MOVED, response
from spreme.likelihood.profile_walk import Held
from spreme.likelihood.reduced import reduced_model
from spreme.likelihood.tied import Tied, descend

Array = NDArray[np.float64]


class At(NamedTuple):
    """Where a fit is: the fit, its states, and how the other shared coefficients follow the one held (p,)."""

    fit: Fit
    states: list[Array]
    response: Array


class Together:
    """Fits of all environments with one shared coefficient held.

    Parameters
    ----------
    tied : Tied
        The joint fit.
    position : int
        The coefficient, counted in `np.nonzero(mask)`; it is tied.
    """

    def __init__(self, tied: Tied, position: int) -> None:
        estimate, self.which = tied.estimate, tied.which
        self.held = (np.arange(len(tied.which)) == position)[tied.which]
        self.evaluator, self.n_finer = engine(estimate.problem, estimate.pieces, None, jointly=False), 0
        self.std = float(np.nanmax(estimate.std[:, position]))
        fit = estimate.fit
        self.least, self.variance = float(fit.cost.sum()), max(float(fit.cost.sum() / fit.n_free.sum()), 1e-300)
        self.centre = self._held_at(float(fit.coef[0, position]), fit, estimate.states)

    def hold(self, near: Held, value: float) -> Held | None:
        """Hold the coefficient at a value, beginning at a neighbour; None where this cannot be fitted."""
        before = near.at.fit.coef[0, self.which]
        plain = np.where(self.held, value, before)
        moved = np.where(self.held, value, before + near.at.response * (value - near.value))
        fit = self._fit(near, moved) or self._fit(near, plain)
        while self.n_finer < FINER and (fit is None or self._is_rough(fit)):
            evaluator = self.evaluator
            self.evaluator = engine(evaluator.problem.finer(), evaluator.pieces, None, jointly=False)
            again = self._fit(near, plain)
            if again is None and fit is None:  # the law itself leaves the data, not its integration
                self.evaluator = evaluator
                return None
            fit, self.n_finer = again, self.n_finer + 1
        return None if fit is None else self._held_at(value, fit, self.evaluator.states(fit, near.at.states))

    def _fit(self, near: Held, shared: Array) -> Fit | None:
        """Fit from given shared coefficients (p,), the one in question held."""
        return descend(self.evaluator, near.at.fit, near.at.states, self.which, self.held, shared)

    def _is_rough(self, fit: Fit) -> bool:
        """Tell whether half the step of integration would change the deviance of a fit."""
        finer = self.evaluator.costs(fit, self.evaluator.problem.finer())
        return not bool(abs(float(finer.sum() - fit.cost.sum())) <= MOVED * self.variance)

    def _held_at(self, value: float, fit: Fit, states: list[Array]) -> Held:
        """Look at a fit."""
        information = reduced_model(self.evaluator, fit, self.which).information.sum(axis=0)
        others = response(information, int(np.flatnonzero(self.held)[0]))
        return Held(value, (float(fit.cost.sum()) - self.least) / self.variance, At(fit, states, others))
