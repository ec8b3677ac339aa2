"""What integrals over the fitted states tell about every equation: proposals that no sensitivity misleads.

    y_i - x_0  =  sum_k c_k int_{t_0}^{t_i} theta_k(x(s)) ds + noise_i,    x the fitted states

With the states held where the present law puts them, the measured values are linear in the coefficients, one equation
at a time, with noise in the target alone. Any law that describes the data puts the states about right, so that masks
which differ from the present one in many terms are judged fairly, where linearised sensitivities foretell nothing.

References
----------
Dattner, I. and Klaassen, C. A. J. (2015). Optimal rate of direct estimators in systems of ordinary differential
equations linear in functions of the parameters. Electronic Journal of Statistics 9.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.fits import Fit
from spreme.likelihood.problem import Problem
from spreme.likelihood.recording import Recording, segments
from spreme.likelihood.search import Model, Visited
from spreme.solvers import best_supports, neighbours

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

# Largest equation that is looked for, and the multiplications that one size may cost to be looked through completely.
MOST_OF_ONE, AFFORDABLE = 8, 1e8
# Steps from support to support, how many supports each sets out from, and how many neighbours of each kind it sees.
STEPS, CENTRES, NEAR = 3, 4, 6


def matched_model(problem: Problem, fit: Fit, states: Sequence[Array], breaks: Sequence[Indices], pieces: int) -> Model:
    """Quadratic model of the fit to the measured values while the states are held.

    Parameters
    ----------
    problem : Problem
        Data, noise and library.
    fit : Fit
        Present law.
    states : sequence of ndarray (n_e, S)
        Its states at the samples.
    breaks : sequence of ndarray of int
        Rows at which its states begin anew, for every environment.
    pieces : int
        Windows of the longest trajectory over which integrals are taken; each has a start of its own.

    Returns
    -------
    Model
        About the present law, over all allowed terms; equations do not interact.
    """
    terms = problem.allowed
    n_terms = int(terms.sum())
    gram, cross = np.zeros((problem.n_environments, n_terms, n_terms)), np.zeros((problem.n_environments, n_terms))
    empty = np.zeros(problem.n_environments)
    owner = np.nonzero(terms)[0]
    for e, (recording, own) in enumerate(zip(problem.recordings, states, strict=True)):
        coef = np.zeros(terms.shape)
        coef[fit.mask] = fit.coef[e]
        integrals, defects = _integrals(problem, recording, own, coef, breaks[e])
        edges = segments(recording, pieces, problem.n_samples)
        for s in np.flatnonzero(~problem.frozen[e]):
            of_s, seen = owner == s, np.isfinite(recording.y[:, s])
            target = np.where(seen, recording.y[:, s], 0.0) - defects[:, s]
            table = np.column_stack([integrals[:, terms[s]], target])
            table = _without_starts(table, seen, edges) / problem.sd[e, s]
            products = table.T @ table
            gram[e][np.ix_(of_s, of_s)], cross[e, of_s] = products[:-1, :-1], products[:-1, -1]
            empty[e] += products[-1, -1]
    return Model(terms, problem.required, gram, cross, empty, fit)


def _integrals(
    problem: Problem, recording: Recording, states: Array, coef: Array, breaks: Indices
) -> tuple[Array, Array]:
    """Integrals (n, K) of all terms over the states, and what the law leaves of the states' steps (n, S), summed up."""
    theta = problem.table.evaluate(np.column_stack([states, recording.u]))
    step = np.diff(recording.t)
    step[recording.bounds[1:-1] - 1] = 0.0
    steps_of_terms = 0.5 * step[:, None] * (theta[1:] + theta[:-1])
    defects = np.diff(states, axis=0) - steps_of_terms @ coef.T
    defects[breaks[1:-1] - 1] = 0.0  # there the states jump: no error of the quadrature
    return _summed(steps_of_terms), _summed(defects)


def _summed(steps: Array) -> Array:
    """Sums of steps from the first row on."""
    return np.vstack([np.zeros((1, steps.shape[1])), np.cumsum(steps, axis=0)])


def _without_starts(table: Array, seen: Mask, edges: Indices) -> Array:
    """The rows seen (m, q), less their mean over each window: its start is free."""
    window = np.searchsorted(edges, np.flatnonzero(seen), side="right") - 1
    table = table[seen]
    count = np.bincount(window, minlength=len(edges) - 1).astype(np.float64)
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)[:-1]
    sums = np.zeros((len(count), table.shape[1]))
    held = count > 0
    sums[held] = np.add.reduceat(table, first[held], axis=0)
    out: Array = table - (sums / np.maximum(count, 1.0)[:, None])[window]
    return out


def better_equations(model: Model, visited: Visited) -> list[tuple[Mask, Array]]:
    """Masks that differ from the present one in one equation and that the model prefers to it.

    Parameters
    ----------
    model : Model
        Of equations that do not interact.
    visited : Visited
        Whose criterion judges.

    Returns
    -------
    list of tuple
        Mask (S, K) and its coefficients by the model (E, q); the most promising first.
    """
    present = visited.judge(model.fit(model.centre.mask))
    found: list[tuple[float, Mask]] = []
    for s in np.flatnonzero(model.terms.any(axis=1)):
        for value, support in _supports(model, int(s), visited):
            if value < present:
                mask = model.centre.mask.copy()
                mask[s, model.terms[s]] = support
                found.append((value, mask))
    return [(mask, model.fit(mask).coef) for _, mask in sorted(found, key=lambda item: item[0])]


def _supports(model: Model, s: int, visited: Visited) -> list[tuple[float, Mask]]:
    """Supports of one equation, scored: the best of every size, and what is found step by step from the most promising.

    The best of a size has the smallest residuals; the criterion may prefer another, alike in all environments, which
    differs in more than one term.
    """
    own = np.nonzero(model.terms)[0] == s
    gram, cross = model.gram[:, own][:, :, own], model.cross[:, own]
    now, required = model.centre.mask[s][model.terms[s]], model.required[s][model.terms[s]]
    most = min(max(MOST_OF_ONE, int(now.sum())), int(own.sum()), visited.limit)
    path = best_supports(
        gram, cross, max_terms=most, weight=model.weight, required=required, starts=(now,), affordable=AFFORDABLE
    )
    found: dict[bytes, tuple[float, Mask]] = {}

    def add(supports: Sequence[Mask]) -> None:
        for support in supports:
            if support.tobytes() not in found and support.sum() <= most and not (required & ~support).any():
                mask = model.centre.mask.copy()
                mask[s, model.terms[s]] = support
                found[support.tobytes()] = visited.judge(model.fit(mask)), support

    add([now, *path.masks])
    expanded: set[bytes] = set()
    for _ in range(STEPS):
        waiting = sorted(found.keys() - expanded, key=lambda key: (found[key][0], key))[:CENTRES]
        expanded.update(waiting)
        for key in waiting:
            near = neighbours(gram, cross, found[key][1], weight=model.weight, required=required, most=NEAR)
            add([support for support, _ in near])
    return list(found.values())
