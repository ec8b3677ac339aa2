"""One step of a Runge-Kutta scheme with the exact derivatives of the discrete map.

With the Jacobian J_j of the right-hand side at stage j, the derivative of the new state by the slope k_j is found from
the last stage to the first (the discrete adjoint of the scheme):

    lever_j = h (b_j I + sum_{i > j} a[i, j] lever_i J_i)
    dx_new/dx = I + sum_j lever_j J_j,     dx_new/dcoef_p = sum_j lever_j[:, s_p] theta_p(x_j)

so that the sensitivities to q coefficients cost two small products a step instead of q more equations at every stage.

Legend: d states, V = d + U columns (states and inputs), m stages, K terms, q coefficients.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spreme.likelihood.field import Field, multiply_code
from spreme.likelihood.shooting.schemes import Scheme

Array = NDArray[np.float64]


class StepWork(NamedTuple):
    """Buffers: points (m, V), slopes (m, d), theta (m, K), jacobian, lever, product (m, d, d) and more."""

    points: Array
    slopes: Array
    theta: Array
    jacobian: Array
    lever: Array
    product: Array
    transfer: Array
    stack: Array
    stack_slopes: Array
    rest: Array


@njit(cache=True, nogil=True, error_model="numpy")
def step_work(field: Field, n_states: int, n_columns: int, n_stages: int) -> StepWork:
    """Allocate the buffers of `advance`."""
    d, m = n_states, n_stages
    return StepWork(
        np.zeros((m, n_columns)),
        np.zeros((m, d)),
        np.zeros((m, field.products.start.shape[0] - 1)),
        np.zeros((m, d, d)),
        np.zeros((m, d, d)),
        np.zeros((m, d, d)),
        np.zeros((d, d)),
        np.zeros(field.depth),
        np.zeros((field.depth, n_columns)),
        np.ones(field.products.start.shape[0] - 1),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def advance(
    field: Field,
    coef: Array,
    scheme: Scheme,
    h: float,
    share: float,
    part: float,
    u: Array,
    i: int,
    x: Array,
    with_slopes: bool,
    work: StepWork,
) -> None:
    """Step from x to the new state, in place; if asked, with its derivatives in `work`.

    The inputs start at `share` of the way from u[i] to u[i + 1] and cover `part` of it within the step.

    One long function on purpose: each call or view of a row costs as much as the arithmetic of a stage.
    """
    a, points, slopes, theta, jacobian = scheme.a, work.points, work.slopes, work.theta, work.jacobian
    columns, start, n_terms = field.products.columns, field.products.start, theta.shape[1]
    state_index, term_index, q = field.state_index, field.term_index, coef.shape[0]
    m, d = slopes.shape
    for j in range(m):
        for s in range(d):
            points[j, s] = x[s]
        for k in range(j):
            weight = h * a[j, k]
            if weight != 0.0:
                for s in range(d):
                    points[j, s] += weight * slopes[k, s]
        for v in range(d, points.shape[1]):
            points[j, v] = u[i, v - d] + (share + part * scheme.c[j]) * (u[i + 1, v - d] - u[i, v - d])
        for k in range(n_terms):
            value = 1.0
            for n in range(start[k], start[k + 1]):
                c = columns[n]
                if c >= 0:
                    value *= points[j, c]
                else:
                    value /= points[j, -1 - c]
            theta[j, k] = value
        if with_slopes:
            for s in range(d):
                for c in range(d):
                    jacobian[j, s, c] = 0.0
        if field.coded.shape[0] > 0:
            multiply_code(
                field, coef, points[j], work.stack, work.stack_slopes, work.rest, theta[j], jacobian[j], with_slopes
            )
        for s in range(d):
            slopes[j, s] = 0.0
        for p in range(q):
            slopes[j, state_index[p]] += coef[p] * theta[j, term_index[p]]
        if with_slopes:
            row, column, multiple = field.entries.row, field.entries.column, field.entries.multiple
            coefficient, products = field.entries.coefficient, field.entries.products
            for e in range(row.shape[0]):
                p = coefficient[e]
                value = coef[p] * multiple[e] * work.rest[term_index[p]]
                for n in range(products.start[e], products.start[e + 1]):
                    c = products.columns[n]
                    if c >= 0:
                        value *= points[j, c]
                    else:
                        value /= points[j, -1 - c]
                jacobian[j, row[e], column[e]] += value
    if with_slopes:
        _levers(h, scheme, work)
    for j in range(m):
        weight = h * scheme.b[j]
        if weight != 0.0:
            for s in range(d):
                x[s] += weight * slopes[j, s]


@njit(cache=True, nogil=True, error_model="numpy")
def _levers(h: float, scheme: Scheme, work: StepWork) -> None:
    """Derivatives of the new state by the slopes of the stages and by the old state."""
    a, lever, product, jacobian, transfer = scheme.a, work.lever, work.product, work.jacobian, work.transfer
    m, d = work.slopes.shape
    for r in range(d):
        for c in range(d):
            transfer[r, c] = 1.0 if r == c else 0.0
    for j in range(m - 1, -1, -1):
        for r in range(d):
            for c in range(d):
                lever[j, r, c] = h * scheme.b[j] if r == c else 0.0
        for i in range(j + 1, m):
            weight = h * a[i, j]
            if weight != 0.0:
                for r in range(d):
                    for c in range(d):
                        lever[j, r, c] += weight * product[i, r, c]
        for r in range(d):
            for c in range(d):
                value = 0.0
                for k in range(d):
                    value += lever[j, r, k] * jacobian[j, k, c]
                product[j, r, c] = value
                transfer[r, c] += value
