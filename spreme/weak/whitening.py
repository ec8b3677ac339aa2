"""Whitening of weak-form rows: generalised least squares for errors in all states.

The residual of row r under a law f is  - sum_i ( phi_dot[r, i] eps_k,i + phi[r, i] sum_s df_k/dx_s(x_i) eps_s,i ):
noise of the target and, to first order, of the library. Neighbouring windows share samples, so residuals are
correlated; C is banded. Multiplying rows by the inverse of its Cholesky factor makes them independent, of variance one
if the noise is estimated rightly.

References
----------
Bortz, Messenger and Dukic (2023), Direct estimation of parameters in ODE models using WENDy, Bull. Math. Biol. 85.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable
from spreme.weak.kernels import whiten_rows
from spreme.weak.rows import Rows, WeakTrajectory

Array = NDArray[np.float64]

# Relative step of the central differences that give df/dx.
STEP = 1e-5
# Spread assumed of a state that hardly moves, as a share of its size: smaller steps would be all rounding.
LEAST_SPREAD = 1e-3


def whiten(rows: Rows, run: WeakTrajectory, slope: Array, variance: Array, state: int) -> Array:
    """Whiten the rows of one trajectory for the equation of one state.

    Parameters
    ----------
    rows : Rows
        R rows of one window width.
    run : WeakTrajectory
        Their trajectory.
    slope : ndarray (n, S)
        Derivatives of the right-hand side of this state by the states, from `slopes`.
    variance : ndarray (S,)
        Noise variances.
    state : int
        Position of the state.

    Returns
    -------
    ndarray (R, K + 1)
        Whitened library and, last, whitened target.
    """
    out = np.column_stack([rows.theta, rows.target[:, state]])
    whiten_rows(*rows.bumps, np.ascontiguousarray(slope), np.ascontiguousarray(variance), state, out)
    return out


def slopes(table: TermTable, coef: Array, x: Array) -> Array:
    """Derivatives (n, S) of table(x) @ coef by the states, by central differences; 0 where they are not finite."""
    states = x[:, : len(table.state_names)]
    spread = np.maximum(states.max(axis=0) - states.min(axis=0), LEAST_SPREAD * np.abs(states).max(axis=0))
    out = np.zeros(states.shape)
    with np.errstate(all="ignore"):
        for s in np.flatnonzero(spread > 0):
            step = np.zeros(x.shape[1])
            step[s] = STEP * spread[s]
            out[:, s] = (table.evaluate(x + step) - table.evaluate(x - step)) @ coef / (2 * step[s])
    return np.where(np.isfinite(out), out, 0.0)
