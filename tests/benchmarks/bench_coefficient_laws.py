"""Coefficient laws on planted laws: which criterion finds them, how true are intervals, how good are forecasts.

    python tests/benchmarks/bench_coefficient_laws.py criteria --seeds 100
    python tests/benchmarks/bench_coefficient_laws.py intervals --seeds 200
    python tests/benchmarks/bench_coefficient_laws.py pipeline --seeds 10

`criteria`: one coefficient of size about 1 with errors of about 0.02 in E environments; share of the seeds in which
exactly the planted terms were chosen. The laws of two covariates have 5 candidate terms beside the constant, the others
2. tau is the spread between environments that no covariate explains, 0.15 where there is no law at all.
`intervals`: three coefficients with correlated errors, one the same everywhere, one linear, one quadratic; share of
intervals of 95 % that hold the truth, and the error of the laws fitted together relative to that of each by itself.
`pipeline`: trajectories with 5 % noise, `SpReME`, `coefficient_law`, forecasts of an unseen environment.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from coefficient_laws.planted import SYSTEMS, Planted, clean, fitted_model, label, measured

from spreme import PolynomialLibrary, SpReME, coefficient_law
from spreme.coefficient_laws.candidates import Candidates, largest_size, make_candidates
from spreme.coefficient_laws.covariates import Covariates
from spreme.coefficient_laws.evidence import between_variance, tau_grid
from spreme.coefficient_laws.selection import choose

Array = NDArray[np.float64]
Support = tuple[str, ...]
Score = Callable[[Array, Array, Array], float]

# Name -> (law in the covariates a and b, planted terms, whether b is offered, too).
LAWS: dict[str, tuple[Callable[[Array, Array], Array], Support, bool]] = {
    "linear": (lambda a, b: 0.7 + 0.6 * a, ("a",), False),
    "square": (lambda a, b: 0.8 + 0.5 * a**2, ("a**2",), False),
    "quadratic": (lambda a, b: 0.5 + 1.6 * a - 1.2 * a**2, ("a", "a**2"), False),
    "saturating": (lambda a, b: 0.5 + 2.4 * a / (1 + 3 * a), ("a", "a**2"), False),
    "one inert": (lambda a, b: 0.7 + 0.6 * a, ("a",), True),
    "no law": (lambda a, b: np.ones_like(a), (), False),
}
CELLS = tuple(itertools.product((5, 8, 15), (0.0, 0.05)))


def log_likelihood(design: Array, y: Array, variance: Array) -> float:
    """Largest log-likelihood over coefficients and tau, up to a constant."""
    tau = tau_grid(float(y.std()))
    weight = 1.0 / np.sqrt(variance + tau[:, None] ** 2)
    q = np.linalg.qr(design * weight[:, :, None])[0]
    target = y * weight
    residual = target - np.einsum("gep,gfp,gf->ge", q, q, target)
    return float(np.max(np.log(weight).sum(axis=1) - 0.5 * (residual**2).sum(axis=1)))


def bic(design: Array, y: Array, variance: Array) -> float:
    """Bayesian information criterion of the marginal likelihood."""
    return -2.0 * log_likelihood(design, y, variance) + design.shape[1] * float(np.log(len(y)))


def aicc(design: Array, y: Array, variance: Array) -> float:
    """Akaike's criterion, corrected for few environments; tau counts as a number that is fitted."""
    n_fitted, room = design.shape[1] + 1, len(y) - design.shape[1] - 2
    penalty = 2.0 * n_fitted + (2.0 * n_fitted * (n_fitted + 1) / room if room > 0 else np.inf)
    return -2.0 * log_likelihood(design, y, variance) + penalty


