"""Grams of blocks of rows that come one after the other."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.gram.culprits import check_labels, check_rows, label_text, refuse_rows
from spreme.gram.states import BlockPlan, check_columns
from spreme.gram.sums import GramSums, scaled_system
from spreme.gram.system import GramSystem
from spreme.library.table import TermTable

Array = NDArray[np.float64]


def system_of_blocks(
    blocks: Iterable[tuple[Hashable, ArrayLike, ArrayLike]],
    table: TermTable | None,
    environments: Sequence[Hashable] | None,
) -> GramSystem:
    """Add up blocks of rows, or of states where there is a table, environment by environment."""
    if environments is not None:
        check_labels(environments, len(environments))
    collected = _Collector(table, environments)
    for number, (label, theta, target) in enumerate(blocks):
        collected.add(number, label, np.asarray(theta), np.asarray(target))
    return collected.system()


class _Collector:
    """Sums of the environments met so far."""

    def __init__(self, table: TermTable | None, environments: Sequence[Hashable] | None) -> None:
        self.table = table
        self.plan = None if table is None else BlockPlan(table)
        self.room = None if self.plan is None else self.plan.room()
        self.environments = None if environments is None else list(environments)
        self.sums: dict[Hashable, GramSums] = {}

    def add(self, number: int, label: Hashable, theta: NDArray[np.generic], target: NDArray[np.generic]) -> None:
        """Add one block."""
        name = "theta" if self.table is None else "states"
        where = f"block {number} (environment {label_text(label)})"
        if self.environments is not None and label not in self.environments:
            raise ValueError(f"{where}: the label is not in environments={self.environments!r}")
        for what, values in ((name, theta), ("target", target)):
            if values.dtype.kind not in "fiub":
                raise ValueError(f"{where}: {what} must hold real numbers, got dtype {values.dtype}")
        check_rows(where, theta, target, name)
        sums = self._sums(where, label, theta.shape[1], target.shape[1])
        if self.plan is None:
            sums.add(theta, target)
        else:
            self.plan.add(sums, theta, target, self.room)
        if not sums.is_finite:
            refuse_rows(label_text(label), theta, target, self.table, where=f", block {number}")

    def _sums(self, where: str, label: Hashable, n_columns: int, n_states: int) -> GramSums:
        """Sums of an environment, made when it is first met."""
        if self.table is not None:
            check_columns(self.table, n_columns)
            n_columns = self.table.n_terms
        known = next(iter(self.sums.values()), None)
        if known is not None and known.cross.shape != (n_states, n_columns):
            raise ValueError(
                f"{where} has {n_columns} terms and {n_states} states, the blocks before it {known.cross.shape[1]} "
                f"and {known.cross.shape[0]}"
            )
        if label not in self.sums:
            self.sums[label] = GramSums(n_columns, n_states)
        return self.sums[label]

    def system(self) -> GramSystem:
        """Scale the sums, which are given up one by one: the Grams are never held twice."""
        labels = list(self.sums) if self.environments is None else self.environments
        if not labels:
            raise ValueError("expected at least one block of rows, got none")
        for label in labels:
            if label not in self.sums or self.sums[label].n_samples == 0:
                raise ValueError(f"environment {label_text(label)} has no rows: leave it out of environments")
        sums = [self.sums.pop(label) for label in labels]
        K = sums[0].cross.shape[1]
        gram, nothing = np.empty((len(sums), K, K)), np.empty((0, 0))
        for own, out in zip(sums, gram, strict=True):
            out[...] = own.gram
            own.gram = nothing
        return scaled_system(sums, gram, labels)
