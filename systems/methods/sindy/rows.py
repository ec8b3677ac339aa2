"""Regression rows: terms and derivatives of smoothed recordings, and what is done with rows of any origin.

Smoothing and differentiation are PySINDy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lstsq

from spreme.library import TermTable
from systems.methods.sindy.recordings import Recording

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Rows(NamedTuple):
    """Regression: terms (m, K), derivatives (m, S), rms of states and of derivatives (S,)."""

    theta: Array
    x_dot: Array
    x_rms: Array
    x_dot_rms: Array


def pointwise(runs: Sequence[Recording], table: TermTable, window: float) -> Rows:
    """Terms and derivatives at all samples of runs, smoothed over `window` samples; 0: not at all."""
    return joined([smooth(run, window) for run in runs], [run.u for run in runs], table)


def joined(smoothed: Sequence[tuple[Array, Array]], inputs: Sequence[Array], table: TermTable) -> Rows:
    """Rows of states and derivatives of every run, and of its inputs."""
    x, x_dot = (np.vstack(parts) for parts in zip(*smoothed, strict=True))
    return Rows(table.evaluate(np.hstack([x, np.vstack(inputs)])), x_dot, root_mean_square(x), root_mean_square(x_dot))


def smooth(run: Recording, window: float) -> tuple[Array, Array]:
    """Smoothed states and their derivatives by PySINDy."""
    from pysindy import FiniteDifference, SmoothedFiniteDifference

    longest = len(run.t) - 1 + len(run.t) % 2
    options = {"window_length": min(int(window), longest), "polyorder": 3}
    method = SmoothedFiniteDifference(smoother_kws=options) if window else FiniteDifference()
    x_dot = np.asarray(method._differentiate(run.x, run.t))
    return (np.asarray(method.smoothed_x_) if window else run.x), x_dot


def smoothed_states(run: Recording, window: float) -> Array:
    """Smoothed states alone."""
    return smooth(run, window)[0]


def reduce(rows: Rows) -> Rows:
    """Rotate the rows into as many as there are columns: all inner products stay, and so all regressions."""
    n_terms = rows.theta.shape[1]
    triangle = np.asarray(np.linalg.qr(np.hstack([rows.theta, rows.x_dot]), mode="r"))
    return rows._replace(theta=triangle[:, :n_terms], x_dot=triangle[:, n_terms:])


def scaled(rows: Rows, scaling: str) -> tuple[Array, Array]:
    """Terms and derivatives such that the threshold means what `scaling` says."""
    if scaling == "state":
        return rows.theta, rows.x_dot * (rows.x_rms / rows.x_dot_rms)
    return rows.theta / norms(rows.theta), rows.x_dot / norms(rows.x_dot)


def least_squares(rows: Rows, mask: Mask) -> Array:
    """Coefficients (S, K) on a mask."""
    coef, size = np.zeros(mask.shape), norms(rows.theta)
    for s, terms in enumerate(mask):
        if terms.any():
            columns = rows.theta[:, terms] / size[terms]
            found = lstsq(columns, rows.x_dot[:, s], lapack_driver="gelsy", check_finite=False)[0]
            coef[s, terms] = found / size[terms]
    return coef


def norms(columns: Array) -> Array:
    """Euclidean norms of columns; 1 where a column vanishes."""
    return _or_one(np.linalg.norm(columns, axis=0))


def root_mean_square(columns: Array) -> Array:
    """Root mean squares of columns; 1 where a column vanishes."""
    return _or_one(np.sqrt(np.mean(columns**2, axis=0)))


def _or_one(size: Array) -> Array:
    """Sizes to divide by."""
    return np.where(size > 0, size, 1.0)
