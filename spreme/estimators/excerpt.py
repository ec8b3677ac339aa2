"""An excerpt of recordings that are too long: what shows the terms, at a bounded cost.

The search for terms fits hundreds of laws; with a hundred samples a period and tens of periods another sample tells it
next to nothing. So every environment gives an equal share: every m-th sample where a period has hundreds of them, and
of what is still too long stretches at equal distances, the first one at the beginning, where transients are. The chosen
law is then put to all samples (`likelihood.all_samples`); of recordings that would not fit into memory, to an excerpt
of a few millions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spreme.data import Trajectory
from spreme.noise import noise_std
from spreme.weak.time_scale import period

Environments = Sequence[Sequence[Trajectory]]

# Samples of all environments that are searched as they are, and that are fitted at all; beyond these each environment
# keeps its share, at least so many.
SEARCHED, FITTED, LEAST = 60_000, 5_000_000, 600
# Samples a period that are kept, and of one stretch.
PER_PERIOD, STRETCH = 100, 1500
# A trajectory that gives fewer samples than this is left to others of its environment.
FEWEST = 150
# The period is told from this many samples at the beginning, at twice as many if they show none, and so on.
LOOKED_AT = 20_000


def excerpt(environments: Environments, most: int) -> list[list[Trajectory]]:
    """Thin out what is too long.

    Parameters
    ----------
    environments : sequence of sequences of Trajectory
        Recordings by environment.
    most : int
        Samples of all environments that are left as they are.

    Returns
    -------
    list of lists of Trajectory
        The same objects where nothing was left out.
    """
    share = most if n_samples(environments) <= most else max(most // len(environments), LEAST)
    return [_thinned(runs, share) for runs in environments]


def is_excerpt(part: Environments, environments: Environments) -> bool:
    """Whether anything was left out."""
    return any(own is not run for left, runs in zip(part, environments, strict=True) for own, run in _pairs(left, runs))


def n_samples(environments: Environments) -> int:
    """Samples of all trajectories."""
    return sum(run.n_samples for runs in environments for run in runs)


def _pairs(left: Sequence[Trajectory], runs: Sequence[Trajectory]) -> list[tuple[Trajectory | None, Trajectory]]:
    """Each trajectory beside the one at its place, if there is one."""
    return [(left[i] if i < len(left) else None, run) for i, run in enumerate(runs)]


def _thinned(runs: Sequence[Trajectory], share: int) -> list[Trajectory]:
    """One environment with about so many samples."""
    total = sum(run.n_samples for run in runs)
    if total <= share:
        return list(runs)
    enough = -(-total // share)
    runs = [run if run.u is not None else _sparser(run, enough) for run in runs]  # inputs are linear between samples
    kept = _spread_out(runs, max(1, share // FEWEST))
    each = share // len(kept)
    return [part for run in kept for part in _stretches(run, each)]


def _spread_out(runs: Sequence[Trajectory], most: int) -> list[Trajectory]:
    """So many trajectories at equal distances."""
    if len(runs) <= most:
        return list(runs)
    return [runs[i] for i in np.linspace(0, len(runs) - 1, most).round().astype(int)]


def _sparser(run: Trajectory, enough: int) -> Trajectory:
    """Every m-th sample, so that a period keeps about a hundred, or as few as are enough.

    A state that is measured at some of the samples only must not lose them all.
    """
    every = int(min(_samples_a_period(run) // PER_PERIOD, enough))
    if every < 2:
        return run
    thin = _rows(run, slice(None, None, every))
    kept, had = (~thin.missing).sum(axis=0), (~run.missing).sum(axis=0)
    return run if (every * kept < 0.5 * had).any() else thin


def _samples_a_period(run: Trajectory) -> float:
    """Samples of one period of the fastest state; of a motion without one, of the whole trajectory."""
    length = min(LOOKED_AT, run.n_samples)
    while True:
        known = ~run.missing[:length].any(axis=1)
        t, x = run.t[:length][known], run.x[:length][known]
        if len(t) > 1:
            own = period(t, x, noise_std([replace(run, t=t, x=x, u=None)]) ** 2)
            if np.isfinite(own):
                return own / float(t[-1] - t[0]) * len(t)
        if length == run.n_samples:
            return float(length)
        length = min(2 * length, run.n_samples)


def _stretches(run: Trajectory, most: int) -> list[Trajectory]:
    """Stretches at equal distances with at most so many samples together, those where all states were seen."""
    if run.n_samples <= most:
        return [run]
    number = max(1, most // STRETCH)
    length = most // number
    begins = np.linspace(0, run.n_samples - length, number).astype(int)
    parts = [_rows(run, slice(first, first + length)) for first in begins.tolist()]
    seen = [part for part in parts if (~part.missing).any(axis=0).all()]
    return seen or [_rows(run, slice(*_fullest(run, length)))]


def _fullest(run: Trajectory, length: int) -> tuple[int, int]:
    """Where so many samples hold most values of the state that was measured least there."""
    total = np.vstack([np.zeros(run.n_states), np.cumsum(~run.missing, axis=0)])
    first = int(np.argmax((total[length:] - total[:-length]).min(axis=1)))
    return first, first + length


def _rows(run: Trajectory, rows: slice) -> Trajectory:
    """Some samples of a trajectory, as arrays of their own."""
    inputs = None if run.u is None else run.u[rows].copy()
    return replace(run, t=run.t[rows].copy(), x=run.x[rows].copy(), u=inputs)
