"""Rows of a plain regression by environment, centred where an intercept is fitted, and the Grams of parts of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.gram import GramSums, GramSystem, build, from_sums

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]

# Centred columns below this share of the column's size are rounding: the column is constant.
CONSTANT = 1e-13


@dataclass(frozen=True, eq=False)
class Design:
    """Rows of every environment.

    Attributes
    ----------
    thetas, targets : tuple of ndarray (n_e, K), (n_e, S)
        Columns and targets; minus their means over the environment if `centred`.
    rows : tuple of ndarray (n_e,) of int
        Where these rows stood in the data.
    theta_mean, target_mean : ndarray (E, K), (E, S)
        What was taken off.
    centred : bool
        Whether every environment has an intercept.
    """

    thetas: tuple[Array, ...]
    targets: tuple[Array, ...]
    rows: tuple[NDArray[np.intp], ...]
    theta_mean: Array
    target_mean: Array
    centred: bool

    @property
    def n_samples(self) -> NDArray[np.int64]:
        """Numbers of rows (E,)."""
        return np.array([len(rows) for rows in self.rows])

    def gram(self) -> GramSystem:
        """Gram system of all rows."""
        return build(self.thetas, self.targets)

    def with_rows(self) -> Design:
        """The environments that have rows."""
        used = [e for e, rows in enumerate(self.rows) if len(rows)]
        thetas, targets = tuple(self.thetas[e] for e in used), tuple(self.targets[e] for e in used)
        rows = tuple(self.rows[e] for e in used)
        return Design(thetas, targets, rows, self.theta_mean[used], self.target_mean[used], self.centred)

    def part(self, chosen: Rows) -> Design:
        """Design of the rows that `chosen` (n,), by their place in the data, says; centred anew."""
        kept = [chosen[rows] for rows in self.rows]
        return _design(
            [theta[own] for theta, own in zip(self.thetas, kept, strict=True)],
            [target[own] for target, own in zip(self.targets, kept, strict=True)],
            [rows[own] for rows, own in zip(self.rows, kept, strict=True)],
            self.centred,
        )


@dataclass(frozen=True, eq=False)
class CentredSums:
    """Sums over the rows of one environment, from which those of the centred rows follow; sums of parts add up."""

    products: GramSums
    theta: Array
    target: Array

    @classmethod
    def of(cls, theta: Array, target: Array) -> CentredSums:
        """Sum up rows (n, K) and (n, S)."""
        products = GramSums(theta.shape[1], target.shape[1])
        products.add(theta, target)
        return cls(products, theta.sum(axis=0), target.sum(axis=0))

    def __add__(self, other: CentredSums) -> CentredSums:
        """Sums over the rows of both."""
        return CentredSums(self.products + other.products, self.theta + other.theta, self.target + other.target)

    def centred(self) -> GramSums:
        """Sums of the rows minus their means."""
        old = self.products
        n = max(old.n_samples, 1)
        theta, target = self.theta / n, self.target / n
        new = GramSums(len(theta), len(target), old.gram - np.outer(theta, self.theta))
        new.cross, new.y_sq = old.cross - np.outer(target, self.theta), old.y_sq - target * self.target
        new.n_samples = old.n_samples
        # the whole was centred before, so little cancels; what is left of a column that is constant here is rounding
        gone = new.gram.diagonal() <= CONSTANT * old.gram.diagonal()
        new.gram[gone], new.gram[:, gone], new.cross[:, gone] = 0.0, 0.0, 0.0
        return new


def arrange(theta: Array, target: Array, owner: NDArray[np.intp], n_environments: int, *, centred: bool) -> Design:
    """Sort rows by environment.

    Parameters
    ----------
    theta : ndarray (n, K)
        Columns.
    target : ndarray (n, S)
        Targets.
    owner : ndarray (n,) of int
        Environment of every row, from 0.
    n_environments : int
        Number of environments E, each with a row at least.
    centred : bool
        Whether means over each environment are taken off, as an intercept does.

    Returns
    -------
    Design
        Rows by environment, in their order.
    """
    rows = [np.flatnonzero(owner == e) for e in range(n_environments)]
    return _design([theta[own] for own in rows], [target[own] for own in rows], rows, centred)


def training_systems(design: Design, folds: Sequence[tuple[Rows, Rows]], scale: Array) -> list[GramSystem]:
    """Build the systems of the training rows of a cross-validation.

    Parameters
    ----------
    design : Design
        All rows.
    folds : sequence of (ndarray (n,), ndarray (n,)) of bool
        Training rows and held-out rows. If every row is held out once and trains otherwise, every row is read once:
        a system adds up the other folds, and nothing is ever subtracted.
    scale : ndarray (K,)
        Scales of all rows, so that a strength means the same in every fold.

    Returns
    -------
    list of GramSystem
        One per fold.
    """
    held_out = np.array([test for _, test in folds])
    if not ((held_out.sum(axis=0) == 1).all() and all((train != test).all() for train, test in folds)):
        return [_system(_sums(design, train), scale, design.centred) for train, _ in folds]
    parts = [_sums(design, test) for test in held_out]
    out = []
    for k in range(len(parts)):
        others = [part for i, part in enumerate(parts) if i != k]
        totals = [_total([part[e] for part in others]) for e in range(len(design.thetas))]
        out.append(_system(totals, scale, design.centred))
    return out


def _sums(design: Design, chosen: Rows) -> list[CentredSums]:
    """Sums of some rows by environment."""
    return [
        CentredSums.of(theta[chosen[rows]], target[chosen[rows]])
        for theta, target, rows in zip(design.thetas, design.targets, design.rows, strict=True)
    ]


def _total(parts: Sequence[CentredSums]) -> CentredSums:
    """Sums over several parts."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _system(totals: Sequence[CentredSums], scale: Array, centred: bool) -> GramSystem:
    """System of the sums of every environment."""
    return from_sums([total.centred() if centred else total.products for total in totals], scale=scale)


def _design(thetas: list[Array], targets: list[Array], rows: list[NDArray[np.intp]], centred: bool) -> Design:
    """Take off the means; columns that are constant in an environment become exact zeros."""
    theta_mean = np.zeros((len(thetas), thetas[0].shape[1]))
    target_mean = np.zeros((len(targets), targets[0].shape[1]))
    if centred:
        # what overflows is refused by `gram`, which names the environment
        with np.errstate(over="ignore", invalid="ignore"):
            for e, (theta, target) in enumerate(zip(thetas, targets, strict=True)):
                if len(theta):
                    thetas[e], theta_mean[e] = _centre(theta)
                    targets[e], target_mean[e] = _centre(target)
    return Design(tuple(thetas), tuple(targets), tuple(rows), theta_mean, target_mean, centred)


def _centre(values: Array) -> tuple[Array, Array]:
    """Columns minus their means, and the means."""
    mean = values.mean(axis=0)
    centred = values - mean
    centred[:, np.abs(centred).max(axis=0) <= CONSTANT * np.abs(mean)] = 0.0
    return centred, mean
