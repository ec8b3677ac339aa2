"""How trajectories are cut, stage by stage, and when a stage has lost the solution of the one before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.fits import Fit
from spreme.likelihood.problem import Problem
from spreme.weak.time_scale import period

Array = NDArray[np.float64]

# Segments of the longest trajectory at the first stage: so many, or so many a period; then fewer by this factor.
SHORTEST, PER_PERIOD, FACTOR = 33, 3.0, 2.8
# Samples that a segment holds on average, at least.
FEWEST = 8
# A longer segmentation fits worse than the one before by this factor: it has lost the solution (chaos, a wrong mask).
# The first for a start, from which a search may recover; the second, for the variance after the search, beside as many
# of its standard errors.
LOST, LOST_AFTER, DEVIATIONS = 1.5, 1.08, 4.0
# Samples that a window of integral matching holds, at least.
FEWEST_MATCHED = 12
# With fewer samples a period than this, or in all, states and coefficients are fitted together.
SPARSE = 12.0


def is_sparse(problem: Problem) -> bool:
    """Whether samples are too few for segments: most trajectories have hardly any samples a period, or many gaps."""
    return problem.n_samples / max(n_periods(problem), 1.0) < SPARSE


def n_periods(problem: Problem) -> float:
    """Median over trajectories of the number of periods of the fastest state in the longest one."""
    out = []
    for recording, sd in zip(problem.recordings, problem.sd, strict=True):
        for first, last in zip(recording.bounds[:-1], recording.bounds[1:], strict=True):
            t, y = recording.t[first:last], recording.y[first:last]
            known = np.isfinite(y).all(axis=1)
            out.append((t[-1] - t[0]) / period(t[known], y[known], sd**2))
    return float(np.median(out))


def ladder(n_samples: int, n_periods: float) -> list[int]:
    """Segments of the longest trajectory, stage by stage: each a third of those before."""
    most = max(1, n_samples // FEWEST)
    pieces = min(max(SHORTEST, round(PER_PERIOD * n_periods)), most)
    out = [pieces]
    while pieces > 1:
        pieces = round(pieces / FACTOR) if pieces > FACTOR else 1
        out.append(pieces)
    return out


def matching_windows(problem: Problem, pieces: int) -> list[int]:
    """Windows of the longest trajectory over which integrals are matched: long ones tell more, short forgive more."""
    most = max(1, problem.n_samples // FEWEST_MATCHED)
    return sorted({min(number * pieces, most) for number in (4, 12)})


def limit_after(fit: Fit) -> float:
    """Factor by which the variance of residuals may grow from one stage to the next without anything being lost."""
    return LOST_AFTER + DEVIATIONS * float(np.sqrt(2.0 / fit.n_free.sum()))
