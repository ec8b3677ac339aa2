"""Tables of the solvers: time, gap and iterations, against other algorithms and packages, and which terms are found.

    python tests/benchmarks/bench_solvers.py                        instances A and B, all tables
    python tests/benchmarks/bench_solvers.py --quick                fewer repeats and seeds, solvers stopped early
    python tests/benchmarks/bench_solvers.py --large                also C and D
    python tests/benchmarks/bench_solvers.py --tables paths,cold    some of the tables
    python tests/benchmarks/bench_solvers.py --peer-python PYTHON   where adelie, skglm and celer are installed

All solve the same objective on one thread; gaps of the group lasso are computed from the Grams by one function
(`solvers/judge.py`), never taken from a solver. Calls are made once before they are timed, medians are shown, and
ratios are to the time of spreme taken right before and right after. A peer that cannot be imported costs one line. The
instances are described in `solvers/instances.py`; the speed at which Grams are formed is the matter of `bench_gram.py`.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.solvers import instances, paths, peers, supports
from benchmarks.solvers.report import Report

from spreme.penalties import PENALTIES, GroupLasso
from spreme.solvers import alpha_max, best_subset, solve_path

TABLES = ("paths", "steps", "cold", "penalties", "subsets", "supports")


def arguments() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="3 repeats, 1 seed, 20 seconds for a solver")
    parser.add_argument("--large", action="store_true", help="also the instances C and D")
    parser.add_argument("--instances", default="", help="these instances, by commas")
    parser.add_argument("--tables", default=",".join(TABLES), help="some of %(default)s")
    parser.add_argument("--peers", default=",".join(peers.TOLERANCES), help="some of %(default)s")
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for the path of one solver or peer")
    parser.add_argument("--repeats", type=int, default=7, help="calls of each kind")
    parser.add_argument("--out", type=Path, help="write all numbers to this JSON file")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file, as they are printed")
    given = parser.parse_args()
    if given.quick:
        given.repeats, given.limit = 3, 20.0
    return given


def compile_all() -> None:
    """Run every solver on a small problem, so that no compilation is timed."""
    instance = instances.setting("LV3", 0.05, 0)
    gram, cross, y_sq = instance.equation()
    for penalty in PENALTIES:
        solve_path(instance.system, penalty, n_alphas=5, alpha_min_ratio=0.1)
    for solve in paths.algorithms().values():
        solve(gram, cross, y_sq, GroupLasso(), 0.1 * float(alpha_max(instance.system)[0]))
    best_subset(gram, cross, n_terms=3)


def measure(given: argparse.Namespace, report: Report) -> None:
    """All tables that are wanted."""
    tables = given.tables.split(",")
    compile_all()
    names = given.instances.split(",") if given.instances else ["A", "B", *("CD" if given.large else "")]
    chosen = [instances.named(name) for name in names] if set(tables) != {"supports"} else []
    small = [instance for instance in chosen if instance.name in "AB"]
    options = paths.Options(
        given.repeats, given.limit, tuple(peer for peer in given.peers.split(",") if peer), given.peer_python
    )
    if "paths" in tables:
        for instance in chosen:
            paths.compare_paths(instance, options, report)
    if "steps" in tables:
        paths.deeper_paths(chosen, given.repeats, report)
    if "cold" in tables and small:
        paths.cold_starts(small, given.repeats, report)
    if "penalties" in tables:
        for instance in small:
            supports.penalty_paths(instance, given.repeats, report)
    if "subsets" in tables:
        supports.support_paths(chosen, given.repeats, report)
        if small:
            supports.certified_subsets(small, (2, 3, 4), report)
    if "supports" in tables:
        supports.found_supports(1 if given.quick else 3, report)


def main() -> None:
    """Print the tables."""
    given, report = arguments(), Report()
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "numba"))
    report.say(f"Python {platform.python_version()}, {versions}; {platform.machine()}; one thread")
    with threadpool_limits(1):
        measure(given, report)
    if given.markdown is not None:
        report.save(given.markdown)
    if given.out is not None:
        given.out.write_text(json.dumps(report.records, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
