"""Made-up records of the benchmark: what the report is tested with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import numpy as np

Record = dict[str, Any]
SYSTEMS = ("linear3d", "lorenz")
METHODS = ("spreme", "stlsq", "oracle")


def done(system: str = "lotka", method: str = "spreme", noise: float = 0.05, seed: int = 0, **own: Any) -> Record:
    """A finished case with everything right."""
    case = {"system": system, "method": method, "variant": "plain", "noise": noise, "seed": seed, "status": "ok"}
    structure = {"exact": True, "precision": 1.0, "recall": 1.0, "f1": 1.0, "missing": [], "extra": []}
    numbers = {"coef_error": 0.01, "worst_term_error": 0.02, "rollout": 0.03, "rollout_beyond": 0.1, "seconds": 2.0}
    return {**case, "error": None, "method_status": "ok", **structure, **numbers, "versions": {"spreme": "0.1"}, **own}


def wrong(system: str = "lotka", method: str = "spreme", **own: Any) -> Record:
    """A finished case with wrong terms."""
    terms = {"exact": False, "f1": 0.8, "missing": ["x': x*y"], "extra": ["y': 1"]}
    return done(system, method, **{**terms, "coef_error": 0.3, **own})


def lost(system: str = "lotka", method: str = "spreme", status: str = "failed", **own: Any) -> Record:
    """A case without a result."""
    blank = dict.fromkeys(("coef_error", "worst_term_error", "rollout", "rollout_beyond", "seconds"))
    nothing = {**blank, "status": status, "error": "Traceback\nLinAlgError: singular", "exact": False, "f1": 0.0}
    return done(system, method, **{**nothing, **own})


def many(
    systems: Iterable[str] = SYSTEMS,
    methods: Iterable[str] = METHODS,
    noises: Iterable[float] = (0.0, 0.05),
    variants: Iterable[str] = ("plain",),
) -> list[Record]:
    """Cases of all kinds: two seeds, more errors with more noise, every eighth of stlsq without a result."""
    rng = np.random.default_rng(0)
    return [
        record
        for system, method, noise, variant, seed in product(systems, methods, noises, variants, range(2))
        for record in _drawn(rng, system, method, noise, variant=variant, seed=seed)
    ]


def _drawn(rng: np.random.Generator, system: str, method: str, noise: float, **own: Any) -> Iterator[Record]:
    """One case, by chance right or wrong."""
    error = float((noise + 1e-7) * rng.lognormal())
    numbers = {
        "coef_error": error,
        "rollout": 2 * error,
        "rollout_beyond": 5 * error,
        "seconds": float(rng.lognormal()),
    }
    more = {"adapt_error": 3 * error, "adapt_rollout": 4 * error, "peak_memory_mb": 10.0}
    chaos = {"valid_time": float(rng.uniform(1, 9))} if system == "lorenz" else {}
    if method == "stlsq" and rng.random() < 0.125:
        yield lost(system, method, noise=noise, **own)
    elif method == "stlsq" and rng.random() < noise * 10:
        yield wrong(system, method, noise=noise, search_gap=1.5, **numbers, **chaos, **own)
    else:
        yield done(system, method, noise=noise, **numbers, **more, **chaos, **own)
