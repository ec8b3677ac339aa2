"""What training looks at: recordings without gaps, their packed forms, and the scales of the terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories, Trajectory
from spreme.library import Library, TermTable
from systems.methods.original.lanes import Lanes, Recording, divergence_bounds, pack, pack_steps, split

Array = NDArray[np.float64]

FEWEST_SAMPLES = 3  # two to train on and one to validate with


class Material(NamedTuple):
    """Data of E environments.

    Attributes
    ----------
    table : TermTable
        Library of K terms.
    n_environments : int
        Number of environments E.
    recordings : list of Recording
        What is trained on: all but the last fifth of every trajectory.
    rollouts, steps : Lanes
        The same, whole and cut for single steps.
    validation : Lanes
        The last fifth, from the last sample of training on.
    scale : ndarray, shape (E, K)
        Largest absolute values of the terms on the training data; 1 where a term is zero on all of them.
    """

    table: TermTable
    n_environments: int
    recordings: list[Recording]
    rollouts: Lanes
    steps: Lanes
    validation: Lanes
    scale: Array


def prepare(data: Trajectories, library: Library) -> Material:
    """Split, pack and scale data.

    Parameters
    ----------
    data : Trajectories
        Samples with a missing state are left out; a step may then be longer than the others.
    library : Library
        Terms.

    Returns
    -------
    Material
        What training needs.

    Raises
    ------
    ValueError
        If a trajectory has fewer than three complete samples, or a term is not finite on the data.
    """
    table = library.table([*data.state_names, *data.input_names]).with_inputs(data.n_inputs)
    position = {env: e for e, env in enumerate(data.environments)}
    recordings = [_complete(run, position[run.env]) for run in data]
    bounds = divergence_bounds(recordings, len(position))
    training, validation = split(recordings)
    return Material(
        table,
        len(position),
        training,
        pack(training, bounds),
        pack_steps(training, bounds),
        pack(validation, bounds),
        _scale(table, training, data.environments),
    )


def _complete(run: Trajectory, position: int) -> Recording:
    """Samples of which all states were measured."""
    kept = ~run.missing.any(axis=1)
    if kept.sum() < FEWEST_SAMPLES:
        raise ValueError(
            f"trajectory {run.index} of environment {run.env!r} has {kept.sum()} samples of all states together: "
            f"spreme-2023 needs {FEWEST_SAMPLES}; leave the trajectory out"
        )
    return Recording(run.t[kept], run.x[kept], run.inputs[kept], position)


def _scale(table: TermTable, recordings: Sequence[Recording], environments: Sequence[object]) -> Array:
    """Largest absolute value of every term in every environment."""
    scale = np.zeros((len(environments), table.n_terms))
    for one in recordings:
        theta = np.abs(table.evaluate(np.hstack([one.x, one.u]))).max(axis=0)
        if not np.isfinite(theta).all():
            name = table.names[int(np.argmin(np.isfinite(theta)))]
            env = environments[one.position]
            raise ValueError(f"the term {name!r} is not finite on the data of environment {env!r}: leave it out")
        scale[one.position] = np.maximum(scale[one.position], theta)
    return np.where(scale > 0.0, scale, 1.0)
