"""A mixture of regressions on quadratic forms: which trajectories share their coefficients, and how many clusters.

    maximise  sum_r log sum_k w_k exp(-cost_r(c_k) / 2)    over labels, weights w_k and coefficients c_k

by classification EM: every trajectory to the cluster of least cost_r(c_k) - 2 log w_k, coefficients and weights anew,
until nothing changes. It begins at partitions of `agglomeration`, which finds what is well separated, and at random
ones. The number of clusters is that of least

    BIC(K) = sum_r min_k (cost_r(c_k) - 2 log w_k) + K q log N,     N independent values in all.

References
----------
Celeux and Govaert (1992), A classification EM algorithm for clustering and two stochastic versions, Comput. Stat. Data
Anal. 14. Schwarz (1978), Estimating the dimension of a model, Ann. Statist. 6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from spreme.labelling.agglomeration import agglomerate, ordered
from spreme.labelling.quadratics import Quadratics

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Rounds of classification EM; it ends by itself after a few.
MOST_ROUNDS = 50
# Random beginnings for every number of clusters, beside that of the agglomeration.
RESTARTS = 10
# Values of the forms that know least are left out of the agglomeration: two that know nothing would be pooled at once.
KNOWS_LITTLE = 2.0


class Partition(NamedTuple):
    """Trajectories in clusters.

    Attributes
    ----------
    labels : ndarray (m,) of int
        In the order of first appearance.
    coef : ndarray (K, q)
        Coefficients of the clusters.
    bic : float
        Lower is better.
    """

    labels: Indices
    coef: Array
    bic: float

    @property
    def n_clusters(self) -> int:
        """Number of clusters K."""
        return len(self.coef)


def partitions(forms: Quadratics, most: int, generator: np.random.Generator) -> list[Partition]:
    """Find the best partition into every number of clusters.

    Parameters
    ----------
    forms : Quadratics
        Of m trajectories.
    most : int
        Largest number of clusters.
    generator : numpy.random.Generator
        Source of random beginnings.

    Returns
    -------
    list of Partition
        With 1, 2, ... clusters; fewer where more would remain empty.
    """
    informed = np.flatnonzero(forms.n_values >= min(KNOWS_LITTLE * forms.n_coefficients, np.median(forms.n_values)))
    merging = agglomerate(forms.take(informed))
    out = []
    for n_clusters in range(1, min(most, len(informed)) + 1):
        begin = np.zeros(len(forms.right), dtype=np.int64)
        begin[informed] = merging.labels[n_clusters]
        pooled = forms.take(informed).pooled(merging.labels[n_clusters], n_clusters)
        begin = np.argmin(forms.costs(pooled.minimisers()), axis=1) if len(informed) < len(begin) else begin
        tried = [_settled(forms, begin)]
        if n_clusters > 1:
            tried += [_settled(forms, _random(forms, n_clusters, generator)) for _ in range(RESTARTS)]
        full = [own for own in tried if own.n_clusters == n_clusters]
        if full:
            out.append(min(full, key=lambda own: own.bic))
    return out


def log_joint(costs: Array, labels: Indices) -> Array:
    """Logarithms (m, K) of weight times likelihood, the weights being shares of the labels.

    Parameters
    ----------
    costs : ndarray (m, K)
        Minus twice the logarithm of the likelihood.
    labels : ndarray (m,) of int
        Present clusters.

    Returns
    -------
    ndarray (m, K)
        Up to a constant.
    """
    share = np.bincount(labels, minlength=costs.shape[1]) + 1.0  # a cluster that lost its members may win them back
    return np.log(share / share.sum()) - 0.5 * costs


def posterior(costs: Array, labels: Indices) -> Array:
    """Probabilities (m, K) of the clusters; arguments as in `log_joint`."""
    joint = log_joint(costs, labels)
    return np.asarray(np.exp(joint - logsumexp(joint, axis=1, keepdims=True)))


def _settled(forms: Quadratics, labels: Indices) -> Partition:
    """Classification EM from a partition."""
    for _ in range(MOST_ROUNDS):
        labels = ordered(labels)
        coef = forms.pooled(labels, int(labels.max()) + 1).minimisers()
        joint = log_joint(forms.costs(coef), labels)
        after = np.argmax(joint, axis=1)
        if (after == labels).all():
            break
        labels = after
    labels = ordered(labels)
    coef = forms.pooled(labels, int(labels.max()) + 1).minimisers()
    best = log_joint(forms.costs(coef), labels)[np.arange(len(labels)), labels]
    price = coef.size * np.log(max(float(forms.n_values.sum()), 2.0))
    return Partition(labels, coef, float(-2.0 * best.sum() + price))


def _random(forms: Quadratics, n_clusters: int, generator: np.random.Generator) -> Indices:
    """A partition around trajectories drawn far from each other (k-means++ in the distance of likelihoods)."""
    alone = forms.minimisers()
    excess = forms.costs(alone) - forms.minima()[:, None]
    chosen = [int(generator.integers(len(alone)))]
    while len(chosen) < n_clusters:
        nearest = np.maximum(excess[:, chosen].min(axis=1), 0.0)
        weight = nearest / nearest.sum() if nearest.sum() > 0.0 else np.full(len(alone), 1.0 / len(alone))
        chosen.append(int(generator.choice(len(alone), p=weight)))
    return np.argmin(excess[:, chosen], axis=1).astype(np.int64)
