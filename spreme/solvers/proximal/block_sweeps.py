"""Sweeps of block coordinate descent in NumPy, for any penalty that is a sum over terms.

The steps of `block_kernel` with proximal gradient updates: the twin that tests hold it against, and the way of
penalties that are not built in. The penalty is asked for all blocks at once, since it may treat its terms differently.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.penalties.interface import ProximalPenalty
from spreme.solvers.proximal.optimality import half_residual

Array = NDArray[np.float64]


def sweep_blocks(
    gram: Array,
    cross: Array,
    coef: Array,
    correlation: Array,
    penalty: ProximalPenalty,
    alpha: float,
    greedy: bool,
    depth: int,
    tol: float,
    max_sweeps: int,
) -> int:
    """Sweep until no block moves by more than tol (in units of correlations); return the number of sweeps.

    `coef` and `correlation` (E, K) are changed in place.
    """
    lipschitz = np.einsum("ejj->ej", gram).max(axis=0)
    lipschitz = np.where(lipschitz > 0, lipschitz, 1.0)  # a column of zeros has correlation zero, and stays
    past = [(coef.copy(), correlation.copy())]
    for sweep in range(max_sweeps):
        moved = 0.0
        for step in range(coef.shape[1]):
            change = penalty.prox(coef + correlation / lipschitz, alpha, 1 / lipschitz) - coef
            size = np.linalg.norm(change, axis=0)
            j = int(np.argmax(lipschitz * size**2)) if greedy else step
            coef[:, j] += change[:, j]
            correlation -= gram[:, j] * change[:, j, None]
            moved = max(moved, float(lipschitz[j] * size[j]))
        if moved <= tol:
            return sweep + 1
        past.append((coef.copy(), correlation.copy()))
        if depth > 0 and not greedy and len(past) > depth:
            _extrapolate(cross, coef, correlation, past, penalty, alpha)
            past = [(coef.copy(), correlation.copy())]
        past = past[-depth - 1 :]
    return max_sweeps


def _extrapolate(
    cross: Array,
    coef: Array,
    correlation: Array,
    past: list[tuple[Array, Array]],
    penalty: ProximalPenalty,
    alpha: float,
) -> None:
    """Move to the affine combination of the past with the smallest combined change, if the objective falls."""
    iterates = np.array([b for b, _ in past])
    changes = np.diff(iterates, axis=0).reshape(len(past) - 1, -1)
    normal = changes @ changes.T
    normal += (1e-12 * np.trace(normal) + 1e-300) * np.eye(len(normal))
    share = np.linalg.solve(normal, np.ones(len(normal)))
    share /= share.sum()
    new = np.tensordot(share, iterates[1:], 1)
    rest = np.tensordot(share, np.array([r for _, r in past[1:]]), 1)
    reached = half_residual(cross, 0.0, new, rest) + penalty.value(new, alpha)
    if reached < half_residual(cross, 0.0, coef, correlation) + penalty.value(coef, alpha):
        coef[:], correlation[:] = new, rest
