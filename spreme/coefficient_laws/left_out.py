"""How well the law of a coefficient tells an environment that took no part, the choice of its terms included."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from spreme.coefficient_laws.candidates import Candidates
from spreme.coefficient_laws.selection import choose, fit_one

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def left_out_error(candidates: Candidates, rows: Index, y: Array, variance: Array, largest: int) -> tuple[float, float]:
    """Root mean square error over environments left out one at a time, and the same of predicting the mean."""
    of_law, of_mean = [], []
    for e in range(len(y)):
        kept = np.arange(len(y)) != e
        fold = (candidates, rows[kept], y[kept], variance[kept])
        support = choose(*fold, largest).support
        of_law.append(y[e] - _predicted(*fold, support, int(rows[e])))
        of_mean.append(y[e] - y[kept].mean())
    return math.sqrt(np.mean(np.square(of_law))), math.sqrt(np.mean(np.square(of_mean)))


def _predicted(
    candidates: Candidates, rows: Index, y: Array, variance: Array, support: tuple[int, ...], where: int
) -> float:
    """The law of some environments in another one."""
    columns = np.array(candidates.design(support))
    weight = 1.0 / np.sqrt(variance + fit_one(candidates, rows, y, variance, support))
    design = candidates.values[np.ix_(rows, columns)]
    scale = np.maximum(np.linalg.norm(design, axis=0), 1e-300)
    coef = np.linalg.lstsq(design / scale * weight[:, None], y * weight, rcond=None)[0]
    return float(candidates.values[where, columns] @ (coef / scale))
