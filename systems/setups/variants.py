"""How a system is measured: sampled more rarely, for a shorter time, with fewer runs, with gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from systems.simulation import Run
from systems.system import System

N_ENVIRONMENTS = 8
N_TRAJECTORIES = 4
MISSING_SHARE = 0.3
SCARCE_SHARE = 0.1  # of the data of an environment, in the unbalanced variant


@dataclass(frozen=True)
class Variant:
    """How a system is measured.

    Attributes
    ----------
    summary : str
        In a few words.
    sampled : callable
        The system with another step or horizon.
    n_environments, n_trajectories : int
        Number of environments, and of trajectories in each.
    dropped : callable or None
        What is lost of a run, given a generator of random numbers.
    is_balanced : bool
        Whether all environments have as many data.
    """

    summary: str
    sampled: Callable[[System], System] = lambda system: system
    n_environments: int = N_ENVIRONMENTS
    n_trajectories: int = N_TRAJECTORIES
    dropped: Callable[[Run, np.random.Generator], Run] | None = None
    is_balanced: bool = True


def one_in(n: int) -> Callable[[System], System]:
    """Sample n times more rarely."""
    return lambda system: replace(system, dt=n * system.dt)


def quarter(system: System) -> System:
    """Stop at a quarter of the horizon."""
    return replace(system, horizon=system.horizon / 4)


def half_of_the_samples(run: Run, rng: np.random.Generator) -> Run:
    """Keep half of the samples, at random."""
    kept = np.sort(rng.choice(len(run.t), size=len(run.t) // 2, replace=False))
    return run._replace(t=run.t[kept], x=run.x[kept])


def with_gaps(run: Run, rng: np.random.Generator) -> Run:
    """Forget values at random, each state on its own."""
    return run._replace(x=np.where(rng.random(run.x.shape) < MISSING_SHARE, np.nan, run.x))


VARIANTS = {
    "plain": Variant("as the system says"),
    "coarse": Variant("every 4th sample", sampled=one_in(4)),
    "coarse10": Variant("every 10th sample", sampled=one_in(10)),
    "irregular": Variant("half of the samples, at random", dropped=half_of_the_samples),
    "short": Variant("a quarter of the horizon", sampled=quarter),
    "few": Variant("2 environments with 1 trajectory each", n_environments=2, n_trajectories=1),
    "unbalanced": Variant("one environment has a tenth of the data of the others", is_balanced=False),
    "missing": Variant("30 % of the values missing at random", dropped=with_gaps),
}


def unbalanced(runs: list[Run]) -> list[Run]:
    """Leave the last environment a tenth of its data: the beginning of its first run."""
    last = [run for run in runs if run.env == runs[-1].env]
    n = round(SCARCE_SHARE * sum(len(run.t) for run in last))
    first = last[0]
    return [run for run in runs if run.env != first.env] + [first._replace(t=first.t[:n], x=first.x[:n])]
