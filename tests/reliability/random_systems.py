"""Random sparse polynomial systems, measured badly: the material of the soak, each piece keyed by its seed alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

Array = np.ndarray
Monomial = tuple[int, ...]

# What an ordinary user never thinks of changing, and what some do.
OPTIONS: tuple[dict[str, Any], ...] = (
    *({},) * 8,
    {"refine": None},
    {"formulation": "derivative", "refine": None},
    {"criterion": "bic"},
    {"criterion": "knee"},
    {"loss": "huber"},
    {"tie": "auto"},
    {"max_terms": 1},
    {"penalty": "group_lasso", "refine": None},
)


@dataclass
class Sample:
    """Arguments of one fit, and the words that tell how they were made."""

    x: list[Array]
    t: list[Array]
    env: list[int]
    degree: int
    options: dict[str, Any]
    words: list[str] = field(default_factory=list)


def draw(seed: int) -> Sample:
    """One random data set with the options of its fit.

    Parameters
    ----------
    seed : int
        Everything follows from it.

    Returns
    -------
    Sample
        1 to 3 states, 1 to 4 environments with 1 to 3 trajectories of 8 to 60 samples each, up to two kinds of damage.
    """
    rng = np.random.default_rng([20231, seed])
    n_states, degree = int(rng.integers(1, 4)), int(rng.choice([1, 2, 2, 3]))
    terms = _random_terms(rng, n_states, degree)
    n_environments, n_samples = int(rng.integers(1, 5)), int(rng.integers(8, 61))
    sample = Sample([], [], [], degree, dict(OPTIONS[rng.integers(len(OPTIONS))]))
    horizon = rng.choice([1.0, 3.0, 10.0])
    for env in range(n_environments):
        coef = _random_coefficients(rng, terms)
        for _ in range(int(rng.integers(1, 4))):
            times = np.linspace(0.0, horizon, n_samples)
            sample.x.append(_solution(terms, coef, rng.uniform(-1.5, 1.5, n_states), times))
            sample.t.append(times[: len(sample.x[-1])])
            sample.env.append(env)
    noise = float(rng.choice([0.0, 0.01, 0.05, 0.1, 0.2]))
    sample.x = [x + noise * _spread(x) * rng.standard_normal(x.shape) for x in sample.x]
    sample.words += [f"S={n_states}", f"E={n_environments}", f"n={n_samples}", f"degree={degree}", f"noise={noise}"]
    sample.words += [f"{name}={value}" for name, value in sample.options.items()]
    for name in rng.choice(list(DAMAGES), size=int(rng.choice([0, 0, 1, 1, 2])), replace=False):
        DAMAGES[name](sample, rng)
        sample.words.append(str(name))
    return sample


def _random_terms(rng: np.random.Generator, n_states: int, degree: int) -> list[list[Monomial]]:
    """Monomials (positions of states) of every equation: 1 to 3 of them."""
    known = [m for d in range(degree + 1) for m in combinations_with_replacement(range(n_states), d)]
    sizes = [int(rng.integers(1, min(3, len(known)) + 1)) for _ in range(n_states)]
    return [[known[i] for i in rng.choice(len(known), size, replace=False)] for size in sizes]


def _random_coefficients(rng: np.random.Generator, terms: list[list[Monomial]]) -> list[Array]:
    """Coefficients of one environment, the signs more often those of decay."""
    signs = [np.array([-1.0 if s in m and rng.random() < 0.7 else 1.0 for m in own]) for s, own in enumerate(terms)]
    return [sign * rng.uniform(0.2, 2.0, len(own)) for sign, own in zip(signs, terms, strict=True)]


def _solution(terms: list[list[Monomial]], coef: list[Array], start: Array, times: Array) -> Array:
    """States at the times, up to a blow-up beyond 1e4 (three samples at least)."""

    def rate(_: float, x: Array) -> list[float]:
        return [
            float(sum(c * np.prod(x[list(m)]) for c, m in zip(*own, strict=True)))
            for own in zip(coef, terms, strict=True)
        ]

    def escape(_: float, x: Array) -> float:
        return 1e4 - float(np.abs(x).max())

    escape.terminal = True  # type: ignore[attr-defined]
    solved = solve_ivp(rate, (0.0, times[-1]), start, t_eval=times, events=escape, rtol=1e-8, atol=1e-10)
    return solved.y.T if solved.y.shape[1] >= 3 else np.tile(start, (3, 1))


def _spread(x: Array) -> Array:
    """Size of the movement of every state, for the noise."""
    return x.std(axis=0) + 1e-3


def _missing(sample: Sample, rng: np.random.Generator) -> None:
    """A fifth of all values missing."""
    for x in sample.x:
        x[rng.random(x.shape) < 0.2] = np.nan


def _irregular(sample: Sample, rng: np.random.Generator) -> None:
    """Times moved by up to 90 % of a step; the states stay, as if clocks were bad."""
    for r, t in enumerate(sample.t):
        sample.t[r] = t + (t[1] - t[0]) * rng.uniform(0.0, 0.9, len(t))


def _thinned(sample: Sample, rng: np.random.Generator) -> None:
    """A random half of the samples left out."""
    for r, t in enumerate(sample.t):
        kept = np.sort(rng.choice(len(t), max(3, len(t) // 2), replace=False))
        sample.t[r], sample.x[r] = t[kept], sample.x[r][kept]


def _constant(sample: Sample, rng: np.random.Generator) -> None:
    """One state that never changes, anywhere."""
    state, value = int(rng.integers(sample.x[0].shape[1])), float(rng.choice([0.0, 0.1, 1.0]))
    for x in sample.x:
        x[:, state] = value


def _absent(sample: Sample, rng: np.random.Generator) -> None:
    """One state that is zero in the first environment."""
    state = int(rng.integers(sample.x[0].shape[1]))
    for x, env in zip(sample.x, sample.env, strict=True):
        if env == 0:
            x[:, state] = 0.0


def _scaled(sample: Sample, rng: np.random.Generator) -> None:
    """Every state in other units, from 1e-12 to 1e12."""
    scale = 10.0 ** rng.integers(-12, 13, sample.x[0].shape[1])
    sample.x = [x * scale for x in sample.x]


def _slow(sample: Sample, rng: np.random.Generator) -> None:
    """Time in other units, and late."""
    scale, shift = 10.0 ** rng.integers(-9, 10), float(rng.choice([0.0, 1e3]))
    sample.t = [(t + shift) * scale for t in sample.t]


def _copies(sample: Sample, rng: np.random.Generator) -> None:
    """The same trajectory again, in its environment or in another one."""
    r = int(rng.integers(len(sample.x)))
    sample.x.append(sample.x[r].copy())
    sample.t.append(sample.t[r].copy())
    sample.env.append(int(rng.choice([sample.env[r], max(sample.env) + 1])))


def _twins(sample: Sample, _: np.random.Generator) -> None:
    """Two states that are one."""
    sample.x = [np.column_stack([x, x[:, 0]]) for x in sample.x]


def _wild(sample: Sample, rng: np.random.Generator) -> None:
    """Single values far off."""
    for x in sample.x:
        x[rng.integers(len(x)), rng.integers(x.shape[1])] *= 1e3


def _rounded(sample: Sample, _: np.random.Generator) -> None:
    """One digit after the point, as an instrument shows it."""
    sample.x = [x.round(1) for x in sample.x]


DAMAGES: dict[str, Callable[[Sample, np.random.Generator], None]] = {
    "missing": _missing,
    "irregular": _irregular,
    "thinned": _thinned,
    "constant": _constant,
    "absent": _absent,
    "scaled": _scaled,
    "slow": _slow,
    "copies": _copies,
    "twins": _twins,
    "wild": _wild,
    "rounded": _rounded,
}
