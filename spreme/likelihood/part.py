"""Some environments of a problem or of a fit, as one of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.final import Estimate

Indices = NDArray[np.int64]


def part_of(estimate: Estimate, index: Indices) -> Estimate:
    """Take some environments out of a fit.

    Parameters
    ----------
    estimate : Estimate
        Fit of E environments.
    index : ndarray of int
        Their positions.

    Returns
    -------
    Estimate
        Segments as long as before; a joint fit of states and coefficients leaves its states at the samples.
    """
    whole, fit = estimate.problem, estimate.fit
    problem = replace(
        whole,
        recordings=tuple(whole.recordings[e] for e in index),
        sd=whole.sd[index],
        floor=whole.floor[index],
        longest=whole.longest[index],
        frozen=whole.frozen[index],
    )
    own = replace(
        fit,
        coef=fit.coef[index],
        starts=[fit.starts[e] for e in index],
        cost=fit.cost[index],
        information=fit.information[index],
        squares=fit.squares[index],
        n_values=fit.n_values[index],
        joint=(),
    )
    pieces = max(1, round(estimate.pieces * problem.n_samples / whole.n_samples))
    states = [estimate.states[e] for e in index]
    return Estimate(own, problem, pieces, states, estimate.covariance[index], estimate.integration_error, ())
