"""The data of LEADS, CoDA, NCF and GEPS: starts from seeds of NumPy's legacy generator, solved by SciPy.

Taken from the published codes:

- trajectory j starts from a generator of its own, seeded with j in training and adaptation and with 2^31 - 1 - j in
  tests; which environments share a start is told by `StartsOf`;
- `scipy.integrate.solve_ivp` with RK45 at its default tolerances (rtol 1e-3, atol 1e-6; GEPS: rtol 1e-10), solved up
  to a horizon that is itself no output time, t = 0, dt, ... below it (NCF: up to it);
- states rounded to single precision, as the published learners see them; no noise;
- mean squared error over all runs, output times (the first one too) and states, in the units of the states.

Such data are no solutions of their law: in Lotka-Volterra they are off by 3e-3, which is what the solver makes of its
tolerance. So each set-up exists twice. As published, its forecasts are to be made by the very same solver
(`forecast_integrator`): with the true coefficients the error is then that of rounding, 1e-15. And ``-exact``, where the
law is solved to 1e-12 and nothing else differs.

References
----------
Y. Yin, I. Ayed, E. de Bezenac, N. Baskiotis, P. Gallinari, LEADS: Learning Dynamical Systems that Generalize Across
Environments, NeurIPS 2021, arXiv:2106.04546.
M. Kirchmeyer, Y. Yin, J. Dona, N. Baskiotis, A. Rakotomamonjy, P. Gallinari, Generalizing to New Physical Systems via
Context-Informed Dynamics Model, ICML 2022, arXiv:2202.01889.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories
from systems.environments import FIRST_ADAPTATION
from systems.integration import SCIPY_DEFAULT, Integrator, input_rows, integrate, integrate_together, vector_field
from systems.setups.setup import Experiment
from systems.simulation import Run, add_noise
from systems.system import System

Array = NDArray[np.float64]

LAST_SEED = 2**31 - 1
EXACT = Integrator("DOP853", rtol=1e-12, atol=1e-13)


class StartsOf(Enum):
    """Which environments start from the same states."""

    ALL = "trajectory j starts alike in all environments"
    EACH = "the generator of trajectory j goes on from environment to environment"
    INDEX = "trajectories are counted through all environments, each count is a seed"


@dataclass(frozen=True, eq=False, kw_only=True)
class SeededReplica:
    """One published set-up.

    Attributes
    ----------
    system : System
        Environments 0, 1, ... of training and 100, 101, ... of adaptation; law of starts; library.
    times : ndarray (n,)
        Output times of training and adaptation; multiples of the step of `system`.
    integrator : Integrator
        What solves the data.
    forecast_integrator : Integrator or None
        What solves forecasts that are judged; None: as exactly as possible.
    n_trajectories, n_unseen : int
        Trajectories in each environment of training, and unseen runs in each environment.
    unseen_times : ndarray (m,) or None, default None
        Output times of unseen runs; None: those of training.
    starts_of : StartsOf, default ALL
        Which environments share starts.
    seeds_are_swapped : bool, default False
        Training and adaptation have the seeds of tests, tests those of training.
    is_rounded : bool, default True
        Whether states are rounded to single precision.
    n_between : int, default 1
        Known inputs, which count as linear between samples, are told this many times as often as the states.

    Examples
    --------
    >>> from systems import replicas
    >>> replicas.get("coda-lv").training().data
    Trajectories: 36 trajectories, 9 environments, 720 samples
      states        x, y
      environments  0 (4), 1 (4), 2 (4), 3 (4), 4 (4), 5 (4), ... (9 in all)
      samples       20 per trajectory
      times         0 to 9.5
    """

    system: System
    times: Array
    integrator: Integrator
    forecast_integrator: Integrator | None
    n_trajectories: int
    n_unseen: int
    unseen_times: Array | None = None
    starts_of: StartsOf = StartsOf.ALL
    seeds_are_swapped: bool = False
    is_rounded: bool = True
    n_between: int = 1

    @property
    def environments(self) -> tuple[int, ...]:
        """Labels of the environments of training."""
        return tuple(env for env in self._labels if env < FIRST_ADAPTATION)

    @property
    def new_environments(self) -> tuple[int, ...]:
        """Labels of the environments of adaptation."""
        return tuple(env for env in self._labels if env >= FIRST_ADAPTATION)

    @property
    def _labels(self) -> list[int]:
        """Labels of all environments."""
        sets = getattr(self.system.environments, "sets", {})
        return list(sets)

    def training(self, noise: float = 0.0, seed: int = 0) -> Experiment:
        """Draw the training data.

        Parameters
        ----------
        noise : float, default 0
            Relative to the root mean square of a state in its environment; published: none.
        seed : int, default 0
            Key of the noise; starts do not depend on it.

        Returns
        -------
        Experiment
            Environments 0, 1, ... and their data.
        """
        return self._recorded(self.environments, self.n_trajectories, noise, seed, "training")

    def adaptation(self, noise: float = 0.0, seed: int = 0) -> Experiment | None:
        """Draw one trajectory in each new environment.

        Parameters
        ----------
        noise : float, default 0
            As in `training`.
        seed : int, default 0
            As in `training`.

        Returns
        -------
        Experiment or None
            Environments 100, 101, ...; None where none are published.
        """
        return self._recorded(self.new_environments, 1, noise, seed, "adaptation") if self.new_environments else None

    def unseen(self) -> Experiment:
        """Draw the test runs of the environments of training.

        Returns
        -------
        Experiment
            Clean runs from new starts.
        """
        return self._tests(self.environments)

    def unseen_adapted(self) -> Experiment | None:
        """Draw the test runs of the environments of adaptation.

        Returns
        -------
        Experiment or None
            Clean runs from new starts; None where no such environments are published.
        """
        return self._tests(self.new_environments) if self.new_environments else None

    def _recorded(self, labels: Sequence[int], n: int, noise: float, seed: int, split: str) -> Experiment:
        """Measured runs, with inputs in between where there are any."""
        runs = self._runs(labels, n, self.times, is_test=False)
        noisy = add_noise(self.system, runs, noise, seed, split=split)
        return self._experiment([among(run, self.n_between) for run in noisy] if self.system.inputs else noisy)

    def _tests(self, labels: Sequence[int]) -> Experiment:
        """Clean runs; those of a driven system have as many samples as there are of its inputs."""
        t = self.times if self.unseen_times is None else self.unseen_times
        t = refined(t, self.n_between) if self.system.inputs else t
        return self._experiment(self._runs(labels, self.n_unseen, t, is_test=True))

    def _runs(self, labels: Sequence[int], n: int, t: Array, *, is_test: bool) -> list[Run]:
        """Integrate from all starts."""
        starts = self._starts(len(labels), n, is_test=is_test)
        precision = np.float32 if self.is_rounded else np.float64
        solved = zip(labels, (self._solved(env, own, t) for env, own in zip(labels, starts, strict=True)), strict=True)
        return [
            Run(env, j, t, x.astype(precision).astype(np.float64)) for env, every in solved for j, x in enumerate(every)
        ]

    def _solved(self, env: int, starts: Array, t: Array) -> Sequence[Array]:
        """Solutions (n, S) from starts (R, S); the steps of a coarse solver are those of one run alone."""
        if self.integrator == EXACT:
            return list(integrate_together(self.system, env, starts, t, EXACT))
        field = vector_field(self.system, env)
        return [integrate(field, start, t, self.integrator)[1] for start in starts]

    def _starts(self, n_environments: int, n: int, *, is_test: bool) -> Array:
        """Draw the starts (E, n, S)."""

        def drawn(position: int, count: int) -> Array:
            seed = LAST_SEED - position if is_test != self.seeds_are_swapped else position
            return self.system.starts.draw(np.random.RandomState(seed), count)

        if self.starts_of is StartsOf.INDEX:
            every = [drawn(position, 1)[0] for position in range(n_environments * n)]
            return np.array(every).reshape(n_environments, n, -1)
        if self.starts_of is StartsOf.EACH:
            return np.stack([drawn(j, n_environments) for j in range(n)], axis=1)
        return np.tile([drawn(j, 1)[0] for j in range(n)], (n_environments, 1, 1))

    def _experiment(self, runs: Sequence[Run]) -> Experiment:
        """Runs as data, with the known inputs at their times."""
        names = list(self.system.inputs)
        u = [input_rows(self.system, run.env, run.t) for run in runs] if names else None
        data = Trajectories(
            [run.x for run in runs],
            [run.t for run in runs],
            env=[run.env for run in runs],
            u=u,
            state_names=self.system.states,
            input_names=names or None,
        )
        return Experiment(self.system, data)


def solved_exactly(replica: SeededReplica, key: int) -> SeededReplica:
    """The same set-up under a name and key of its own, its law solved to 1e-12.

    Parameters
    ----------
    replica : SeededReplica
        As published.
    key : int
        Key of the system of the new set-up.

    Returns
    -------
    SeededReplica
        Its name ends in ``-exact``.
    """
    system = replace(replica.system, name=f"{replica.system.name}-exact", key=key)
    return replace(replica, system=system, integrator=EXACT, forecast_integrator=None)


def by_default_solver(end: float) -> Integrator:
    """SciPy's default solver, run until `end`."""
    return replace(SCIPY_DEFAULT, end=end)


def refined(t: Array, n: int) -> Array:
    """Times n times as dense; the given ones are among them, to the last digit."""
    fine: Array = np.interp(np.arange(n * (len(t) - 1) + 1) / n, np.arange(len(t)), t)
    fine[::n] = t
    return fine


def among(run: Run, n: int) -> Run:
    """The run with n - 1 empty rows after each sample but the last: they tell inputs and no state."""
    t = refined(run.t, n)
    x = np.full((len(t), run.x.shape[1]), np.nan)
    x[::n] = run.x
    return run._replace(t=t, x=x)
