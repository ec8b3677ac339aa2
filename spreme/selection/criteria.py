"""Criteria that judge a candidate equation over all environments; lower is better.

    bic    sum_e n_e log(rss_e / n_e + floor_e) + sum_e s_e log n_e
    ebic   bic + 2 log binomial(K, s)
    knee   the size after which the misfit stops falling: the largest drop between successive falls of
           sum_e n_e log(rss_e / n_e + floor_e)

n_e independent rows, rss_e residuals (never differences of Gram terms), s_e terms that environment e observes, floor_e
the variance below which residuals are not believed. The same data stand in windows of several widths: bic
and ebic are means over the widths, the knee sums them.

References
----------
Schwarz (1978), Estimating the dimension of a model, Ann. Statist. 6. Chen and Chen (2008), Extended Bayesian
information criteria for model selection with large model spaces, Biometrika 95.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from spreme.selection.regression import Regression, misfit

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Rows of one environment count as evidence up to this many. Residuals are known to first order in the noise only, and
# with enough rows the rest would pass for terms: so a term must lower the residual variance by about 0.7 % however many
# rows there are.
MOST_ROWS = 1000.0

CRITERIA = ("bic", "ebic", "knee")
# Judged on the likelihood of the trajectories only.
OF_LIKELIHOOD = ("evidence", "cv", "loeo", "stability")


def check_criterion(criterion: object) -> str:
    """Return a known criterion; refuse anything else."""
    if isinstance(criterion, str) and criterion in CRITERIA:
        return criterion
    known = ", ".join(map(repr, CRITERIA))
    if isinstance(criterion, str) and criterion in OF_LIKELIHOOD:
        raise ValueError(
            f"criterion {criterion!r} needs the likelihood of the trajectories (refine='trajectory'); "
            f"without it choose one of {known}"
        )
    raise ValueError(f"unknown criterion {criterion!r}: expected one of {known}")


def scores(regressions: Sequence[Regression], masks: Sequence[Mask], criterion: str) -> tuple[Array, Array]:
    """Judge candidate masks.

    Parameters
    ----------
    regressions : sequence of Regression
        The same equation at several window widths.
    masks : sequence of ndarray (K,) of bool
        Candidates.
    criterion : {"bic", "ebic", "knee"}
        Which criterion.

    Returns
    -------
    scores : ndarray (candidates,)
        Lower is better.
    residuals : ndarray (candidates,)
        Root mean square residuals over all rows.
    """
    deviance, price = np.zeros(len(masks)), np.zeros(len(masks))
    squares, n_rows = np.zeros(len(masks)), 0.0
    for regression in regressions:
        n = np.minimum(regression.n_effective, MOST_ROWS)
        n_rows += n.sum()
        for i, mask in enumerate(masks):
            mean_square, n_observed = misfit(regression, mask)
            deviance[i] += (n * np.log(mean_square + regression.floor)).sum()
            price[i] += (n_observed * np.log(np.maximum(n, 2.0))).sum()
            squares[i] += (n * mean_square).sum()
            if criterion == "ebic":
                price[i] += 2 * _log_binomial(len(mask), int(mask.sum()))
    residuals = np.sqrt(squares / max(n_rows, 1.0))
    sizes = np.array([int(mask.sum()) for mask in masks])
    if criterion == "knee":
        return _knee(deviance, sizes), residuals
    return (deviance + price) / max(len(regressions), 1), residuals


def _knee(deviance: Array, sizes: NDArray[np.int64]) -> Array:
    """Minus the drop between successive falls of the deviance for the best mask of every size; infinite for others."""
    out = np.full(len(sizes), np.inf)
    best = {int(s): int(np.flatnonzero(sizes == s)[np.argmin(deviance[sizes == s])]) for s in np.unique(sizes)}
    order = sorted(best)
    fall = -np.diff([deviance[best[s]] for s in order]) / np.maximum(np.diff(order), 1)
    for i, s in enumerate(order):
        before = fall[i - 1] if i > 0 else 0.0
        after = fall[i] if i < len(fall) else 0.0
        out[best[s]] = after - before
    return out


def _log_binomial(n: int, k: int) -> float:
    """Logarithm of n choose k."""
    return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
