"""The points of a path of a plain regression, as least squares on their masks or as they are, and what they are worth.

    bic     sum_e ( (n_e - 1) log(1 + g_e q_e) - (n_e - 1 - s_e) log(1 + g_e) ),   g_e = max(n_e, F_e - 1)
    ebic    bic + 2 log binomial(m, k)

q_e = rss_e / tss_e share of the target's squares that is left, s_e coefficients that environment e spends, F_e ratio of
explained to left mean squares, k chosen groups of m; without an intercept n_e stands for n_e - 1.

bic is minus twice the logarithm of the Bayes factor against the empty model, for a prior worth one row (g_e = n_e), or
wider where the signal is strong. To leading order it is n_e log rss_e + s_e log n_e, Schwarz's criterion; unlike
that it does not reward an environment of few rows for being interpolated.

References
----------
Schwarz (1978), Estimating the dimension of a model, Ann. Statist. 6. Kass and Wasserman (1995), A reference Bayesian
test for nested hypotheses and its relationship to the Schwarz criterion, J. Am. Stat. Assoc. 90. Liang, Paulo, Molina,
Clyde and Berger (2008), Mixtures of g priors for Bayesian variable selection, J. Am. Stat. Assoc. 103. Chen and Chen
(2008), Extended Bayesian information criteria for model selection with large model spaces, Biometrika 95.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from spreme.results import Path
from spreme.selection.regression import least_squares
from spreme.selection.strength.design import Design

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Share of the target's squares below which residuals are rounding.
ROUNDING = 1e-20
# Points of a path that spend more coefficients than this share of the rows are not judged.
MOST_SPENT = 0.5


class Points(NamedTuple):
    """Coefficients (A, E, S, K), mean squared residuals and coefficients spent (A, E, S), whether worth judging (A, S).

    What is not worth judging may have zeros instead of coefficients.
    """

    coefs: Array
    mean_square: Array
    spent: Array
    is_judged: Mask


def points_of(design: Design, path: Path, *, debias: bool) -> Points:
    """Coefficients and residuals along a path.

    Parameters
    ----------
    design : Design
        Rows.
    path : Path
        Path on any rows.
    debias : bool
        Whether to fit the masks by least squares to the rows of the design; False takes the coefficients of the path.

    Returns
    -------
    Points
        What can be judged.
    """
    return least_squares_of(design, path.masks) if debias else _as_they_are(design, path)


def least_squares_of(design: Design, masks: Mask, most_spent: float = MOST_SPENT) -> Points:
    """Fit masks by least squares in every environment.

    Parameters
    ----------
    design : Design
        Rows.
    masks : ndarray (A, S, K) of bool
        Columns.
    most_spent : float, default 0.5
        Largest number of coefficients, as a share of the rows; larger masks are not fitted.

    Returns
    -------
    Points
        Fits; environments that do not see a column have 0 there, dependent columns the solution of least norm.
    """
    shape = (len(masks), len(design.rows), masks.shape[1])
    coefs, mean_square, spent = np.zeros((*shape, masks.shape[2])), np.zeros(shape), np.zeros(shape)
    n = design.n_samples
    most = np.minimum(masks.sum(axis=2)[..., None], np.maximum(n - design.centred, 0)).sum(axis=2)
    is_judged = most <= most_spent * n.sum()
    for s in range(masks.shape[1]):
        known: dict[bytes, int] = {}  # neighbours on a path often have the same mask
        for a in np.flatnonzero(is_judged[:, s]).tolist():
            mask = masks[a, s]
            same = known.setdefault(mask.tobytes(), a)
            if same == a:
                for e, (theta, target) in enumerate(zip(design.thetas, design.targets, strict=True)):
                    fit = least_squares(theta[:, mask], target[:, s])
                    coefs[a, e, s, mask] = np.nan_to_num(fit.coef)
                    mean_square[a, e, s], spent[a, e, s] = fit.mean_square, fit.rank
            for out in (coefs, mean_square, spent):
                out[a, :, s] = out[same, :, s]
    return Points(coefs, mean_square, spent, is_judged)


def _as_they_are(design: Design, path: Path) -> Points:
    """Coefficients of the path itself; each that is not zero counts as spent."""
    mean_square = np.zeros(path.coefs.shape[:3])
    for e, (theta, target) in enumerate(zip(design.thetas, design.targets, strict=True)):
        for a, coef in enumerate(path.coefs[:, e]):
            mean_square[a, e] = ((target - theta @ coef.T) ** 2).mean(axis=0)
    spent = (path.coefs != 0).sum(axis=3)
    return Points(
        path.coefs, mean_square, spent.astype(float), spent.sum(axis=1) <= MOST_SPENT * design.n_samples.sum()
    )


def information(design: Design, points: Points, n_chosen: NDArray[np.int64], n_groups: int, *, extended: bool) -> Array:
    """Information criterion of every point.

    Parameters
    ----------
    design : Design
        Rows that the residuals come from.
    points : Points
        Residuals and coefficients spent.
    n_chosen : ndarray (A, S) of int
        Number of chosen groups.
    n_groups : int
        Number of groups m.
    extended : bool
        Whether the number of masks of a size has a price (ebic).

    Returns
    -------
    ndarray (A, S)
        Lower is better, 0 for the empty mask; infinite where a point is not worth judging.
    """
    n = np.maximum(design.n_samples - design.centred, 0.0)[:, None]
    total = np.array([(target**2).mean(axis=0) for target in design.targets])
    left = np.divide(points.mean_square, total, out=np.ones_like(points.mean_square), where=total > 0)
    left = np.clip(left, ROUNDING, 1.0)
    free = np.maximum(n - points.spent, 0.0)
    ratio = (1 - left) * np.maximum(free, 1.0) / (left * np.maximum(points.spent, 1.0))
    width = np.maximum(n + design.centred, ratio - 1)
    scores = (n * np.log1p(width * left) - free * np.log1p(width)).sum(axis=1)
    if extended:
        scores += 2 * (gammaln(n_groups + 1) - gammaln(n_chosen + 1) - gammaln(n_groups - n_chosen + 1))
    return np.where(points.is_judged, scores, np.inf)
