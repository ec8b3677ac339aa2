"""Outward from an estimate, a coefficient held further and further off, until the data rule it out; see `profile`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

from scipy.special import ndtri

# Steps per side, in units of those planned; longest step, in units of the one before; halvings of a step that fails.
MOST_STEPS, LONGER, HALVINGS = 4, 2.0, 8
# A side is unbounded beyond this distance from the estimate, in standard errors, or when that many steps in a row, each
# twice as long as the one before, have raised z by less than this share of the limit.
FAR, FLAT_STEPS, FLAT = 1e3, 4, 0.01
# Share of z at the limit to which a crossing is found, and fits that this may take.
CLOSE_ENOUGH, MOST_FITS = 2e-3, 15
# Fall of the deviance below that of the estimate which rounding and unfinished fits do not explain.
BETTER = 0.1


@dataclass(frozen=True, eq=False)
class Held:
    """One fit: value held, deviance from the estimate, and what the next fit begins with."""

    value: float
    deviance: float
    at: Any

    @property
    def z(self) -> float:
        """Root of the deviance, with its sign."""
        return math.copysign(math.sqrt(abs(self.deviance)), self.deviance)


class Fits(Protocol):
    """Fits with one coefficient held: of one environment, or of all that share it."""

    std: float
    centre: Held

    def hold(self, near: Held, value: float) -> Held | None:
        """Hold the coefficient at a value, beginning at a neighbour; None where this cannot be fitted."""
        ...


class Walk:
    """The way to both ends of an interval."""

    def __init__(self, fits: Fits, level: float, n_points: int) -> None:
        self.fits, self.limit, self.n_steps = fits, normal_quantile(level), max(n_points // 2, 2)
        self.centre, self.std = fits.centre, fits.std
        self.better: float | None = None
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

    def _try(self, near: Held, step: float) -> Held | None:
        """Hold the coefficient a step away, or less far where that cannot be fitted."""
        for _ in range(HALVINGS):
            found = self._fit(near, near.value + step)
            if found is not None:
                return found
            step /= 2.0
        return None

    def _fit(self, near: Held, value: float) -> Held | None:
        """Hold the coefficient at a value and keep the fit."""
        found = self.fits.hold(near, value)
        if found is None:
            return None
        if found.deviance < -BETTER:
            self.better = value
        self.points.append(found)
        return found

    def _crossing(self, inside: Held, outside: Held) -> float:
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
