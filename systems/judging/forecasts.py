"""Forecasts of a law from the starts of unseen runs, by compiled code or by the solver that made the data."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories, Trajectory
from spreme.results import Law
from spreme.simulate import simulate
from systems.integration import Integrator, VectorField, integrate

Array = NDArray[np.float64]

ACCURATE = 1e-8


def forecasts(law: Law, unseen: Trajectories, integrator: Integrator | None = None) -> list[Array]:
    """Forecast every run from its first sample.

    Parameters
    ----------
    law : Law
        Coefficients of all environments.
    unseen : Trajectories
        Clean runs; with the inputs of a driven law.
    integrator : Integrator, default None
        Solver that made the data, where it is part of the protocol; None, or a tolerance of 1e-8 and less, which needs
        no imitation: to 1e-8 by `spreme.simulate`.

    Returns
    -------
    list of ndarray (n, S)
        In the order of the runs; NaN after a forecast has ended.

    Raises
    ------
    ValueError
        If the law has no coefficients for an environment.
    """
    missing = [env for env in unseen.environments if env not in law.environments]
    if missing:
        known = ", ".join(map(repr, law.environments))
        raise ValueError(f"environment {missing[0]!r} of the unseen runs has no coefficients; there are {known}")
    runs, labels = list(unseen), [unseen.environments[group] for group in unseen.groups]
    if integrator is not None and integrator.rtol > ACCURATE:
        return [by_integrator(law, env, run, integrator) for env, run in zip(labels, runs, strict=True)]
    if unseen.n_inputs:
        return [driven(law, env, run) for env, run in zip(labels, runs, strict=True)]
    return together(law, labels, runs)


def together(law: Law, labels: Sequence[Hashable], runs: Sequence[Trajectory]) -> list[Array]:
    """Forecasts of runs without inputs: those of one environment at the same times in one call."""
    alike: dict[tuple[Hashable, bytes], list[int]] = {}
    for i, (env, run) in enumerate(zip(labels, runs, strict=True)):
        alike.setdefault((env, run.t.tobytes()), []).append(i)
    found: dict[int, Array] = {}
    for (env, _), members in alike.items():
        starts = np.array([runs[i].x[0] for i in members])
        found |= dict(zip(members, simulate(law, starts, runs[members[0]].t, env).x, strict=True))
    return [found[i] for i in range(len(runs))]


def driven(law: Law, env: Hashable, run: Trajectory) -> Array:
    """Forecast of one run with its inputs."""
    return padded(simulate(law, run.x[0], run.t, env, run.u).x, len(run.t))


def by_integrator(law: Law, env: Hashable, run: Trajectory, integrator: Integrator) -> Array:
    """Forecast of one run by a method of SciPy; NaN where it gives up."""
    try:
        return padded(integrate(vector_field_of(law, env, run), run.x[0], run.t, integrator)[1], len(run.t))
    except ArithmeticError:
        return np.full(run.x.shape, np.nan)


def vector_field_of(law: Law, env: Hashable, run: Trajectory) -> VectorField:
    """Right-hand side of one environment as a function of time and state, inputs linear between samples."""
    used = law.mask.any(axis=0)
    terms, coef = law.table.subset(np.flatnonzero(used)), law.coef[law.position(env)][:, used]
    if not law.input_names:
        return lambda t, x: coef @ terms.evaluate(x[None])[0]
    return lambda t, x: coef @ terms.evaluate(np.append(x, [np.interp(t, run.t, own) for own in run.inputs.T])[None])[0]


def padded(x: Array, n: int) -> Array:
    """States (n, S), NaN after the last row of x."""
    return np.vstack([x, np.full((n - len(x), x.shape[1]), np.nan)])
