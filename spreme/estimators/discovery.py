"""The pipeline: trajectories -> rows -> candidates -> selection -> coefficients -> law."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories
from spreme.estimators.options import Options
from spreme.estimators.prepared import prepare
from spreme.results import Law, SearchPath, Selection

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Discovery:
    """What a fit found.

    Attributes
    ----------
    law : Law
        Terms, coefficients, standard errors, noise.
    covariance : ndarray (E, q, q)
        Of the coefficients inside the mask, in the order of its (state, term) pairs; NaN where not observed.
    residual : ndarray (E, S)
        Root mean square residuals in units of the noise.
    path, selection
        How the law was found.
    complaints : tuple of str
        What the user must know before trusting it.
    is_mixed : bool
        Whether trajectories of one environment seem not to share their coefficients.
    """

    law: Law
    covariance: Array
    residual: Array
    path: SearchPath
    selection: Selection
    complaints: tuple[str, ...]
    is_mixed: bool = False

    @property
    def status(self) -> str:
        """The complaints in one text, or "converged"."""
        return "; ".join(self.complaints) or "converged"


def discover(data: Trajectories, options: Options) -> Discovery:
    """Find the shared law of all environments.

    Parameters
    ----------
    data : Trajectories
        Recordings.
    options : Options
        Checked options.

    Returns
    -------
    Discovery
        The law and how it was found.
    """
    from spreme.estimators.by_likelihood import discover_by_likelihood
    from spreme.estimators.by_regression import discover_by_regression

    prepared = prepare(data, options)
    if options.refine is None:
        found = discover_by_regression(prepared, options)
    else:
        found = discover_by_likelihood(prepared, options)
    if found.complaints:
        warnings.warn(found.status, UserWarning, stacklevel=3)
    return found
