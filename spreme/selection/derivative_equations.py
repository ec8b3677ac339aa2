"""Rows of the derivative form: library and time derivative at every sample of the smoothed trajectories.

The honest baseline: the error of the derivative is neither white nor known, so rows are thinned by the autocorrelation
of the residuals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectory
from spreme.library import TermTable
from spreme.selection.correlation import correlation_time
from spreme.selection.regression import Regression, least_squares
from spreme.smoothing import Smooth, smooth_all
from spreme.weak.rows import check_finite

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Share of a trajectory left out at each end, where smoothers have one-sided information only.
MARGIN = 0.03
# Smallest residual variance, as a share of the mean square of the derivative.
SMALLEST = 1e-8
# Residual variance not believed, in units of that of the pilot: a smoother's bias is systematic, and terms would fit
# it.
RESIDUAL_FLOOR = 3.0


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

    @property
    def n_rows(self) -> list[int]:
        """Number of rows of every environment."""
        return [sum(len(theta) for theta in every) for every in self.thetas]

    def split(self) -> DerivativeEquations:
        """Return the same rows with every trajectory as an environment of its own."""
        thetas = [[theta] for every in self.thetas for theta in every]
        return DerivativeEquations(self.table, thetas, [[target] for every in self.targets for target in every])

    def weighted(self, state: int, level: int, pilot: Mask | None, coef: Array | None = None) -> Regression:
        """Rows of one equation in units of the residuals of the pilot mask, counted by their autocorrelation."""
        thetas = [np.vstack(every) for every in self.thetas]
        targets = [np.concatenate([y[:, state] for y in every]) for every in self.targets]
        n, scale = np.array([float(len(y)) for y in targets]), np.ones(len(targets))
        for e, (theta, y) in enumerate(zip(thetas, targets, strict=True)):
            floor = SMALLEST * float((y**2).mean())
            residual = y
            if pilot is not None and pilot.any():
                c = least_squares(theta[:, pilot], y).coef if coef is None else coef[e]
                residual = y - theta[:, pilot] @ np.nan_to_num(c)
                parts = np.split(residual, np.cumsum([len(v) for v in self.targets[e]])[:-1])
                n[e] /= correlation_time(parts)
            scale[e] = np.sqrt(max(float((residual**2).mean()), floor)) or 1.0
        rows = (
            [theta / s for theta, s in zip(thetas, scale, strict=True)],
            [y / s for y, s in zip(targets, scale, strict=True)],
        )
        floors = np.full(len(n), RESIDUAL_FLOOR)
        return Regression(*rows, n, floors)


def derivative_equations(
    environments: Sequence[Sequence[Trajectory]], table: TermTable, smoother: str
) -> DerivativeEquations:
    """Smooth all trajectories and evaluate the library on them.

    Parameters
    ----------
    environments : sequence of sequences of Trajectory
        Trajectories by environment.
    table : TermTable
        Library of K terms.
    smoother : {"auto", "gp", "savgol", "finite_difference", "inr", "meta_inr"}
        How states and derivatives are estimated; "meta_inr" learns from all trajectories at once.

    Returns
    -------
    DerivativeEquations
        Rows at all samples but the margins.
    """
    smooths = iter(smooth_all([run for every in environments for run in every], smoother))
    thetas: list[list[Array]] = []
    targets: list[list[Array]] = []
    for every in environments:
        pairs = [_rows(run, next(smooths), table) for run in every]
        thetas.append([theta for theta, _ in pairs])
        targets.append([x_dot for _, x_dot in pairs])
    return DerivativeEquations(table, thetas, targets)


def _rows(run: Trajectory, smoothed: Smooth, table: TermTable) -> tuple[Array, Array]:
    """Rows of one trajectory without its margins."""
    measured = np.column_stack([run.x, run.inputs])[~run.missing.any(axis=1)]
    check_finite(table.evaluate(measured), measured, table, run.index)
    margin = int(MARGIN * run.n_samples)
    inner = slice(margin, run.n_samples - margin)
    columns = np.column_stack([smoothed.x, run.inputs])[inner]
    theta = table.evaluate(columns)
    check_finite(theta, columns, table, run.index)
    return theta, smoothed.x_dot[inner]
