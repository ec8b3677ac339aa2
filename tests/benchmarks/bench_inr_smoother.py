"""Error of the derivatives of implicit neural representations, against that of the Gaussian process on the same data.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_inr_smoother.py --part cells      "inr", one trajectory at a time
    OMP_NUM_THREADS=1 python tests/benchmarks/bench_inr_smoother.py --part families   "meta_inr", few samples, many runs

A cell is a system, a noise (in standard deviations of the states) and a way of sampling. The error is that of the
derivatives at the samples, relative to their size (root mean square over samples, mean over states; for a family the
median over its trajectories). Printed are the errors, their ratios, the geometric means of the ratios, and seconds of
the processor. A ratio below 1 is a network better than the Gaussian process.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from spreme.data import Trajectory
from spreme.smoothing import smooth_all

Array = NDArray[np.float64]
Generator = np.random.Generator


class System(NamedTuple):
    """Right-hand side f(x, *parameters), typical parameters, their relative spread over a family, start, duration."""

    f: Callable[..., list[float]]
    parameters: tuple[float, ...]
    spread: float
    start: tuple[float, ...]
    duration: float


SYSTEMS = {
    "Lotka-Volterra": System(
        lambda x, a, b, c, d: [a * x[0] - b * x[0] * x[1], c * x[0] * x[1] - d * x[1]],
        (1.0, 0.5, 0.5, 1.5),
        0.3,
        (4.0, 2.0),
        16.0,
    ),
    "pendulum": System(lambda x, a, b: [x[1], -a * np.sin(x[0]) - b * x[1]], (1.0, 0.05), 0.3, (2.0, 0.0), 20.0),
    "Van der Pol": System(lambda x, a: [x[1], a * (1 - x[0] ** 2) * x[1] - x[0]], (1.5,), 0.3, (1.0, 1.0), 16.0),
    "Lorenz": System(
        lambda x, s, r, b: [s * (x[1] - x[0]), x[0] * (r - x[2]) - x[1], x[0] * x[1] - b * x[2]],
        (10.0, 28.0, 8 / 3),
        0.1,
        (-8.0, 7.0, 27.0),
        5.0,
    ),
}


class Sampling(NamedTuple):
    """Number of samples, noise, whether times are irregular, share of the values that are missing."""

    n_samples: int
    noise: float
    irregular: bool = False
    missing: float = 0.0


SAMPLINGS = {
    "200 samples, 5 %": Sampling(200, 0.05),
    "50 samples, 5 %": Sampling(50, 0.05),
    "200 samples, 20 %": Sampling(200, 0.2),
    "200 irregular samples, 5 %": Sampling(200, 0.05, irregular=True),
    "200 samples, 5 %, 30 % of the values missing": Sampling(200, 0.05, missing=0.3),
    "200 samples, 1 %": Sampling(200, 0.01),
    "100 samples, 5 %": Sampling(100, 0.05),
    "200 samples, 10 %": Sampling(200, 0.1),
}
# Families: samples per trajectory, and the share of the duration that they cover, about one period.
FEW, NOISE, PORTION, MEMBERS = (12, 20), 0.05, 0.4, 10


class Recorded(NamedTuple):
    """A trajectory and its true derivatives."""

    run: Trajectory
    x_dot: Array


def record(system: System, how: Sampling, parameters: Array, start: Array, span: float, rng: Generator) -> Recorded:
    """Simulate one trajectory and measure it."""
    t = np.linspace(0.0, span, how.n_samples)
    if how.irregular:
        t = np.sort(np.concatenate([[0.0, span], rng.uniform(0.0, span, how.n_samples - 2)]))
    solved = solve_ivp(
        lambda _, x: system.f(x, *parameters), (0.0, span), start, t_eval=t, rtol=1e-9, atol=1e-10, method="DOP853"
    )
    x = solved.y.T
    x_dot = np.array([system.f(own, *parameters) for own in x])
    y = x + how.noise * x.std(axis=0) * rng.standard_normal(x.shape)
    y[rng.random(x.shape) < how.missing] = np.nan
    return Recorded(Trajectory(t, y, env=0), x_dot)


def error(x_dot: Array, true: Array) -> float:
    """Relative error of derivatives."""
    return float(np.mean(np.sqrt(np.sum((x_dot - true) ** 2, axis=0) / np.sum(true**2, axis=0))))


def measured(method: str, family: Sequence[Recorded]) -> tuple[float, float]:
    """Median error over trajectories, and seconds of the processor."""
    begin = time.process_time()
    smoothed = smooth_all([own.run for own in family], method)
    seconds = time.process_time() - begin
    return float(np.median([error(own.x_dot, true.x_dot) for own, true in zip(smoothed, family, strict=True)])), seconds


def show(title: str, family: Sequence[Recorded], methods: Sequence[str]) -> list[float]:
    """Print one line; the ratios of the networks to the Gaussian process."""
    expected, unit = measured("gp", family)
    line, ratios = f"| {title} | {expected:.3f}", list[float]()
    for method in methods:
        found, seconds = measured(method, family)
        ratios.append(found / expected)
        line += f" | {found:.3f} | {ratios[-1]:.2f} | {seconds:.1f}"
    print(f"{line} | {unit:.3f} |", flush=True)
    return ratios


def cells(seeds: Sequence[int], names: Sequence[str]) -> None:
    """One trajectory at a time."""
    print("| system | sampling | seed | gp | inr | ratio | inr, s | gp, s |\n|" + " --- |" * 8)
    ratios = []
    for (at, (what, how)), name, seed in itertools.product(enumerate(SAMPLINGS.items()), names, seeds):
        system, rng = SYSTEMS[name], np.random.default_rng([seed, list(SYSTEMS).index(name), at])
        one = record(system, how, np.array(system.parameters), np.array(system.start), system.duration, rng)
        ratios += show(f"{name} | {what} | {seed}", [one], ["inr"])
    print(f"geometric mean of {len(ratios)} ratios: {np.exp(np.mean(np.log(ratios))):.2f}")


def families(seeds: Sequence[int], names: Sequence[str]) -> None:
    """Few samples of many related trajectories."""
    print("| system | samples | seed | gp | inr | ratio | inr, s | meta_inr | ratio | meta_inr, s | gp, s |")
    print("|" + " --- |" * 11)
    ratios = []
    for n_samples, name, seed in itertools.product(FEW, names, seeds):
        rng = np.random.default_rng([seed, list(SYSTEMS).index(name), n_samples])
        ratios.append(show(f"{name} | {n_samples} | {seed}", relatives(name, n_samples, rng), ["inr", "meta_inr"]))
    means = np.exp(np.mean(np.log(ratios), axis=0))
    print(f"geometric means of {len(ratios)} ratios: inr {means[0]:.2f}, meta_inr {means[1]:.2f}")


def relatives(name: str, n_samples: int, rng: Generator) -> list[Recorded]:
    """Trajectories of one system with parameters and starts of their own."""
    system, out = SYSTEMS[name], []
    for _ in range(MEMBERS):
        parameters = np.array(system.parameters) * rng.uniform(
            1 - system.spread, 1 + system.spread, len(system.parameters)
        )
        start = np.array(system.start) * rng.uniform(0.5, 1.2, len(system.start))
        span = PORTION * system.duration
        out.append(record(system, Sampling(n_samples, NOISE), parameters, start, span, rng))
    return out


def main() -> None:
    """Print one line per cell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("cells", "families"), default="cells")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--systems", nargs="+", choices=list(SYSTEMS), default=list(SYSTEMS))
    given = parser.parse_args()
    (cells if given.part == "cells" else families)(given.seeds, given.systems)


if __name__ == "__main__":
    main()
