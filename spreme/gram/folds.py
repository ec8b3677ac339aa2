"""Grams of the folds of a cross-validation, from one pass over the rows."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.gram.culprits import name_of, refuse_rows
from spreme.gram.matrices import checked_matrices
from spreme.gram.products import BLOCK
from spreme.gram.sums import GramSums, from_sums, scaled_system
from spreme.gram.system import GramSystem, pooled_scale
from spreme.gram.threads import for_each

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FoldSums:
    """Sums of every fold and environment; made by `build_folds`.

    A training system adds the other folds: nothing is ever subtracted, so nothing cancels. Memory is one Gram per
    fold and environment.

    Attributes
    ----------
    sums : tuple of tuple of GramSums
        Sums by fold and environment.
    environments : tuple or None
        Names of the environments, if they have any.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> theta = rng.standard_normal((90, 4))
    >>> folds = build_folds([theta], [theta[:, :1]], [np.repeat([0, 1, 2], 30)])
    >>> folds.n_folds, folds.training(0).n_samples, folds.held_out(0).n_samples
    (3, array([60]), array([30]))
    """

    sums: tuple[tuple[GramSums, ...], ...]
    environments: tuple[Hashable, ...] | None = None

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return len(self.sums)

    def whole(self) -> GramSystem:
        """Build the system of all rows.

        Returns
        -------
        GramSystem
            That of `build`, to rounding.
        """
        return self._system(range(self.n_folds))

    def training(self, fold: int) -> GramSystem:
        """Build the system of all rows but those of one fold.

        Parameters
        ----------
        fold : int
            Number of the fold left out.

        Returns
        -------
        GramSystem
            That of `build` on these rows, to rounding: the scale is pooled over the training rows alone.

        Raises
        ------
        ValueError
            If there is no such fold, or an environment has no other rows.
        """
        self._check(fold)
        chosen = [k for k in range(self.n_folds) if k != fold]
        for e in range(len(self.sums[0])):
            if not any(self.sums[k][e].n_samples for k in chosen):
                raise ValueError(
                    f"environment {name_of(e, self.environments)} has no rows outside fold {fold}: spread its rows "
                    "over at least two folds"
                )
        return self._system(chosen)

    def held_out(self, fold: int) -> GramSystem:
        """Build the system of the rows of one fold, in the scale of its training system.

        Coefficients found on ``training(fold)`` are judged on it as they are. An environment without rows in the fold
        has zeros and ``n_samples`` 0.

        Parameters
        ----------
        fold : int
            Number of the fold.

        Returns
        -------
        GramSystem
            Held-out rows in columns divided by ``training(fold).scale``.

        Raises
        ------
        ValueError
            If there is no such fold.
        """
        self._check(fold)
        squares = np.zeros((len(self.sums[0]), self.sums[0][0].cross.shape[1]))
        for e in range(len(squares)):
            others = [self.sums[k][e] for k in range(self.n_folds) if k != fold]
            rows = max(sum(own.n_samples for own in others), 1)
            squares[e] = np.sum([own.gram.diagonal() for own in others], axis=0) / rows
        return from_sums(self.sums[fold], environments=self.environments, scale=pooled_scale(squares))

    def _system(self, chosen: Sequence[int]) -> GramSystem:
        """System of the rows of some folds."""
        E, K = len(self.sums[0]), self.sums[0][0].cross.shape[1]
        gram = np.zeros((E, K, K))
        totals = []
        for e in range(E):
            total = GramSums(K, len(self.sums[0][e].y_sq), gram[e])
            for k in chosen:
                own = self.sums[k][e]
                total.gram += own.gram
                total.cross += own.cross
                total.y_sq += own.y_sq
                total.n_samples += own.n_samples
            totals.append(total)
        return scaled_system(totals, gram, self.environments)

    def _check(self, fold: int) -> None:
        """Refuse a fold that is not there."""
        if not 0 <= fold < self.n_folds:
            raise ValueError(f"there is no fold {fold}: the folds are 0 to {self.n_folds - 1}")


def build_folds(
    thetas: Sequence[ArrayLike],
    targets: Sequence[ArrayLike],
    folds: Sequence[ArrayLike],
    *,
    n_jobs: int | None = None,
    environments: Sequence[Hashable] | None = None,
) -> FoldSums:
    """Sum up the folds of a cross-validation in one pass over the rows.

    Parameters
    ----------
    thetas : sequence of array_like (n_e, K)
        Library matrices, one per environment.
    targets : sequence of array_like (n_e, S)
        Targets.
    folds : sequence of array_like of int (n_e,)
        Fold of every row, from 0. Folds of consecutive rows, as time series need them, are read where they lie.
    n_jobs : int, default None
        Threads that the environments are dealt out to, as in `build`.
    environments : sequence of hashable, default None
        Names of the environments; None counts from 0.

    Returns
    -------
    FoldSums
        Sums from which the systems of all folds are made.

    Raises
    ------
    ValueError
        If `build` would refuse the data, or folds are not whole numbers from 0, one per row, at least two in all.

    Examples
    --------
    >>> import numpy as np
    >>> theta = np.arange(12.0).reshape(6, 2)
    >>> folds = build_folds([theta], [theta[:, :1]], [[0, 0, 0, 1, 1, 1]])
    >>> folds.training(1).scale.round(2)
    array([[2.58, 3.42]])
    """
    theta, target = checked_matrices(thetas, targets, environments)
    labels, n_folds = _checked_folds(folds, [len(t) for t in theta], environments)
    K, S = theta[0].shape[1], target[0].shape[1]
    sums = [[GramSums(K, S) for _ in theta] for _ in range(n_folds)]

    def add(e: int) -> None:
        for k in range(n_folds):
            own = sums[k][e]
            for rows in _runs(np.flatnonzero(labels[e] == k)):
                own.add(theta[e][rows], target[e][rows])
            if not own.is_finite:
                refuse_rows(name_of(e, environments), theta[e], target[e])

    for_each(add, len(theta), work=float(sum(len(t) for t in theta)) * K * K, n_jobs=n_jobs)
    return FoldSums(tuple(map(tuple, sums)), None if environments is None else tuple(environments))


def _runs(rows: NDArray[np.intp]) -> list[slice] | list[NDArray[np.intp]]:
    """Row numbers as one slice if they are consecutive, else in blocks."""
    if len(rows) == 0:
        return []
    if rows[-1] - rows[0] + 1 == len(rows):
        return [slice(int(rows[0]), int(rows[-1]) + 1)]
    return [rows[first : first + BLOCK] for first in range(0, len(rows), BLOCK)]


def _checked_folds(
    folds: Sequence[ArrayLike], n_rows: list[int], environments: Sequence[Hashable] | None
) -> tuple[list[NDArray[np.generic]], int]:
    """Folds as arrays, and their number."""
    if len(folds) != len(n_rows):
        raise ValueError(f"expected folds for {len(n_rows)} environments, got {len(folds)}")
    labels = [np.asarray(own) for own in folds]
    for e, (own, n) in enumerate(zip(labels, n_rows, strict=True)):
        if own.shape != (n,) or own.dtype.kind not in "iu" or own.min() < 0:
            raise ValueError(
                f"environment {name_of(e, environments)}: folds must be {n} whole numbers from 0, one per row"
            )
    n_folds = 1 + max(int(own.max()) for own in labels)
    if n_folds < 2:
        raise ValueError("all rows are in fold 0: give at least two folds")
    return labels, n_folds
