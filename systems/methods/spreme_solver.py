"""spreme for data that a coarse solver made: the error of the solver is taken off the data.

    y_corrected = y - (S(c) - E(c))

with S(c) the solution of the present law c by the solver of the data and E(c) its exact one, both from the measured
start. The error S - E hardly depends on c, so repeating this contracts: a hundredfold a round in Lotka-Volterra. What
is left when c is the truth are exact solutions with rounding errors.

The first mask is where the misfit stops falling (``criterion="knee"``): the error of a solver is a smooth function of
the states, not noise, and criteria of likelihood would buy terms that imitate it. The last word is that of the
defaults, on corrected data. Without a solver in the protocol this is spreme with its defaults.

References
----------
Zadunaisky (1976), On the estimation of errors propagated in the numerical integration of ordinary differential
equations, Numer. Math. 27: the same correction, for the opposite purpose.
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme import SpReME
from spreme.data import Trajectories, Trajectory
from systems.integration import Integrator, integrate
from systems.methods import spreme
from systems.methods.given_mask import fit_mask
from systems.methods.method import Found, Method, Task
from systems.methods.spreme import fit_quietly, observed

Array = NDArray[np.float64]

ROUNDS = 6  # rounding errors are reached after three where the error of the solver is 1e-3


def fit(task: Task) -> Found:
    """Fit with a correction for the solver of the data, where there is one."""
    if task.integrator is None:
        return spreme.fit(task)
    model = fit_quietly(SpReME(library=task.library, criterion="knee"), task.data)
    for _ in range(ROUNDS):
        corrected = without_error(task.data, model, task.integrator)
        model = fit_mask(task.library, np.array(model.mask_), corrected)
    model = fit_quietly(SpReME(library=task.library), without_error(task.data, model, task.integrator))
    return Found(
        mask=np.array(model.mask_),
        coef=observed(model),
        adapt=partial(adapt, model, task.integrator),
        status=model.status_,
    )


def adapt(model: SpReME, integrator: Integrator, data: Trajectories) -> Array:
    """Coefficients (E, S, K) of new environments, corrected for the solver of the data."""
    found = []
    for env in data.environments:
        own = data.where(env=env)
        new = adapt_quietly(model, own)
        for _ in range(ROUNDS):
            new = adapt_quietly(model, without_error(own, new, integrator))
        found.append(observed(new)[0])
    return np.stack(found)


def adapt_quietly(model: SpReME, data: Trajectories) -> SpReME:
    """Adapt without warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return model.adapt(data)


def without_error(data: Trajectories, model: SpReME, integrator: Integrator) -> Trajectories:
    """The data less what the solver errs by for the law of the model."""
    return Trajectories(
        [run.x - error_of(run, model, integrator) for run in data],
        [run.t for run in data],
        env=data.env,
        u=[run.u for run in data] if data.n_inputs else None,
        state_names=data.state_names,
        input_names=data.input_names or None,
    )


def error_of(run: Trajectory, model: SpReME, integrator: Integrator) -> Array:
    """Error (n, S) of the solver; zero where it is not known: without a measured start, and after a law runs away."""
    error = np.zeros(run.x.shape)
    if np.isnan(run.x[0]).any():
        return error
    exact = model.simulate(run.x[0], run.t, env=run.env, u=run.u, rtol=1e-10).x
    try:
        coarse = integrate(vector_field(run, model), run.x[0], run.t, integrator)[1]
    except ArithmeticError:
        return error
    n = min(len(exact), len(coarse))
    error[:n] = coarse[:n] - exact[:n]
    return error


def vector_field(run: Trajectory, model: SpReME) -> Any:
    """Right-hand side of the environment of a run, with its inputs linear between samples."""
    slope = model.to_callable(run.env)
    if run.u is None:
        return slope
    u = run.u
    return lambda t, x: slope(t, x, np.array([np.interp(t, run.t, own) for own in u.T]))


METHODS = (Method("spreme-solver", fit, "defaults, on data freed of the error of the solver that made them"),)
