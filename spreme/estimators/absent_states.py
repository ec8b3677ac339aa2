"""States that are as good as absent from an environment: traces of what is there in others, or noise around zero.

Nothing that is measured tells the terms of such a state: a start and a coefficient that drift together fit its noise
as well as any. Traces below anything that is believed elsewhere are taken for zero; then the state counts as absent,
and its terms as not observed. Noise of the usual size is left as it is: standard errors are large then, and a note
says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from spreme.data import Trajectory

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Environments = Sequence[Sequence[Trajectory]]

# Largest value, as a share of the largest in any environment, of what may be a trace: noise is not believed to be less
# than 1e-4 of the spread of a state.
TRACE = 1e-5
# Values move if neighbouring ones resemble each other beyond chance of this probability.
LEVEL = 1e-3
# A state that does not move is around zero if its mean is below so many standard deviations.
AROUND_ZERO = 2.0
# Fewer values tell nothing about how they move.
FEWEST = 8


def without_traces(environments: Environments) -> list[list[Trajectory]]:
    """Set states to zero in environments where only a trace of them is, which does not move.

    Parameters
    ----------
    environments : sequence of sequences of Trajectory
        Recordings by environment.

    Returns
    -------
    list of lists of Trajectory
        The same, with zeros for traces.
    """
    largest = np.array([[np.nanmax(np.abs(column), initial=0.0) for column in _values(runs)] for runs in environments])
    trace = (largest > 0.0) & (largest < TRACE * largest.max(axis=0, initial=0.0))
    out = []
    for runs, small in zip(environments, trace, strict=True):
        gone = np.array([own and _is_still(runs, s) for s, own in enumerate(small.tolist())], bool)
        out.append([_zeroed(run, gone) for run in runs] if gone.any() else list(runs))
    return out


def is_noise_around_zero(runs: Sequence[Trajectory]) -> Mask:
    """Tell which states (S,) of one environment show nothing but noise around zero; those that are zero do not."""
    out = []
    for s, column in enumerate(_values(runs)):
        seen = column[np.isfinite(column)]
        moves = len(seen) < FEWEST or not seen.any() or not _is_still(runs, s)
        out.append(not moves and abs(seen.mean()) < AROUND_ZERO * seen.std())
    return np.array(out, bool)


def _values(runs: Sequence[Trajectory]) -> Array:
    """All values (S, n) of an environment."""
    return np.vstack([run.x for run in runs]).T


def _is_still(runs: Sequence[Trajectory], s: int) -> bool:
    """Whether the values of a state scatter about one mean without any order (von Neumann's ratio)."""
    parts = [run.x[~run.missing[:, s], s] for run in runs]
    own = np.concatenate(parts)
    square = float(((own - own.mean()) ** 2).mean()) if len(own) else 0.0
    steps = np.concatenate([np.diff(part) for part in parts])
    if square == 0.0 or not len(steps):
        return True
    share = 1.0 - float((steps**2).mean()) / (2.0 * square)
    return bool(ndtr(-share * np.sqrt(len(own))) > LEVEL)


def _zeroed(run: Trajectory, gone: Mask) -> Trajectory:
    """A trajectory with zeros for some states; what is missing stays so."""
    return replace(run, x=np.where(gone & ~run.missing, 0.0, run.x))
