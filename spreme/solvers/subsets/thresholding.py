"""Sequentially thresholded least squares on the norms of groups.

From the ridge fit of all terms on: drop every group whose root mean square coefficient over environments (of unit
columns) falls below alpha, fit the rest anew, until nothing is dropped. Each alpha starts from all terms.

References
----------
Brunton, Proctor and Kutz (2016), Discovering governing equations from data by sparse identification of nonlinear
dynamical systems, PNAS 113. Rudy, Alla, Brunton and Kutz (2019), Data-driven identification of parametric partial
differential equations, SIAM J. Appl. Dyn. Syst. 18 (thresholding of groups).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotrs

from spreme.penalties import STLSQ
from spreme.solvers.equation import Equation, Solutions

Array = NDArray[np.float64]

# Pivots below this share of the diagonal are rounding.
SINGULAR = 1e-12


def solve_thresholded(equation: Equation, penalty: STLSQ, alphas: Array) -> Solutions:
    """Fixed points for all thresholds.

    Parameters
    ----------
    equation : Equation
        One state.
    penalty : STLSQ
        Its ridge.
    alphas : ndarray (A,)
        Thresholds.

    Returns
    -------
    Solutions
        With gap and violation NaN: no objective is minimised.
    """
    fits: dict[bytes, Array] = {}
    everything = np.ones(equation.cross.shape[1], bool)
    coefs, masks = np.zeros((len(alphas), *equation.cross.shape)), np.zeros((len(alphas), len(everything)), bool)
    n_iter = np.zeros(len(alphas), int)
    for a, alpha in enumerate(alphas):
        mask = everything
        while True:
            n_iter[a] += 1
            fit = _fit(equation, penalty.ridge, mask, fits)
            kept = mask & (rms(equation, fit) >= alpha)[equation.label]
            if (kept == mask).all():
                break
            mask = kept
        coefs[a], masks[a] = fit / equation.scale, mask & fit.any(axis=0)
    nothing = np.full(len(alphas), np.nan)
    return Solutions(coefs, masks, nothing, nothing, n_iter, ["converged"] * len(alphas))


def largest_rms(equation: Equation, penalty: STLSQ) -> float:
    """Threshold just above the largest root mean square coefficient of the fit of all terms: nothing is left."""
    return float(rms(equation, ridge_fit(equation, penalty.ridge)).max()) * (1 + 1e-9)


def rms(equation: Equation, coef: Array) -> Array:
    """Root mean square (m,) over environments of the coefficients of every group."""
    return equation.norms(coef) / np.sqrt(len(coef))


def ridge_fit(equation: Equation, ridge: float, mask: NDArray[np.bool_] | None = None) -> Array:
    """Least squares (E, K) with a ridge on unit columns; a column that is zero gets the coefficient zero."""
    columns = np.arange(len(equation.scale)) if mask is None else np.flatnonzero(mask)
    coef = np.zeros_like(equation.cross)
    for e, gram in enumerate(equation.gram):
        seen = columns[np.diagonal(gram)[columns] > 0]
        own = gram[np.ix_(seen, seen)].copy()
        own[np.diag_indices_from(own)] += ridge
        coef[e, seen] = _solve(own, equation.cross[e, seen])
    return coef


def _solve(gram: Array, cross: Array) -> Array:
    """Solution of a symmetric system: by Cholesky, or where it is singular to rounding the one of least norm."""
    if len(gram) == 0:
        return cross
    factor, singular = dpotrf(gram, lower=1)
    if not singular and (np.diagonal(factor) ** 2 > SINGULAR * np.diagonal(gram)).all():
        return dpotrs(factor, cross, lower=1)[0]
    values, vectors = np.linalg.eigh(gram)
    keep = values > 1e-13 * values.max(initial=0.0)
    solution: Array = vectors[:, keep] @ ((vectors[:, keep].T @ cross) / values[keep])
    return solution


def _fit(equation: Equation, ridge: float, mask: NDArray[np.bool_], fits: dict[bytes, Array]) -> Array:
    """The fit of a mask, computed once."""
    key = mask.tobytes()
    if key not in fits:
        fits[key] = ridge_fit(equation, ridge, mask)
    return fits[key]
