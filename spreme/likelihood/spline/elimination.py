"""Elimination of the states from the linearised problem by orthogonal transformations, node after node.

Unknowns are the moves of the states x_i (N, d) and of the coefficients c (q,); rows of the least-squares problem are

    defects   w_i (A_i x_i + B_i x_{i+1} + C_i c + D_i) = 0,       w_is = sqrt(rho H / h_i) / sd_s
    data      (x_is - r_is) / sd_s = 0                             where something was measured
    damping   sqrt(mu) x_is / sd_s = 0

Only neighbours meet, so x_1, x_2, ... are eliminated in turn by Householder reflections of at most 3 d rows: a square
root information filter, O(N d^2 (d + q)). What is left are rows in c alone; their products are the information matrix
of the coefficients and the gradient. Normal equations would square the ratio of the weights, which grows as
sqrt(rho): here rho may be as large as 1e12 and the information keeps its digits.

References
----------
G. J. Bierman, "Factorization Methods for Discrete Sequential Estimation", 1977. A. J. Cox, N. J. Higham, "Stability of
Householder QR factorization for weighted least squares problems", 1998.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.likelihood.field import Field
from spreme.likelihood.spline.collocation import Linear
from spreme.likelihood.spline.grid import Grid

Array = NDArray[np.float64]

# Rows in the coefficients alone that are collected before they are multiplied.
BLOCK = 64
# Damping where no step is taken: keeps states that nothing determines.
LEAST_DAMPING = 1e-12


class Weights(NamedTuple):
    """How rows are weighed: 1 / sd (d,), residuals beyond `huber` count linearly (0: never), unit of time H.

    `bound` is the largest state that is accepted.
    """

    data: Array
    huber: float
    interval: float
    bound: float


@njit(cache=True, nogil=True, error_model="numpy")
def reflect(rows: Array, first: int, last: int, column: int, number: int, width: int, dots: Array) -> None:
    """Triangularise columns column .. column + number - 1 of rows first .. last - 1 by Householder reflections."""
    for j in range(min(number, last - first)):
        pivot, c = rows[first + j], column + j
        size = 0.0
        for i in range(first + j, last):
            size += rows[i, c] * rows[i, c]
        if size == 0.0:
            continue
        norm = np.sqrt(size)
        if pivot[c] > 0.0:
            norm = -norm
        head = pivot[c] - norm
        scale = 1.0 / (size - norm * pivot[c])
        for k in range(c + 1, width):
            dots[k] = head * pivot[k]
        for i in range(first + j + 1, last):
            row = rows[i]
            value = row[c]
            if value != 0.0:
                for k in range(c + 1, width):
                    dots[k] += value * row[k]
        for k in range(c + 1, width):
            dots[k] *= scale
            pivot[k] -= head * dots[k]
        for i in range(first + j + 1, last):
            row = rows[i]
            value = row[c]
            if value != 0.0:
                for k in range(c + 1, width):
                    row[k] -= value * dots[k]
                row[c] = 0.0
        pivot[c] = norm


@njit(cache=True, nogil=True, error_model="numpy")
def _defect_rows(
    grid: Grid,
    linear: Linear,
    defect: Array,
    theta: Array,
    theta_middle: Array,
    probe: Field,
    weights: Weights,
    rho: float,
    i: int,
    rows: Array,
) -> None:
    """Rows 0 .. d - 1: the linearised defects of interval i, weighted."""
    d, q = linear.slope.shape[1], probe.state_index.shape[0]
    h = grid.t[i + 1] - grid.t[i]
    left, right, middle = linear.jacobian[i], linear.jacobian[i + 1], linear.jacobian_middle[i]
    for r in range(d):
        weight = weights.data[r] * np.sqrt(rho * weights.interval / h)
        row = rows[r]
        for c in range(d):
            by_left, by_right = left[r, c] + 2.0 * middle[r, c], right[r, c] + 2.0 * middle[r, c]
            for k in range(d):
                by_left += 0.5 * h * middle[r, k] * left[k, c]
                by_right -= 0.5 * h * middle[r, k] * right[k, c]
            unit = 1.0 if r == c else 0.0
            row[c] = -weight * (unit + h / 6.0 * by_left)
            row[d + c] = weight * (unit - h / 6.0 * by_right)
        for p in range(q):
            k, s = probe.term_index[p], probe.state_index[p]
            value = 0.5 * h * middle[r, s] * (theta[i, k] - theta[i + 1, k])
            if s == r:
                value += theta[i, k] + 4.0 * theta_middle[i, k] + theta[i + 1, k]
            row[2 * d + p] = -weight * h / 6.0 * value
        row[2 * d + q] = -weight * defect[i, r]


@njit(cache=True, nogil=True, error_model="numpy")
def _data_rows(
    grid: Grid,
    nodes: Array,
    weights: Weights,
    damping: float,
    pull: float,
    i: int,
    first: int,
    column: int,
    rows: Array,
) -> bool:
    """Rows first .. first + d - 1: data and damping of node i, one row per state; False if nothing was measured there.

    Nodes between samples are not damped: the defects tie them to their neighbours.
    """
    d, width = nodes.shape[1], rows.shape[1]
    is_sample = False
    for s in range(d):
        is_sample = is_sample or grid.y[i, s] == grid.y[i, s]
    for s in range(d):
        row = rows[first + s]
        row[:] = 0.0
        if is_sample:
            value, weight, move = grid.y[i, s], 0.0, 0.0
            if value == value:
                move = value - nodes[i, s]
                weight = weights.data[s]
                if weights.huber > 0.0 and abs(move * weight) > weights.huber:
                    weight *= np.sqrt(weights.huber / abs(move * weight))
            total = np.sqrt(weight * weight + damping * weights.data[s] * weights.data[s])
            if total > 0.0:
                row[column + s] = total
                row[width - 1] = weight * weight * pull * move / total
    return is_sample


@njit(cache=True, nogil=True, error_model="numpy")
def _collect(rows: Array, first: int, last: int, column: int, held: Array, n_held: int, out: Array) -> int:
    """Take over rows in the coefficients alone; a full block is multiplied. Returns the number held."""
    width = out.shape[0]
    for i in range(first, last):
        own, row = held[n_held], rows[i]
        for k in range(width):
            own[k] = row[column + k]
        n_held += 1
        if n_held == held.shape[0]:
            _multiply(held, n_held, out)
            n_held = 0
    return n_held


@njit(cache=True, nogil=True, error_model="numpy")
def _multiply(held: Array, n_held: int, out: Array) -> None:
    """Add the products of the held rows to the upper triangle of out, four rows at a time."""
    width = out.shape[0]
    for i in range(n_held, n_held + (-n_held) % 4):
        held[i] = 0.0
    for i in range(0, n_held, 4):
        r0, r1, r2, r3 = held[i], held[i + 1], held[i + 2], held[i + 3]
        for a in range(width):
            v0, v1, v2, v3 = r0[a], r1[a], r2[a], r3[a]
            row = out[a]
            for b in range(a, width):
                row[b] += v0 * r0[b] + v1 * r1[b] + v2 * r2[b] + v3 * r3[b]


@njit(cache=True, nogil=True, error_model="numpy")
def eliminate(
    grid: Grid,
    nodes: Array,
    linear: Linear,
    defect: Array,
    theta: Array,
    theta_middle: Array,
    probe: Field,
    weights: Weights,
    rho: float,
    damping: float,
    pull: float,
    kept: Array,
    information: Array,
    gradient: Array,
) -> float:
    """Information matrix (q, q) and gradient (q,) of the coefficients of `probe`, states eliminated.

    Defects are those given, and the data pull with `pull` times their residuals. `kept` (N, d, 2 d + q + 1) takes the
    rows that give the states back; with a length of 1 they are forgotten. Returns how much the elimination alone lowers
    the sum of squares.
    """
    d, q = nodes.shape[1], probe.state_index.shape[0]
    width = 2 * d + q + 1
    rows, dots = np.zeros((3 * d, width)), np.zeros(width)
    held, out = np.zeros((BLOCK, q + 1)), np.zeros((q + 1, q + 1))
    n_held, fall = 0, 0.0
    is_kept = kept.shape[0] == nodes.shape[0]
    for r in range(grid.bounds.shape[0] - 1):
        begin, end = grid.bounds[r], grid.bounds[r + 1]
        _data_rows(grid, nodes, weights, damping, pull, begin, d, d, rows)
        for i in range(begin, end):
            if i > begin and (_data_rows(grid, nodes, weights, damping, pull, i, 2 * d, d, rows) or i + 1 == end):
                reflect(rows, d, 3 * d, d, d, width, dots)
                n_held = _collect(rows, 2 * d, 3 * d, 2 * d, held, n_held, out)
            # rows d .. 2 d - 1 hold all that is known of x_i, in columns d .. 2 d - 1
            for a in range(d, 2 * d):
                for c in range(d):
                    rows[a, c] = rows[a, d + c]
                    rows[a, d + c] = 0.0
            first = 0 if i + 1 < end else d
            if i + 1 < end:
                _defect_rows(grid, linear, defect, theta, theta_middle, probe, weights, rho, i, rows)
                reflect(rows, first, 2 * d, first, d, width, dots)
            for a in range(first, first + d):
                fall += rows[a, width - 1] * rows[a, width - 1]
                if is_kept:
                    kept[i, a - first] = rows[a]
    _multiply(held, n_held, out)
    for a in range(q):
        gradient[a] = out[a, q]
        for b in range(a, q):
            information[a, b] = out[a, b]
            information[b, a] = out[a, b]
    return fall


@njit(cache=True, nogil=True, error_model="numpy")
def move_states(grid: Grid, kept: Array, step: Array, moves: Array) -> None:
    """Moves of the states (N, d) that go with a step of the coefficients (q,)."""
    d, q = moves.shape[1], step.shape[0]
    for r in range(grid.bounds.shape[0] - 1):
        end = grid.bounds[r + 1]
        for i in range(end - 1, grid.bounds[r] - 1, -1):
            for a in range(d - 1, -1, -1):
                row = kept[i, a]
                value = row[2 * d + q]
                for p in range(q):
                    value -= row[2 * d + p] * step[p]
                if i + 1 < end:
                    for c in range(d):
                        value -= row[d + c] * moves[i + 1, c]
                for c in range(a + 1, d):
                    value -= row[c] * moves[i, c]
                moves[i, a] = value / row[a] if row[a] != 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def bending(
    grid: Grid, linear: Linear, probe: Field, weights: Weights, moves: Array, step: Array, after: Array, out: Array
) -> None:
    """Part of the defects `after` (N, d) a step that their linearisation had not foretold."""
    d, q = moves.shape[1], step.shape[0]
    rows = np.zeros((d, 2 * d + q + 1))
    for r in range(grid.bounds.shape[0] - 1):
        for i in range(grid.bounds[r], grid.bounds[r + 1] - 1):
            _defect_rows(grid, linear, linear.defect, linear.theta, linear.theta_middle, probe, weights, 1.0, i, rows)
            for s in range(d):
                row, scale = rows[s], weights.data[s] * np.sqrt(weights.interval / (grid.t[i + 1] - grid.t[i]))
                value = -row[2 * d + q]
                for c in range(d):
                    value += row[c] * moves[i, c] + row[d + c] * moves[i + 1, c]
                for p in range(q):
                    value += row[2 * d + p] * step[p]
                out[i, s] = after[i, s] - value / scale
