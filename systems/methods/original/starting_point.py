"""Where training starts: per-environment STLSQ, its two settings chosen by rollouts of the validation data.

    x' ~ theta coef,  ridge regression with alpha, terms with |coef| < threshold removed, again until nothing changes

The derivative is that of the published set-up, smoothed finite differences: a cubic fitted to 5 samples around each,
then central differences. On a regular grid the smoother is the filter of Savitzky and Golay.

References
----------
S. L. Brunton, J. L. Proctor, J. N. Kutz, Discovering governing equations from data by sparse identification of
nonlinear dynamical systems, PNAS 113, 2016.
"""

from __future__ import annotations

from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from systems.methods.original.lanes import Recording
from systems.methods.original.losses import rollout_loss
from systems.methods.original.material import Material
from systems.methods.original.tape import record

Array = NDArray[np.float64]

THRESHOLDS = (0.1, 0.05, 0.01)
ALPHAS = (1.0, 0.5, 0.1, 0.05)
WINDOW, DEGREE = 5, 3
MOST_ROUNDS = 20


def starting_coefficients(material: Material) -> Array:
    """Choose thresholded least squares in every environment.

    Parameters
    ----------
    material : Material
        Data.

    Returns
    -------
    ndarray, shape (E, S, K)
        Coefficients of the terms as they are, not scaled.
    """
    systems = [_triangular(material, e) for e in range(material.n_environments)]
    shape = len(material.table.state_names), material.table.n_terms
    tape = record(material.table, np.ones(shape, dtype=np.bool_))
    best, coef = np.full(material.n_environments, np.inf), np.zeros((material.n_environments, *shape))
    for threshold, alpha in product(THRESHOLDS, ALPHAS):
        found = np.stack([threshold_least_squares(*system, threshold, alpha) for system in systems])
        loss = rollout_loss(tape, material.validation, np.ascontiguousarray(found.reshape(len(found), -1)))
        better = loss < best
        coef[better], best[better] = found[better], loss[better]
    return coef


def threshold_least_squares(theta: Array, target: Array, threshold: float, alpha: float) -> Array:
    """Fit sparse coefficients to derivatives.

    Parameters
    ----------
    theta : ndarray, shape (n, K)
        Terms.
    target : ndarray, shape (n, S)
        Derivatives of the states.
    threshold : float
        Smallest absolute coefficient.
    alpha : float
        Strength of the ridge while terms are chosen; the last fit has none.

    Returns
    -------
    ndarray, shape (S, K)
        Coefficients.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 9)
    >>> threshold_least_squares(np.column_stack([x, x**2]), 2 * x[:, None], 0.1, 0.05).round(6) + 0.0
    array([[2., 0.]])
    """
    coef = np.zeros((target.shape[1], theta.shape[1]))
    for s, values in enumerate(target.T):
        kept = np.ones(theta.shape[1], dtype=np.bool_)
        for _ in range(MOST_ROUNDS):
            large = np.zeros_like(kept)
            large[kept] = np.abs(_ridge(theta[:, kept], values, alpha)) >= threshold
            if (large == kept).all():
                break
            kept = large
        coef[s, kept] = _ridge(theta[:, kept], values, 0.0)
    return coef


def _ridge(theta: Array, target: Array, alpha: float) -> Array:
    """Least squares with alpha times the squared norm of the coefficients."""
    rows = np.vstack([theta, np.sqrt(alpha) * np.eye(theta.shape[1])])
    found: Array = np.linalg.lstsq(rows, np.concatenate([target, np.zeros(theta.shape[1])]), rcond=None)[0]
    return found


def _triangular(material: Material, position: int) -> tuple[Array, Array]:
    """Terms and derivatives of one environment, rotated into a system of at most K + S rows: the same least squares."""
    own = [one for one in material.recordings if one.position == position]
    theta = np.vstack([material.table.evaluate(np.hstack([one.x, one.u])) for one in own])
    rows = np.hstack([theta, np.vstack([_derivative(one) for one in own])])
    rotated = np.asarray(np.linalg.qr(rows, mode="r"))
    return rotated[:, : theta.shape[1]], rotated[:, theta.shape[1] :]


def _derivative(one: Recording) -> Array:
    """Central differences of the smoothed states, one-sided ones of the same order at the ends."""
    n = len(one.t)
    width, smooth = min(WINDOW, n), np.empty_like(one.x)
    for i in range(n):
        first = min(max(i - width // 2, 0), n - width)
        near = slice(first, first + width)
        t = (one.t[near] - one.t[i]) / (one.t[first + width - 1] - one.t[first])
        powers = np.vander(t, min(DEGREE + 1, width))
        smooth[i] = np.linalg.lstsq(powers, one.x[near], rcond=None)[0][-1]
    edge_order: Literal[1, 2] = 2 if n > 2 else 1
    slopes: Array = np.gradient(smooth, one.t, axis=0, edge_order=edge_order)
    return slopes
