"""`Experiment` and `Setup`: what a method is given, and the clean data on which its forecasts are judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from spreme.data import Trajectories
from systems.integration import Integrator
from systems.system import System


@dataclass(frozen=True, eq=False)
class Experiment:
    """Data together with the system that made them.

    Attributes
    ----------
    system : System
        The system with the parameters of these very environments, so that `systems.truth` tells their law.
    data : Trajectories
        Environment by environment.

    Examples
    --------
    >>> from systems import replicas, truth
    >>> adaptation = replicas.get("spreme-lotka").adaptation()
    >>> truth(adaptation.system, env=100)["y"]
    1.125*x*y - 0.5*y
    """

    system: System
    data: Trajectories


class Setup(Protocol):
    """A system and how it is measured.

    A setup is frozen. All its data are the same whenever and wherever they are drawn; clean data have no noise.

    Attributes
    ----------
    system : System
        Equations, library, time step and horizon; rows of forecasts later than `horizon` extrapolate.
    forecast_integrator : Integrator or None
        Solver that forecasts are to be made by, where the protocol says so; None: as exactly as possible.

    Examples
    --------
    >>> from systems.setups import find
    >>> find("lotka", "short").system.horizon
    2.5
    """

    @property
    def system(self) -> System:
        """Equations, library, time step and horizon."""

    @property
    def forecast_integrator(self) -> Integrator | None:
        """Solver of forecasts; None: as exactly as possible."""

    def training(self, noise: float = 0.0, seed: int = 0) -> Experiment:
        """Draw what a method is given.

        Parameters
        ----------
        noise : float, default 0
            Relative to the root mean square of a state in its environment.
        seed : int, default 0
            Key of the noise; starts do not depend on it.

        Returns
        -------
        Experiment
            Environments of training and their data.
        """

    def unseen(self) -> Experiment | None:
        """Draw clean runs from new starts in the environments of training.

        Returns
        -------
        Experiment or None
            Beyond the horizon where that is usual; None where forecasts are not judged.
        """

    def adaptation(self, noise: float = 0.0, seed: int = 0) -> Experiment | None:
        """Draw short recordings of new environments.

        Parameters
        ----------
        noise : float, default 0
            Relative to the root mean square of a state in its environment.
        seed : int, default 0
            Key of the noise; starts do not depend on it.

        Returns
        -------
        Experiment or None
            None where the set-up has no new environments.
        """

    def unseen_adapted(self) -> Experiment | None:
        """Draw clean runs from new starts in the environments of adaptation.

        Returns
        -------
        Experiment or None
            None where the set-up has no new environments.
        """
