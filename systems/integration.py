"""Solutions of a system: exact as far as doubles go, or by the solver that a publication took."""

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
    """A method of `scipy.integrate.solve_ivp` and its tolerances.

    Attributes
    ----------
    method : str
        Name of the method.
    rtol, atol : float
        Relative and absolute tolerance of a step.
    end : float or None, default None
        Time that is solved up to where that is later than the last output: a solver of low accuracy takes other steps
        when it has to stop earlier.
    """

    method: str
    rtol: float
    atol: float
    end: float | None = None


DOP853 = Integrator("DOP853", rtol=1e-9, atol=1e-10)
SCIPY_DEFAULT = Integrator("RK45", rtol=1e-3, atol=1e-6)


def vector_field(system: System, env: int) -> VectorField:
    """Compile the right-hand side of one environment as a function of time and state."""
    from sympy import Symbol, lambdify

    law, inputs = truth(system, env), _inputs(system, env)
    time = Symbol("t")
    scalar = lambdify([time, *map(Symbol, law)], [rhs.subs(inputs) for rhs in law.values()], "math")
    return lambda t, x: scalar(t, *x.tolist())


def input_rows(system: System, env: int, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evaluate the known inputs of one environment at times t (n,), shape (n, U)."""
    from sympy import Symbol, lambdify

    functions = [lambdify([Symbol("t")], value, "numpy") for value in _inputs(system, env).values()]
    return np.column_stack([np.broadcast_to(function(t), t.shape) for function in functions] or [np.empty((len(t), 0))])


def _inputs(system: System, env: int) -> dict[Any, Any]:
    """Symbol of an input -> its value in one environment, in the symbol t."""
    from sympy import Symbol

    values = {Symbol(name): value for name, value in system.parameters_in(env).items()}
    return {Symbol(name): value.subs(values) for name, value in system.inputs.items()}


def integrate(
    field: VectorField, x0: NDArray[np.float64], t: NDArray[np.float64], integrator: Integrator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Solve from x0 (S,) at t[0]; times (n,) and states (n, S) end early where a state leaves |x| < 1000."""

    def margin(_: float, x: NDArray[np.float64]) -> float:
        return float(np.abs(x).max() - ESCAPED)

    margin.terminal = True  # type: ignore[attr-defined]
    run = solve_ivp(
        field,
        (t[0], t[-1] if integrator.end is None else max(t[-1], integrator.end)),
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


def integrate_together(
    system: System, env: int, starts: NDArray[np.float64], t: NDArray[np.float64], integrator: Integrator
) -> NDArray[np.float64]:
    """Solve from many starts (R, S) as one system, shape (R, n, S): quick, and at small tolerances as good."""
    from sympy import Symbol, lambdify

    law, inputs = truth(system, env), _inputs(system, env)
    symbols = [Symbol("t"), *map(Symbol, law)]
    field = lambdify(symbols, [rhs.subs(inputs) for rhs in law.values()], "numpy")

    def slopes(time: float, x: NDArray[np.float64]) -> NDArray[np.float64]:
        columns = x.reshape(len(law), -1)
        return np.concatenate([np.broadcast_to(own, columns.shape[1:]) for own in field(time, *columns)])

    x = integrate(slopes, starts.T.ravel(), t, integrator)[1]
    return np.ascontiguousarray(x.reshape(len(x), len(law), -1).transpose(2, 0, 1))
