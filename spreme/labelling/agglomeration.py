"""Clusters by pooling, pair by pair, what costs least: likelihood-ratio distances between quadratic forms.

To give clusters i and j the same coefficients raises the least cost by D_ij >= 0, which is chi2 with as many degrees of
freedom as there are coefficients if they are the same. The pair of smallest D is pooled, again and again.

References
----------
Ward (1963), Hierarchical grouping to optimize an objective function, J. Am. Stat. Assoc. 58; the objective here is the
likelihood instead of the sum of squares.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.labelling.quadratics import Quadratics

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


class Merging(NamedTuple):
    """Partitions by number of clusters.

    Attributes
    ----------
    labels : dict of int to ndarray (m,)
        Cluster of every form, for every number of clusters.
    rise : dict of int to float
        By how much the least cost rose when that number of clusters was reached from one more.
    """

    labels: dict[int, Indices]
    rise: dict[int, float]


def agglomerate(forms: Quadratics) -> Merging:
    """Pool forms down to one cluster.

    Parameters
    ----------
    forms : Quadratics
        Of m trajectories.

    Returns
    -------
    Merging
        Partitions into m, m - 1, ... 1 clusters.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.labelling.quadratics import Quadratics
    >>> c = np.array([1.0, 5.0, 1.1])
    >>> forms = Quadratics(np.ones((3, 1, 1)), c[:, None], c**2, np.ones(3))
    >>> agglomerate(forms).labels[2]
    array([0, 1, 0])
    """
    m = len(forms.right)
    owner, alive = np.arange(m), np.ones(m, bool)
    sums = Quadratics(*(part.copy() for part in forms))
    least = sums.minima()
    distance = np.full((m, m), np.inf)
    for i in range(m):
        _measure(distance, sums, least, i, np.arange(i))
    labels, rise = {m: ordered(owner)}, {}
    for n_clusters in range(m - 1, 0, -1):
        a, b = sorted(divmod(int(np.argmin(distance)), m))
        rise[n_clusters] = float(distance[a, b])
        for part in sums:
            part[a] += part[b]
        alive[b], owner = False, np.where(owner == b, a, owner)
        distance[b] = distance[:, b] = np.inf
        least[a] = sums.take(np.array([a])).minima()[0]
        alive[a] = False
        _measure(distance, sums, least, a, np.flatnonzero(alive))
        alive[a] = True
        labels[n_clusters] = ordered(owner)
    return Merging(labels, rise)


def _measure(distance: Array, sums: Quadratics, least: Array, i: int, others: Indices) -> None:
    """Write the distances of cluster i to the others."""
    if len(others):
        together = (sums.take(others) + sums.take(np.full(len(others), i))).minima()
        distance[i, others] = distance[others, i] = np.maximum(together - least[others] - least[i], 0.0)


def ordered(labels: Indices) -> Indices:
    """Number labels 0, 1, ... in the order of their first appearance.

    Parameters
    ----------
    labels : ndarray (m,) of int
        Any numbers.

    Returns
    -------
    ndarray (m,) of int
        The same partition.

    Examples
    --------
    >>> import numpy as np
    >>> ordered(np.array([7, 2, 7, 0]))
    array([0, 1, 0, 2])
    """
    _, first, position = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[position]
