"""A mask on a library as flat arrays: right-hand side, its Jacobian, and the terms by which coefficients enter.

    dx_s/dt      = sum over p with state_index[p] == s of coef[p] * theta[term_index[p]]
    theta[k]     = product of the columns factors[factor_start[k] : factor_start[k + 1]] * rest[k]
    J[row, col] += coef[p] * multiple * product of columns * rest[k]        one entry per coefficient and column in it

A column is a state or an input; a factor -1 - c stands for division by column c. rest[k] is the value of the postfix
code of those terms that have one (sines, exponentials, denominators), else 1.

Legend: d states, V = d + U columns, K terms, q coefficients.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.library import TermTable
from spreme.library.gradients import run_with_slopes

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Products(NamedTuple):
    """Products of columns: those of product i are columns[start[i] : start[i + 1]]."""

    columns: Indices
    start: Indices


class Entries(NamedTuple):
    """Entries of the Jacobian: equation, column, coefficient and multiple of each, and its product."""

    row: Indices
    column: Indices
    coefficient: Indices
    multiple: Array
    products: Products


class Field(NamedTuple):
    """Right-hand side of a mask.

    Attributes
    ----------
    products : Products
        Products of columns of the K terms in use.
    start, code, arg, depth
        Postfix code of the terms (`TermProgram`).
    coded : ndarray of int64
        Terms that have code.
    state_index, term_index : ndarray (q,) of int64
        Equation and term of each coefficient, sorted by equation.
    first : ndarray (d + 1,) of int64
        Where the coefficients of each equation begin.
    entries : Entries
        Jacobian by the states.
    """

    products: Products
    start: Indices
    code: Indices
    arg: Array
    depth: int
    coded: Indices
    state_index: Indices
    term_index: Indices
    first: Indices
    entries: Entries

    def keep(self, chosen: Mask) -> Field:
        """The field with some of its coefficients (q,) only."""
        kept = self.state_index[chosen]
        first = np.searchsorted(kept, np.arange(len(self.first))).astype(np.int64)
        which = chosen[self.entries.coefficient]
        products = self.entries.products
        lists = [products.columns[products.start[i] : products.start[i + 1]] for i in np.flatnonzero(which)]
        start = np.concatenate([[0], np.cumsum([len(own) for own in lists])]).astype(np.int64)
        columns = np.concatenate([np.zeros(0, np.int64), *lists])
        position = np.cumsum(chosen) - 1
        entries = Entries(
            self.entries.row[which],
            self.entries.column[which],
            position[self.entries.coefficient[which]].astype(np.int64),
            self.entries.multiple[which],
            Products(columns, start),
        )
        return self._replace(state_index=kept, term_index=self.term_index[chosen], first=first, entries=entries)


def make_field(table: TermTable, mask: Mask) -> Field:
    """Write a mask as flat arrays.

    Parameters
    ----------
    table : TermTable
        Library of K terms over states and inputs.
    mask : ndarray (S, K) of bool
        Terms of the equations.

    Returns
    -------
    Field
        With only those terms that occur in the mask.
    """
    used = mask.any(axis=0)
    program = table.subset(used).program()
    state_index, term_index = (index.astype(np.int64) for index in np.nonzero(mask[:, used]))
    first = np.searchsorted(state_index, np.arange(len(mask) + 1)).astype(np.int64)
    return Field(
        _products(program.powers),
        program.start,
        program.code,
        program.arg,
        program.depth,
        np.flatnonzero(np.diff(program.start)).astype(np.int64),
        state_index,
        term_index,
        first,
        _entries(program.powers, state_index, term_index, len(mask)),
    )


def _products(powers: Indices) -> Products:
    """Rows of exponents as lists of columns."""
    lists = [
        [c if power > 0 else -1 - c for c, power in enumerate(row) for _ in range(abs(int(power)))] for row in powers
    ]
    start = np.concatenate([[0], np.cumsum([len(own) for own in lists], dtype=np.int64)])
    return Products(np.array([c for own in lists for c in own], dtype=np.int64), start.astype(np.int64))


def _entries(powers: Indices, state_index: Indices, term_index: Indices, n_states: int) -> Entries:
    """Derivatives of the products of columns; those of the code are taken where it runs."""
    coefficient, column = np.nonzero(powers[term_index][:, :n_states])
    exponents = powers[term_index[coefficient]]
    multiple = exponents[np.arange(len(column)), column].astype(np.float64)
    lowered = exponents - np.eye(powers.shape[1], dtype=np.int64)[column]
    return Entries(
        state_index[coefficient],
        column.astype(np.int64),
        coefficient.astype(np.int64),
        multiple,
        _products(lowered),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def multiply_code(
    field: Field,
    coef: Array,
    x: Array,
    stack: Array,
    slopes: Array,
    rest: Array,
    theta: Array,
    jacobian: Array,
    with_slopes: bool,
) -> None:
    """Multiply the terms that have code by its value, kept in rest (K,), and add its derivative to the Jacobian."""
    d = jacobian.shape[0]
    for i in range(field.coded.shape[0]):
        k = field.coded[i]
        rest[k] = run_with_slopes(x, field.code, field.arg, field.start[k], field.start[k + 1], stack, slopes)
        if with_slopes:
            for p in range(coef.shape[0]):
                if field.term_index[p] == k:
                    for c in range(d):
                        jacobian[field.state_index[p], c] += coef[p] * theta[k] * slopes[0, c]
        theta[k] *= rest[k]


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate_theta(field: Field, x: Array, stack: Array, slopes: Array, theta: Array) -> None:
    """Terms theta (K,) at the columns x (V,); stack (depth,) and slopes (depth, V) are work arrays."""
    columns, start = field.products.columns, field.products.start
    for k in range(theta.shape[0]):
        value = 1.0
        for n in range(start[k], start[k + 1]):
            c = columns[n]
            if c >= 0:
                value *= x[c]
            else:
                value /= x[-1 - c]
        theta[k] = value
    for i in range(field.coded.shape[0]):
        k = field.coded[i]
        theta[k] *= run_with_slopes(x, field.code, field.arg, field.start[k], field.start[k + 1], stack, slopes)
