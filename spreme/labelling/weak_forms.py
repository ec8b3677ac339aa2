"""Quadratic forms of trajectories from their weak-form rows, and the mask that all share meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spreme.labelling.quadratics import Quadratics
from spreme.penalties import Penalty
from spreme.selection import StateProblem, choose
from spreme.selection.weak_equations import WeakEquations

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

# What all trajectories say together counts as so many rows when rough coefficients of single ones are sought.
SHRINKAGE = 3.0


def grouped(equations: WeakEquations, labels: Indices) -> WeakEquations:
    """Put the rows of trajectories, each an environment of its own, together by label."""
    members = [np.flatnonzero(labels == k) for k in range(int(labels.max()) + 1)]
    return WeakEquations(
        equations.table,
        [[equations.runs[r][0] for r in own] for own in members],
        [[equations.rows[r][0] for r in own] for own in members],
        np.array([np.sqrt((equations.sigma[own] ** 2).mean(axis=0)) for own in members]),
    )


def shared_mask(
    equations: WeakEquations, penalty: Penalty, allowed: Mask, required: Mask, max_terms: int | None
) -> Mask:
    """Choose provisional terms (S, K) by BIC of the rows.

    Parameters
    ----------
    equations : WeakEquations
        Rows, by cluster or by trajectory.
    penalty : Penalty
        What proposes masks.
    allowed, required : ndarray (S, K) of bool
        Restrictions.
    max_terms : int or None
        Largest number of terms of one equation.

    Returns
    -------
    ndarray (S, K) of bool
        Terms.
    """
    out = np.zeros_like(allowed)
    for s, (may, must) in enumerate(zip(allowed, required, strict=True)):
        weighted = partial(equations.weighted, s)
        problem = StateProblem(equations.levels, weighted, penalty, "bic", may, must, max_terms, rounds=1)
        out[s] = choose(problem, equations.table.names)[0]
    return out


def weak_forms(equations: WeakEquations, mask: Mask, coef: Sequence[Array] | None = None) -> Quadratics:
    """Sum up the whitened rows of every trajectory.

    Parameters
    ----------
    equations : WeakEquations
        Rows, every trajectory an environment of its own.
    mask : ndarray (S, K) of bool
        Terms; q in number.
    coef : list over states of ndarray (m, s), optional
        Law for which the rows are whitened; None: rough coefficients of every trajectory.

    Returns
    -------
    Quadratics
        In the q coefficients, equation after equation. Windows of different widths tell the same more than once: their
        mean is taken. Where residuals exceed the noise, they are measured by their own size.
    """
    rough = rough_coefficients(equations, mask) if coef is None else coef
    q, m = int(mask.sum()), len(equations.rows)
    out = Quadratics(np.zeros((m, q, q)), np.zeros((m, q)), np.zeros(m), np.zeros(m))
    last = 0
    for s, own in enumerate(mask):
        part = _equation(equations, s, own, rough[s])
        at = slice(last, last + int(own.sum()))
        last = at.stop
        out.information[:, at, at], out.right[:, at] = part.information, part.right
        out.constant[:] += part.constant
        out.n_values[:] += part.n_values
    return out


def rough_coefficients(equations: WeakEquations, mask: Mask) -> list[Array]:
    """Coefficients of every trajectory (m, s), one array an equation, drawn to those of all together."""
    out = []
    for s, own in enumerate(mask):
        form = _summed(equations, s, own, None)
        size = form.n_values.sum()
        common = Quadratics(*(part.sum(axis=0, keepdims=True) * (SHRINKAGE * own.sum() / size) for part in form))
        out.append((form + common).minimisers())
    return out


def _equation(equations: WeakEquations, state: int, mask: Mask, coef: Array) -> Quadratics:
    """Form of one equation in units of the size of its residuals, at least of the noise."""
    form = _summed(equations, state, mask, coef)
    free = np.maximum(form.n_values.sum() - len(coef) * mask.sum(), 0.2 * form.n_values.sum())
    unit = max(float(np.maximum(form.minima(), 0.0).sum() / max(free, 1.0)), 1.0)
    return Quadratics(form.information / unit, form.right / unit, form.constant / unit, form.n_values)


def _summed(equations: WeakEquations, state: int, mask: Mask, coef: Array | None) -> Quadratics:
    """Form of one equation, mean over window widths."""
    m, n_terms, n_levels = len(equations.rows), int(mask.sum()), max(len(equations.levels), 1)
    out = Quadratics(np.zeros((m, n_terms, n_terms)), np.zeros((m, n_terms)), np.zeros(m), np.zeros(m))
    for level in range(len(equations.levels)):
        rows = equations.weighted(state, level, None if coef is None else mask, coef)
        for r, (theta, target) in enumerate(zip(rows.thetas, rows.targets, strict=True)):
            own = theta[:, mask]
            out.information[r] += own.T @ own / n_levels
            out.right[r] += own.T @ target / n_levels
            out.constant[r] += target @ target / n_levels
            out.n_values[r] += rows.n_effective[r] / n_levels
    return out
