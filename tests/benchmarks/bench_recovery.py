"""Which structures are found: spreme and PySINDy on the thirty systems, by noise level and by how they are measured.

    python tests/benchmarks/bench_recovery.py --noise 0.05 --criterion bic --jobs 2
    python tests/benchmarks/bench_recovery.py --noise 0 0.01 0.05 0.1 --methods spreme stlsq stlsq-truth
    python tests/benchmarks/bench_recovery.py --variants plain coarse irregular short few unbalanced missing
    python tests/benchmarks/bench_recovery.py --systems lotka lorenz --seeds 0 1 2 --out recovery.json

Methods: `spreme`; `stlsq`, PySINDy's STLSQ per environment, tuned on held-out data in three ways, at least half of the
environments deciding; `stlsq-truth`, the same tuned with the truth, exact if all environments are (both need the extra
`bench`; see `recovery/sindy.py`). All get the same arrays: 8 environments with 4 trajectories each, and

plain        as the system says              short       a quarter of the horizon
coarse       every 4th sample                few         2 environments with 1 trajectory each
coarse10     every 10th sample               unbalanced  one environment has a tenth of the data of the others
irregular    half of the samples, at random  missing     30 % of the values missing at random

`exact`: the shared terms are the true ones. A case that fails or exceeds the time limit is not exact and has F1 = 0.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

# tests/ for `benchmarks`, the root before it because tests/ has a folder `systems` of its own
sys.path[:0] = [str(Path(__file__).resolve().parents[level]) for level in (2, 1)]

from benchmarks.recovery import report, suites  # noqa: E402
from benchmarks.recovery.cases import VARIANTS, Case  # noqa: E402
from benchmarks.recovery.methods import METHODS, Options  # noqa: E402
from benchmarks.recovery.sindy import N_THRESHOLDS  # noqa: E402
from benchmarks.recovery.workers import run_all  # noqa: E402


def arguments() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", nargs="+", default=["all"], help="names, or all")
    parser.add_argument("--suite", help="Python file with other systems in SYSTEMS")
    parser.add_argument("--methods", nargs="+", default=["spreme"], choices=list(METHODS))
    parser.add_argument("--variants", nargs="+", default=["plain"], choices=list(VARIANTS))
    parser.add_argument("--noise", nargs="+", type=float, default=[0.05], help="shares of the rms of each state")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--criterion", help="of SpReME; its default if not given")
    parser.add_argument("--refine", help="of SpReME, none for no refinement; its default if not given")
    parser.add_argument("--thresholds", type=int, default=N_THRESHOLDS, help="length of STLSQ's grid (%(default)s)")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for a case (%(default)s)")
    parser.add_argument("--out", type=Path, help="write all records to this JSON file")
    given = parser.parse_args()
    known = list(suites.load(given.suite))
    given.systems = known if given.systems == ["all"] else given.systems
    if unknown := sorted(set(given.systems) - set(known)):
        parser.error(f"unknown systems {', '.join(unknown)}: there are {', '.join(known)}")
    peers = [method for method in given.methods if METHODS[method].needs_pysindy]
    if peers and importlib.util.find_spec("pysindy") is None:
        parser.error(f"{' and '.join(peers)} need PySINDy: pip install 'spreme[bench]'")
    return given


def cases(given: argparse.Namespace) -> list[Case]:
    """All cases, those of one system together."""
    points = product(given.systems, given.variants, given.noise, given.seeds, given.methods)
    return [Case(system, method, variant, noise, seed) for system, variant, noise, seed, method in points]


def save(records: list[dict[str, Any]], path: Path) -> None:
    """Replace the file by a complete one."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(records, indent=1), encoding="utf-8")
    os.replace(part, path)


def main() -> None:
    """Run the cases and print the tables."""
    given, records, begin = arguments(), [], time.perf_counter()
    options = Options(given.suite, given.criterion, given.refine, given.thresholds)

    def keep(record: dict[str, Any]) -> None:
        records.append(record)
        print(report.line(record), flush=True)
        if given.out is not None:
            save(records, given.out)

    run_all(cases(given), options, given.jobs, given.limit, keep)
    print(f"\n{report.by_system(records)}\n\n{report.summary(records)}\n\n{time.perf_counter() - begin:.0f} s in all")


if __name__ == "__main__":
    main()
