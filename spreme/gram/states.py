"""Library evaluation and products in one pass: the library matrix exists one block of rows at a time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.gram.culprits import name_of, refuse_rows
from spreme.gram.matrices import checked_matrices
from spreme.gram.products import BLOCK
from spreme.gram.sums import GramSums, scaled_system
from spreme.gram.system import GramSystem
from spreme.gram.threads import for_each
from spreme.library.columns import plan_columns
from spreme.library.readers import evaluate
from spreme.library.table import TermTable

Array = NDArray[np.float64]


def from_states(
    table: TermTable,
    states: Sequence[ArrayLike],
    targets: Sequence[ArrayLike],
    *,
    n_jobs: int | None = None,
    environments: Sequence[Hashable] | None = None,
) -> GramSystem:
    """Build the Gram system of a library at given states without ever holding its matrix.

    Blocks of 2048 rows are evaluated and multiplied at once, so memory beyond the system is one block per thread.

    Parameters
    ----------
    table : TermTable
        Terms, from ``library.table(state_names)``.
    states : sequence of array_like (n_e, D)
        States, one matrix per environment, one column for each name in the table.
    targets : sequence of array_like (n_e, S)
        Targets.
    n_jobs : int, default None
        Threads that the environments are dealt out to, as in `build`; the result is the same to the last bit.
    environments : sequence of hashable, default None
        Names of the environments, kept in the system and used in messages; None counts from 0.

    Returns
    -------
    GramSystem
        Scaled system: that of `build` on the matrices ``table.evaluate(x)``, to rounding.

    Raises
    ------
    ValueError
        If the numbers of environments, rows or columns do not agree, or a term, a target or its square is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.library import PolynomialLibrary
    >>> x = np.linspace(-1.0, 1.0, 21)[:, None]
    >>> system = from_states(PolynomialLibrary(degree=2).table(["x"]), [x, 2 * x], [x**2, x])
    >>> system.gram.shape, system.cross.shape
    ((2, 3, 3), (2, 1, 3))
    """
    x, y = checked_matrices(states, targets, environments, "states")
    check_columns(table, x[0].shape[1])
    E, K = len(x), table.n_terms
    gram = np.zeros((E, K, K))
    sums = [GramSums(K, own.shape[1], out) for own, out in zip(y, gram, strict=True)]
    plan, idle = BlockPlan(table), list[Array]()

    def add(e: int) -> None:
        room = idle.pop() if idle else plan.room()
        plan.add(sums[e], x[e], y[e], room)
        idle.append(room)
        if not sums[e].is_finite:
            refuse_rows(name_of(e, environments), x[e], y[e], table)

    for_each(add, E, work=float(sum(len(own) for own in x)) * K * K, n_jobs=n_jobs)
    return scaled_system(sums, gram, environments)


def check_columns(table: TermTable, n_columns: int) -> None:
    """Refuse states that are not those of the table."""
    if n_columns != len(table.column_names):
        kind = "states and inputs" if table.input_names else "states"
        raise ValueError(
            f"states have {n_columns} columns, the table is in the {len(table.column_names)} {kind} "
            f"{', '.join(table.column_names)}: give one column each"
        )


class BlockPlan:
    """A term table made ready to be evaluated block by block, column after column."""

    def __init__(self, table: TermTable) -> None:
        self.table = table
        plan = plan_columns(table.monomials, table.factors)
        self.n_columns, self.factors = plan.n_columns, plan.factors
        self.monomials = np.array(plan.monomials, dtype=np.int64).reshape(-1, 4)
        self.products = np.array(plan.products, dtype=np.int64).reshape(-1, 3)

    def room(self) -> Array:
        """Working memory for one block."""
        return np.empty((self.n_columns, BLOCK))

    def add(
        self, sums: GramSums, states: NDArray[np.generic], target: NDArray[np.generic], room: Array | None = None
    ) -> None:
        """Evaluate the terms at the states and add them to the sums."""
        room = self.room() if room is None else room
        for first in range(0, len(states), BLOCK):
            rows = slice(first, first + BLOCK)
            sums.add(self._evaluate(states[rows], room), target[rows])

    def _evaluate(self, states: NDArray[np.generic], room: Array) -> Array:
        """Terms (n, K) at one block of states, in column order."""
        from spreme.gram.kernels import fill_monomials

        x = np.array(states.T, dtype=np.float64, order="C")
        with np.errstate(all="ignore"):
            by_name = dict(zip(self.table.column_names, x, strict=True))
            for column, factor in self.factors:
                room[column, : x.shape[1]] = evaluate(factor, by_name)
        fill_monomials(x, self.monomials, self.products, room)
        return room[: self.table.n_terms, : x.shape[1]].T
