"""Fits with one coefficient held, outward from an estimate until the data rule them out; see `profile`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.final import EXACT, PRECISE, Estimate
from spreme.likelihood.shooting.gauss_newton import Prior

Array = NDArray[np.float64]

# Precision at which the coefficient is held, in units of its information: it gives way by 1e-10 of its error.
HELD = 1e10
# Steps per side, in units of those planned; longest step, in units of the one before; halvings of a step that fails.
MOST_STEPS, LONGER, HALVINGS = 4, 2.0, 8
# A side is unbounded beyond this distance from the estimate, in standard errors, or when that many steps in a row, each
# twice as long as the one before, have raised z by less than this share of the limit.
FAR, FLAT_STEPS, FLAT = 1e3, 4, 0.01
# Change of the deviance by halving the step of integration which calls for the smaller step; most halvings.
MOVED, FINER = 0.05, 6
# Share of z at the limit to which a crossing is found, and fits that this may take.
CLOSE_ENOUGH, MOST_FITS = 2e-3, 15
# Fall of the deviance below that of the estimate which rounding and unfinished fits do not explain.
BETTER = 0.1


@dataclass(frozen=True, eq=False)
class Point:
    """One fit: value held, z of its deviance, coefficients (q,), states, and how the others follow the one held."""

    value: float
    z: float
    coef: Array
    states: list[Array]
    information: Array
    response: Array


class Walk:
    """Fits with one coefficient held, around an estimate of one environment."""

    def __init__(self, estimate: Estimate, position: int, level: float, n_points: int) -> None:
        self.position, self.limit, self.n_steps = position, normal_quantile(level), max(n_points // 2, 2)
        self.control = EXACT if estimate.problem.is_quiet else PRECISE
        self.evaluator = Evaluator(estimate.problem, estimate.pieces)
        self.fit, self.std = estimate.fit, float(estimate.std[0, position])
        self.variance = float(self.fit.cost[0] / self.fit.n_free[0])
        self.better: float | None = None
        self.n_finer = 0
        self.centre = self._point(self.fit, float(self.fit.coef[0, position]), estimate.states)
        self.points = [self.centre]

    def side(self, sign: float) -> tuple[float, str]:
        """Walk to one side: the end of the interval and what is special about it, or an empty text."""
        last, step, word = self.centre, self.limit / self.n_steps * self.std, "above" if sign > 0 else "below"
        n_flat = 0
        for _ in range(MOST_STEPS * self.n_steps):
            found = self._try(last, sign * step)
            if found is None:
                return last.value, f"the law cannot be integrated over the data {word} {last.value:.6g}"
            taken, gained = abs(found.value - last.value), found.z - last.z
            if found.z >= self.limit:
                return self._crossing(last, found), ""
            wanted = min(self.limit / self.n_steps, self.limit - found.z + CLOSE_ENOUGH * self.limit)
            step = min(LONGER * taken, taken * wanted / gained) if gained > 0.0 else LONGER * taken
            last, n_flat = found, n_flat + 1 if gained < FLAT * self.limit else 0
            if n_flat == FLAT_STEPS or abs(last.value - self.centre.value) > FAR * self.std:
                break
        return sign * math.inf, (
            f"the data do not bound the coefficient from {word}: at {last.value:.4g} the deviance is only "
            f"{max(last.z, 0.0) ** 2:.3g}"
        )

    def _try(self, near: Point, step: float) -> Point | None:
        """Hold the coefficient a step away, or less far where that cannot be fitted."""
        for _ in range(HALVINGS):
            found = self._fit(near, near.value + step)
            if found is not None:
                return found
            step /= 2.0
        return None

    def _fit(self, near: Point, value: float) -> Point | None:
        """Hold the coefficient at a value, beginning at a neighbour; None where this cannot be fitted."""
        moved = near.coef + near.response * (value - near.value)
        plain = near.coef.copy()
        moved[self.position] = plain[self.position] = value
        fit = self._held(near, moved)
        if not fit.is_feasible:
            fit = self._held(near, plain)
        while self.n_finer < FINER and self._is_rough(fit):
            evaluator = self.evaluator
            self.evaluator = Evaluator(evaluator.problem.finer(), evaluator.pieces)
            again = self._held(near, plain)
            if not (fit.is_feasible or again.is_feasible):  # the law itself leaves the data, not its integration
                self.evaluator = evaluator
                return None
            fit, self.n_finer = again, self.n_finer + 1
        if not fit.is_feasible:
            return None
        self.points.append(self._point(fit, value, self.evaluator.states(fit, near.states)))
        return self.points[-1]

    def _held(self, near: Point, coef: Array) -> Fit:
        """Fit from given coefficients (q,), the one in question held."""
        precision = np.zeros(near.information.shape)
        precision[self.position, self.position] = HELD * near.information[self.position, self.position]
        return self.evaluator.fit(self.fit.mask, coef[None], near.states, self.control, [Prior(coef, precision)])

    def _is_rough(self, fit: Fit) -> bool:
        """Tell whether half the step of integration would change the deviance of a fit."""
        if not fit.is_feasible:
            return True
        finer = self.evaluator.costs(fit, self.evaluator.problem.finer())
        return not bool(abs(finer[0] - fit.cost[0]) <= MOVED * max(self.variance, 1e-300))

    def _point(self, fit: Fit, value: float, states: list[Array]) -> Point:
        """Look at a fit."""
        deviance = float(fit.cost[0] - self.fit.cost[0]) / max(self.variance, 1e-300)
        if deviance < -BETTER:
            self.better = value
        information = fit.information[0]
        z = math.copysign(math.sqrt(abs(deviance)), deviance)
        return Point(value, z, fit.coef[0], states, information, _response(information, self.position))

    def _crossing(self, inside: Point, outside: Point) -> float:
        """Find where z meets the limit between two points (regula falsi, Illinois)."""
        low, high = inside.z - self.limit, outside.z - self.limit
        value = outside.value
        for _ in range(MOST_FITS):
            value = (inside.value * high - outside.value * low) / (high - low)
            near = inside if abs(value - inside.value) < abs(value - outside.value) else outside
            found = self._fit(near, value)
            if found is None or abs(found.z - self.limit) < CLOSE_ENOUGH * self.limit:
                break
            if found.z < self.limit:
                inside, low, high = found, found.z - self.limit, high / 2.0
            else:
                outside, high, low = found, found.z - self.limit, low / 2.0
        return value


def normal_quantile(level: float) -> float:
    """Half width of the interval of a standard normal variable: the root of the quantile of chi2 with one degree."""
    return float(ndtri(0.5 + 0.5 * level))


def _response(information: Array, position: int) -> Array:
    """How the other coefficients (q,) follow the one that is held: cov[:, p] / cov[p, p]."""
    others = np.arange(len(information)) != position
    size = np.sqrt(np.diag(information)[others])
    size = np.where(size > 0.0, size, np.inf)
    out = np.ones(len(information))
    inner = information[np.ix_(others, others)] / np.outer(size, size)
    out[others] = -np.linalg.pinv(inner, rcond=1e-12, hermitian=True) @ (information[others, position] / size) / size
    return out
