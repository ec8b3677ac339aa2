"""All weak-form rows of a data set, and the regressions of single equations made from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectory
from spreme.library import TermTable
from spreme.selection.correlation import correlation_time
from spreme.selection.regression import Regression, least_squares
from spreme.weak import Rows, WeakTrajectory, prepare, rows, whiten
from spreme.weak.bumps import LADDER
from spreme.weak.rows import Windows
from spreme.weak.whitening import slopes

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Smallest noise believed, as a share of a state's standard deviation: below it quadrature and integration errors rule.
NOISE_FLOOR = 1e-4
# Residual variance not believed, in units of the noise: rows are linearised in the noise, so an exact law leaves more
# than the noise alone.
RESIDUAL_FLOOR = 3.0
# Residuals this many times the noise are a misfit of the law: neighbouring rows then repeat the same error and count as
# fewer.
MISFIT = 3.0


@dataclass(frozen=True, eq=False)
class WeakEquations:
    """Rows of all trajectories at all window widths.

    Attributes
    ----------
    table : TermTable
        Library.
    runs : list over environments of lists of WeakTrajectory
        Prepared trajectories.
    rows : list over environments of lists over trajectories of lists of Rows
        One entry per window width.
    sigma : ndarray (E, S)
        Noise used for weights, floored.
    """

    table: TermTable
    runs: list[list[WeakTrajectory]]
    rows: list[list[list[Rows]]]
    sigma: Array

    @cached_property
    def used(self) -> tuple[int, ...]:
        """Positions in the ladder of the window widths that have rows."""
        return tuple(i for i in range(len(LADDER)) if any(len(own[i].theta) for every in self.rows for own in every))

    @property
    def levels(self) -> tuple[str, ...]:
        """Names of the window widths that have rows."""
        return tuple(f"window {100 * LADDER[i]:g} %" for i in self.used)

    @property
    def n_rows(self) -> list[int]:
        """Number of rows of every environment, over all window widths."""
        return [sum(len(own.theta) for run in every for own in run) for every in self.rows]

    def split(self) -> WeakEquations:
        """Return the same rows with every trajectory as an environment of its own."""
        owner = [e for e, every in enumerate(self.runs) for _ in every]
        runs = [[run] for every in self.runs for run in every]
        return WeakEquations(self.table, runs, [[own] for every in self.rows for own in every], self.sigma[owner])

    def weighted(self, state: int, level: int, pilot: Mask | None, coef: Array | None = None) -> Regression:
        """Rows of one equation and window width, whitened for a pilot mask (None: only scaled).

        The pilot's coefficients (E, s) are fitted to the rows unless given.
        """
        n_terms = self.table.n_terms
        parts = [np.vstack([np.zeros((0, n_terms + 1)), *self._plain(e, state, level)]) for e in range(len(self.rows))]
        if pilot is not None:
            used = self.table.subset(pilot) if pilot.any() else None
            for e, own in enumerate(parts):
                law = least_squares(own[:, :-1][:, pilot], own[:, -1]).coef if coef is None else coef[e]
                parts[e] = np.vstack(
                    [np.zeros((0, n_terms + 1)), *self._whitened(e, state, level, used, np.nan_to_num(law))]
                )
        sizes = np.array([float(len(own)) for own in parts])
        if pilot is not None:
            sizes /= [self._correlation(e, level, own[:, :-1][:, pilot], own[:, -1]) for e, own in enumerate(parts)]
        return Regression(
            [own[:, :-1] for own in parts], [own[:, -1] for own in parts], sizes, np.full(len(parts), RESIDUAL_FLOOR)
        )

    def _correlation(self, e: int, level: int, theta: Array, target: Array) -> float:
        """Autocorrelation time of the residuals of a pilot in one environment where they exceed the noise, else 1."""
        left = target - theta @ np.nan_to_num(least_squares(theta, target).coef)
        if len(left) == 0 or (left @ left) <= MISFIT**2 * len(left):
            return 1.0
        ends = np.cumsum([len(own[self.used[level]].theta) for own in self.rows[e]])
        return correlation_time(np.split(left, ends[:-1]))

    def _plain(self, e: int, state: int, level: int) -> list[Array]:
        """Rows of every trajectory of an environment in units of the noise."""
        every = [own[self.used[level]] for own in self.rows[e]]
        return [np.column_stack([r.theta, r.target[:, state]]) / self.sigma[e, state] for r in every]

    def _whitened(self, e: int, state: int, level: int, used: TermTable | None, coef: Array) -> list[Array]:
        """Rows of every trajectory of an environment, whitened for a law."""
        variance = (self.sigma[e] / self.sigma[e, state]) ** 2
        out = []
        for run, own in zip(self.runs[e], self.rows[e], strict=True):
            slope = np.zeros((len(run.x), run.n_states)) if used is None else slopes(used, coef, run.x)
            out.append(whiten(own[self.used[level]], run, slope, variance, state) / self.sigma[e, state])
        return out


def weak_equations(environments: Sequence[Sequence[Trajectory]], table: TermTable, noise: Array) -> WeakEquations:
    """Integrate all trajectories.

    Parameters
    ----------
    environments : sequence of sequences of Trajectory
        Trajectories by environment.
    table : TermTable
        Library of K terms.
    noise : ndarray (E, S)
        Estimated standard deviations of the noise.

    Returns
    -------
    WeakEquations
        Rows at all window widths.
    """
    runs = [[prepare(run, own) for run in every] for every, own in zip(environments, noise, strict=True)]
    windows: Windows = {}
    made = [[rows(run, table, windows) for run in every] for every in runs]
    return WeakEquations(table, runs, made, floored(noise, environments))


def floored(noise: Array, environments: Sequence[Sequence[Trajectory]]) -> Array:
    """Noise (E, S), at least a small share of the spread of each state."""
    spread = np.array([np.nanstd(np.vstack([run.x for run in every]), axis=0) for every in environments])
    size = np.array([np.nanmax(np.abs(np.vstack([run.x for run in every])), axis=0) for every in environments])
    spread = np.maximum(spread, 1e-3 * spread.mean(axis=0))
    spread = np.where(spread > 0, spread, np.maximum(size, size.max(axis=0) * 1e-3))
    return np.maximum(noise, NOISE_FLOOR * np.where(spread > 0, spread, 1.0))
