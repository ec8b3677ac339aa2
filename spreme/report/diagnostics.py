r"""Residuals of a law state by state and environment by environment: size, whiteness, normality.

The law is fitted again to segments of trajectories as long as those of its search, so that chaos does not pass for
misfit. Whiteness is von Neumann's ratio (`spreme.likelihood.whiteness`); normality is the test of D'Agostino and
Pearson on skewness and kurtosis. Holm's correction runs over all tests of a kind.

References
----------
D'Agostino and Pearson (1973), Tests for departure from normality, Biometrika 60.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from spreme.estimators.options import check_options
from spreme.estimators.profiled import refitted
from spreme.likelihood.final import Estimate
from spreme.likelihood.wald import holm
from spreme.likelihood.whiteness import whiteness
from spreme.report.subject import Subject

Array = NDArray[np.float64]

# Probability of one or more false alarms over all residuals, for either kind of test.
LEVEL = 0.01
# Share of the variance of residuals common to neighbours that is worth a word.
LEAST_SHARE = 0.1
# Fewer residuals tell nothing of their distribution.
FEWEST = 20
# Residuals within this many standard deviations are 95 % of normal ones.
USUAL = 1.96


@dataclass(frozen=True)
class Diagnosis:
    """Residuals of one state in one environment.

    Attributes
    ----------
    env : hashable
        Environment.
    state : str
        State.
    n_values : int
        Residuals.
    size : float
        Their standard deviation in units of the state.
    relative_size : float
        The same over the standard deviation of the data; NaN for data that do not move.
    common : float
        Share of their variance that neighbours have in common; 0 for noise, up to chance.
    beyond : float
        Share of residuals beyond 1.96 standard deviations; 0.05 for normal noise.
    largest : float
        Largest residual in standard deviations.
    is_white, is_normal : bool or None
        Verdicts; None where there are too few residuals, or none.
    """

    env: Hashable
    state: str
    n_values: int
    size: float
    relative_size: float
    common: float
    beyond: float
    largest: float
    is_white: bool | None
    is_normal: bool | None


def diagnose(subject: Subject) -> tuple[Diagnosis, ...]:
    """Judge the residuals of a law.

    Parameters
    ----------
    subject : Subject
        Law and data.

    Returns
    -------
    tuple of Diagnosis
        One for every environment with data and every state, environments first; empty if the law cannot be followed
        over the data.
    """
    law = subject.law
    used = [e for e, env in enumerate(law.environments) if env in subject.data.environments]
    options = check_options(subject.model.get_params(deep=False))
    estimate = refitted(subject.state, options, subject.data, used)
    if not estimate.fit.is_feasible:
        return ()
    found, values = whiteness(estimate), list(_standardised(estimate))
    white = _adjusted(found.p_value.ravel()).reshape(found.share.shape)
    normal = _adjusted(np.array([_p_of_normality(own) for own in values])).reshape(found.share.shape)
    spreads = np.array([_spread(own.y) for own in estimate.problem.recordings])
    out = []
    for row, e in enumerate(used):
        for s, state in enumerate(law.state_names):
            own, size = values[row * len(law.state_names) + s], float(found.size[row, s])
            out.append(
                Diagnosis(
                    env=law.environments[e],
                    state=state,
                    n_values=len(own),
                    size=size,
                    relative_size=size / spreads[row, s] if spreads[row, s] > 0.0 else math.nan,
                    common=max(float(found.share[row, s]), 0.0),
                    beyond=float(np.mean(np.abs(own) > USUAL)) if len(own) else math.nan,
                    largest=float(np.abs(own).max(initial=0.0)),
                    is_white=_is_white(float(found.share[row, s]), float(white[row, s]), len(own)),
                    is_normal=None if len(own) < FEWEST else bool(normal[row, s] >= LEVEL),
                )
            )
    return tuple(out)


def _standardised(estimate: Estimate) -> Iterator[Array]:
    """Residuals in their standard deviations, by environment and state; none below the noise floor."""
    problem = estimate.problem
    for e, (recording, states) in enumerate(zip(problem.recordings, estimate.states, strict=True)):
        residual = recording.y - states
        for s, own in enumerate(residual.T):
            seen = own[np.isfinite(own)]
            size = float(np.sqrt(np.mean(seen**2))) if len(seen) else 0.0
            is_noise = size > problem.floor[e, s] and not problem.frozen[e, s]
            yield seen / size if is_noise else np.zeros(0)


def _p_of_normality(values: Array) -> float:
    """Probability of such a skewness and kurtosis by chance; 1 with too few values."""
    return 1.0 if len(values) < FEWEST else float(stats.normaltest(values).pvalue)


def _is_white(share: float, probability: float, n: int) -> bool | None:
    """Whether neighbouring residuals are as different as distant ones."""
    return None if n < FEWEST else not (share > LEAST_SHARE and probability < LEVEL)


def _adjusted(p_values: Array) -> Array:
    """Holm's correction."""
    return np.asarray(holm(p_values))


def _spread(x: Array) -> Array:
    """Standard deviations (S,) of data; zero where there are none."""
    seen = np.isfinite(x)
    n = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, x, 0.0).sum(axis=0) / n
    return np.asarray(np.sqrt((np.where(seen, x - mean, 0.0) ** 2).sum(axis=0) / n))
