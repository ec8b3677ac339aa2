"""Cases, and the data they stand for: a system, how it is measured, the noise, the seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from benchmarks.recovery import suites

from spreme import Trajectories
from systems.simulation import Run, add_noise, collect, draw_runs
from systems.system import System

N_ENVIRONMENTS = 8
N_TRAJECTORIES = 4
MISSING_SHARE = 0.3
SCARCE_SHARE = 0.1  # of the data of an environment, in the unbalanced variant
DROP_KEY = 2000  # keeps the random numbers that drop samples apart from starts and noise


@dataclass(frozen=True)
class Case:
    """One run of one method on one data set."""

    system: str
    method: str
    variant: str
    noise: float
    seed: int


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


@dataclass(frozen=True)
class Variant:
    """How a system is measured: another system, fewer runs, samples that are dropped."""

    measured: Callable[[System], System] = lambda system: system
    n_environments: int = N_ENVIRONMENTS
    n_trajectories: int = N_TRAJECTORIES
    dropped: Callable[[Run, np.random.Generator], Run] | None = None
    is_balanced: bool = True


VARIANTS = {
    "plain": Variant(),
    "coarse": Variant(measured=one_in(4)),
    "coarse10": Variant(measured=one_in(10)),
    "irregular": Variant(dropped=half_of_the_samples),
    "short": Variant(measured=quarter),
    "few": Variant(n_environments=2, n_trajectories=1),
    "unbalanced": Variant(is_balanced=False),
    "missing": Variant(dropped=with_gaps),
}
INCOMPLETE = ("irregular", "missing")


def measured_system(case: Case, suite: str | None) -> System:
    """The system of a case, sampled as its variant says."""
    return VARIANTS[case.variant].measured(suites.load(suite)[case.system])


def draw(case: Case, suite: str | None) -> Trajectories:
    """Data of a case: the same for all methods, whatever else is run."""
    variant, system = VARIANTS[case.variant], measured_system(case, suite)
    runs = add_noise(system, clean_runs(suite, case.system, case.variant), case.noise, case.seed)
    if variant.dropped is not None:
        keys = [[DROP_KEY, system.key, run.env, run.trajectory, case.seed] for run in runs]
        runs = [variant.dropped(run, np.random.default_rng(key)) for run, key in zip(runs, keys, strict=True)]
    return collect(system, runs if variant.is_balanced else unbalanced(runs))


@lru_cache(maxsize=4)
def clean_runs(suite: str | None, name: str, variant: str) -> tuple[Run, ...]:
    """Runs without noise, remembered for the next noise level and method."""
    case = Case(name, "", variant, 0.0, 0)
    shape = VARIANTS[variant]
    return tuple(draw_runs(measured_system(case, suite), range(shape.n_environments), shape.n_trajectories))


def unbalanced(runs: list[Run]) -> list[Run]:
    """Leave the last environment a tenth of its data: the beginning of its first run."""
    last = [run for run in runs if run.env == runs[-1].env]
    n = round(SCARCE_SHARE * sum(len(run.t) for run in last))
    first = last[0]
    return [run for run in runs if run.env != first.env] + [first._replace(t=first.t[:n], x=first.x[:n])]