def left_out_density(design: Array, y: Array, variance: Array) -> float:
    """Minus twice the log density of environments left out one at a time."""
    total = 0.0
    for e in range(len(y)):
        kept = np.arange(len(y)) != e
        if np.linalg.matrix_rank(design[kept]) < design.shape[1]:
            return np.inf
        tau2 = between_variance(design[kept], y[kept], variance[kept])
        weight = 1.0 / np.sqrt(variance[kept] + tau2)
        q, r = np.linalg.qr(design[kept] * weight[:, None])
        row = np.linalg.solve(r.T, design[e])
        spread = variance[e] + tau2 + row @ row
        total += float((y[e] - row @ (q.T @ (weight * y[kept]))) ** 2 / spread + np.log(spread))
    return total


SCORES: dict[str, Score] = {"BIC": bic, "AICc": aicc, "left-out density": left_out_density}


def by_score(score: Score, candidates: Candidates, y: Array, variance: Array) -> Support:
    """Terms of the lowest score."""
    largest = min(largest_size(len(y), True, None), len(candidates.free))
    sets = [s for size in range(largest + 1) for s in itertools.combinations(candidates.free, size)]
    best = min(sets, key=lambda s: score(candidates.values[:, candidates.design(s)], y, variance))
    return tuple(candidates.table.names[k] for k in best)


def draw(law: str, n_environments: int, tau: float, seed: int) -> tuple[Candidates, Array, Array]:
    """Candidates, a coefficient in every environment, and the variances of its errors."""
    function, _, has_second = LAWS[law]
    rng = np.random.default_rng([seed, n_environments, round(100 * tau), list(LAWS).index(law)])
    a = np.linspace(0, 1, n_environments) if seed % 2 else rng.uniform(0, 1, n_environments)
    b = rng.uniform(0, 1, n_environments)
    names, values = (("a", "b"), np.column_stack([a, b])) if has_second else (("a",), a[:, None])
    std = 0.02 * rng.uniform(0.6, 1.5, n_environments)
    spread = 0.15 if law == "no law" else tau
    y = function(a, b) + spread * rng.standard_normal(n_environments) + std * rng.standard_normal(n_environments)
    covariates = Covariates(names, values, tuple(range(n_environments)))
    return make_candidates(PolynomialLibrary(degree=2), covariates), y, std**2


def criteria(seeds: int) -> None:
    """Print how often each criterion chose exactly the planted terms."""
    print("| environments | tau | law | evidence | " + " | ".join(SCORES) + " |\n" + "| --- " * (4 + len(SCORES)) + "|")
    total = np.zeros(1 + len(SCORES))
    for (n_environments, tau), law in itertools.product(CELLS, LAWS):
        if law == "no law" and tau:
            continue
        hits = np.zeros(1 + len(SCORES))
        for seed in range(seeds):
            candidates, y, variance = draw(law, n_environments, tau, seed)
            largest = largest_size(len(y), True, None)
            support = choose(candidates, np.arange(len(y)), y, variance, largest).support
            found = [tuple(candidates.table.names[k] for k in support)]
            found += [by_score(score, candidates, y, variance) for score in SCORES.values()]
            hits += [names == LAWS[law][1] for names in found]
        total += hits
        shown = " | ".join(f"{100 * hit / seeds:.0f} %" for hit in hits)
        print(f"| {n_environments} | {0.15 if law == 'no law' else tau:g} | {law} | {shown} |", flush=True)
    n_cells = len(CELLS) * len(LAWS) - sum(1 for _, tau in CELLS if tau)
    print("| all | | | " + " | ".join(f"{100 * hit / seeds / n_cells:.0f} %" for hit in total) + " |")


