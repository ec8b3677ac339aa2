"""Where products on the pattern of the weights overtake dense ones: forward, backward, outer, and a step of training.

python tests/benchmarks/bench_inr_kernels.py [--width 256] [--points 10000]

One layer (width x width) of float32 and so many points. Each entry is the time of the dense product, by BLAS on one
thread, over that of the product on the pattern: above 1 the pattern is faster. Medians of 15 calls.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from spreme.inr.patterns import make_pattern

DENSITIES = (0.5, 0.35, 0.25, 0.18, 0.1, 0.05, 0.01)
PRODUCTS = ("forward", "backward", "outer")


def ratios(width: int, points: int, density: float) -> dict[str, float]:
    """Dense over sparse time of the three products and of all of them together."""
    rng = np.random.default_rng(0)
    mask = rng.random((width, width)) < density
    matrix = np.where(mask, rng.standard_normal((width, width)), 0).astype(np.float32)
    a, d = rng.standard_normal((2, width, points)).astype(np.float32)
    spent: dict[str, list[float]] = {}
    for kernel in ("dense", "sparse"):
        pattern = make_pattern(mask, kernel)
        values = pattern.take(matrix)
        calls: dict[str, Callable[[], object]] = {
            "forward": lambda p=pattern, v=values: p.forward(v, a),
            "backward": lambda p=pattern, v=values: p.backward(v, d),
            "outer": lambda p=pattern: p.outer(a, d),
        }
        for name, call in calls.items():
            call()
            times = []
            for _ in range(15):
                begin = time.perf_counter()
                call()
                times.append(time.perf_counter() - begin)
            spent.setdefault(name, []).append(statistics.median(times))
    out = {name: spent[name][0] / spent[name][1] for name in PRODUCTS}
    out["all"] = sum(own[0] for own in spent.values()) / sum(own[1] for own in spent.values())
    return out


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--points", type=int, default=10_000)
    given = parser.parse_args()
    print(f"| density | {' | '.join(PRODUCTS)} | all |\n|{' --- |' * 5}")
    for density in DENSITIES:
        found = ratios(given.width, given.points, density)
        cells = " | ".join(f"{found[name]:.2f}" for name in (*PRODUCTS, "all"))
        print(f"| {100 * density:g} % | {cells} |", flush=True)


if __name__ == "__main__":
    main()
