"""Matrix of a term table: each monomial is an earlier column times or over one state.

Rows are worked off in blocks whose columns fit in the cache together, stored column by column; the finished block is
then written into the matrix, whose rows are contiguous.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spreme.library.expressions import Expression
from spreme.library.readers import evaluate
from spreme.library.terms import Monomial

#: Doubles in one block of columns: 256 KiB, well inside a second-level cache.
BLOCK = 32768


@dataclass(frozen=True)
class ColumnPlan:
    """Order in which the columns of a table are built.

    Attributes
    ----------
    n_terms, n_columns : int
        Columns of the matrix, and columns in all, with those that are only needed on the way.
    monomials : list of (column, parent, state, sign)
        column = parent * x[state] (sign 1) or parent / x[state] (sign -1); parent -1 means 1, and state -1 means a
        column of ones.
    factors : list of (column, expression)
        Factors that are no monomials.
    products : list of (column, monomial, factor)
        Columns that are a monomial times a factor.
    """

    n_terms: int
    n_columns: int
    monomials: list[tuple[int, int, int, int]]
    factors: list[tuple[int, Expression]]
    products: list[tuple[int, int, int]]


@dataclass
class _Planner:
    """Columns planned so far."""

    n_columns: int
    own: dict[Monomial, int]
    done: dict[Monomial, int] = field(default_factory=dict)
    steps: list[tuple[int, int, int, int]] = field(default_factory=list)

    def new_column(self) -> int:
        """Reserve a column that is no term."""
        self.n_columns += 1
        return self.n_columns - 1

    def column_of(self, monomial: Monomial) -> int:
        """Column of a monomial, planned with all it rests on."""
        chain: list[tuple[Monomial, int]] = []
        while monomial not in self.done and any(monomial):
            state = self._last_factor(monomial)
            chain.append((monomial, state))
            monomial = _divided(monomial, state)
        parent = self.done.get(monomial, -1)
        if not chain and parent == -1:
            parent = self._plan(monomial, (-1, -1, 1))
        for step, state in reversed(chain):
            parent = self._plan(step, (parent, state, 1 if step[state] > 0 else -1))
        return parent

    def _plan(self, monomial: Monomial, step: tuple[int, int, int]) -> int:
        column = self.own[monomial] if monomial in self.own else self.new_column()
        self.steps.append((column, *step))
        self.done[monomial] = column
        return column

    def _last_factor(self, monomial: Monomial) -> int:
        """State to take off: one that leaves a monomial of the table, if there is any."""
        present = [s for s in reversed(range(len(monomial))) if monomial[s]]
        known = (s for s in present if _divided(monomial, s) in self.own)
        return next(known, present[0])


def plan_columns(monomials: Sequence[Monomial], factors: Sequence[Expression | None]) -> ColumnPlan:
    """Plan the columns of a table with the given monomials and other factors."""
    own = {monomial: k for k, (monomial, factor) in enumerate(zip(monomials, factors, strict=True)) if factor is None}
    planner = _Planner(len(monomials), own)
    factor_columns: dict[Expression, int] = {}
    products: list[tuple[int, int, int]] = []
    for k, (monomial, factor) in enumerate(zip(monomials, factors, strict=True)):
        if factor is None:
            planner.column_of(monomial)
        elif not any(monomial) and factor not in factor_columns:
            factor_columns[factor] = k
    for k, (monomial, factor) in enumerate(zip(monomials, factors, strict=True)):
        if factor is not None and any(monomial):
            column = planner.column_of(monomial)
            if factor not in factor_columns:
                factor_columns[factor] = planner.new_column()
            products.append((k, column, factor_columns[factor]))
    in_order = [(column, factor) for factor, column in factor_columns.items()]
    return ColumnPlan(len(monomials), planner.n_columns, planner.steps, in_order, products)


def fill(
    plan: ColumnPlan, state_names: Sequence[str], x: NDArray[np.float64], out: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Write the matrix of a planned table at the states `x` (n, S) into `out` (n, K)."""
    rows = max(256, BLOCK // plan.n_columns)
    work = np.empty((plan.n_columns, min(rows, len(x))))
    with np.errstate(all="ignore"):
        for first in range(0, len(x), rows):
            states = np.ascontiguousarray(x[first : first + rows].T)
            block = work[:, : states.shape[1]]
            _fill_block(plan, state_names, states, block)
            out[first : first + rows] = block[: plan.n_terms].T
    return out


def _fill_block(
    plan: ColumnPlan, state_names: Sequence[str], states: NDArray[np.float64], block: NDArray[np.float64]
) -> None:
    """Build all columns of one block."""
    for column, parent, state, sign in plan.monomials:
        if state == -1:
            block[column] = 1.0
        elif parent == -1 and sign == 1:
            block[column] = states[state]
        elif parent == -1:
            np.reciprocal(states[state], out=block[column])
        else:
            (np.multiply if sign == 1 else np.divide)(block[parent], states[state], out=block[column])
    columns = dict(zip(state_names, states, strict=True))
    for column, factor in plan.factors:
        block[column] = evaluate(factor, columns)
    for column, monomial, other in plan.products:
        np.multiply(block[monomial], block[other], out=block[column])


def _divided(monomial: Monomial, state: int) -> Monomial:
    """Exponents with that of one state brought one nearer to zero."""
    step = 1 if monomial[state] > 0 else -1
    return (*monomial[:state], monomial[state] - step, *monomial[state + 1 :])
