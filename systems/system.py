"""`System`: the record of one benchmark system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spreme.library import Library
from systems.environments import Environments
from systems.starts import Starts

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True, eq=False, kw_only=True)
class System:
    """A system of ordinary differential equations whose law is known.

    Attributes
    ----------
    name : str
        Name in the registry.
    key : int
        Number that seeds starts and noise; never used twice, so that a new system changes no data of another.
    equations : mapping of str to sympy.Expr
        State -> right-hand side, in plain symbols named like the states and the parameters. The order is that of the
        states.
    parameters : mapping of str to float
        Parameter -> base value.
    environments : RelativeRanges or ParameterSets
        What differs between the environments.
    starts : Box, StandardNormal or Ring
        Law of the initial states.
    dt, horizon : float
        Time between samples, and time of the last one.
    library : spreme.library.Library
        Terms offered to a method.
    citation : str
        Where the equations come from.
    units : mapping of str to str, default {}
        Units of states, parameters and time ``t`` where there are any.

    Examples
    --------
    >>> import systems
    >>> lotka = systems.get("lotka")
    >>> lotka.states
    ['x', 'y']
    >>> lotka.equations["x"]
    a*x - b*x*y
    """

    name: str
    key: int
    equations: Mapping[str, sympy.Expr]
    parameters: Mapping[str, float]
    environments: Environments
    starts: Starts
    dt: float
    horizon: float
    library: Library
    citation: str
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def states(self) -> list[str]:
        """Names of the states."""
        return list(self.equations)

    def parameters_in(self, env: int) -> dict[str, float]:
        """Look up the parameters in one environment.

        Parameters
        ----------
        env : int
            Label of the environment.

        Returns
        -------
        dict of str to float
            Parameter -> value, in the order of `parameters`.
        """
        return self.environments.parameters(self.parameters, env)
