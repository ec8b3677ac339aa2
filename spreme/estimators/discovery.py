"""The pipeline: trajectories (-> labels) -> rows -> candidates -> selection -> coefficients -> law."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories
from spreme.estimators.options import INFER, Options
from spreme.estimators.prepared import prepare
from spreme.estimators.progress import Report, silent, told
from spreme.library.dimensions import implied_constants, in_words
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
    labels : ndarray (m,) of int or None
        Environment of every trajectory, where labels were inferred.
    label_probabilities : ndarray (m, E) or None
        Probability of every environment for every trajectory, where labels were inferred.
    """

    law: Law
    covariance: Array
    residual: Array
    path: SearchPath
    selection: Selection
    complaints: tuple[str, ...]
    is_mixed: bool = False
    labels: NDArray[np.int64] | None = None
    label_probabilities: Array | None = None

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
    from spreme.estimators.unknown_labels import discover_unlabelled

    with told(options.verbose) as report:
        found = (discover_unlabelled if options.env == INFER else find_law)(data, options, report)
        report(_summary(found))
    remark = in_words(implied_constants(found.law.table, data.units))
    if remark:
        warnings.warn(remark, UserWarning, stacklevel=3)
    if found.complaints:
        warnings.warn(found.status, UserWarning, stacklevel=3)
    return replace(found, law=replace(found.law, units=data.units, time_unit=data.time_unit))


def find_law(data: Trajectories, options: Options, report: Report = silent) -> Discovery:
    """Find the shared law of labelled trajectories; `report` is told every step."""
    from spreme.estimators.by_likelihood import discover_by_likelihood
    from spreme.estimators.by_regression import discover_by_regression

    report(f"rows of {len(data)} trajectories")
    prepared = prepare(data, options)
    is_likely = options.refine is not None
    return (discover_by_likelihood if is_likely else discover_by_regression)(prepared, options, report)


def _summary(found: Discovery) -> str:
    """The result in one line."""
    size = f"{int(found.law.mask.sum())} terms in {len(found.law.mask)} equations"
    return f"done: {size}, {'converged' if found.status == 'converged' else 'with a warning'}"
