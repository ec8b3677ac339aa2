"""Small systems measured in several environments, for the tests of the likelihood: exact solutions and keyed noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from spreme.data import Trajectory
from spreme.library import CustomLibrary, PolynomialLibrary, TermTable
from spreme.likelihood.problem import Problem, pose
from spreme.likelihood.recording import Recording
from spreme.likelihood.shooting.normal import Noise
from spreme.likelihood.shooting.schemes import Scheme

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Measured:
    """Trajectories by environment, the library, the true mask (S, K) and its coefficients (E, q)."""

    environments: list[list[Trajectory]]
    table: TermTable
    mask: Array
    coef: Array
    sd: Array

    def problem(self, scheme: Scheme | None = None, **options: Any) -> Problem:
        """The problem with the true noise; everything allowed, nothing required."""
        allowed = np.ones(self.mask.shape, bool)
        options = {"allowed": allowed, "required": ~allowed, "noise": self.sd, **options}
        problem = pose(self.environments, self.table, **options)
        return problem if scheme is None else replace(problem, scheme=scheme)

    @property
    def recording(self) -> Recording:
        """The first environment."""
        return self.problem().recordings[0]


def mask_of(table: TermTable, equations: Sequence[Sequence[str]]) -> Array:
    """Mask (S, K) of the terms of every equation."""
    mask = np.zeros((len(equations), table.n_terms), bool)
    for s, terms in enumerate(equations):
        for term in terms:
            mask[s, table.index(term)] = True
    return mask


def coefficients(table: TermTable, mask: Array, values: dict[tuple[int, str], float]) -> Array:
    """Coefficients (q,) in the order of the mask."""
    full = np.zeros(mask.shape)
    for (s, term), value in values.items():
        full[s, table.index(term)] = value
    return full[mask]


def solve(table: TermTable, mask: Array, coef: Array, start: Array, t: Array) -> Array:
    """Solution to eleven digits by SciPy, from the matrix reader of the table."""
    full = np.zeros(mask.shape)
    full[mask] = coef

    def rhs(_: float, x: Array) -> Array:
        return full @ table.evaluate(x[None])[0]

    return solve_ivp(rhs, (t[0], t[-1]), start, t_eval=t, method="DOP853", rtol=1e-11, atol=1e-13).y.T


def measure(
    table: TermTable,
    equations: Sequence[Sequence[str]],
    values: Callable[[int], dict[tuple[int, str], float]],
    starts: Callable[[np.random.Generator], Array],
    t: Array,
    *,
    n_environments: int = 3,
    n_trajectories: int = 2,
    noise: float = 0.0,
    seed: int = 0,
) -> Measured:
    """Simulate and measure; the noise is relative to the root mean square of every state."""
    rng = np.random.default_rng(seed)
    mask = mask_of(table, equations)
    coef = np.array([coefficients(table, mask, values(e)) for e in range(n_environments)])
    environments, sd = [], []
    for e in range(n_environments):
        runs = [solve(table, mask, coef[e], starts(rng), t) for _ in range(n_trajectories)]
        sd.append(noise * np.sqrt(np.mean(np.vstack(runs) ** 2, axis=0)))
        noisy = [x + sd[-1] * rng.standard_normal(x.shape) for x in runs]
        environments.append([Trajectory(t, x, e) for x in noisy])
    return Measured(environments, table, mask, coef, np.array(sd))


def lotka(degree: int = 2, n: int = 81, **options: Any) -> Measured:
    """Predator and prey over one period and a half."""
    return measure(
        PolynomialLibrary(degree=degree).table(["x", "y"]),
        [["x", "x*y"], ["y", "x*y"]],
        lambda e: {(0, "x"): 0.5, (0, "x*y"): -0.6 - 0.1 * e, (1, "y"): -0.5, (1, "x*y"): 0.9 - 0.1 * e},
        lambda rng: rng.uniform(1, 2, 2),
        np.linspace(0, 16, n),
        **options,
    )


def oscillator(degree: int = 2, n: int = 61, **options: Any) -> Measured:
    """A damped oscillation: linear."""
    return measure(
        PolynomialLibrary(degree=degree).table(["x", "y"]),
        [["y"], ["x", "y"]],
        lambda e: {(0, "y"): 1.0, (1, "x"): -1.0 - 0.3 * e, (1, "y"): -0.2 - 0.1 * e},
        lambda rng: rng.uniform(-2, 2, 2),
        np.linspace(0, 9, n),
        **options,
    )


def decay(n: int = 31, degree: int = 3, **options: Any) -> Measured:
    """One state that decays to a constant: x' = a - b x."""
    return measure(
        PolynomialLibrary(degree=degree).table(["x"]),
        [["1", "x"]],
        lambda e: {(0, "1"): 0.3 + 0.2 * e, (0, "x"): -1.0 - 0.2 * e},
        lambda rng: rng.uniform(1, 3, 1),
        np.linspace(0, 4, n),
        **options,
    )


def with_functions(noise: float = 0.0) -> Measured:
    """Every kind of term: products, a sine, an exponential, a denominator, a negative power."""
    return measure(
        CustomLibrary(["x", "y", "x*y", "sin(x)", "y*exp(-x)", "x/(1 + y**2)", "1/y", "abs(x)"]).table(["x", "y"]),
        [["y", "sin(x)", "x/(1 + y**2)"], ["1/y", "y*exp(-x)", "x*y"]],
        lambda e: {
            (0, "y"): 0.7,
            (0, "sin(x)"): -1.0 - 0.1 * e,
            (0, "x/(1 + y**2)"): -0.4,
            (1, "1/y"): 0.5 + 0.1 * e,
            (1, "y*exp(-x)"): -0.3,
            (1, "x*y"): -0.2,
        },
        lambda rng: rng.uniform(1, 2, 2),
        np.linspace(0, 4, 41),
        noise=noise,
    )


def weigh(weight: np.ndarray, huber: float, bound: float) -> Noise:
    """Weights of residuals with all starts free."""
    return Noise(weight, huber, bound, np.ones(len(weight)))
