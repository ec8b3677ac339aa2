"""How strong the penalty of a plain regression should be: the point of its path that a criterion chooses.

    bic, ebic   information criteria (`path_points`)
    cv          mean over environments of the mean squared errors of predictions of held-out rows
    stability   how often bic chooses a group on random halves of the rows

References
----------
Meinshausen and Buehlmann (2010), Stability selection, J. R. Stat. Soc. B 72. Shah and Samworth (2013), Variable
selection with error control: another look at stability selection, J. R. Stat. Soc. B 75 (complementary pairs).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from spreme.gram import GramSystem
from spreme.results import Path
from spreme.selection.strength.design import Design, Rows, training_systems
from spreme.selection.strength.options import PathOptions
from spreme.selection.strength.points import information, least_squares_of, points_of

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]
Folds = Sequence[tuple[Rows, Rows]]

CRITERIA = ("ebic", "bic", "cv", "stability")
# Pairs of halves of a stability selection.
PAIRS = 50
# Sizes on the path of group L0 at first, where no largest size is given.
FEW_TERMS = 8


class Choice(NamedTuple):
    """Chosen coefficients (E, S, K) and masks (S, K); the path, and the point of every state on it (S,), None for none.

    Scores (A, S) are those of the criterion, frequency (S, K) that of a stability selection; None without.
    """

    coef: Array
    mask: Mask
    path: Path
    point: Numbers | None
    scores: Array | None = None
    frequency: Array | None = None


def at_strength(design: Design, options: PathOptions, alpha: float, *, debias: bool) -> Choice:
    """Solve at one strength.

    Parameters
    ----------
    design : Design
        Rows.
    options : PathOptions
        Penalty and groups.
    alpha : float
        Strength; the number of groups for group L0.
    debias : bool
        Whether the coefficients are least squares on the mask.

    Returns
    -------
    Choice
        Solution.
    """
    path = options.solve(design.gram(), np.array([alpha]), max_terms=max(int(alpha), 1))
    point = np.full(path.masks.shape[1], int(alpha) if options.counts_groups else 0)
    mask = _at(path.masks[:, None], point)[0]
    coef = _fit(design, mask) if debias else _at(path.coefs, point)
    return Choice(coef, mask, path, point)


def by_information(design: Design, options: PathOptions, *, extended: bool, debias: bool) -> Choice:
    """Choose the point of the path with the lowest bic or ebic.

    Parameters
    ----------
    design : Design
        Rows.
    options : PathOptions
        Penalty, groups and grid.
    extended : bool
        Whether the number of masks of a size has a price (ebic).
    debias : bool
        Whether least squares on the masks are judged and returned, or the penalised coefficients.

    Returns
    -------
    Choice
        Best point.
    """

    def judge(path: Path) -> tuple[Array, Numbers]:
        points = points_of(design, path, debias=debias)
        scores = information(
            design, points, options.by_group(path.masks).sum(axis=2), options.n_groups, extended=extended
        )
        return scores, np.argmin(scores, axis=0)

    return _chosen(design, options, design.gram(), judge, debias)


def by_validation(
    design: Design, options: PathOptions, folds: Folds, *, debias: bool, n_jobs: int | None = None
) -> Choice:
    """Choose the point of the path that predicts held-out rows best.

    Where least squares on the masks are judged it is the first point (largest alpha, smallest size) within one standard
    error of the best; where the penalised coefficients are, whose shrinkage this would only strengthen, the best.

    Parameters
    ----------
    design : Design
        Rows.
    options : PathOptions
        Penalty, groups and grid.
    folds : sequence of (ndarray (n,), ndarray (n,)) of bool
        Training and held-out rows.
    debias : bool
        Whether least squares on the masks are judged and returned, or the penalised coefficients.
    n_jobs : int, default None
        Threads over folds.

    Returns
    -------
    Choice
        Chosen point.

    Raises
    ------
    ValueError
        If no held-out row of a fold is of an environment with training rows.
    """
    gram = design.gram()
    systems = training_systems(design, folds, gram.scale[0])

    def judge(path: Path) -> tuple[Array, Numbers]:
        errors = np.array(
            Parallel(n_jobs=n_jobs, prefer="threads")(
                delayed(_held_out_error)(design, options, system, fold, path.alphas, debias)
                for system, fold in zip(systems, folds, strict=True)
            )
        )
        return errors.mean(axis=0), _sparsest(errors) if debias else np.argmin(errors.mean(axis=0), axis=0)

    return _chosen(design, options, gram, judge, debias)


def by_stability(
    design: Design,
    options: PathOptions,
    threshold: float,
    generator: np.random.Generator,
    *,
    n_jobs: int | None = None,
) -> Choice:
    """Choose the groups that bic finds in most random halves of the rows.

    Parameters
    ----------
    design : Design
        Rows.
    options : PathOptions
        Penalty, groups and grid.
    threshold : float
        Share of halves.
    generator : numpy.random.Generator
        Draws the halves.
    n_jobs : int, default None
        Threads over pairs of halves.

    Returns
    -------
    Choice
        Least squares on the columns of these groups.
    """
    whole = by_information(design, options, extended=False, debias=True)
    if options.counts_groups:
        options = replace(options, max_terms=len(whole.path.alphas) - 1)
    found = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_found)(design.part(half), options) for pair in _halves(design, generator) for half in pair
    )
    frequency = np.mean(found, axis=0)
    mask = frequency >= threshold
    return Choice(_fit(design, mask), mask, whole.path, None, frequency=frequency)


def _chosen(
    design: Design,
    options: PathOptions,
    gram: GramSystem,
    judge: Callable[[Path], tuple[Array, Numbers]],
    debias: bool,
) -> Choice:
    """Path and its point by a judge; group L0 goes on to larger sizes while the largest is chosen."""
    most = min(options.max_terms or FEW_TERMS, options.n_groups)
    while True:
        path = options.solve(gram, max_terms=most)
        scores, point = judge(path)
        is_open = options.counts_groups and options.max_terms is None and most < options.n_groups
        if not (is_open and (point == most).any()):
            break
        most = min(2 * most, options.n_groups)
    if not np.isfinite(scores).any(axis=0).all():
        raise ValueError(
            "no point of the path has fewer coefficients than half of the rows: give alpha, or fewer columns, or "
            "debias=False with criterion='cv'"
        )
    mask = _at(path.masks[:, None], point)[0]
    return Choice(_fit(design, mask) if debias else _at(path.coefs, point), mask, path, point, scores)


def _fit(design: Design, mask: Mask) -> Array:
    """Least squares (E, S, K) on masks (S, K) of any size."""
    return least_squares_of(design, mask[None], most_spent=np.inf).coefs[0]


def _at(values: Array | Mask, point: Numbers) -> Array:
    """Entries (E, S, K) of values (A, E, S, K) at the point of every state."""
    return np.take_along_axis(values, point[None, None, :, None], axis=0)[0]


def _sparsest(errors: Array) -> Numbers:
    """First point (S,) whose error, mean of (folds, A, S), is within one standard error of the lowest."""
    mean, best = errors.mean(axis=0), np.argmin(errors.mean(axis=0), axis=0)[None]
    own = np.take_along_axis(errors, best[None], axis=1)[:, 0]
    spread = own.std(axis=0, ddof=1) / np.sqrt(len(own)) if len(own) > 1 and np.isfinite(own).all() else 0.0
    return np.argmax(mean <= np.take_along_axis(mean, best, axis=0)[0] + spread, axis=0)


def _held_out_error(
    design: Design, options: PathOptions, system: GramSystem, fold: tuple[Rows, Rows], alphas: Array, debias: bool
) -> Array:
    """Mean over environments of the mean squared errors (A, S) on the held-out rows of a fold."""
    train, test = fold
    path = options.solve(system, alphas, max_terms=max(len(alphas) - 1, 1))
    part = design.part(train)
    points = points_of(part, path, debias=debias)
    errors = []
    for e, (theta, target, rows) in enumerate(zip(design.thetas, design.targets, design.rows, strict=True)):
        own = test[rows]
        if own.any() and len(part.rows[e]):
            fit = np.tensordot(theta[own] - part.theta_mean[e], points.coefs[:, e], axes=(1, 2)).transpose(1, 0, 2)
            errors.append(((target[own] - part.target_mean[e] - fit) ** 2).mean(axis=1))
    if not errors:
        raise ValueError(
            "cv: a fold leaves out whole environments, whose coefficients then are unknown; use a splitter that leaves "
            "rows of every environment in, or an integer"
        )
    return np.where(points.is_judged | (not debias), np.mean(errors, axis=0), np.inf)


def _halves(design: Design, generator: np.random.Generator) -> list[tuple[Rows, Rows]]:
    """Pairs of disjoint halves of the rows of every environment."""
    pairs = []
    for _ in range(PAIRS):
        first, second = np.zeros((2, int(design.n_samples.sum())), bool)
        for rows in design.rows:
            mixed = generator.permutation(rows)
            first[mixed[: len(rows) // 2]] = True
            second[mixed[len(rows) // 2 : 2 * (len(rows) // 2)]] = True
        pairs.append((first, second))
    return pairs


def _found(half: Design, options: PathOptions) -> Mask:
    """Columns (S, K) of the groups that bic chooses."""
    used = half.with_rows()
    if not used.rows:
        return np.zeros((half.target_mean.shape[1], len(options.labels)), bool)
    return options.by_group(by_information(used, options, extended=False, debias=True).mask)[:, options.labels]
