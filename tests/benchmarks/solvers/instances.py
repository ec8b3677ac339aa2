"""The regressions that solvers are measured on: terms of simulated trajectories, noise on their derivatives.

    A  Lotka-Volterra, monomials to degree 9, a sine            E=9    K=56    S=2  n=3200
    B  Lorenz, monomials to degree 7, sines and cosines         E=32   K=126   S=3  n=20000
    C  Lorenz-96 of 13 states, first 500 cubic terms, one state E=100  K=500   S=1  n=5000
    D  Lorenz-96 of 21 states, first 2000 cubic terms, one      E=8    K=2000  S=1  n=10000

Parameters differ between the environments; the noise is 5 % of the standard deviation of the derivative. The Grams of A
and B are singular to rounding.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from spreme.gram import GramSystem, from_states
from spreme.library import CustomLibrary, FourierLibrary, PolynomialLibrary, TermTable

Array = NDArray[np.float64]
Field = Callable[[Array], Array]

LOTKA_VOLTERRA = (("x", "x*y"), ("y", "x*y"))
LORENZ = (("x", "y"), ("x", "x*z", "y"), ("x*y", "z"))
# Which of the states of Lorenz-96 has its equation solved.
STATE = 5


@dataclass(frozen=True, eq=False)
class Instance:
    """Grams of all states, the true terms (S, K), and the seconds that the Grams took from the states."""

    name: str
    system: GramSystem
    truth: NDArray[np.bool_]
    gram_seconds: float

    def equation(self, state: int = 0) -> tuple[Array, Array, float]:
        """Grams (E, K, K), cross products (E, K) and summed square of one state."""
        cross = np.ascontiguousarray(self.system.cross[:, state])
        return self.system.gram, cross, float(self.system.y_sq[:, state].sum())

    def one_state(self, state: int = 0) -> GramSystem:
        """The system of a single state."""
        own = self.system
        part = slice(state, state + 1)
        return GramSystem(own.gram, own.cross[:, part].copy(), own.y_sq[:, part].copy(), own.n_samples, own.scale)

    def __str__(self) -> str:
        """Sizes."""
        E, S, K = self.system.cross.shape
        return f"{self.name} (E={E}, K={K}, S={S}, n={self.system.n_samples[0]})"


def integrate(field: Field, x: Array, dt: float, n_steps: int, substeps: int) -> Array:
    """States (n_steps, ...) by the Runge-Kutta method of order 4."""
    out, h = np.empty((n_steps, *x.shape)), dt / substeps
    for i in range(n_steps):
        out[i] = x
        for _ in range(substeps):
            k1 = field(x)
            k2 = field(x + h / 2 * k1)
            k3 = field(x + h / 2 * k2)
            k4 = field(x + h * k3)
            x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return out


def lotka_volterra(E: int, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """States and slopes (E, n, 2) of 8 trajectories per environment."""
    a, b, c, d = rng.uniform([[0.5], [0.4], [0.5], [0.4]], 1.0, (4, E))[..., None]

    def field(x: Array) -> Array:
        product = x[..., 0] * x[..., 1]
        return np.stack([a * x[..., 0] - b * product, d * product - c * x[..., 1]], axis=-1)

    x = integrate(field, rng.uniform(0.5, 2.0, (E, 8, 2)), 0.02, n // 8, 1)
    return by_environment(x), by_environment(np.array([field(own) for own in x]))


def lorenz(E: int, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """States and slopes (E, n, 3) of 20 trajectories per environment, scaled to order one."""
    s, r, b = rng.uniform([[8.0], [24.0], [2.0]], [[12.0], [32.0], [3.2]], (3, E))[..., None]

    def field(v: Array) -> Array:
        x, y, z = np.moveaxis(v, -1, 0)
        return np.stack([s * (y - x), x * (r - z) - y, x * y - b * z], axis=-1)

    x = integrate(field, rng.uniform(-10.0, 10.0, (E, 20, 3)) + np.array([0.0, 0.0, 25.0]), 0.01, n // 20, 5)
    unit = np.array([8.0, 9.0, 25.0])
    return by_environment(x / unit), by_environment(np.array([field(own) for own in x]) / unit)


def lorenz_96(E: int, n: int, n_states: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """States (E, n, n_states) of 10 trajectories per environment on the attractor, and slopes (E, n, 1) of one."""
    a, b, force = rng.uniform([[0.8], [0.8], [7.0]], [[1.2], [1.2], [10.0]], (3, E))[..., None, None]

    def field(x: Array) -> Array:
        return a * (np.roll(x, -1, -1) - np.roll(x, 2, -1)) * np.roll(x, 1, -1) - b * x + force

    start = integrate(field, force + rng.standard_normal((E, 10, n_states)), 3.0, 2, 300)[-1]
    x = integrate(field, start, 0.01, n // 10, 2)
    slopes = by_environment(np.array([field(own) for own in x]) / 4.0)
    return by_environment(x / 4.0), slopes[..., [STATE]]


def by_environment(x: Array) -> Array:
    """Trajectories one after the other: (E, trajectories * steps, states) from (steps, E, trajectories, states)."""
    return np.ascontiguousarray(x.transpose(1, 2, 0, 3)).reshape(x.shape[1], -1, x.shape[3])


def build(
    name: str, table: TermTable, data: tuple[Array, Array], terms: tuple[tuple[str, ...], ...], noise: float, seed: int
) -> Instance:
    """Grams of a library at simulated states, the derivatives made noisy."""
    x, slopes = data
    rng = np.random.default_rng([seed, 1])
    y = slopes + noise * slopes.std(axis=1, keepdims=True) * rng.standard_normal(slopes.shape)
    from_states(table, [x[0, :2]], [y[0, :2]], n_jobs=1)  # compiles what is to be compiled
    begin = time.perf_counter()
    system = from_states(table, list(x), list(y), n_jobs=1)
    elapsed = time.perf_counter() - begin
    truth = np.zeros((len(terms), table.n_terms), bool)
    for s, own in enumerate(terms):
        truth[s, [table.index(term) for term in own]] = True
    return Instance(name, system, truth, elapsed)


@cache
def named(name: str) -> Instance:
    """One of A, B, C, D."""
    rng = np.random.default_rng(0)
    if name == "A":
        table = (PolynomialLibrary(degree=9) + CustomLibrary(["sin(x)"])).table(("x", "y"))
        return build("A", table, lotka_volterra(9, 3200, rng), LOTKA_VOLTERRA, 0.05, 0)
    if name == "B":
        table = (PolynomialLibrary(degree=7) + FourierLibrary()).table(("x", "y", "z"))
        return build("B", table, lorenz(32, 20000, rng), LORENZ, 0.05, 0)
    E, n, n_states, n_terms = {"C": (100, 5000, 13, 500), "D": (8, 10000, 21, 2000)}[name]
    states = tuple(f"x{i}" for i in range(n_states))
    table = PolynomialLibrary(degree=3).table(states).subset(np.arange(n_terms))
    i = STATE
    terms = (("1", f"x{i}", f"x{i + 1}*x{i - 1}", f"x{i - 2}*x{i - 1}"),)
    return build(name, table, lorenz_96(E, n, n_states, rng), terms, 0.05, 0)


# Library and noise of the 15 settings with white noise on the derivative.
SETTINGS = [(name, noise) for name in ("LV3", "LV5", "LO3") for noise in (0.01, 0.05, 0.2)]
SETTINGS += [(name, noise) for name in ("LV9", "LO5") for noise in (0.05, 0.2, 1.0)]


def setting(name: str, noise: float, seed: int) -> Instance:
    """Lotka-Volterra (LV, 9 environments) or Lorenz (LO, 6), the number being the degree of the library."""
    rng = np.random.default_rng(seed)
    library = PolynomialLibrary(degree=int(name[2]))
    if name.startswith("LO"):
        return build(name, library.table(("x", "y", "z")), lorenz(6, 1000, rng), LORENZ, noise, seed)
    whole = name == "LV9"
    table = (library + CustomLibrary(["sin(x)"]) if whole else library).table(("x", "y"))
    return build(name, table, lotka_volterra(9, 3200 if whole else 800, rng), LOTKA_VOLTERRA, noise, seed)
