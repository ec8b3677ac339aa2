"""Speed and memory of the Grams, against the rate of a large matrix product in the same run.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_gram.py            rates, streaming and threads
    OMP_NUM_THREADS=1 python tests/benchmarks/bench_gram.py --memory   also peaks of memory

The rate counts n K^2 multiplications and additions for a Gram (half of what a general product would take) and 2 m n k
for the product of two matrices; 100 % is the product of two of 2000 rows and columns, and in brackets that of two
library matrices of the same shape, the fastest that rows so short allow. Streaming is `from_states` over
evaluating the whole library matrix and multiplying it by its transpose. Calls alternate; medians are shown.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from spreme.gram import build, from_states
from spreme.library import FourierLibrary, PolynomialLibrary, TermTable

Array = NDArray[np.float64]

SIZES = {
    "K=56": (9, 3200, 56, 2),
    "K=126": (16, 20000, 126, 3),
    "K=500": (8, 5000, 500, 1),
    "K=2000": (2, 10000, 2000, 1),
}


def tables() -> dict[str, tuple[TermTable, int, int]]:
    """Libraries with environments and rows."""
    three, thirteen, many = (tuple(f"x{s}" for s in range(n)) for n in (3, 13, 21))
    return {
        "Lorenz": ((PolynomialLibrary(degree=7) + FourierLibrary()).table(three), 8, 20000),
        "cubic in 13 states": (PolynomialLibrary(degree=3).table(thirteen), 8, 5000),
        "cubic in 21 states": (PolynomialLibrary(degree=3).table(many), 2, 10000),
    }


def seconds(call: Callable[[], object]) -> float:
    """Wall time of one call."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def medians(repeats: int, *calls: Callable[[], object]) -> list[float]:
    """Median time of each call; calls alternate."""
    rounds = [[seconds(call) for call in calls] for _ in range(repeats + 1)][1:]
    return [statistics.median(own) for own in zip(*rounds, strict=True)]


def product_rate() -> Callable[[], object]:
    """The product that sets the scale."""
    a, b = (np.random.default_rng(s).standard_normal((2000, 2000)) for s in range(2))
    out = np.empty_like(a)
    return lambda: np.matmul(a, b, out=out)


def peak(call: Callable[[], object]) -> float:
    """Largest memory of NumPy's arrays made in a call, in MB."""
    tracemalloc.start()
    call()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 2**20


def show_matrices(repeats: int, with_memory: bool) -> None:
    """Rates of `build`, both memory orders, one thread and two."""
    product = product_rate()
    for name, (E, n, K, S) in SIZES.items():
        rng = np.random.default_rng(0)
        columns = [np.asfortranarray(rng.standard_normal((n, K))) for _ in range(E)]
        rows = [np.ascontiguousarray(theta) for theta in columns]
        y = [rng.standard_normal((n, S)) for _ in range(E)]
        other = columns[0].copy(order="F")
        unit, same, by_column, by_row, two = medians(
            repeats,
            product,
            lambda: columns[0].T @ other,  # noqa: B023
            lambda: build(columns, y, n_jobs=1),  # noqa: B023
            lambda: build(rows, y, n_jobs=1),  # noqa: B023
            lambda: build(columns, y, n_jobs=2),  # noqa: B023
        )
        ideal = unit * E * n * K * K / (2 * 2000**3)
        own = same * E / 2
        line = f"{name:8} column order {ideal / by_column:.0%} ({own / by_column:.0%}), "
        line += f"row order {ideal / by_row:.0%} ({own / by_row:.0%}) of the product's rate"
        line += f"; two threads {by_column / two:.2f} x one"
        if with_memory:
            line += f"; {peak(lambda: build(columns, y, n_jobs=1)) - E * K * K * 8 / 2**20:.0f} MB beside the Grams"  # noqa: B023
        print(line, flush=True)


def show_states(repeats: int, with_memory: bool) -> None:
    """Time of `from_states` over that of its two parts."""
    for name, (table, E, n) in tables().items():
        rng = np.random.default_rng(1)
        x = [rng.uniform(-1.0, 1.0, (n, len(table.state_names))) for _ in range(E)]

        def parts() -> None:
            for states in x:  # noqa: B023
                theta = table.evaluate(states)  # noqa: B023
                _ = theta.T @ theta, states.T @ theta

        apart, one, two = medians(
            repeats,
            parts,
            lambda: from_states(table, x, x, n_jobs=1),  # noqa: B023
            lambda: from_states(table, x, x, n_jobs=2),  # noqa: B023
        )
        line = f"{name} (K={table.n_terms}): streamed {one / apart:.2f} of evaluation + product"
        line += f"; two threads {one / two:.2f} x one"
        if with_memory:
            grams = E * table.n_terms**2 * 8 / 2**20
            line += f"; {peak(lambda: from_states(table, x, x, n_jobs=1)) - grams:.0f} MB beside {grams:.0f} MB"  # noqa: B023
        print(line, flush=True)


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="calls of each kind")
    parser.add_argument("--memory", action="store_true", help="also peaks of memory")
    given = parser.parse_args()
    show_matrices(given.repeats, given.memory)
    show_states(given.repeats, given.memory)


if __name__ == "__main__":
    main()
