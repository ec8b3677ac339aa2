"""Planted laws: fitted models whose coefficients are drawn from known laws, and data of systems that follow one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from spreme import PolynomialLibrary, SpReME, Trajectories
from spreme.estimators.adaptation import population
from spreme.estimators.state import FittedState
from spreme.results import Candidate, Law, SearchPath, Selection

Array = NDArray[np.float64]
Field = Callable[[float, Array], Sequence[float]]


def fitted_model(coef: Array, covariance: Array, environments: Sequence[object]) -> SpReME:
    """A model of one state in the terms x, x**2, ... with given coefficients (E, q) and covariances (E, q, q)."""
    coef = np.asarray(coef, dtype=np.float64)
    n_environments, q = coef.shape
    library = PolynomialLibrary(degree=q)
    table = library.table(["x"])
    mask = np.array([[False, *[True] * q]])
    values, std = np.zeros((n_environments, *mask.shape)), np.full((n_environments, *mask.shape), np.nan)
    values[:, mask] = coef
    std[:, mask] = np.sqrt(np.einsum("eqq->eq", covariance))
    law = Law(table, mask, values, std, tuple(environments), np.full((n_environments, 1), 0.05))
    chosen = Candidate(tuple(table.names[1:]), tuple(mask[0].tolist()), 0.0, 0.0, 1.0, ("planted",))
    path = SearchPath({"x": (chosen,)})
    selection = Selection("evidence", "planted", {"x": chosen}, {"x": None})
    residual = np.ones((n_environments, 1))
    labels = tuple(environments)
    state = FittedState(law, covariance, residual, population(law, covariance), labels, path, selection, "converged")
    model = SpReME(library=library)
    model._learn(state)
    return model


@dataclass(frozen=True)
class Planted:
    """A system whose parameters follow laws in one covariate z from 0 to 1."""

    name: str
    field: Callable[[float], Field]
    starts: tuple[tuple[float, float], ...]
    t: Array
    truth: dict[tuple[str, str], Callable[[float], float]]
    support: dict[tuple[str, str], tuple[str, ...]]


def _lotka(z: float) -> Field:
    b, d = 0.5 + 0.4 * z, 0.6 + 0.5 * z**2
    return lambda t, s: [0.5 * s[0] - b * s[0] * s[1], d * s[0] * s[1] - 0.5 * s[1]]


def _oscillator(z: float) -> Field:
    stiffness, damping = 2.0 + 2.0 * z, 0.2 + 0.6 * z - 0.5 * z**2
    return lambda t, s: [s[1], -stiffness * s[0] - damping * s[1]]


def _enzyme(z: float) -> Field:
    k1, km, k2 = 1.5 + 1.0 * z, 0.4, 0.7 + 0.6 * z**2
    return lambda t, s: [-k1 * s[0] + k1 * s[0] * s[1] + km * s[1], k1 * s[0] - k1 * s[0] * s[1] - (km + k2) * s[1]]


LINEAR, SQUARE, QUADRATIC = ("1", "z"), ("1", "z**2"), ("1", "z", "z**2")
SYSTEMS = (
    Planted(
        "lotka",
        _lotka,
        ((1.0, 2.0), (1.0, 2.0)),
        np.linspace(0.0, 10.0, 101),
        {("x", "x*y"): lambda z: -0.5 - 0.4 * z, ("y", "x*y"): lambda z: 0.6 + 0.5 * z**2},
        {("x", "x*y"): LINEAR, ("y", "x*y"): SQUARE},
    ),
    Planted(
        "oscillator",
        _oscillator,
        ((1.0, 2.0), (-1.0, 1.0)),
        np.linspace(0.0, 8.0, 101),
        {("y", "x"): lambda z: -2.0 - 2.0 * z, ("y", "y"): lambda z: -0.2 - 0.6 * z + 0.5 * z**2},
        {("y", "x"): LINEAR, ("y", "y"): QUADRATIC},
    ),
    Planted(
        "enzyme",
        _enzyme,
        ((0.5, 3.0), (0.0, 0.6)),
        np.linspace(0.0, 4.0, 201),
        {("x", "x"): lambda z: -1.5 - z, ("y", "y"): lambda z: -1.1 - 0.6 * z**2},
        {("x", "x"): LINEAR, ("x", "x*y"): LINEAR, ("y", "x"): LINEAR, ("y", "x*y"): LINEAR, ("y", "y"): SQUARE},
    ),
)


def clean(system: Planted, z: float, starts: Sequence[Sequence[float]]) -> list[Array]:
    """Trajectories without noise."""
    span = (float(system.t[0]), float(system.t[-1]))
    field = system.field(z)
    return [solve_ivp(field, span, s, t_eval=system.t, rtol=1e-9, atol=1e-10).y.T for s in starts]


def measured(system: Planted, values: Array, seed: int, *, noise: float = 0.05, n_runs: int = 3) -> Trajectories:
    """Trajectories of environments with the given covariate, with noise relative to the root mean square of a state."""
    rng = np.random.default_rng(seed)
    xs, env = [], []
    for z in values:
        own = clean(system, z, [[rng.uniform(*box) for box in system.starts] for _ in range(n_runs)])
        std = noise * np.sqrt(np.mean(np.vstack(own) ** 2, axis=0))
        xs += [x + std * rng.standard_normal(x.shape) for x in own]
        env += [label(z)] * n_runs
    return Trajectories(xs, system.t, env=env, state_names=["x", "y"])


def label(z: float) -> str:
    """Name of an environment."""
    return f"z={z:.3f}"
