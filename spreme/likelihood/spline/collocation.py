"""Defects of a cubic Hermite spline: the Simpson rule with the midpoint that the spline itself gives (order 4).

    x_m = (x_i + x_{i+1}) / 2 + h / 8 (f_i - f_{i+1})
    D_i = x_{i+1} - x_i - h / 6 (f_i + 4 f(x_m) + f_{i+1})

D_i = 0 means that the spline solves the differential equation at both nodes and at the midpoint; the scheme is the
Lobatto IIIA method of three stages, which is A-stable and symmetric, so stiff equations need no small steps.

Legend: N nodes, d states, V = d + U columns, K terms, q coefficients, f right-hand side, J its Jacobian.

References
----------
J. Kierzenka, L. F. Shampine, "A BVP solver based on residual control and the MATLAB PSE", ACM TOMS, 2001.
E. Hairer, G. Wanner, "Solving Ordinary Differential Equations II", 2nd edition, 1996, section IV.5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.likelihood.field import Field, evaluate_theta, multiply_code
from spreme.likelihood.spline.grid import Grid

Array = NDArray[np.float64]


class Linear(NamedTuple):
    """Law and defects at all nodes; what belongs to an interval stands at its left node."""

    theta: Array  # (N, K)
    slope: Array  # (N, d)
    jacobian: Array  # (N, d, d)
    middle: Array  # (N, V) columns at midpoints
    theta_middle: Array  # (N, K)
    slope_middle: Array  # (N, d)
    jacobian_middle: Array  # (N, d, d)
    defect: Array  # (N, d)


class PointWork(NamedTuple):
    """Work arrays of `evaluate_law`."""

    stack: Array
    stack_slopes: Array
    rest: Array


@njit(cache=True, nogil=True, error_model="numpy")
def empty_linear(n_nodes: int, n_states: int, n_columns: int, n_terms: int) -> Linear:
    """Allocate what `linearise` fills."""
    N, d = n_nodes, n_states
    return Linear(
        np.zeros((N, n_terms)),
        np.zeros((N, d)),
        np.zeros((N, d, d)),
        np.zeros((N, n_columns)),
        np.zeros((N, n_terms)),
        np.zeros((N, d)),
        np.zeros((N, d, d)),
        np.zeros((N, d)),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def point_work(field: Field, n_columns: int) -> PointWork:
    """Allocate the work arrays of `evaluate_law`."""
    return PointWork(
        np.zeros(field.depth), np.zeros((field.depth, n_columns)), np.ones(field.products.start.shape[0] - 1)
    )


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate_law(
    field: Field, coef: Array, x: Array, theta: Array, slope: Array, jacobian: Array, work: PointWork
) -> None:
    """Terms theta (K,), right-hand side slope (d,) and its Jacobian (d, d) at the columns x (V,)."""
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
    jacobian[:] = 0.0
    if field.coded.shape[0] > 0:
        multiply_code(field, coef, x, work.stack, work.stack_slopes, work.rest, theta, jacobian, True)
    slope[:] = 0.0
    for p in range(coef.shape[0]):
        slope[field.state_index[p]] += coef[p] * theta[field.term_index[p]]
    _add_entries(field, coef, x, work.rest, jacobian)


@njit(cache=True, nogil=True, error_model="numpy")
def _add_entries(field: Field, coef: Array, x: Array, rest: Array, jacobian: Array) -> None:
    """Add the derivatives of the products of columns to the Jacobian."""
    entries = field.entries
    columns, start = entries.products.columns, entries.products.start
    for e in range(entries.row.shape[0]):
        p = entries.coefficient[e]
        value = coef[p] * entries.multiple[e] * rest[field.term_index[p]]
        for n in range(start[e], start[e + 1]):
            c = columns[n]
            if c >= 0:
                value *= x[c]
            else:
                value /= x[-1 - c]
        jacobian[entries.row[e], entries.column[e]] += value


@njit(cache=True, nogil=True, error_model="numpy")
def linearise(grid: Grid, nodes: Array, coef: Array, field: Field, out: Linear) -> None:
    """Evaluate law, Jacobians and defects at the states `nodes` (N, d) and all midpoints."""
    N, d = nodes.shape
    n_inputs = grid.u.shape[1]
    work, x = point_work(field, d + n_inputs), np.zeros(d + n_inputs)
    for i in range(N):
        for s in range(d):
            x[s] = nodes[i, s]
        for v in range(n_inputs):
            x[d + v] = grid.u[i, v]
        evaluate_law(field, coef, x, out.theta[i], out.slope[i], out.jacobian[i], work)
    for r in range(grid.bounds.shape[0] - 1):
        for i in range(grid.bounds[r], grid.bounds[r + 1] - 1):
            h, middle = grid.t[i + 1] - grid.t[i], out.middle[i]
            for s in range(d):
                middle[s] = 0.5 * (nodes[i, s] + nodes[i + 1, s]) + 0.125 * h * (out.slope[i, s] - out.slope[i + 1, s])
            for v in range(n_inputs):
                middle[d + v] = 0.5 * (grid.u[i, v] + grid.u[i + 1, v])
            evaluate_law(field, coef, middle, out.theta_middle[i], out.slope_middle[i], out.jacobian_middle[i], work)
            for s in range(d):
                mean = (out.slope[i, s] + 4.0 * out.slope_middle[i, s] + out.slope[i + 1, s]) / 6.0
                out.defect[i, s] = nodes[i + 1, s] - nodes[i, s] - h * mean


def linearisation(grid: Grid, nodes: Array, coef: Array, field: Field) -> Linear:
    """Law, its Jacobian and defects at the states `nodes` (N, d)."""
    n_columns, n_terms = nodes.shape[1] + grid.u.shape[1], len(field.products.start) - 1
    linear = empty_linear(len(nodes), nodes.shape[1], n_columns, n_terms)
    linearise(grid, nodes, coef, field, linear)
    return linear


@njit(cache=True, nogil=True, error_model="numpy")
def probe_terms(grid: Grid, nodes: Array, probe: Field, linear: Linear, theta: Array, theta_middle: Array) -> None:
    """Terms of another mask at the nodes and midpoints of a linearisation: theta and theta_middle, both (N, K)."""
    N, d = nodes.shape
    n_inputs = grid.u.shape[1]
    work, x = point_work(probe, d + n_inputs), np.zeros(d + n_inputs)
    for i in range(N):
        for s in range(d):
            x[s] = nodes[i, s]
        for v in range(n_inputs):
            x[d + v] = grid.u[i, v]
        evaluate_theta(probe, x, work.stack, work.stack_slopes, theta[i])
        evaluate_theta(probe, linear.middle[i], work.stack, work.stack_slopes, theta_middle[i])


@njit(cache=True, nogil=True, error_model="numpy")
def local_errors(grid: Grid, nodes: Array, coef: Array, field: Field, linear: Linear, out: Array) -> None:
    """Error of the Simpson rule in every interval, out (N, d): its difference from the Lobatto rule of five points."""
    d = nodes.shape[1]
    n_inputs = grid.u.shape[1]
    work, x = point_work(field, d + n_inputs), np.zeros(d + n_inputs)
    theta, slope, unused = np.zeros(linear.theta.shape[1]), np.zeros(d), np.zeros((d, d))
    out[:] = 0.0
    for r in range(grid.bounds.shape[0] - 1):
        for i in range(grid.bounds[r], grid.bounds[r + 1] - 1):
            h, f = grid.t[i + 1] - grid.t[i], linear.slope
            for s in range(d):
                ends, middle = f[i, s] + f[i + 1, s], linear.slope_middle[i, s]
                out[i, s] = h * (ends / 20.0 + 16.0 / 45.0 * middle) - h * (ends + 4.0 * middle) / 6.0
            for side in range(2):
                share = 0.5 + (side - 0.5) * np.sqrt(3.0 / 7.0)
                rest = 1.0 - share
                for s in range(d):
                    straight = (1.0 + 2.0 * share) * rest**2 * nodes[i, s] + share**2 * (3.0 - 2.0 * share) * nodes[
                        i + 1, s
                    ]
                    x[s] = straight + h * share * rest * (rest * f[i, s] - share * f[i + 1, s])
                for v in range(n_inputs):
                    x[d + v] = rest * grid.u[i, v] + share * grid.u[i + 1, v]
                evaluate_law(field, coef, x, theta, slope, unused, work)
                for s in range(d):
                    out[i, s] += h * 49.0 / 180.0 * slope[s]
