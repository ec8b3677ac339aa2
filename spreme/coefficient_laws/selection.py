"""Which terms make the law of one coefficient: the set of largest evidence among all sets.

Sets of different size share the prior probability alike, sets of one size divide it, so that many candidates are not an
advantage. Of sets of equal size that the evidence hardly tells apart, the one of lowest degree is taken: over a narrow
range of a covariate its square is as good as itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.coefficient_laws.candidates import Candidates, scaled, supports
from spreme.coefficient_laws.evidence import between_variance, log_evidence

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Sets compared at once, which bounds the memory.
BLOCK = 256
# Twice the logarithm of a ratio of evidences not worth more than a bare mention (Kass and Raftery 1995).
BARE = 2.0


@dataclass(frozen=True)
class Choice:
    """The chosen set of terms, the constant not among them, and how close the others come.

    Attributes
    ----------
    support : tuple of int
        Positions of the terms.
    rivals : tuple of (float, tuple of int)
        All other sets with twice the logarithm of the ratio of evidences, nearest first.
    """

    support: tuple[int, ...]
    rivals: tuple[tuple[float, tuple[int, ...]], ...]


def choose(candidates: Candidates, rows: Index, y: Array, variance: Array, largest: int) -> Choice:
    """Choose at most `largest` terms of one coefficient from the environments `rows` that observe it."""
    has_constant = candidates.has_constant
    columns = scaled(candidates.values[rows], has_constant)
    scores: dict[tuple[int, ...], float] = {}
    for sets in supports(candidates.free, largest):
        for first in range(0, len(sets), BLOCK):
            block = sets[first : first + BLOCK]
            index = np.array(block, dtype=np.int64).reshape(len(block), -1)
            evidence = log_evidence(columns[:, index].transpose(1, 0, 2), y, variance, has_constant)
            scores.update(zip(block, (-2.0 * evidence + 2.0 * np.log(len(sets))).tolist(), strict=True))
    return _choice(candidates, scores)


def _choice(candidates: Candidates, scores: dict[tuple[int, ...], float]) -> Choice:
    """The best set, or a simpler one of its size that is hardly worse."""
    best = min(scores, key=scores.__getitem__)
    near = [s for s, score in scores.items() if len(s) == len(best) and score <= scores[best] + BARE]
    chosen = min(near, key=lambda s: (candidates.complexity(s), scores[s]))
    rivals = sorted((score - scores[chosen], s) for s, score in scores.items() if s != chosen and np.isfinite(score))
    return Choice(chosen, tuple(rivals))


def fit_one(candidates: Candidates, rows: Index, y: Array, variance: Array, support: tuple[int, ...]) -> float:
    """Between-environment variance of one coefficient beside the given terms."""
    design = candidates.values[np.ix_(rows, np.array(candidates.design(support)))]
    return between_variance(_conditioned(design), y, variance)


def _conditioned(design: Array) -> Array:
    """An orthonormal basis of the same space: restricted likelihoods differ by a constant."""
    return np.linalg.qr(design / np.maximum(np.linalg.norm(design, axis=0), 1e-300))[0]
