"""The scaled Gram matrices, and what can be done with them: add data, weigh environments, change the scale."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from spreme.library import TermTable

Array = NDArray[np.float64]

#: Doubles of a Gram that are scaled at once: 512 KiB stay in the cache.
STRIPE = 65536


@dataclass(frozen=True, eq=False)
class GramSystem:
    """Scaled Gram matrices.

    ``a + b`` is the system of the rows of both, the environments being the same: it equals the system built from all
    rows at once, its scale included, to rounding.

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
    environments : tuple or None
        Names of the environments, if they have any.
    weight : ndarray (E,) or None
        Weights that `weighted` multiplied the environments by; None means that all are 1.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.gram import build
    >>> theta, y = np.arange(12.0).reshape(6, 2), np.ones((6, 1))
    >>> system = build([theta[:4]], [y[:4]]) + build([theta[4:]], [y[4:]])
    >>> bool(np.allclose(system.gram, build([theta], [y]).gram))
    True
    """

    gram: Array
    cross: Array
    y_sq: Array
    n_samples: NDArray[np.int64]
    scale: Array
    environments: tuple[Hashable, ...] | None = None
    weight: Array | None = None

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

    @classmethod
    def from_blocks(
        cls,
        blocks: Iterable[tuple[Hashable, ArrayLike, ArrayLike]],
        *,
        table: TermTable | None = None,
        environments: Sequence[Hashable] | None = None,
    ) -> GramSystem:
        """Build a system from blocks of rows that need not fit in memory together.

        Every block is read once and forgotten: memory is the Grams and what the iterator holds. Blocks of one
        environment add up, in any order of environments. Blocks of 2048 rows and more are the fastest.

        Parameters
        ----------
        blocks : iterable of (label, theta, target)
            Name or number of an environment, and rows (n, K) and (n, S) of its library matrix and targets, such as
            slices of a memory-mapped array.
        table : TermTable, default None
            Terms to be evaluated: the second entries are then states, one column for each of its names.
        environments : sequence of hashable, default None
            Labels in the order wanted, all of them; None keeps the order in which the labels come.

        Returns
        -------
        GramSystem
            Scaled system.

        Raises
        ------
        ValueError
            If there are no blocks, a block does not fit the others, is not finite or not of a known environment, or a
            known environment has no rows.

        Examples
        --------
        >>> import numpy as np
        >>> rows = np.arange(20.0).reshape(10, 2)
        >>> blocks = ((label, rows[i : i + 5], rows[i : i + 5, :1]) for label in "ab" for i in (0, 5))
        >>> system = GramSystem.from_blocks(blocks)
        >>> system.environments, system.n_samples
        (('a', 'b'), array([10, 10]))
        """
        from spreme.gram.stream import system_of_blocks

        return system_of_blocks(blocks, table, environments)

    def __add__(self, other: GramSystem) -> GramSystem:
        """Merge the rows of two systems of the same environments and terms."""
        if not isinstance(other, GramSystem):
            return NotImplemented
        _check_mates(self, other)
        n = self.n_samples + other.n_samples
        share = self.n_samples / np.maximum(n, 1)
        parts = ((self, share), (other, np.where(n > 0, 1.0 - share, 0.0)))
        squares = sum(part[:, None] * own.scale**2 * np.einsum("ejj->ej", own.gram) for own, part in parts)
        scale = pooled_scale(np.asarray(squares))
        gram = np.zeros_like(self.gram)
        cross, y_sq = np.zeros_like(self.cross), np.zeros_like(self.y_sq)
        for own, part in parts:
            ratio = own.scale[0] / scale
            for e in range(len(n)):
                gram[e] += part[e] * (own.gram[e] * np.multiply.outer(ratio, ratio))
            cross += part[:, None, None] * (own.cross * ratio)
            y_sq += part[:, None] * own.y_sq
        return GramSystem(gram, cross, y_sq, n, np.tile(scale, (len(n), 1)), self.environments)

    def weighted(self, weight: ArrayLike) -> GramSystem:
        """Weigh the environments, for example by the inverse of their noise variances.

        Parameters
        ----------
        weight : array_like (E,)
            Positive factors of each environment's `gram`, `cross` and `y_sq`, on top of those it has; `scale` stays, so
            coefficients keep their meaning.

        Returns
        -------
        GramSystem
            Weighted system. It takes no more data by ``+``: weigh last.

        Raises
        ------
        ValueError
            If there is not one positive, finite weight per environment.

        Examples
        --------
        >>> import numpy as np
        >>> from spreme.gram import build
        >>> system = build([np.ones((3, 1)), np.ones((3, 1))], [np.ones((3, 1)), np.ones((3, 1))])
        >>> system.weighted([4.0, 1.0]).gram.ravel()
        array([4., 1.])
        """
        factor = np.asarray(weight, dtype=np.float64)
        if factor.shape != (self.n_environments,) or not (np.isfinite(factor) & (factor > 0)).all():
            raise ValueError(f"expected {self.n_environments} positive weights, one per environment, got {weight!r}")
        return replace(
            self,
            gram=self.gram * factor[:, None, None],
            cross=self.cross * factor[:, None, None],
            y_sq=self.y_sq * factor[:, None],
            weight=factor if self.weight is None else factor * self.weight,
        )

    def rescaled(self, scale: ArrayLike) -> GramSystem:
        """Express the same data in columns divided by other scales.

        Parameters
        ----------
        scale : array_like (K,)
            Positive scales, such as those of the system that held-out data are to be compared with.

        Returns
        -------
        GramSystem
            The system in these scales.

        Raises
        ------
        ValueError
            If there is not one positive, finite scale per column.

        Examples
        --------
        >>> import numpy as np
        >>> from spreme.gram import build
        >>> build([np.full((3, 1), 2.0)], [np.ones((3, 1))]).rescaled([1.0]).gram.ravel()
        array([4.])
        """
        new = np.asarray(scale, dtype=np.float64)
        if new.shape != (self.n_terms,) or not (np.isfinite(new) & (new > 0)).all():
            raise ValueError(f"expected {self.n_terms} positive scales, one per column, got {scale!r}")
        ratio = self.scale[0] / new
        gram = self.gram * np.multiply.outer(ratio, ratio)
        return replace(self, gram=gram, cross=self.cross * ratio, scale=np.tile(new, (self.n_environments, 1)))


def pooled_scale(mean_squares: Array) -> Array:
    """Scales (K,) from the mean squares (E, K) of the columns: those of the means over environments, 1 instead of 0."""
    scale = np.sqrt((mean_squares / len(mean_squares)).sum(axis=0))
    scale[scale == 0] = 1.0
    return scale


def divide_by_scale(gram: Array, scale: Array, n_samples: NDArray[np.int64]) -> None:
    """Divide Grams (E, K, K) in place by the numbers of rows and by the scales of both columns."""
    step = max(1, STRIPE // len(scale))
    for first in range(0, len(scale), step):
        stripe = slice(first, first + step)
        # One product, so that the quotients stay symmetric to the last digit.
        product = np.multiply.outer(scale[stripe], scale)
        for e, n in enumerate(n_samples):
            gram[e, stripe] /= n
            gram[e, stripe] /= product


def _check_mates(a: GramSystem, b: GramSystem) -> None:
    """Refuse to add what does not belong together."""
    if a.cross.shape != b.cross.shape:
        raise ValueError(
            f"only systems of the same environments, states and terms add up: {a.cross.shape} and {b.cross.shape}"
        )
    if a.environments != b.environments:
        raise ValueError(
            f"only systems of the same environments in the same order add up: {a.environments} and {b.environments}"
        )
    if a.weight is not None or b.weight is not None:
        raise ValueError("weighted systems do not add up: add the unweighted ones and weigh the sum")
