"""Groups of columns seen as columns: what lets a penalty of terms act on groups of terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PackedColumns:
    """Arrays (E, K) as (E q, m): column g holds all entries of group g, padded with zeros to the largest group, q.

    Padding changes neither norms nor inner products, so the penalty and its certificates hold.
    """

    labels: Labels
    position: Labels
    shape: tuple[int, int]

    @classmethod
    def of(cls, groups: ArrayLike | None, n_terms: int) -> PackedColumns | None:
        """Groups of labels (K,), 0..m-1; None where every column is its own group."""
        if groups is None:
            return None
        labels = np.asarray(groups)
        if labels.shape != (n_terms,) or labels.dtype.kind not in "iu":
            raise ValueError(f"groups must be {n_terms} whole numbers, one label per term, got {groups!r}")
        if np.array_equal(labels, np.arange(n_terms)):
            return None
        known, count = np.unique(labels, return_counts=True)
        if not np.array_equal(known, np.arange(len(known))):
            raise ValueError(f"groups must be labelled 0, 1, ... without holes, got the labels {known.tolist()}")
        position = np.zeros(n_terms, np.int64)
        for g in known:
            position[labels == g] = np.arange(count[g])
        return cls(labels.astype(np.int64), position, (int(count.max()), len(known)))

    def pack(self, array: Array) -> Array:
        """Groups as columns."""
        out = np.zeros((len(array), *self.shape))
        out[:, self.position, self.labels] = array
        return out.reshape(-1, self.shape[1])

    def unpack(self, array: Array) -> Array:
        """Terms as columns again."""
        return array.reshape(-1, *self.shape)[:, self.position, self.labels]
