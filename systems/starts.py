"""Laws of initial states; each draws from a Generator or, for the replicas of published data, from a RandomState."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

RandomSource: TypeAlias = np.random.Generator | np.random.RandomState


@dataclass(frozen=True)
class Box:
    """Uniform in a box.

    Attributes
    ----------
    intervals : tuple of (low, high)
        One interval per state.
    """

    intervals: tuple[tuple[float, float], ...]

    def draw(self, rng: RandomSource, n: int) -> NDArray[np.float64]:
        """Draw n initial states, shape (n, S)."""
        low, high = np.array(self.intervals, dtype=np.float64).T
        return rng.uniform(low, high, size=(n, len(low)))


@dataclass(frozen=True)
class StandardNormal:
    """Independent standard normal states.

    Attributes
    ----------
    n_states : int
        Number of states S.
    """

    n_states: int

    def draw(self, rng: RandomSource, n: int) -> NDArray[np.float64]:
        """Draw n initial states, shape (n, S)."""
        return rng.standard_normal(size=(n, self.n_states))


@dataclass(frozen=True)
class Ring:
    """Two states: the direction of 2 N(0, I) - 1, and a distance from the origin uniform in an interval of length 1.

    Attributes
    ----------
    inner : float
        Smallest distance from the origin; the largest is `inner` + 1.
    """

    inner: float

    def draw(self, rng: RandomSource, n: int) -> NDArray[np.float64]:
        """Draw n initial states, shape (n, 2): all directions first, then all distances."""
        directions = 2.0 * rng.standard_normal(size=(n, 2)) - 1.0
        distances = rng.uniform(size=(n, 1)) + self.inner
        return directions / np.sqrt(np.sum(directions**2, axis=1, keepdims=True)) * distances


Starts: TypeAlias = Box | StandardNormal | Ring
