"""Rows of the derivative form: library and time derivative at every sample of the smoothed trajectories.

The honest baseline: the error of the derivative is neither white nor known, so rows are thinned by the autocorrelation of the residuals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectory
from spreme.library import TermTable
from spreme.selection.regression import Regression, least_squares
from spreme.smoothing import smooth
from spreme.weak.rows import check_finite

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Share of a trajectory left out at each end, where smoothers have one-sided information only.
MARGIN = 0.03
# Residual variance not believed, as a share of the variance of the derivative.
RESIDUAL_FLOOR = 1e-8


@dataclass(frozen=True, eq=False)
class DerivativeEquations:
    """Library and derivatives of every environment.

    Attributes
    ----------
    table : TermTable
        Library.
    thetas, targets : list of lists of ndarray
        By environment and trajectory: library (n, K) and derivatives (n, S).
    """

    table: TermTable
    thetas: list[list[Array]]
    targets: list[list[Array]]
    levels: tuple[str, ...] = ("derivative",)

    def observed(self) -> Mask:
        """Terms (E, K) that are not zero on all data of an environment."""
        return np.array([np.any([(theta != 0).any(axis=0) for theta in every], axis=0) for every in self.thetas])

    def weighted(self, state: int, level: int, pilot: Mask | None, coef: Array | None = None) -> Regression:
        """Rows of one equation in units of the residuals of the pilot mask, counted by their autocorrelation."""
        thetas = [np.vstack(every) for every in self.thetas]
        targets = [np.concatenate([y[:, state] for y in every]) for every in self.targets]
        n, scale = np.array([float(len(y)) for y in targets]), np.ones(len(targets))
        for e, (theta, y) in enumerate(zip(thetas, targets, strict=True)):
            floor = RESIDUAL_FLOOR * float((y**2).mean())
            residual = y
            if pilot is not None and pilot.any():
                c = least_squares(theta[:, pilot], y).coef if coef is None else coef[e]
                residual = y - theta[:, pilot] @ np.nan_to_num(c)
                parts = np.split(residual, np.cumsum([len(v) for v in self.targets[e]])[:-1])
                n[e] /= max(_correlation_time(part) for part in parts)
            scale[e] = np.sqrt(max(float((residual**2).mean()), floor)) or 1.0
        rows = [theta / s for theta, s in zip(thetas, scale, strict=True)], [y / s for y, s in zip(targets, scale, strict=True)]
        floors = np.array([RESIDUAL_FLOOR * float((y**2).mean()) + 1e-300 for y in rows[1]])
        return Regression(*rows, n, floors)


def derivative_equations(environments: Sequence[Sequence[Trajectory]], table: TermTable, smoother: str) -> DerivativeEquations:
    """Smooth all trajectories and evaluate the library on them.

    Parameters
    ----------
    environments : sequence of sequences of Trajectory
        Trajectories by environment.
    table : TermTable
        Library of K terms.
    smoother : {"auto", "gp", "savgol", "finite_difference"}
        How states and derivatives are estimated.

    Returns
    -------
    DerivativeEquations
        Rows at all samples but the margins.
    """
    thetas: list[list[Array]] = []
    targets: list[list[Array]] = []
    for every in environments:
        pairs = [_rows(run, table, smoother) for run in every]
        thetas.append([theta for theta, _ in pairs])
        targets.append([x_dot for _, x_dot in pairs])
    return DerivativeEquations(table, thetas, targets)


def _rows(run: Trajectory, table: TermTable, smoother: str) -> tuple[Array, Array]:
    """Rows of one trajectory without its margins."""
    smoothed = smooth(run, smoother)
    margin = int(MARGIN * run.n_samples)
    inner = slice(margin, run.n_samples - margin)
    theta = table.evaluate(smoothed.x[inner])
    check_finite(theta, smoothed.x[inner], table, run.index)
    return theta, smoothed.x_dot[inner]


def _correlation_time(residual: Array) -> float:
    """Integrated autocorrelation time in samples, summed to the first negative lag (Geyer's rule on single lags)."""
    z = residual - residual.mean()
    power = float(z @ z)
    if len(z) < 4 or power == 0.0:
        return 1.0
    size = 1 << (2 * len(z) - 1).bit_length()
    spectrum = np.fft.rfft(z, size)
    correlation = np.fft.irfft(spectrum * np.conj(spectrum), size)[: len(z)] / power
    negative = np.flatnonzero(correlation < 0)
    end = int(negative[0]) if len(negative) else len(z)
    return float(1.0 + 2.0 * correlation[1:end].sum())
