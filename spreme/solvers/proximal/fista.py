"""Accelerated proximal gradient (FISTA) for any penalty.

    minimise over B (E, K):  sum_e ( y_sq_e - 2 c_e'b_e + b_e'G_e b_e ) / 2 + P(B; alpha)

It needs only prox, value and kkt of the penalty. Step 1/L, L the largest eigenvalue of the Grams: estimated, and
checked at every step, d'G d <= L d'd, which costs nothing as G times every iterate is known. The momentum starts anew
where it points uphill or the objective rises; so the objective falls for penalties that are not convex, too.

Legend: coef B, image G B; ahead the extrapolated point Y, with its image; d = B_new - Y.

References
----------
Beck and Teboulle (2009), A fast iterative shrinkage-thresholding algorithm for linear inverse problems, SIAM J. Imaging
Sci. 2. O'Donoghue and Candes (2015), Adaptive restart for accelerated gradient schemes, Found. Comput. Math. 15.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.penalties.interface import ProximalPenalty
from spreme.solvers.proximal.optimality import Certificate, Solution, certify, half_residual, violation_unit
from spreme.solvers.proximal.packed_columns import PackedColumns

Array = NDArray[np.float64]

ITERATIONS_PER_CHECK = 10
# A plain step that moves coefficients by less than this part of the largest has nothing left to gain.
ROUNDING = 1e-15


class Quadratic:
    """The smooth part, over groups of columns: cross products, and products with the Grams."""

    def __init__(self, gram: Array, cross: Array, y_sq: float, columns: PackedColumns | None) -> None:
        self.gram, self.y_sq, self.columns = gram, y_sq, columns
        self.cross = self.pack(cross)

    def pack(self, array: Array) -> Array:
        """Groups as columns."""
        return array if self.columns is None else self.columns.pack(array)

    def unpack(self, array: Array) -> Array:
        """Terms as columns."""
        return array if self.columns is None else self.columns.unpack(array)

    def product(self, coef: Array) -> Array:
        """G B."""
        return self.pack((self.gram @ self.unpack(coef)[:, :, None])[:, :, 0])

    def objective(self, coef: Array, image: Array, penalty: ProximalPenalty, alpha: float) -> float:
        """Objective at coef, whose product is image."""
        return half_residual(self.cross, self.y_sq, coef, self.cross - image) + penalty.value(coef, alpha)


def fista(
    gram: Array,
    cross: Array,
    y_sq: float,
    penalty: ProximalPenalty,
    alpha: float,
    *,
    start: Array | None = None,
    tol: float = 1e-6,
    max_iter: int = 100_000,
    groups: ArrayLike | None = None,
    lipschitz: float | None = None,
) -> Solution:
    """Minimise by accelerated proximal gradient steps with restarts.

    Parameters
    ----------
    gram : ndarray (E, K, K)
        Grams of the unit columns.
    cross : ndarray (E, K)
        Cross products of columns and target.
    y_sq : float
        Mean square of the target, summed over environments.
    penalty : ProximalPenalty
        Anything with prox, value and kkt.
    alpha : float
        Strength.
    start : ndarray (E, K), default None
        First point; zeros by default.
    tol : float, default 1e-6
        Duality gap to reach, relative to y_sq; violation relative to alpha for a penalty without a gap.
    max_iter : int, default 100000
        Limit of the steps.
    groups : array_like of int (K,), default None
        Labels 0..m-1: columns that form one group. None: every column its own.
    lipschitz : float, default None
        Estimate of the largest eigenvalue of the Grams, if known.

    Returns
    -------
    Solution
        Coefficients and certificates.

    Examples
    --------
    >>> from spreme.penalties import GroupKSupport
    >>> gram, cross = np.eye(2)[None], np.array([[3.0, 1.0]])
    >>> fista(gram, cross, 10.0, GroupKSupport(k=1), 0.5, tol=1e-12).coef.round(6).tolist()
    [[2.0, 0.0]]
    """
    smooth = Quadratic(gram, cross, y_sq, PackedColumns.of(groups, cross.shape[1]))
    unit = violation_unit(penalty, smooth.cross, alpha)
    bound = largest_eigenvalue(gram) if lipschitz is None else lipschitz
    coef = np.zeros_like(smooth.cross) if start is None else smooth.pack(np.array(start, float))
    image = smooth.product(coef)
    objective = smooth.objective(coef, image, penalty, alpha)
    ahead, ahead_image, momentum, n_iter, status = coef, image, 1.0, 0, "max_iter"
    while True:
        if n_iter % ITERATIONS_PER_CHECK == 0 or n_iter == max_iter or status == "stalled":
            proof: Certificate = certify(smooth.cross, y_sq, coef, smooth.cross - image, penalty, alpha, unit)
            status = "converged" if proof.is_within(tol) else status
        if n_iter == max_iter or status != "max_iter":
            return Solution(smooth.unpack(coef), proof.gap, proof.violation, n_iter, status)
        n_iter += 1
        new = penalty.prox(ahead + (smooth.cross - ahead_image) / bound, alpha, 1 / bound)
        new_image = smooth.product(new)
        steepest = _curvature(new - ahead, new_image - ahead_image, new)
        if steepest > bound:
            bound = 1.1 * steepest
            ahead, ahead_image, momentum = coef, image, 1.0
            continue
        reached = smooth.objective(new, new_image, penalty, alpha)
        if reached > objective + 1e-15 * y_sq and momentum > 1.0:
            ahead, ahead_image, momentum = coef, image, 1.0
            continue
        if momentum == 1.0 and np.abs(new - coef).max() <= ROUNDING * np.abs(new).max():
            status = "stalled"
        uphill = np.vdot(ahead - new, new - coef) > 0
        share, momentum = (0.0, 1.0) if uphill else _longer(momentum)
        ahead, ahead_image = new + share * (new - coef), new_image + share * (new_image - image)
        coef, image, objective = new, new_image, reached


def largest_eigenvalue(gram: Array) -> float:
    """Estimate of the largest eigenvalue of Grams (E, K, K), from below, by powers."""
    vector = np.abs(gram).sum(axis=2) + 1e-300
    for _ in range(20):
        vector /= np.linalg.norm(vector, axis=1, keepdims=True)
        image = (gram @ vector[:, :, None])[:, :, 0]
        value = float(np.einsum("ej,ej->e", vector, image).max())
        vector = image + 1e-300
    return value if value > 0 else 1.0


def _longer(momentum: float) -> tuple[float, float]:
    """Share of the last step to go ahead by, and the next momentum."""
    longer = 0.5 * (1 + (1 + 4 * momentum**2) ** 0.5)
    return (momentum - 1) / longer, longer


def _curvature(change: Array, image: Array, point: Array) -> float:
    """Curvature along a step; 0 for steps so short that rounding would decide."""
    size = float(np.vdot(change, change))
    return float(np.vdot(change, image)) / size if size > 1e-14 * float(np.vdot(point, point)) else 0.0
