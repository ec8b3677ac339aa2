"""Options and result of the joint fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.field import Field
from spreme.likelihood.spline.elimination import Weights
from spreme.likelihood.spline.gauss_newton import CONVERGED
from spreme.likelihood.spline.grid import Grid

Array = NDArray[np.float64]

# What is said of a fit that ended as CONVERGED, OUT_OF_STEPS, STALLED, INFEASIBLE.
STATUS = ("converged", "max_iter", "stalled", "infeasible")

# Violation of the law, in units of the noise, that does not matter.
SMALL = 1e-2


@dataclass(frozen=True)
class JointOptions:
    """How to fit jointly.

    Parameters
    ----------
    stages : tuple of float
        Weights rho of the law, one after the other; the last ones are left out where they would change nothing. From a
        good start, such as the fit of a similar law, those from 1e8 on do.
    max_iter : int, default 50
        Gauss-Newton steps at each rho.
    tol : float, default 1e-6
        Fall of the objective per measured value that no longer matters.
    max_step : float, optional
        Longest interval of the first grid; by default 1 / 40 of a trajectory. If states jump between samples, give the
        time that a jump takes.
    accepted_error : float, default 0.005
        Accepted error of the discretisation, added up over a trajectory, in units of the noise.
    refinements : int, default 4
        How often nodes may be added.
    huber : float, default 0
        Size of standardised residuals beyond which they count linearly; 0: never.

    Examples
    --------
    >>> JointOptions(stages=(1e4, 1e8)).tol
    1e-06
    """

    stages: tuple[float, ...] = (1e0, 1e4, 1e8, 1e12)
    max_iter: int = 50
    tol: float = 1e-6
    max_step: float | None = None
    accepted_error: float = 0.005
    refinements: int = 4
    huber: float = 0.0


@dataclass(frozen=True, eq=False)
class JointFit:
    """States and coefficients of one environment, fitted together.

    Attributes
    ----------
    field : Field
        The law.
    coef : ndarray (q,)
        Coefficients.
    states : ndarray (n, S)
        Fitted states at the samples.
    nodes : ndarray (N, S)
        Fitted states at all nodes.
    grid : Grid
        Nodes.
    weights : Weights
        Noise, and how residuals are weighed.
    cost : float
        Sum of squared standardised residuals; infinite if the law is undefined at the first states.
    n_values : int
        Measured values.
    information : ndarray (q, q)
        Information matrix of the coefficients, states eliminated.
    residual : ndarray (S,)
        Root mean square residual of every state, in units of the data.
    defect : float
        What remains of the violation of the law: root of the sum of squared defects, in units of the noise.
    rho : float
        Last weight of the law.
    n_iter : int
        Gauss-Newton steps.
    status : str
        "converged", "max_iter", "stalled" (no step lowers the objective) or "infeasible".
    """

    field: Field
    coef: Array
    states: Array
    nodes: Array
    grid: Grid
    weights: Weights
    cost: float
    n_values: int
    information: Array
    residual: Array
    defect: float
    rho: float
    n_iter: int
    status: str

    @property
    def converged(self) -> bool:
        """Whether the fit came to its end, and the law holds; else its cost is not that of a solution."""
        return self.status == STATUS[CONVERGED] and self.defect < SMALL
