r"""Whether residuals are noise: those of neighbouring samples must not resemble each other.

    share = 1 - sum_i (r_(i+1) - r_i)^2 / (2 m) / (sum_i r_i^2 / n),      z = share sqrt(n)

over the n residuals r_i of a state and the m pairs of neighbours in one segment. Noise of neighbouring samples is
independent: share is 0 up to chance and z is standard normal, whatever the size of the noise, the speed of the motion
or the times of the samples (differences of the data themselves need slow motion). What a law fails to describe
changes slowly from sample to sample: it is in the residuals but hardly in their differences, which keep the noise, and
share is what it has of their variance. Fitted starts and coefficients take slow parts away and lower share: the test
errs on the side of silence.

References
----------
von Neumann (1941), Distribution of the ratio of the mean square successive difference to the variance, Annals of
Mathematical Statistics 12. Durbin and Watson (1950), Testing for serial correlation in least squares regression I,
Biometrika 37.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.final import Estimate, finish_jointly
from spreme.likelihood.recording import Recording

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

# With more values than this whole trajectories are not followed beyond the segments of a fit: it takes minutes.
MOST_FOLLOWED = 1.5e5


class Whiteness(NamedTuple):
    """How far residuals are from noise.

    Attributes
    ----------
    share : ndarray (E, S)
        Of the variance of residuals that neighbouring ones have in common; 0 where residuals are below the noise floor.
    n_values : ndarray (E, S)
        Residuals.
    size : ndarray (E, S)
        Standard deviation of the residuals, corrected for the fitted numbers, in units of the data.
    noise : ndarray (E, S)
        Standard deviation of the noise, from differences of neighbouring residuals.
    """

    share: Array
    n_values: Array
    size: Array
    noise: Array

    @property
    def p_value(self) -> Array:
        """Probability (E, S) of so large a share by chance."""
        return np.asarray(ndtr(-self.share * np.sqrt(self.n_values)))

    def pooled(self, which: Mask) -> tuple[Array, Array]:
        """Share (S,) over the environments `which` (E,) together, and its probability (S,)."""
        total = self.n_values[which].sum(axis=0)
        share = (self.n_values * self.share)[which].sum(axis=0) / np.maximum(total, 1.0)
        return share, np.asarray(ndtr(-share * np.sqrt(total)))


def whiteness(estimate: Estimate) -> Whiteness:
    """Compare residuals with their differences.

    Parameters
    ----------
    estimate : Estimate
        A feasible fit of E environments.

    Returns
    -------
    Whiteness
        For every environment and state.
    """
    problem, size = estimate.problem, estimate.noise_std
    n = np.zeros(size.shape)
    square, rough = np.zeros(size.shape), np.zeros(size.shape)
    segments = Evaluator(problem, estimate.pieces).edges
    for e, own in enumerate(zip(problem.recordings, estimate.states, segments, strict=True)):
        n[e], square[e], rough[e] = _sums(*own)
    known = (rough > 0.0) & (square > 0.0) & (size > problem.floor) & ~problem.frozen
    share = np.where(known, 1.0 - rough / np.where(known, square, 1.0), 0.0)
    return Whiteness(share, n, size, np.maximum(np.sqrt(rough), problem.floor))


def over_whole_trajectories(estimate: Estimate, found: Whiteness) -> Whiteness:
    """Compare residuals with their differences where the law is followed over whole trajectories, if it can be.

    Short segments, each with a start of its own, hide what a law does not describe. If the search had to stop there,
    the joint fit of states and coefficients is asked for whole trajectories; it follows the right law through chaos,
    too, so that its residuals speak for the environments in which it comes to an end. Where recordings are that long,
    their segments hold several periods, and what they tell is taken.

    Parameters
    ----------
    estimate : Estimate
        A feasible fit of E environments.
    found : Whiteness
        Of its segments.

    Returns
    -------
    Whiteness
        Of whole trajectories, in the environments that can be followed.
    """
    too_long = estimate.problem.n_values.sum() > MOST_FOLLOWED
    if estimate.pieces == 1 or estimate.problem.is_quiet or too_long:
        return found
    whole = finish_jointly(estimate.problem, estimate.fit.mask, estimate.fit.coef, estimate.states)
    followed = np.isfinite(whole.fit.cost)[:, None]
    return Whiteness(*(np.where(followed, new, old) for new, old in zip(whiteness(whole), found, strict=True)))


def _sums(recording: Recording, states: Array, edges: Indices) -> tuple[Array, Array, Array]:
    """Number (S,), mean square and half the mean square difference of neighbours, of the residuals of each state."""
    residual = recording.y - states
    segment = np.searchsorted(edges, np.arange(len(residual)), side="right")
    out = np.zeros((3, residual.shape[1]))
    for s, column in enumerate(residual.T):
        seen = np.isfinite(column)
        own, together = column[seen], np.diff(segment[seen]) == 0
        step = np.diff(own)[together]
        if len(step):
            out[:, s] = len(own), (own**2).mean(), (step**2).mean() / 2.0
    return out[0], out[1], out[2]
