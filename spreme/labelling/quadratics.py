"""What every trajectory says of the coefficients, as a quadratic form: all that a mixture of regressions needs to know.

    cost_r(c) = constant_r - 2 b_r' c + c' A_r c

is minus twice the logarithm of the likelihood of trajectory r if its coefficients were c. Forms add up: the
coefficients of a cluster minimise the sum of its members' forms, and to pool two clusters costs what the minimum rises
by.

Legend: m trajectories, q coefficients of all equations, K clusters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Ridge on unit diagonals: directions that a cluster's data do not show stay near zero.
RIDGE = 1e-9


class Quadratics(NamedTuple):
    """Quadratic forms of m trajectories or clusters in q coefficients.

    Attributes
    ----------
    information : ndarray (m, q, q)
        A.
    right : ndarray (m, q)
        b.
    constant : ndarray (m,)
        Cost of coefficients zero.
    n_values : ndarray (m,)
        Independent values behind each form.
    """

    information: Array
    right: Array
    constant: Array
    n_values: Array

    @property
    def n_coefficients(self) -> int:
        """Number of coefficients q."""
        return int(self.right.shape[1])

    def pooled(self, labels: Indices, n_clusters: int) -> Quadratics:
        """Sums over the members of every cluster."""
        member = (labels == np.arange(n_clusters)[:, None]).astype(np.float64)
        return Quadratics(
            np.tensordot(member, self.information, 1),
            member @ self.right,
            member @ self.constant,
            member @ self.n_values,
        )

    def __add__(self, other: Quadratics) -> Quadratics:  # type: ignore[override]
        """Sums form by form; one form stands for as many as the other has."""
        return Quadratics(*(own + theirs for own, theirs in zip(self, other, strict=True)))

    def take(self, index: Indices) -> Quadratics:
        """Some of the forms."""
        return Quadratics(*(own[index] for own in self))

    def minimisers(self) -> Array:
        """Coefficients (m, q) of least cost; of least size where the data do not show them."""
        return _solve(self.information, self.right)

    def minima(self) -> Array:
        """Least costs (m,)."""
        return self.constant - (self.right * self.minimisers()).sum(axis=1)

    def costs(self, coef: Array) -> Array:
        """Costs (m, K) of every form at coefficients (K, q)."""
        bent = np.einsum("kp,rpq,kq->rk", coef, self.information, coef, optimize=True)
        return self.constant[:, None] - 2.0 * self.right @ coef.T + bent


def _solve(information: Array, right: Array) -> Array:
    """Solve every system, its diagonal scaled to one."""
    size = np.sqrt(np.einsum("rqq->rq", information))
    scale = 1.0 / np.where(size > 0.0, size, 1.0)
    unit = information * scale[:, :, None] * scale[:, None, :] + RIDGE * np.eye(right.shape[1])
    return scale * np.linalg.solve(unit, (scale * right)[..., None])[..., 0]
