"""The law of one environment as flat arrays: what the integrators and the exported functions evaluate.

    dx_s/dt = sum over m with state_index[m] == s of coef[m] * theta[term_index[m]](x)          x states, then inputs

Only terms with a coefficient other than zero are kept. A coefficient that the data of the environment do not determine
(NaN: its term is zero on all of them) is left out as well, and its term listed: as long as the term stays zero, a state
that is absent stays absent and the coefficient does not matter.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable
from spreme.results import Law

Array = NDArray[np.float64]


class VectorField(NamedTuple):
    """Right-hand side of one environment: the arguments of `right_hand_side` in their order, then its short form.

    If all terms are products of columns, `factors[factor_start[m] : factor_start[m + 1]]` are those whose product
    is the term of coefficient m, repeated for powers: a third of the time of the general form. Otherwise both are
    empty.
    """

    coef: Array
    state_index: NDArray[np.int64]
    term_index: NDArray[np.int64]
    powers: NDArray[np.int64]
    start: NDArray[np.int64]
    code: NDArray[np.int64]
    arg: Array
    depth: int
    factors: NDArray[np.int64]
    factor_start: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Unobserved:
    """Terms of an environment whose coefficients its data do not determine.

    Attributes
    ----------
    table : TermTable or None
        The terms, each once.
    pairs : ndarray of int64, shape (U, 2)
        Equation and position in the table of each coefficient that is missing.
    env : hashable
        The environment.
    """

    table: TermTable | None
    pairs: NDArray[np.int64]
    env: Hashable

    def first(self, x: Array) -> tuple[int, str] | None:
        """Find the first row of columns x (n, V) where such a term is not zero, and say which and how large."""
        if self.table is None:
            return None
        values = self.table.evaluate(x)
        found = np.argwhere(values != 0.0)
        if not found.size:
            return None
        row, column = (int(i) for i in found[0])
        state = self.table.state_names[self.pairs[self.pairs[:, 1] == column][0, 0]]
        text = (
            f"term {self.table.names[column]!r} of the equation of {state} was not observed in "
            f"environment {self.env!r} (it is zero on all its data, or the law could not be fitted to them), "
            f"but %s makes it {values[row, column]:.6g}"
        )
        return row, text

    def refuse(self, x: Array, source: str) -> None:
        """Refuse columns x at which an undetermined coefficient would matter; `source` may hold {row}."""
        found = self.first(x)
        if found is not None:
            row, text = found
            raise ValueError(
                text % source.format(row=row) + ": its coefficient is unknown there. Keep the term at zero, or fit "
                "data of this environment on which it is not zero"
            )


def environment_position(law: Law, env: Hashable) -> int:
    """Return the position of an environment; None stands for the only one."""
    if env is not None:
        return law.position(env)
    if len(law.environments) > 1:
        known = ", ".join(map(repr, law.environments))
        raise ValueError(f"env is needed, because the law differs between the fitted environments: give one of {known}")
    return 0


def vector_field(law: Law, position: int) -> VectorField:
    """Lower the law of one environment to fresh flat arrays."""
    coef = law.coef[position]
    states, terms = np.nonzero(law.mask & np.isfinite(coef) & (coef != 0.0))
    used, term_index = np.unique(terms, return_inverse=True)
    table = law.table.subset(used)
    term_index = term_index.astype(np.int64).reshape(-1)
    return VectorField(
        np.array(coef[states, terms], dtype=np.float64),
        states.astype(np.int64),
        term_index,
        *table.program(),
        *_products(table, term_index),
    )


def _products(table: TermTable, term_index: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the columns that are multiplied in the term of each coefficient; empty if some term is no product."""
    powers = table.powers[term_index]
    if (powers < 0).any() or any(table.factors[k] is not None for k in term_index):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    factors = np.repeat(np.tile(np.arange(powers.shape[1]), len(powers)), powers.ravel())
    return factors.astype(np.int64), np.concatenate([[0], powers.sum(axis=1).cumsum()]).astype(np.int64)


def unobserved(law: Law, position: int) -> Unobserved:
    """Collect the terms of one environment that have no coefficient."""
    states, terms = np.nonzero(law.mask & np.isnan(law.coef[position]))
    used, columns = np.unique(terms, return_inverse=True)
    table = law.table.subset(used) if terms.size else None
    pairs = np.column_stack([states, columns.reshape(-1)]).astype(np.int64)
    return Unobserved(table, pairs, law.environments[position])
