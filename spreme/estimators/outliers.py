"""Single samples that cannot belong to the record: treated as missing, with a warning that names them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectory

# A sample is wild if it lies further from the line between its neighbours than this multiple of the range of all
# others.
WILD = 10.0
LEAST_SAMPLES = 7


def without_outliers(runs: Sequence[Trajectory], state_names: Sequence[str]) -> list[Trajectory]:
    """Trajectories with wild samples set to missing; one warning for all."""
    out, found = [], []
    for run in runs:
        wild = _wild(run)
        for i, s in np.argwhere(wild):
            found.append(f"{state_names[s]} = {run.x[i, s]:.4g} at t = {run.t[i]:.6g} in trajectory {run.index}")
        out.append(replace(run, x=np.where(wild, np.nan, run.x)) if wild.any() else run)
    if found:
        rest = f" and {len(found) - 3} more" if len(found) > 3 else ""
        warnings.warn(f"outliers treated as missing: {'; '.join(found[:3])}{rest}", UserWarning, stacklevel=4)
    return out


def _wild(run: Trajectory) -> NDArray[np.bool_]:
    """Samples (n, S) far outside the rest of their trajectory and of their neighbours."""
    wild = np.zeros(run.x.shape, bool)
    for s in range(run.n_states):
        seen = np.flatnonzero(~run.missing[:, s])
        if len(seen) < LEAST_SAMPLES:
            continue
        t, x = run.t[seen], run.x[seen, s]
        between = x[:-2] + (x[2:] - x[:-2]) * (t[1:-1] - t[:-2]) / (t[2:] - t[:-2])
        distance = np.abs(x[1:-1] - between)
        # so far from all others that it must be the largest or the smallest value
        for i in {int(x.argmin()), int(x.argmax())} - {0, len(x) - 1}:
            others = np.delete(x, i)
            if distance[i - 1] > WILD * (others.max() - others.min()) > 0:
                wild[seen[i], s] = True
    return wild
