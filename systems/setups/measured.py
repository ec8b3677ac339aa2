"""`Measured`: a system of the catalogue under the protocol of the benchmark, in one of its variants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from systems.environments import FIRST_ADAPTATION, RelativeRanges
from systems.setups.compiled import quick_runs
from systems.setups.setup import Experiment
from systems.setups.variants import VARIANTS, Variant, unbalanced
from systems.simulation import Run, add_noise, collect, draw_runs
from systems.system import System

N_TESTS = 8  # unseen starts in each environment
N_ADAPTATION = 4  # new environments
REACH = 2.5  # horizons that forecasts are judged for
DROP_KEY = 2000  # keeps the random numbers that drop samples apart from starts and noise


@dataclass(frozen=True)
class Measured:
    """A system of the catalogue as the benchmark measures it.

    Training: 8 environments with 4 trajectories each, less in some variants. Unseen: 8 new starts in each environment,
    for 2.5 horizons. Adaptation: 4 environments beyond the ranges of training, 1 trajectory each; 8 new starts in each,
    for 2.5 horizons.

    Attributes
    ----------
    base : System
        The system, at its own step and horizon.
    variant : str, default "plain"
        One of `systems.setups.VARIANTS`.

    Examples
    --------
    >>> import systems
    >>> from systems.setups import Measured
    >>> Measured(systems.get("lotka"), "few").training(noise=0.05).data
    Trajectories: 2 trajectories, 2 environments, 202 samples
      states        x, y
      environments  0 (1), 1 (1)
      samples       101 per trajectory
      times         0 to 10
    """

    base: System
    variant: str = "plain"

    @property
    def system(self) -> System:
        """The system, sampled as the variant says."""
        return self._shape.sampled(self.base)

    @property
    def forecast_integrator(self) -> None:
        """Forecasts are made as exactly as possible."""

    @property
    def _shape(self) -> Variant:
        """The record of the variant."""
        return VARIANTS[self.variant]

    def training(self, noise: float = 0.0, seed: int = 0) -> Experiment:
        """Draw the training data: the same for all methods, whatever else is run.

        Parameters
        ----------
        noise : float, default 0
            Relative to the root mean square of a state in its environment.
        seed : int, default 0
            Key of the noise; starts do not depend on it.

        Returns
        -------
        Experiment
            Environments 0, 1, ... and their data.
        """
        shape, system = self._shape, self.system
        labels = tuple(system.environments.labels(shape.n_environments))
        runs = add_noise(system, _runs(self.base, self.variant, labels, shape.n_trajectories, "training"), noise, seed)
        if shape.dropped is not None:
            keys = [[DROP_KEY, system.key, run.env, run.trajectory, seed] for run in runs]
            runs = [shape.dropped(run, np.random.default_rng(key)) for run, key in zip(runs, keys, strict=True)]
        return Experiment(system, collect(system, runs if shape.is_balanced else unbalanced(runs)))

    def unseen(self) -> Experiment:
        """Draw clean runs from new starts in the environments of training.

        Returns
        -------
        Experiment
            8 runs in each, for 2.5 horizons of the plain system.
        """
        labels = self.base.environments.labels(self._shape.n_environments)
        return self._clean(labels, N_TESTS, "test")

    def adaptation(self, noise: float = 0.0, seed: int = 0) -> Experiment | None:
        """Draw one trajectory in each of 4 new environments.

        Parameters
        ----------
        noise : float, default 0
            Relative to the root mean square of a state in its environment.
        seed : int, default 0
            Key of the noise; starts do not depend on it.

        Returns
        -------
        Experiment or None
            Environments 100 to 103; None where the environments are given one by one.
        """
        if not isinstance(self.base.environments, RelativeRanges):
            return None
        runs = _runs(self.base, self.variant, _new_labels(), 1, "adaptation")
        noisy = add_noise(self.system, runs, noise, seed, split="adaptation")
        return Experiment(self.system, collect(self.system, noisy))

    def unseen_adapted(self) -> Experiment | None:
        """Draw clean runs from new starts in the environments of adaptation.

        Returns
        -------
        Experiment or None
            8 runs in each, for 2.5 horizons; None where there are no such environments.
        """
        if not isinstance(self.base.environments, RelativeRanges):
            return None
        return self._clean(_new_labels(), N_TESTS, "test")

    def _clean(self, labels: Iterable[int], n: int, split: str) -> Experiment:
        """Runs of the plain system, longer than its horizon."""
        return Experiment(_longer(self.base), collect(self.base, _runs(self.base, "longer", tuple(labels), n, split)))


def _new_labels() -> tuple[int, ...]:
    """Labels of the environments of adaptation."""
    return tuple(range(FIRST_ADAPTATION, FIRST_ADAPTATION + N_ADAPTATION))


def _longer(system: System) -> System:
    """The system for as long as forecasts are judged."""
    return replace(system, horizon=REACH * system.horizon)


@lru_cache(maxsize=8)
def _runs(base: System, variant: str, labels: tuple[int, ...], n: int, split: str) -> Sequence[Run]:
    """Runs without noise, remembered for the next noise level and method."""
    if variant == "longer":
        return tuple(quick_runs(_longer(base), labels, n, split))
    return tuple(draw_runs(VARIANTS[variant].sampled(base), labels, n, split=split))
