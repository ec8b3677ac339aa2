"""Time and memory of a fit against samples, environments, terms and states, each fit in a process of its own.

python tests/benchmarks/bench_scale.py [--parts samples environments terms states] [--quick] [--figure FILE]

Samples: Lorenz's equations in 4 environments, one trajectory each, 100 samples a unit of time, polynomials of degree 3
in 3 states (20 terms). Environments: prey, predator and a predator of that one, 120 samples each. Terms: a food chain
of 3 species, of which the first crowds itself out, in 8 environments with polynomials of degree 2 to 6. States: such
chains of 2 to 7 species in 8 environments, degree 2.
Noise is 2 % of the spread of each state. Memory is the peak of the resident set of the process, less what it was
before the fit; "right" says whether the terms are the true ones. Data are made beforehand and are not timed; compiled
kernels are loaded from the disk, where an untimed fit has left them.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from spreme import PolynomialLibrary, SpReME, Trajectories

Array = NDArray[np.float64]
NOISE = 0.02
GRIDS: dict[str, list[int]] = {
    "samples": [10_000, 30_000, 100_000, 300_000, 1_000_000],
    "environments": [10, 30, 100, 300, 1000],
    "terms": [2, 3, 4, 5, 6],
    "states": [2, 3, 4, 5, 6, 7],
}
QUICK = 2  # points of each grid


def lorenz(n_samples: int) -> tuple[Trajectories, int]:
    """Trajectories of Lorenz's equations and the number of true terms."""
    rng, x, t = np.random.default_rng(0), [], 0.01 * np.arange(n_samples // 4)
    for sigma, rho, beta in np.array([10.0, 28.0, 8.0 / 3.0]) * (1 + 0.1 * rng.standard_normal((4, 3))):

        def slope(_: float, y: Array, s: float = sigma, r: float = rho, b: float = beta) -> list[float]:
            return [s * (y[1] - y[0]), y[0] * (r - y[2]) - y[1], y[0] * y[1] - b * y[2]]

        start = np.array([0.0, 0.0, 25.0]) + 5.0 * rng.standard_normal(3)
        x.append(solve_ivp(slope, (0.0, t[-1]), start, t_eval=t, method="LSODA", rtol=1e-9, atol=1e-9).y.T)
    return noisy(x, t, rng), 7


def chain(n_states: int, n_environments: int) -> tuple[Trajectories, int]:
    """Trajectories of a food chain and the number of true terms: growth, crowding, n - 1 deaths, 2 (n - 1) meetings."""
    rng, x, t = np.random.default_rng(0), [], 0.1 * np.arange(120)
    for _ in range(n_environments):
        rates = np.r_[2.0, np.full(n_states - 1, -0.4)] * (1 + 0.2 * rng.uniform(-1, 1, n_states))
        crowding = 0.4 * (1 + 0.2 * rng.uniform(-1, 1))
        eaten, fed = 1 + 0.2 * rng.uniform(-1, 1, (2, n_states - 1))

        def slope(_: float, y: Array, r: Array = rates, c: float = crowding, a: Array = eaten, b: Array = fed) -> Array:
            meetings, alone = y[:-1] * y[1:], np.zeros(len(y))
            alone[0] = c * y[0] ** 2
            return r * y - alone - np.r_[a * meetings, 0.0] + np.r_[0.0, b * meetings]

        start = rng.uniform(0.6, 1.6, n_states)
        x.append(solve_ivp(slope, (0.0, t[-1]), start, t_eval=t, method="LSODA", rtol=1e-9, atol=1e-9).y.T)
    return noisy(x, t, rng), n_states + 1 + 2 * (n_states - 1)


def web(n_environments: int) -> tuple[Trajectories, int]:
    """Trajectories of prey, predator and a predator of that one, and the number of true terms."""
    rng, x, t = np.random.default_rng(0), [], 0.1 * np.arange(120)
    for a, b, c, d in np.array([1.0, 1.0, 0.5, 0.8]) * (1 + 0.2 * rng.uniform(-1, 1, (n_environments, 4))):

        def slope(_: float, y: Array, a: float = a, b: float = b, c: float = c, d: float = d) -> list[float]:
            eaten, taken = y[0] * y[1], y[1] * y[2]
            return [a * y[0] - b * eaten, -y[1] + c * eaten - 0.5 * taken, -d * y[2] + 0.6 * taken]

        start = rng.uniform(0.6, 1.6, 3)
        x.append(solve_ivp(slope, (0.0, t[-1]), start, t_eval=t, method="LSODA", rtol=1e-9, atol=1e-9).y.T)
    return noisy(x, t, rng), 7


def noisy(x: list[Array], t: Array, rng: np.random.Generator) -> Trajectories:
    """One environment for each array."""
    measured = [own + NOISE * own.std(axis=0) * rng.standard_normal(own.shape) for own in x]
    return Trajectories(measured, t, env=list(range(len(x))))


def case(part: str, value: int) -> dict[str, Any]:
    """Fit one case in this process and measure."""
    degree = value if part == "terms" else 3 if part in ("samples", "environments") else 2
    data, n_true = {
        "samples": lambda: lorenz(value),
        "environments": lambda: web(value),
        "terms": lambda: chain(3, 8),
        "states": lambda: chain(value, 8),
    }[part]()
    library = PolynomialLibrary(degree=degree)
    before, begin = memory(), time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SpReME(library=library).fit(data)
    seconds = time.perf_counter() - begin
    return {
        "part": part,
        "value": library.table(data.state_names).n_terms if part == "terms" else value,
        "seconds": round(seconds, 2),
        "megabytes": round(memory() - before),
        "right": bool(model.mask_.sum() == n_true),
        "status": model.status_,
    }


def memory() -> float:
    """Peak of the resident set so far, in megabytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def apart(part: str, value: int) -> dict[str, Any]:
    """Run one case in a process of its own."""
    command = [sys.executable, __file__, "--case", part, str(value)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def draw(found: list[dict[str, Any]], path: Path) -> None:
    """Time and memory against size, a column for each part."""
    from matplotlib.figure import Figure

    parts = list(dict.fromkeys(own["part"] for own in found))
    figure = Figure(figsize=(3.1 * len(parts), 5.0), layout="constrained")
    axes = figure.subplots(2, len(parts), squeeze=False, sharex="col")
    for column, part in enumerate(parts):
        own = [one for one in found if one["part"] == part]
        size = np.array([one["value"] for one in own], dtype=float)
        for row, (name, label) in enumerate((("seconds", "time (s)"), ("megabytes", "memory of the fit (MB)"))):
            value = np.array([one[name] for one in own], dtype=float)
            ax = axes[row, column]
            ax.loglog(size, value, "o-", color="#0072B2", label="measured")
            ax.loglog(size, value[-1] * size / size[-1], "--", color="0.5", label="proportional")
            ax.grid(True, which="major", color="0.9")
            ax.set_xticks(size, [f"{one:,.0f}" if one < 1e4 else f"{one / 1e3:g}k" for one in size])
            ax.set_ylim((0.5, 100.0) if name == "seconds" else (10.0, 1000.0))
            ax.minorticks_off()
            ax.yaxis.set_major_formatter("{x:g}")
            if column == 0:
                ax.set_ylabel(label)
        axes[1, column].set_xlabel(part)
    axes[0, 0].legend(frameon=False)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure, print a table, draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=list(GRIDS), default=list(GRIDS))
    parser.add_argument("--quick", action="store_true", help=f"the first {QUICK} points of each part")
    parser.add_argument("--figure", type=Path, help="file of the figure")
    parser.add_argument("--case", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        print(json.dumps(case(given.case[0], int(given.case[1]))))
        return
    apart("samples", GRIDS["samples"][0])  # compiles what is not compiled yet
    found = []
    print("| part | size | time (s) | memory (MB) | right |\n| --- | --- | --- | --- | --- |")
    for part in given.parts:
        for value in GRIDS[part][: QUICK if given.quick else None]:
            own = apart(part, value)
            found.append(own)
            right = "yes" if own["right"] else "no"
            print(f"| {part} | {own['value']:,} | {own['seconds']} | {own['megabytes']} | {right} |", flush=True)
    if given.figure:
        draw(found, given.figure)


if __name__ == "__main__":
    main()
