"""The data of SpReME's experiments, drawn in the order and rounded in the way of its published code.

Taken from the publication's set-up:

- 16 trajectories of 3 environments (Lotka-Volterra: 9 given ones), the same starts in every environment;
- parameters = base + sqrt(0.01) N(0, 1), each independently; NumPy's legacy generator, seed 1000; starts before
  parameters, except for the pendulum, whose parameters come first;
- starts and parameters rounded to half precision, states to single precision; no noise;
- t = 0, dt, ... below T, with T = 4 and dt = 0.02; LSODA with relative and absolute tolerance 1e-12;
- the last fifth of the samples is held out for validation;
- adaptation: seed 100, one trajectory of one environment, at the base parameters (Lotka-Volterra: given ones);
- test: 16 new starts in that environment, drawn on from the state in which adaptation left the generator and not
  rounded; up to 2.5 T in steps of dt / 2.

Different here: times stay in double precision (the publication rounds them to single), so that they remain multiples of
dt; environments carry labels, 0, 1, ... in training and 100 in adaptation. Noise may be added to what is published, and
the starts of the test run in the environments of training too.

References
----------
M. Park, Y. Choi, N. Lee, D. Kim, SpReME: Sparse Regression for Multi-Environment Dynamic Systems, 2023,
arXiv:2302.05942.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories
from systems.environments import FIRST_ADAPTATION, ParameterSets
from systems.integration import Integrator, integrate, vector_field
from systems.setups.setup import Experiment
from systems.simulation import Run, add_noise, collect
from systems.system import System

DT = 0.02
HORIZON = 4.0
VARIANCE = 0.01
CITATION = "M. Park et al., SpReME: Sparse Regression for Multi-Environment Dynamic Systems, arXiv:2302.05942, 2023"
LSODA = Integrator("LSODA", rtol=1e-12, atol=1e-12)
TRAINING_SEED = 1000
ADAPTATION_SEED = 100

ParametersOf: TypeAlias = Mapping[int, Mapping[str, float]]  # environment -> parameter -> value


@dataclass(frozen=True, eq=False, kw_only=True)
class SpremeReplica:
    """One of SpReME's four set-ups.

    Attributes
    ----------
    system : System
        Equations, base parameters (those of adaptation), law of starts and library of the publication.
    training_sets : ParameterSets or None, default None
        Environments of training where they are given; None: drawn around the base.
    parameters_first : bool, default False
        Whether parameters are drawn before starts.

    Examples
    --------
    >>> from systems import replicas
    >>> replicas.get("spreme-lorenz").training().data
    Trajectories: 48 trajectories, 3 environments, 9600 samples
      states        x, y, z
      environments  0 (16), 1 (16), 2 (16)
      samples       200 per trajectory
      times         0 to 3.98
    """

    system: System
    training_sets: ParameterSets | None = None
    parameters_first: bool = False

    @property
    def varied(self) -> tuple[str, ...]:
        """Names of the parameters that differ between the environments of training."""
        return tuple(self.system.parameters) if self.training_sets is None else self.training_sets.varied

    @property
    def forecast_integrator(self) -> None:
        """None: the data are exact, and so are forecasts."""
        return None

    def training(
        self,
        noise: float = 0.0,
        seed: int = 0,
        *,
        draw_seed: int = TRAINING_SEED,
        n_environments: int = 3,
        n_trajectories: int = 16,
    ) -> Experiment:
        """Draw the training data.

        Parameters
        ----------
        noise : float, default 0
            Relative to the root mean square of a state in its environment; published: none.
        seed : int, default 0
            Key of the noise.
        draw_seed : int, default 1000
            Seed of the legacy generator, of starts and parameters.
        n_environments : int, default 3
            Number of environments; of no effect where they are given.
        n_trajectories : int, default 16
            Number of starts.

        Returns
        -------
        Experiment
            Environments 0, 1, ... and their data.
        """
        sets, starts = self._training_draws(draw_seed, n_environments, n_trajectories)
        return self._recorded(sets, starts, noise, seed, "training")

    def unseen(self) -> Experiment:
        """Draw the starts of the published test in the environments of training.

        Returns
        -------
        Experiment
            Environments 0, 1, ... and clean data, 2.5 times as long as those of training and twice as fine.
        """
        sets, _ = self._training_draws(TRAINING_SEED, 3, 16)
        return self._tested(sets, ADAPTATION_SEED, 16)

    def adaptation(self, noise: float = 0.0, seed: int = 0, *, draw_seed: int = ADAPTATION_SEED) -> Experiment:
        """Draw the one trajectory to adapt to.

        Parameters
        ----------
        noise : float, default 0
            As in `training`.
        seed : int, default 0
            As in `training`.
        draw_seed : int, default 100
            Seed of the legacy generator.

        Returns
        -------
        Experiment
            Environment 100 and its trajectory.
        """
        start = self.system.starts.draw(np.random.RandomState(draw_seed), 1)
        return self._recorded(self._adaptation_sets(), start, noise, seed, "adaptation")

    def unseen_adapted(self, *, draw_seed: int = ADAPTATION_SEED, n_trajectories: int = 16) -> Experiment:
        """Draw the trajectories on which the adapted model is judged.

        Parameters
        ----------
        draw_seed : int, default 100
            Seed of adaptation, whose stream of random numbers goes on here.
        n_trajectories : int, default 16
            Number of starts.

        Returns
        -------
        Experiment
            Environment 100 and its data, 2.5 times as long as those of training and twice as fine.
        """
        return self._tested(self._adaptation_sets(), draw_seed, n_trajectories)

    def _training_draws(self, seed: int, n_environments: int, n: int) -> tuple[ParametersOf, NDArray[np.float64]]:
        """Draw parameters and starts of training, in the published order."""
        rng = np.random.RandomState(seed)
        if self.training_sets is not None:
            return self.training_sets.sets, self.system.starts.draw(rng, n)
        if self.parameters_first:
            sets = self._draw_sets(rng, n_environments)
            return sets, self.system.starts.draw(rng, n)
        starts = self.system.starts.draw(rng, n)
        return self._draw_sets(rng, n_environments), starts

    def _draw_sets(self, rng: np.random.RandomState, n: int) -> dict[int, dict[str, float]]:
        """Draw the parameters of n environments around the base, row by row."""
        base = np.array(list(self.system.parameters.values()))
        values = base + VARIANCE**0.5 * rng.standard_normal(size=(n, len(base)))
        return {env: dict(zip(self.system.parameters, map(float, row), strict=True)) for env, row in enumerate(values)}

    def _adaptation_sets(self) -> ParametersOf:
        """List the one environment of adaptation."""
        return {FIRST_ADAPTATION: self.system.parameters}

    def _recorded(
        self, sets: ParametersOf, starts: NDArray[np.float64], noise: float, seed: int, split: str
    ) -> Experiment:
        """Measured runs from rounded starts."""
        system, runs = self._run(sets, round_to_half(starts), np.arange(0.0, HORIZON, DT))
        return Experiment(system, collect(system, add_noise(system, runs, noise, seed, split=split)))

    def _tested(self, sets: ParametersOf, seed: int, n: int) -> Experiment:
        """Clean runs from the starts that follow the one of adaptation."""
        rng = np.random.RandomState(seed)
        self.system.starts.draw(rng, 1)  # the start of adaptation
        starts = self.system.starts.draw(rng, n)
        system, runs = self._run(sets, starts, np.arange(0.0, 2.5 * HORIZON, DT / 2))
        return Experiment(system, collect(system, runs))

    def _run(self, sets: ParametersOf, starts: NDArray[np.float64], t: NDArray[np.float64]) -> tuple[System, list[Run]]:
        """Integrate all starts in all environments, parameters in half and states in single precision."""
        rounded = {env: dict(zip(values, map(_half, values.values()), strict=True)) for env, values in sets.items()}
        system = replace(self.system, environments=ParameterSets(rounded))
        runs = []
        for env in rounded:
            field = vector_field(system, env)
            every = [integrate(field, start, t, LSODA)[1].astype(np.float32).astype(np.float64) for start in starts]
            runs += [Run(env, j, t, x) for j, x in enumerate(every)]
        return system, runs


def hold_out(data: Trajectories, share: int = 5) -> tuple[Trajectories, Trajectories]:
    """Split the end of every trajectory off for validation.

    Parameters
    ----------
    data : Trajectories
        Data without missing values or inputs.
    share : int, default 5
        One sample in `share` is held out.

    Returns
    -------
    training : Trajectories
        All but the last n // share samples of every trajectory.
    validation : Trajectories
        The last n // share samples and the one before, from which a forecast of them starts.

    Examples
    --------
    >>> from systems import replicas
    >>> training, validation = replicas.hold_out(replicas.get("spreme-linear").adaptation().data)
    >>> training.n_samples, validation.n_samples
    (160, 41)
    """
    cuts = [run.n_samples - run.n_samples // share for run in data]
    pairs = list(zip(data, cuts, strict=True))

    def cut(parts: list[slice]) -> Trajectories:
        return Trajectories(
            [run.x[part] for run, part in zip(data, parts, strict=True)],
            [run.t[part] for run, part in zip(data, parts, strict=True)],
            env=data.env,
            state_names=data.state_names,
        )

    return cut([slice(None, end) for _, end in pairs]), cut([slice(end - 1, None) for _, end in pairs])


def round_to_half(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to half precision, kept in doubles."""
    return values.astype(np.float16).astype(np.float64)


def _half(value: float) -> float:
    """Round one number to half precision."""
    return float(np.float16(value))