def intervals(seeds: int) -> None:
    """Print how often intervals of 95 % hold the truth, and what fitting all laws together gains."""
    print(
        "| environments | tau | new environment | the same, +-1.96 unwidened | together / apart |\n"
        + "| --- " * 5
        + "|"
    )
    for n_environments, tau in itertools.product((5, 8, 15, 30), (0.0, 0.05)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            held = [one_interval(n_environments, tau, seed) for seed in range(seeds)]
        held = [own for own in held if own is not None]
        wide, narrow, together, apart = (np.concatenate(part) for part in zip(*held, strict=True))
        ratio = np.sqrt(np.mean(together**2) / np.mean(apart**2))
        shown = f"{100 * wide.mean():.1f} % | {100 * narrow.mean():.1f} % | {ratio:.2f}"
        print(f"| {n_environments} | {tau:g} | {shown} |", flush=True)


def one_interval(n_environments: int, tau: float, seed: int) -> tuple[Array, Array, Array, Array] | None:
    """Of two coefficients: is the new one inside, inside unwidened, errors of the laws together and apart."""
    rng = np.random.default_rng([seed, n_environments, round(100 * tau)])
    z = rng.uniform(0, 1, n_environments)
    truth = _three(z) + tau * rng.standard_normal((n_environments, 3)) * [0, 1, 1]
    covariance = 0.02**2 * (0.2 * np.eye(3) + 0.8) * rng.uniform(0.4, 2.0, n_environments)[:, None, None]
    coef = truth + np.array([rng.multivariate_normal(np.zeros(3), own) for own in covariance])
    new = float(rng.uniform(z.min(), z.max()))
    at_new = _three(np.array([new]))[0, 1:]
    true = at_new + tau * rng.standard_normal(2)
    covariates = dict(enumerate(z.tolist()))
    laws = coefficient_law(fitted_model(coef, covariance, range(n_environments)), covariates)
    if any(law.status != "law" for law in laws.laws[1:]):
        return None
    found = laws.predict(new)
    value, std = found.coef[0, 2:], found.coef_std[0, 2:]
    plain = replace(laws, laws=tuple(replace(law, degrees=np.inf) for law in laws.laws)).predict(new).coef_std[0, 2:]
    apart = coefficient_law(fitted_model(coef, covariance * np.eye(3), range(n_environments)), covariates).predict(new)
    error = np.abs(value - true)
    return error < 1.96 * std, error < 1.96 * plain, value - at_new, apart.coef[0, 2:] - at_new


def _three(z: Array) -> Array:
    """A constant, a linear and a quadratic coefficient (E, 3)."""
    return np.column_stack([np.ones_like(z), 0.7 + 0.6 * z, 0.5 + 1.6 * z - 1.2 * z**2])


def pipeline(seeds: int) -> None:
    """Print how often all laws of a system were found, and the errors of forecasts of an unseen environment."""
    print("| system | right terms in all laws | error, median | error, largest | inside the band of 95 % |")
    print("| --- " * 5 + "|")
    for system in SYSTEMS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runs = [one_forecast(system, seed) for seed in range(seeds)]
        right, error, inside = (np.array(part) for part in zip(*runs, strict=True))
        shown = f"{right.sum()} of {seeds} | {np.median(error):.4f} | {error.max():.4f} | {100 * inside.mean():.0f} %"
        print(f"| {system.name} | {shown} |", flush=True)


def one_forecast(system: Planted, seed: int) -> tuple[bool, float, float]:
    """Were all laws found; largest error of a state over its standard deviation; share inside the band."""
    z, new = np.linspace(0.0, 1.0, 8), 0.37
    model = SpReME(library=PolynomialLibrary(degree=2)).fit(measured(system, z, seed))
    laws = coefficient_law(model, {"z": {label(value): value for value in z}})
    found = {(law.state, law.term): law.terms for law in laws.laws if law.is_varying}
    start = [float(np.mean(box)) for box in system.starts]
    truth = clean(system, new, [start])[0]
    forecast = laws.at(new).simulate(start, system.t, band=0.95)
    if len(forecast.x) < len(truth):
        return False, np.inf, 0.0
    error = np.sqrt(np.mean((forecast.x - truth) ** 2, axis=0)) / truth.std(axis=0)
    inside = (forecast.lower <= truth) & (truth <= forecast.upper)
    return found == system.support, float(error.max()), float(inside.mean())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("criteria", "intervals", "pipeline"))
    parser.add_argument("--seeds", type=int, default=50)
    given = parser.parse_args()
    {"criteria": criteria, "intervals": intervals, "pipeline": pipeline}[given.part](given.seeds)
