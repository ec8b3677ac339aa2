"""All that a fit has learned, in one frozen container."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.estimators.adaptation import Population
from spreme.results import Law, SearchPath, Selection


@dataclass(frozen=True, eq=False)
class FittedState:
    """The law, how well it fits, the population it was learned from, and how it was found.

    Attributes
    ----------
    law : Law
        Mask and coefficients.
    covariance : ndarray (E, q, q)
        Of the coefficients, in the order of the (state, term) pairs of the mask; NaN where not observed.
    residual : ndarray (E, S)
        Root mean square residuals in units of the noise.
    population : Population
        Prior for new environments.
    known_environments : tuple
        Labels of the data set of which the training data were a part.
    path, selection, status
        How the law was found.
    labels, label_probabilities : ndarray (m,) of int and (m, E), or None
        Environments of the trajectories, where they were inferred.
    """

    law: Law
    covariance: NDArray[np.float64]
    residual: NDArray[np.float64]
    population: Population
    known_environments: tuple[Hashable, ...]
    path: SearchPath
    selection: Selection
    status: str
    labels: NDArray[np.int64] | None = None
    label_probabilities: NDArray[np.float64] | None = None
