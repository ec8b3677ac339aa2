"""What must be known of inferred labels before they are trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc

from spreme.labelling.alternation import MOST_CLUSTERS

if TYPE_CHECKING:
    from spreme.estimators.unknown_labels import Labelled

# A label of a smaller probability is uncertain.
SURE = 0.95
# A misfit as large has less than this probability over all trajectories, and is so many times the usual one.
LEVEL, LARGE = 1e-3, 1.5
# Trajectories named in a message.
MOST_NAMED = 8


def label_complaints(labelled: Labelled, n_environments: int | None, settled: bool) -> list[str]:
    """Say which labels are doubtful.

    Parameters
    ----------
    labelled : Labelled
        Labels, probabilities, misfits.
    n_environments : int or None
        Number of environments that was asked for.
    settled : bool
        Whether labels and law came to rest.

    Returns
    -------
    list of str
        Complaints, none if all is well.
    """
    out, n_found = [], labelled.probabilities.shape[1]
    if not settled:
        out.append(
            "the labels of trajectories and the law did not settle: labels at the border of two environments change "
            "with every fit; give fewer environments (n_environments=...)"
        )
    if n_environments is not None and n_found < n_environments:
        out.append(f"n_environments={n_environments} was asked for, but the trajectories show {n_found} only")
    if n_environments is None and n_found == MOST_CLUSTERS:
        out.append(
            f"{n_found} environments were found, the most that are looked for: there may be more; give n_environments"
        )
    out += _uncertain(labelled)
    strange = _strange(labelled)
    if strange:
        sizes = [f"{np.sqrt(labelled.misfit[r]):.3g}" for r in strange]
        out.append(
            f"{_named(strange)} not described by any environment (residuals of {_listed(sizes)} times the usual size): "
            "raise n_environments, or look at what is special there"
        )
    return out


def _uncertain(labelled: Labelled) -> list[str]:
    """Trajectories whose label might be another."""
    best = labelled.probabilities.max(axis=1)
    doubtful = np.flatnonzero(best < SURE).tolist()
    if not doubtful:
        return []
    return [
        f"{_named(doubtful)} of uncertain environment (probability of the label "
        f"{_listed(f'{best[r]:.2f}' for r in doubtful)}): see label_probabilities_; longer recordings would tell"
    ]


def _strange(labelled: Labelled) -> list[int]:
    """Trajectories that even the best environment does not describe."""
    chance = chdtrc(labelled.n_free, labelled.misfit * labelled.n_free) * len(labelled.misfit)
    beyond = (chance < LEVEL) & (labelled.misfit > LARGE) | ~np.isfinite(labelled.misfit)
    return list(np.flatnonzero(beyond).tolist())


def _named(which: Sequence[int]) -> str:
    """Trajectories by their number."""
    return (
        f"trajectory {which[0]} (counted from 0) is"
        if len(which) == 1
        else (f"trajectories {_listed(map(str, which))} (counted from 0) are")
    )


def _listed(words: Iterable[str]) -> str:
    """The first of them."""
    every = list(words)
    return ", ".join(every[:MOST_NAMED]) + (", ..." if len(every) > MOST_NAMED else "")
