"""ODEBench by its published protocol: one noisy trajectory to learn from, two clean ones to judge by.

Taken from the publication and its code:

- 150 samples in [0, 10], `scipy.integrate.solve_ivp` with LSODA, relative tolerance 1e-5, absolute 1e-7;
- training: the trajectory from one of the two initial states, every value times 1 + noise N(0, 1); published levels
  are 0, 0.01, ... 0.05. In half of the experiments 50 % of the samples are dropped at random;
- reconstruction: the forecast from the same initial state, against the clean trajectory;
- generalization: the forecast from the other initial state, against the clean trajectory;
- a forecast is good if R2 > 0.9, the states weighted by their variance; shares are over 63 equations and both choices
  of the initial state to learn from.

Different here: the 45 equations that are linear in a library, random numbers of our own, and a first step that the
solver chooses. The collection's stored solutions have 512 samples in the same interval.

``odebench-01`` learns from the first initial state, ``odebench-01-swapped`` from the second, ``odebench-01-half`` from
half of the samples. Without noise the errors of that solver, 1e-5 to 1e-3 of a state, are what a method takes for the
noise; ``odebench-01-exact`` is integrated to 1e-9 instead.

References
----------
S. d'Ascoli, S. Becker, A. Mathis, P. Schwaller, N. Kilbertus, ODEFormer: Symbolic Regression of Dynamical Systems with
Transformers, ICLR 2024, arXiv:2310.05573.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from systems.catalogue.odebench.as_given import SYSTEMS
from systems.catalogue.odebench.libraries import EQUATIONS
from systems.integration import DOP853, Integrator, integrate, vector_field
from systems.setups.setup import Experiment
from systems.simulation import FIRST_NOISE_KEY, SPLITS, Run, collect
from systems.system import System

Array = NDArray[np.float64]

NOISES = (0.0, 0.01, 0.02, 0.03, 0.04, 0.05)  # published
PARTS = ("reconstruction", "generalization")  # the two unseen runs, in this order
HALF = 0.5
DROP_KEY = 2000  # keeps the random numbers that drop samples apart from those of the noise
LSODA = Integrator("LSODA", rtol=1e-5, atol=1e-7)


@dataclass(frozen=True, eq=False, kw_only=True)
class OdebenchReplica:
    """One equation of ODEBench and the trajectory to learn it from.

    Attributes
    ----------
    system : System
        The equation with its own constants, in environment 0.
    starts : pair of tuple of float
        ODEBench's two initial states.
    first : int, default 0
        Which of them is the one to learn from.
    dropped : float, default 0
        Share of the samples that are dropped at random.
    integrator : Integrator, default LSODA as published
        Solver that makes the data, and forecasts too: its own error grows to the size of the states in equation 55.

    Examples
    --------
    >>> from systems import replicas
    >>> lorenz = replicas.get("odebench-56")
    >>> lorenz.training(noise=0.05).data
    Trajectories: 1 trajectory, 1 environment, 150 samples
      states        x, y, z
      environments  0 (1)
      samples       150 per trajectory
      times         0 to 10
    >>> reconstruction, generalization = lorenz.unseen().data.x
    >>> generalization[0]
    array([10., 20., 30.])
    """

    system: System
    starts: tuple[tuple[float, ...], tuple[float, ...]]
    first: int = 0
    dropped: float = 0.0
    integrator: Integrator = LSODA

    @property
    def forecast_integrator(self) -> Integrator:
        """Solver of the forecasts: the one that made the data."""
        return self.integrator

    def training(self, noise: float = 0.0, seed: int = 0) -> Experiment:
        """Draw the one trajectory, noise in proportion to every single value."""
        clean = self._solution(self.starts[self.first])
        noisy = clean.x * (1.0 + noise * self._rng(FIRST_NOISE_KEY + seed).standard_normal(clean.x.shape))
        return self._experiment([self._drop(clean._replace(x=noisy), seed)])

    def unseen(self) -> Experiment:
        """Solve from both initial states: run 0 is for reconstruction, run 1 for generalization."""
        return self._experiment([self._solution(self.starts[i]) for i in (self.first, 1 - self.first)])

    def adaptation(self, noise: float = 0.0, seed: int = 0) -> None:
        """Give nothing: there are no new environments."""

    def unseen_adapted(self) -> None:
        """Give nothing: there are no new environments."""

    def _solution(self, start: tuple[float, ...]) -> Run:
        """Clean trajectory."""
        return _solution(self.system, start, self.integrator)

    def _drop(self, run: Run, seed: int) -> Run:
        """Drop samples at random; the first one may be among them."""
        n = len(run.t)
        kept = np.sort(self._rng(DROP_KEY + seed).choice(n, size=n - int(self.dropped * n), replace=False))
        return run._replace(t=run.t[kept], x=run.x[kept])

    def _rng(self, key: int) -> np.random.Generator:
        """Generator of the random numbers of a key."""
        return np.random.default_rng([SPLITS["training"], self.system.key, 0, self.first, key])

    def _experiment(self, runs: list[Run]) -> Experiment:
        """Runs as data of environment 0."""
        return Experiment(self.system, collect(self.system, runs))


def make_replicas() -> dict[str, OdebenchReplica]:
    """Make the set-ups of all 45 equations.

    Returns
    -------
    dict of str to OdebenchReplica
        ``odebench-01`` and its `KINDS`.
    """
    starts = {equation.name: equation.starts for equation in EQUATIONS}
    return {
        system.name + suffix: make(system=system, starts=starts[system.name])
        for suffix, make in KINDS.items()
        for system in SYSTEMS
    }


@lru_cache(maxsize=256)
def _solution(system: System, start: tuple[float, ...], integrator: Integrator) -> Run:
    """Clean trajectory, remembered for the next noise level."""
    n = round(system.horizon / system.dt) + 1
    t = np.linspace(0.0, system.horizon, n)
    return Run(0, 0, *integrate(vector_field(system, 0), np.array(start, dtype=np.float64), t, integrator))


#: Ending of the name -> what is measured.
KINDS: Mapping[str, Callable[..., OdebenchReplica]] = {
    "": OdebenchReplica,
    "-swapped": partial(OdebenchReplica, first=1),
    "-half": partial(OdebenchReplica, dropped=HALF),
    "-exact": partial(OdebenchReplica, integrator=DOP853),
}
REPLICAS = make_replicas()
