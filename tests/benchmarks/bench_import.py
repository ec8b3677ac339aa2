"""Time of the import and of the first fit in fresh processes: cold with nothing compiled, warm with kernels on disk.

    python tests/benchmarks/bench_import.py            medians
    python tests/benchmarks/bench_import.py --kernels  also what each kernel costs to compile

The fit is a Lotka-Volterra system of 9 environments, 4 trajectories each, 100 samples each, 5 % noise, default options.
Numba keeps compiled kernels where NUMBA_CACHE_DIR points; cold means that this folder is empty, while Python's own
bytecode is there.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

IMPORT = """
import json, time
begin = time.perf_counter()
{statement}
print(json.dumps({{"import": time.perf_counter() - begin}}))
"""

FIT = """
import json, sys, time
import numpy as np
sys.path.insert(0, {folder!r})
from bench_import import compile_times, lotka_volterra
begin = time.perf_counter()
from spreme import SpReME, Trajectories
imported = time.perf_counter()
from numba.core import event
recorder = event.RecordingListener()
event.register("numba:compile", recorder)
x, t, env = lotka_volterra()
ready = time.perf_counter()
model = SpReME().fit(Trajectories(x, t, env=env, state_names=["x", "y"]))
first = time.perf_counter()
model.fit(Trajectories(x, t, env=env, state_names=["x", "y"]))
second = time.perf_counter()
terms = [[str(name) for name in model.get_feature_names_out()[row]] for row in model.mask_]
assert terms == [["x", "x*y"], ["y", "x*y"]], terms
record = {{"import": imported - begin, "first fit": first - ready, "second fit": second - first}}
print(json.dumps(record | {{"kernels": compile_times(recorder.buffer)}}))
"""


def lotka_volterra() -> tuple[list, list, list]:
    """Noisy trajectories, by a Runge-Kutta method in plain NumPy."""
    import numpy as np

    rng = np.random.default_rng(0)
    t, x, env = np.linspace(0.0, 10.0, 100), [], []
    for e in range(9):
        a, b, c, d = rng.uniform([0.7, 0.4, 0.6, 0.2], [1.3, 0.7, 1.1, 0.4])

        def slope(s: Any, a: float = a, b: float = b, c: float = c, d: float = d) -> Any:
            return np.array([a * s[0] - b * s[0] * s[1], -c * s[1] + d * s[0] * s[1]])

        for _ in range(4):
            clean = [rng.uniform(1.0, 4.0, 2)]
            for _ in range(99 * 10):
                s, h = clean[-1], (t[1] - t[0]) / 10
                k1 = slope(s)
                k2 = slope(s + h / 2 * k1)
                k3 = slope(s + h / 2 * k2)
                clean.append(s + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(s + h * k3)))
            states = np.array(clean[::10])
            x.append(states + 0.05 * states.std(axis=0) * rng.standard_normal(states.shape))
            env.append(e)
    return x, [t] * len(x), env


def compile_times(events: list) -> dict[str, float]:
    """Seconds per kernel of numba's compile events; what a kernel calls is counted in it and by itself too."""
    started: list[float] = []
    spent: dict[str, float] = defaultdict(float)
    for moment, happening in events:
        if happening.is_start:
            started.append(moment)
        else:
            spent[happening.data["dispatcher"].py_func.__qualname__] += moment - started.pop()
    return spent


def run(code: str, cache: str) -> dict:
    """Last line that a fresh interpreter prints."""
    settings = {"NUMBA_CACHE_DIR": cache, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | settings, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def show(name: str, records: list[dict], keys: list[str]) -> None:
    """Medians with their ranges."""
    parts = []
    for key in keys:
        values = [record[key] for record in records]
        parts.append(f"{key} {statistics.median(values):.3f} s ({min(values):.3f} to {max(values):.3f})")
    print(f"{name:28} {', '.join(parts)}", flush=True)


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7, help="processes of each kind; a third of them cold")
    parser.add_argument("--kernels", action="store_true", help="compile times by kernel")
    given = parser.parse_args()
    for statement in ("import spreme", "from spreme import SpReME"):
        with tempfile.TemporaryDirectory() as cache:
            records = [run(IMPORT.format(statement=statement), cache) for _ in range(given.repeats)]
        show(statement, records, ["import"])
    fit = FIT.format(folder=str(Path(__file__).parent))
    cold, keys = [], ["import", "first fit", "second fit"]
    with tempfile.TemporaryDirectory() as parent:
        for i in range(max(given.repeats // 3, 1)):
            cold.append(run(fit, str(Path(parent, str(i)))))
        warm = [run(fit, str(Path(parent, "0"))) for _ in range(given.repeats)]
    show("first fit, cold", cold, keys)
    show("first fit, warm", warm, keys)
    if given.kernels:
        for name, elapsed in sorted(cold[0]["kernels"].items(), key=lambda item: -item[1]):
            print(f"  {elapsed:7.2f} s  {name}")


if __name__ == "__main__":
    main()
