"""Exact solutions of a system, as far as doubles go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from systems.structure import truth
from systems.system import System

ESCAPED = 1e3  # a state this large ends the integration: it runs away

VectorField = Callable[[float, NDArray[np.float64]], Any]


@dataclass(frozen=True)
class Integrator:
    """A method of `scipy.integrate.solve_ivp` and its tolerances."""

    method: str
    rtol: float
    atol: float


DOP853 = Integrator("DOP853", rtol=1e-9, atol=1e-10)


def vector_field(system: System, env: int) -> VectorField:
    """Compile the right-hand side of one environment as a function of time and state."""
    from sympy import Symbol, lambdify

    law = truth(system, env)
    scalar = lambdify([Symbol(state) for state in law], list(law.values()), "math")
    return lambda t, x: scalar(*x.tolist())


def integrate(
    field: VectorField, x0: NDArray[np.float64], t: NDArray[np.float64], integrator: Integrator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Solve from x0 (S,) at t[0]; times (n,) and states (n, S) end early where a state leaves |x| < 1000."""

    def margin(_: float, x: NDArray[np.float64]) -> float:
        return float(np.abs(x).max() - ESCAPED)

    margin.terminal = True  # type: ignore[attr-defined]
    run = solve_ivp(
        field,
        (t[0], t[-1]),
        x0,
        t_eval=t,
        method=integrator.method,
        rtol=integrator.rtol,
        atol=integrator.atol,
        events=margin,
    )
    if run.status < 0:
        raise ArithmeticError(f"{integrator.method} failed at t={run.t[-1]}: {run.message}")
    return run.t, np.ascontiguousarray(run.y.T)
