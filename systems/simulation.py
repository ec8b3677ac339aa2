"""Data of a system: clean trajectories and noisy measurements of them.

Every random number comes from a generator of its own key (split, system, environment, trajectory, noise seed): a
trajectory is the same whatever else is generated, and in whatever order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories
from systems.integration import DOP853, integrate, vector_field
from systems.system import System

SPLITS = {"training": 0, "test": 1, "adaptation": 2}
FIRST_NOISE_KEY = 1000  # keeps the keys of noise apart from shorter ones


class Run(NamedTuple):
    """One trajectory: environment, position in it, times (n,) and states (n, S)."""

    env: int
    trajectory: int
    t: NDArray[np.float64]
    x: NDArray[np.float64]


def generate(
    system: System, n_environments: int = 8, n_trajectories: int = 4, noise: float = 0.05, seed: int = 0
) -> Trajectories:
    """Generate noisy training data.

    The noise is Gaussian and independent; its standard deviation in a state is `noise` times the root mean square of
    that state over all trajectories of the environment.

    Parameters
    ----------
    system : System
        The system.
    n_environments : int, default 8
        Number of environments, labelled 0, 1, ...
    n_trajectories : int, default 4
        Number of trajectories in each environment.
    noise : float, default 0.05
        Relative standard deviation of the noise.
    seed : int, default 0
        Key of the noise. The clean trajectories do not depend on it.

    Returns
    -------
    Trajectories
        Environment by environment.

    Raises
    ------
    ValueError
        If a count is not positive, or noise or seed is negative.

    Examples
    --------
    >>> import systems
    >>> systems.generate(systems.get("lotka"), n_environments=2)
    Trajectories: 8 trajectories, 2 environments, 808 samples
      states        x, y
      environments  0 (4), 1 (4)
      samples       101 per trajectory
      times         0 to 10
    """
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise must be a finite number, 0 or more, got noise={noise!r}")
    if seed < 0:
        raise ValueError(f"seed must be a whole number, 0 or more, got seed={seed!r}")
    runs = draw_runs(system, _labels(system, n_environments), n_trajectories)
    return collect(system, add_noise(system, runs, noise, seed))


def simulate_clean(system: System, n_environments: int = 8, n_trajectories: int = 4) -> Trajectories:
    """Generate the training data without noise.

    Parameters
    ----------
    system : System
        The system.
    n_environments : int, default 8
        Number of environments, labelled 0, 1, ...
    n_trajectories : int, default 4
        Number of trajectories in each environment.

    Returns
    -------
    Trajectories
        The trajectories that `generate` measures, in the same order.

    Raises
    ------
    ValueError
        If a count is not positive.

    Examples
    --------
    >>> import systems
    >>> systems.simulate_clean(systems.get("lotka"), n_environments=1, n_trajectories=1).x[0][0].round(3)
    array([1.081, 1.402])
    """
    return collect(system, draw_runs(system, _labels(system, n_environments), n_trajectories))


def draw_runs(
    system: System, environments: Iterable[int], n_trajectories: int, *, split: str = "training"
) -> list[Run]:
    """Draw starts and integrate: n_trajectories runs in each of the given environments."""
    if n_trajectories < 1:
        raise ValueError(f"n_trajectories must be 1 or more, got n_trajectories={n_trajectories!r}")
    t, runs = sample_times(system), []
    for env in environments:
        field = vector_field(system, env)
        for j in range(n_trajectories):
            runs.append(Run(env, j, *integrate(field, draw_start(system, env, j, split), t, DOP853)))
    return runs


def sample_times(system: System) -> NDArray[np.float64]:
    """Times of the samples; the horizon is one of them in spite of rounding."""
    return np.arange(0.0, system.horizon + 1e-9, system.dt)


def draw_start(system: System, env: int, trajectory: int, split: str) -> NDArray[np.float64]:
    """Draw the initial state (S,) of one run."""
    return system.starts.draw(np.random.default_rng([SPLITS[split], system.key, env, trajectory]), 1)[0]


def add_noise(system: System, runs: Sequence[Run], noise: float, seed: int, *, split: str = "training") -> list[Run]:
    """Measure runs with noise relative to the root mean square of each state in each environment."""
    noisy = []
    for env in dict.fromkeys(run.env for run in runs):
        members = [run for run in runs if run.env == env]
        std = noise * np.sqrt(np.mean(np.vstack([run.x for run in members]) ** 2, axis=0))
        for run in members:
            rng = np.random.default_rng([SPLITS[split], system.key, env, run.trajectory, FIRST_NOISE_KEY + seed])
            noisy.append(run._replace(x=run.x + std * rng.standard_normal(run.x.shape)))
    return noisy


def collect(system: System, runs: Sequence[Run]) -> Trajectories:
    """Hand runs over as data of spreme."""
    return Trajectories(
        [run.x for run in runs], [run.t for run in runs], env=[run.env for run in runs], state_names=system.states
    )


def _labels(system: System, n_environments: int) -> list[int]:
    """Labels of the first environments."""
    if n_environments < 1:
        raise ValueError(f"n_environments must be 1 or more, got n_environments={n_environments!r}")
    return system.environments.labels(n_environments)
