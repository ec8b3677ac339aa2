"""`System`: the record of one benchmark system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from spreme.library import Library
from systems.environments import Environments
from systems.starts import Starts

if TYPE_CHECKING:
    import sympy

GENERIC = 0.1234567  # takes a parameter away from round values at which a term happens to be in a library


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
    inputs : mapping of str to sympy.Expr, default {}
        Known input -> its value, in the symbol ``t`` and the parameters. Equations name it like a state.
    lyapunov_time : float or None, default None
        Of a chaotic system: the time in which small differences grow by a factor e at the base parameters, the inverse
        of its largest Lyapunov exponent, in units of t.

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
    inputs: Mapping[str, sympy.Expr] = field(default_factory=dict)
    lyapunov_time: float | None = None

    @property
    def states(self) -> list[str]:
        """Names of the states."""
        return list(self.equations)

    @cached_property
    def is_misspecified(self) -> bool:
        """Whether the law is outside the span of the library, so that there is no true mask."""
        known = set(self.library.table(self.columns).sympy())
        return any(term not in known for term in terms_at_large(self))

    @property
    def columns(self) -> list[str]:
        """Names that terms are made of: the states and, after them, the inputs."""
        return [*self.equations, *self.inputs]

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


def terms_at_large(system: System) -> set[sympy.Expr]:
    """Collect the terms of a law without coefficients, at values of the parameters that differ that no library has."""
    from sympy import Add, Symbol, expand

    varied = system.environments.varied
    values = {Symbol(name): value + GENERIC * (name in varied) for name, value in system.parameters.items()}
    laws = [expand(expand(rhs).subs(values)) for rhs in system.equations.values()]
    return {part.as_coeff_Mul()[1] for law in laws for part in Add.make_args(law) if part != 0}
