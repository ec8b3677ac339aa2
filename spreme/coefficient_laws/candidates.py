"""Candidate terms in the covariates, and the sets of them: few enough to look at every one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.coefficient_laws.covariates import Covariates
from spreme.library import Library, PolynomialLibrary, TermTable

Array = NDArray[np.float64]

# More sets than this are not what somebody with a few environments means.
MOST_SETS = 20_000
# What a factor other than a power counts in the order from simple to complicated terms.
FACTOR = 2
# Terms are to be between the inverse of this and this, so that their squares can be summed.
LARGEST = 1e150


@dataclass(frozen=True, eq=False)
class Candidates:
    """Terms of a library in the covariates of the environments.

    Attributes
    ----------
    table : TermTable
        The K terms.
    values : ndarray (E, K)
        Terms in every environment.
    has_constant : bool
        Whether the constant is part of every law; if the library has none, it stands in the table for what has no law.
    """

    table: TermTable
    values: Array
    has_constant: bool

    @property
    def constant(self) -> int:
        """Position of the constant."""
        return self.table.names.index("1")

    @property
    def free(self) -> list[int]:
        """Positions of the terms that may be chosen."""
        return [k for k in range(self.table.n_terms) if k != self.constant]

    def complexity(self, support: tuple[int, ...]) -> int:
        """Total degree of some terms."""
        powers = np.abs(self.table.powers).sum(axis=1)
        return int(sum(powers[k] + FACTOR * (self.table.factors[k] is not None) for k in support))

    def design(self, support: tuple[int, ...]) -> tuple[int, ...]:
        """Positions of the columns of a law: the constant, if laws have one or nothing else, and the given terms."""
        return (self.constant, *support) if self.has_constant or not support else support


def make_candidates(library: Library, covariates: Covariates) -> Candidates:
    """Evaluate the terms of a library in all environments; refuse those that are not defined there."""
    table = library.table(covariates.names)
    has_constant = "1" in table.names
    if not has_constant:
        table = (library + PolynomialLibrary(degree=0)).table(covariates.names)
    values = table.evaluate(covariates.values)
    if not np.isfinite(values).all():
        e, k = np.argwhere(~np.isfinite(values))[0]
        point = ", ".join(f"{n} = {v:g}" for n, v in zip(covariates.names, covariates.values[e], strict=True))
        raise ValueError(
            f"the term {table.names[k]!r} is not defined in environment {covariates.environments[e]!r} ({point}): "
            "leave it out of the library"
        )
    _check_sizes(table, values)
    return Candidates(table, values, has_constant)


def _check_sizes(table: TermTable, values: Array) -> None:
    """Refuse terms whose squares are no numbers any more."""
    for name, size in zip(table.names, np.abs(values).max(axis=0).tolist(), strict=True):
        if size and not 1.0 / LARGEST < size < LARGEST:
            raise ValueError(f"the term {name!r} is of the size {size:.3g}: give the covariates in other units")


def largest_size(n_environments: int, has_constant: bool, max_terms: int | None) -> int:
    """Terms beside the constant that so many environments can bear: two of them are left to judge the law."""
    room = max(n_environments - 2 - has_constant, 0)
    return room if max_terms is None else min(room, max_terms - has_constant)


def check_number(n_free: int, largest: int) -> None:
    """Refuse more sets of terms than can be looked at."""
    count = sum(math.comb(n_free, size) for size in range(min(largest, n_free) + 1))
    if count > MOST_SETS:
        raise ValueError(
            f"{n_free} candidate terms make {count} sets, more than {MOST_SETS}: take a smaller library (a lower "
            "degree, fewer covariates) or set max_terms=3, say"
        )


def supports(free: list[int], largest: int) -> Iterator[list[tuple[int, ...]]]:
    """Sets of terms, size by size."""
    for size in range(min(largest, len(free)) + 1):
        yield list(itertools.combinations(free, size))


def scaled(values: Array, is_centred: bool) -> Array:
    """Columns of mean square 1, centred if there is a constant; zero where a term does not change."""
    moved = values - values.mean(axis=0) if is_centred else values
    size = np.sqrt(np.mean(moved**2, axis=0))
    least = 1e-9 * np.sqrt(np.mean(values**2, axis=0))
    return np.divide(moved, size, out=np.zeros_like(moved), where=size > least)
