"""The problem that the likelihood poses: measured trajectories, library, noise, and how finely to integrate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectory
from spreme.library import TermTable
from spreme.likelihood.recording import Recording, record
from spreme.likelihood.shooting.schemes import Scheme, accurate, classical

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Smallest noise believed, as a share of a state's spread: below it errors of integration would pass for terms.
NOISE_FLOOR = 1e-4
# Relative noise below which the scheme of high order is worth its stages.
QUIET = 2e-3
# Solutions that leave this many times the largest measured value are lost.
BOUND = 50.0


@dataclass(frozen=True, eq=False)
class Problem:
    """Measured trajectories of E environments and the library that is to describe them.

    Attributes
    ----------
    recordings : tuple of Recording
        One per environment.
    table : TermTable
        Library of K terms over states and inputs.
    allowed, required : ndarray (S, K) of bool
        Terms that equations may, and must, have.
    sd : ndarray (E, S)
        Standard deviation of the noise.
    floor : ndarray (E, S)
        Smallest noise believed.
    longest : ndarray (E,)
        Longest step of integration.
    scheme : Scheme
        Of the integration.
    frozen : ndarray (E, S) of bool
        States that never change in an environment (an absent species): it says nothing about their equations.
    huber : float
        Size of standardised residuals beyond which they count linearly; 0: never.
    n_jobs : int
        Threads over environments and masks.
    """

    recordings: tuple[Recording, ...]
    table: TermTable
    allowed: Mask
    required: Mask
    sd: Array
    floor: Array
    longest: Array
    scheme: Scheme
    frozen: Mask
    huber: float = 0.0
    n_jobs: int = 1

    @property
    def n_environments(self) -> int:
        """Number of environments E."""
        return len(self.recordings)

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return int(self.sd.shape[1])

    @cached_property
    def n_values(self) -> Array:
        """Measured values of every environment (E,), those of states that never change not counted; at least 1."""
        seen = np.array([np.isfinite(own.y).sum(axis=0) for own in self.recordings])
        return np.maximum(np.where(self.frozen, 0, seen).sum(axis=1), 1).astype(np.float64)

    def silent(self, terms: Mask, e: int) -> Mask:
        """Which coefficients of the terms (q,) environment e says nothing about: those of states that never change."""
        return self.frozen[e][np.nonzero(terms)[0]]

    @cached_property
    def bound(self) -> tuple[float, ...]:
        """States of every environment beyond which a solution counts as lost."""
        return tuple(max(BOUND * float(np.nanmax(np.abs(own.y))), 1e-300) for own in self.recordings)

    @cached_property
    def n_samples(self) -> int:
        """Measured samples of the longest trajectory."""
        return max(int(own.n_measured.max()) for own in self.recordings)

    @property
    def is_quiet(self) -> bool:
        """Whether no environment shows noise above the floor."""
        return bool((self.sd <= 1.01 * self.floor).all())

    def with_noise(self, sd: Array) -> Problem:
        """The same problem with other noise, at least the floor."""
        return replace(self, sd=np.maximum(sd, self.floor))

    def only(self, environments: Sequence[int]) -> Problem:
        """The problem of some environments."""
        kept = np.asarray(environments, dtype=np.int64)
        return replace(
            self,
            recordings=tuple(self.recordings[e] for e in kept),
            sd=self.sd[kept],
            floor=self.floor[kept],
            longest=self.longest[kept],
            frozen=self.frozen[kept],
        )

    def finer(self, which: Mask | None = None) -> Problem:
        """The same problem with half the step, in the environments `which` (E,) (None: in all)."""
        half = np.where(True if which is None else which, 0.5, 1.0)
        return replace(self, longest=self.longest * half)


def pose(
    environments: Sequence[Sequence[Trajectory]],
    table: TermTable,
    allowed: Mask,
    required: Mask,
    noise: Array,
    *,
    huber: float = 0.0,
    n_jobs: int = 1,
) -> Problem:
    """Pose the problem.

    Parameters
    ----------
    environments : sequence of sequences of Trajectory
        Trajectories by environment.
    table : TermTable
        Library.
    allowed, required : ndarray (S, K) of bool
        Restrictions.
    noise : ndarray (E, S)
        First estimate of the noise.
    huber : float, default 0
        See `Problem`.
    n_jobs : int, default 1
        Threads.

    Returns
    -------
    Problem
        With steps of the median sampling interval.
    """
    recordings = tuple(record(every) for every in environments)
    floor = NOISE_FLOOR * spread(recordings)
    sd = np.maximum(noise, floor)
    quiet = bool((sd <= QUIET / NOISE_FLOOR * floor).any())
    longest = np.array([_interval(own) for own in recordings])
    scheme = accurate() if quiet else classical()
    frozen = np.array([np.nanmax(own.y, axis=0) == np.nanmin(own.y, axis=0) for own in recordings])
    return Problem(recordings, table, allowed, required, sd, floor, longest, scheme, frozen, huber, n_jobs)


def spread(recordings: Sequence[Recording]) -> Array:
    """Standard deviation of each state (E, S), at least a small share of the others' and of its size."""
    own = np.array([np.nanstd(recording.y, axis=0) for recording in recordings])
    size = np.array([np.nanmax(np.abs(recording.y), axis=0) for recording in recordings])
    own = np.maximum(own, 1e-3 * own.mean(axis=0))
    moves = own > 1e-10 * size.max(axis=0)  # else the standard deviation of a constant is rounding
    own = np.where(moves, own, np.maximum(size, 1e-3 * size.max(axis=0)))
    return np.where(own > 0, own, 1.0)


def _interval(recording: Recording) -> float:
    """Median time between neighbouring samples."""
    steps = np.diff(recording.t)
    inner = np.ones(len(steps), bool)
    inner[recording.bounds[1:-1] - 1] = False
    return float(np.median(steps[inner])) if inner.any() else 1.0
