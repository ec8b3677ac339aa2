"""Labels and mask in turn: which trajectories belong together shows which terms they share, and the other way round.

It begins with every trajectory apart and the superset of terms that rows of any window width propose. Too many terms
blur the coefficients and too few tear clusters apart, but either way clusters are mostly pure, their rows together
show the mask, and the mask shows the clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.labelling.mixture import Partition, partitions
from spreme.labelling.quadratics import Quadratics
from spreme.labelling.weak_forms import grouped, shared_mask, weak_forms
from spreme.likelihood.superset import begin
from spreme.penalties import Penalty
from spreme.selection.weak_equations import WeakEquations

Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

# Rounds of labels and mask; two or three are the rule.
MOST_ROUNDS = 6
# Terms of one equation in the first superset's candidates.
FEW_TERMS = 8
# Clusters looked for where their number is not given.
MOST_CLUSTERS = 10


@dataclass(frozen=True, eq=False)
class Restrictions:
    """What the provisional mask may be.

    Attributes
    ----------
    penalty : Penalty
        What proposes masks.
    allowed, required : ndarray (S, K) of bool
        Terms that equations may, and must, have.
    max_terms : int or None
        Largest number of terms of one equation.
    """

    penalty: Penalty
    allowed: Mask
    required: Mask
    max_terms: int | None


@dataclass(frozen=True, eq=False)
class Clustering:
    """Trajectories by their dynamics.

    Attributes
    ----------
    partition : Partition
        The best one.
    forms : Quadratics
        What every trajectory says of the coefficients of the mask.
    mask : ndarray (S, K) of bool
        Provisional terms.
    converged : bool
        Whether labels and mask came to rest.
    """

    partition: Partition
    forms: Quadratics
    mask: Mask
    converged: bool


def cluster(
    equations: WeakEquations, limits: Restrictions, n_clusters: int | None, generator: np.random.Generator
) -> Clustering:
    """Cluster trajectories by their dynamics.

    Parameters
    ----------
    equations : WeakEquations
        Rows of m trajectories, each an environment of its own.
    limits : Restrictions
        What the mask may be.
    n_clusters : int or None
        Number of clusters; None: of 1 to 10 the one of least BIC.
    generator : numpy.random.Generator
        Source of random beginnings.

    Returns
    -------
    Clustering
        Labels, mask and what they rest on.

    Raises
    ------
    ValueError
        If no trajectory has rows.
    """
    if not any(equations.n_rows):
        raise ValueError(
            "the trajectories have too few samples close together to see their dynamics: to find environments, record "
            "more; at least 5 at regular times, about 20 at irregular ones, without long gaps"
        )
    mask, seen = _superset(equations, limits), set()
    for _ in range(MOST_ROUNDS):
        forms = weak_forms(equations, mask)
        partition = _best(partitions(forms, n_clusters or MOST_CLUSTERS, generator), n_clusters)
        state = (partition.labels.tobytes(), mask.tobytes())
        if state in seen:
            break
        seen.add(state)
        together = grouped(equations, partition.labels)
        after = shared_mask(together, limits.penalty, limits.allowed, limits.required, limits.max_terms)
        if (after == mask).all():
            return Clustering(partition, forms, mask, True)
        mask = after
    return Clustering(partition, forms, mask, False)


def _best(found: list[Partition], n_clusters: int | None) -> Partition:
    """The partition of least BIC, or the one of as many clusters as possible up to the given number."""
    return min(found, key=lambda own: own.bic) if n_clusters is None else found[-1]


def _superset(equations: WeakEquations, limits: Restrictions) -> Mask:
    """Terms that rows of any window width propose, every trajectory apart."""
    out = np.zeros_like(limits.allowed)
    for s, (may, must) in enumerate(zip(limits.allowed, limits.required, strict=True)):
        most = min(limits.max_terms or FEW_TERMS, int(may.sum()))
        out[s] = begin(equations, s, may, must, limits.penalty, most).superset
    return out
