"""Gram matrices of every environment: all that the solvers ever see of the data.

    gram_e = (Theta_e / scale)' (Theta_e / scale) / n_e,   cross_e = Y_e' (Theta_e / scale) / n_e,
    y_sq_e = diag(Y_e' Y_e) / n_e

with one scale per column for all environments, scale_j^2 = mean over e of mean(Theta_e[:, j]^2): coefficients of
different environments stay comparable, and the penalty acts on columns of unit size. Rows are read once, in blocks;
sums of blocks add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

BLOCK = 4096


@dataclass(frozen=True, eq=False)
class GramSystem:
    """Scaled Gram matrices.

    Attributes
    ----------
    gram : ndarray (E, K, K)
        Grams of the scaled columns.
    cross : ndarray (E, S, K)
        Cross products of scaled columns and targets.
    y_sq : ndarray (E, S)
        Mean squares of the targets.
    n_samples : ndarray (E,)
        Number of rows.
    scale : ndarray (E, K)
        Scales of the columns, equal in all environments; 1 for a column that is zero everywhere.
    """

    gram: Array
    cross: Array
    y_sq: Array
    n_samples: NDArray[np.int64]
    scale: Array

    @property
    def n_environments(self) -> int:
        """Number of environments E."""
        return len(self.n_samples)

    @property
    def n_states(self) -> int:
        """Number of targets S."""
        return self.y_sq.shape[1]

    @property
    def n_terms(self) -> int:
        """Number of columns K."""
        return self.scale.shape[1]


class GramSums:
    """Running sums over rows of one environment: Theta'Theta, Y'Theta, Y'Y and the number of rows."""

    def __init__(self, n_terms: int, n_states: int) -> None:
        self.gram = np.zeros((n_terms, n_terms))
        self.cross = np.zeros((n_states, n_terms))
        self.y_sq = np.zeros(n_states)
        self.n_samples = 0

    def add(self, theta: Array, target: Array) -> None:
        """Add rows theta (n, K) and target (n, S), block by block."""
        for start in range(0, len(theta), BLOCK):
            t, y = theta[start : start + BLOCK], target[start : start + BLOCK]
            self.gram += t.T @ t
            self.cross += y.T @ t
            self.y_sq += (y**2).sum(axis=0)
            self.n_samples += len(t)


def build(thetas: Sequence[ArrayLike], targets: Sequence[ArrayLike]) -> GramSystem:
    """Build the Gram system of several environments.

    Parameters
    ----------
    thetas : sequence of ndarray (n_e, K)
        Library matrices, one per environment.
    targets : sequence of ndarray (n_e, S)
        Targets.

    Returns
    -------
    GramSystem
        Scaled system.

    Raises
    ------
    ValueError
        If the numbers of environments, rows, terms or states do not agree, or a value or its square is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> thetas = [rng.standard_normal((50, 4)) for _ in range(3)]
    >>> system = build(thetas, [theta[:, :1] - theta[:, 2:3] for theta in thetas])
    >>> system.gram.shape, system.cross.shape
    ((3, 4, 4), (3, 1, 4))
    """
    thetas, targets = _matrices(thetas, "theta"), _matrices(targets, "target")
    _check(thetas, targets)
    sums = []
    for e, (theta, target) in enumerate(zip(thetas, targets, strict=True)):
        own = GramSums(theta.shape[1], target.shape[1])
        with np.errstate(over="ignore", invalid="ignore"):
            own.add(theta, target)
        if not (np.isfinite(own.gram).all() and np.isfinite(own.cross).all() and np.isfinite(own.y_sq).all()):
            raise ValueError(f"environment {e}: the squares of theta or target overflow; rescale the units of the data")
        sums.append(own)
    return from_sums(sums)


def from_sums(sums: Sequence[GramSums]) -> GramSystem:
    """Scale running sums, one per environment, to a system."""
    n = np.array([own.n_samples for own in sums])
    gram = np.array([own.gram / max(own.n_samples, 1) for own in sums])
    scale = np.sqrt(np.einsum("ejj->ej", gram).mean(axis=0))
    scale[scale == 0] = 1.0
    gram /= scale[:, None] * scale
    cross = np.array([own.cross / max(own.n_samples, 1) for own in sums]) / scale
    y_sq = np.array([own.y_sq / max(own.n_samples, 1) for own in sums])
    return GramSystem(gram, cross, y_sq, n, np.tile(scale, (len(sums), 1)))


def _matrices(values: Sequence[ArrayLike], name: str) -> list[Array]:
    """Arrays of floats, one per environment."""
    try:
        return [np.asarray(value, dtype=float) for value in values]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a list of numeric matrices, one per environment: {error}") from None


def _check(thetas: Sequence[Array], targets: Sequence[Array]) -> None:
    """Refuse what does not fit together, naming the environment."""
    if len(thetas) == 0 or len(thetas) != len(targets):
        raise ValueError(
            f"expected as many targets as library matrices, at least one: got {len(thetas)} and {len(targets)}"
        )
    for e, (theta, target) in enumerate(zip(thetas, targets, strict=True)):
        if np.ndim(theta) != 2 or np.ndim(target) != 2:
            raise ValueError(
                f"environment {e}: theta and target must be two-dimensional, got {np.ndim(theta)} and {np.ndim(target)}"
            )
        if theta.shape[1] == 0 or target.shape[1] == 0:
            raise ValueError(f"environment {e}: theta and target need at least one column each")
        if len(theta) != len(target) or len(theta) == 0:
            raise ValueError(
                f"environment {e}: {len(theta)} rows of theta, {len(target)} of target; expected equal numbers, not 0"
            )
        if theta.shape[1] != thetas[0].shape[1] or target.shape[1] != targets[0].shape[1]:
            raise ValueError(
                f"environment {e} has {theta.shape[1]} terms and {target.shape[1]} states, environment 0 "
                f"{thetas[0].shape[1]} and {targets[0].shape[1]}"
            )
        if not (np.isfinite(theta).all() and np.isfinite(target).all()):
            raise ValueError(f"environment {e}: theta or target has values that are not finite; leave those rows out")
