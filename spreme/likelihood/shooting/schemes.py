"""Explicit Runge-Kutta schemes of fixed step, as data: the same compiled code runs any of them.

    x_j = x + h sum_i a[j, i] k_i,   k_j = f(x_j, u(t + c[j] h)),   x_new = x + h sum_j b[j] k_j

References
----------
E. Hairer, S. P. Norsett, G. Wanner, "Solving Ordinary Differential Equations I: Nonstiff Problems", 2nd edition, 1993:
section II.1 (the classical method of order 4), section II.5 (the method of order 8 of Dormand and Prince).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Scheme(NamedTuple):
    """Coefficients of a scheme of m stages: a (m, m), b (m,), c (m,), and its order."""

    a: Array
    b: Array
    c: Array
    order: int


@cache
def classical() -> Scheme:
    """Return the classical scheme of order 4: enough where noise is much larger than the error of a step."""
    a = np.zeros((4, 4))
    a[1, 0] = a[2, 1] = 0.5
    a[3, 2] = 1.0
    return Scheme(a, np.array([1.0, 2.0, 2.0, 1.0]) / 6.0, np.array([0.0, 0.5, 0.5, 1.0]), 4)


@cache
def accurate() -> Scheme:
    """Return the scheme of order 8 of Dormand and Prince (coefficients from SciPy, which publishes them)."""
    from scipy.integrate import DOP853

    n = DOP853.n_stages
    return Scheme(np.array(DOP853.A[:n, :n]), np.array(DOP853.B), np.array(DOP853.C[:n]), 8)
