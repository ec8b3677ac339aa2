"""Command line of the benchmark: ``python -m systems list | run | report``."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from joblib import cpu_count

from systems import methods, registry, replicas
from systems.batch import summary
from systems.batch.case import Case
from systems.batch.conditions import Conditions
from systems.batch.progress import Progress
from systems.batch.record import OK
from systems.batch.runner import Machines, grid, run, unfinished
from systems.batch.store import Store, StoreError
from systems.choices import chosen_methods, chosen_systems, levels, one_of, seed_range, split
from systems.listing import method_lines, system_lines
from systems.methods.outside import methods_of
from systems.setups import VARIANTS
from systems.setups.outside import systems_of

RUNS = Path("runs")
INTERRUPTED = 130  # what shells report after Ctrl-C

EXAMPLES = """examples:
  python -m systems list --suite chaos
  python -m systems run --systems lotka,lorenz --methods spreme,stlsq --noise 0 0.05 --seeds 0-9 --jobs 2
  python -m systems run --systems all --variants plain,coarse,missing --dry-run
  python -m systems report runs --out report.html --csv records.csv

A run that was interrupted goes on where it stopped when the same command is given again."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, default None
        Arguments; None: those of the process.

    Returns
    -------
    int
        Exit status: 0, 1 if something could not be done, 130 after Ctrl-C; wrong arguments exit with 2.

    Examples
    --------
    >>> from systems.command_line import main
    >>> main(["run", "--systems", "lotka", "--seeds", "0-9", "--dry-run"])
    10 cases: 1 system, 1 method, 1 variant, 1 noise level, 10 seeds; 0 finished, 10 to run
    0
    """
    given = parser().parse_args(arguments)
    try:
        return int(given.command(given))
    except (ValueError, OSError, StoreError, ModuleNotFoundError) as error:
        print(f"systems: {error}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1


def parser() -> argparse.ArgumentParser:
    """Options of all commands."""
    top = argparse.ArgumentParser(
        prog="python -m systems",
        description="Benchmark of spreme: systems with known laws, methods that look for them, records, a report.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="name", required=True, metavar="command")
    add_list(commands.add_parser("list", help="print one system, or one method, a line"))
    add_run(
        commands.add_parser(
            "run",
            help="run cases, one record each",
            epilog=EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    add_report(commands.add_parser("report", help="write one HTML page about the records"))
    return top


def add_list(own: argparse.ArgumentParser) -> None:
    """Options of `list`."""
    own.add_argument("--suite", help=f"only the systems of one suite: {', '.join(registry.suites())}, replicas")
    own.add_argument("--methods", action="store_true", help="list the methods instead")
    own.set_defaults(command=list_command)


def add_run(own: argparse.ArgumentParser) -> None:
    """Options of `run`."""
    what = own.add_argument_group("what")
    what.add_argument(
        "--systems", default=["bench"], help="systems, replicas, suites, or all (bench)", nargs="+", metavar="NAME"
    )
    what.add_argument("--methods", default=["spreme"], help="methods, or all (spreme)", nargs="+", metavar="NAME")
    what.add_argument(
        "--variants", default=["plain"], help=f"{', '.join(VARIANTS)}, or all (plain)", nargs="+", metavar="NAME"
    )
    what.add_argument("--noise", nargs="+", default=["0.05"], help="shares of the rms of each state (0.05)")
    what.add_argument("--seeds", nargs="+", default=["0"], help="draws of the noise, such as 0-9 or 0 3 4 (0)")
    what.add_argument("--suite", metavar="FILE", help="Python file with systems of your own; alone: all of them")
    what.add_argument("--methods-file", metavar="FILE", help="Python file with methods of your own")
    what.add_argument("--search-gap", action="store_true", help="also fit the true law where another was found (slow)")
    how = own.add_argument_group("how")
    how.add_argument("--out", type=Path, default=RUNS, help="folder of the records (%(default)s)")
    how.add_argument("--jobs", type=int, help="processes on this machine, one core each (as many as there are cores)")
    how.add_argument("--dask", metavar="ADDRESS", help="run on the Dask cluster with this scheduler instead")
    how.add_argument("--limit", type=float, default=300.0, help="seconds for a fit (%(default)g)")
    how.add_argument("--retry-failed", action="store_true", help="run failed and timed-out cases again")
    how.add_argument("--dry-run", action="store_true", help="only count the cases")
    own.set_defaults(command=run_command)


def add_report(own: argparse.ArgumentParser) -> None:
    """Options of `report`."""
    own.add_argument("runs", nargs="?", type=Path, default=RUNS, help="folder of a run (%(default)s)")
    own.add_argument("--out", type=Path, help="page to write (report.html in the folder)")
    own.add_argument("--csv", type=Path, help="also write all records as a CSV file")
    own.add_argument("--parquet", type=Path, help="also write all records as a Parquet file")
    own.set_defaults(command=report_command)


def list_command(given: argparse.Namespace) -> int:
    """Print systems, or methods."""
    if given.suite is not None:
        one_of(given.suite, [*registry.suites(), "replicas"], "suite")
    print("\n".join(method_lines() if given.methods else system_lines(given.suite)))
    return 0


def run_command(given: argparse.Namespace) -> int:
    """Run cases."""
    check_numbers(given)
    cases, store = wanted(given), Store(given.out)
    todo = unfinished(cases, records_of(store, cases), given.retry_failed)
    print(f"{counts(cases)}; {len(cases) - len(todo)} finished, {len(todo)} to run", flush=True)
    if given.dry_run:
        return 0
    if todo:
        print(f"at most {given.limit:g} s for a fit; what remains is told from the first case on", flush=True)
    conditions = Conditions(absolute(given.suite), absolute(given.methods_file), given.search_gap, given.limit)
    if not work(todo, store, conditions, Machines(given.jobs or cpu_count(), given.dask)):
        left = len(unfinished(cases, records_of(store, cases)))
        print(f"\nstopped, {len(cases) - left} of {len(cases)} cases are finished; the same command goes on from there")
        return INTERRUPTED
    conclude(store, cases)
    return 0


def work(todo: list[Case], store: Store, conditions: Conditions, machines: Machines) -> bool:
    """Run what is to be run; False if stopped by Ctrl-C."""
    if not todo:
        return True
    with store.locked():
        store.note_start(shlex.join(["python", "-m", "systems", *sys.argv[1:]]))
        progress = Progress(len(todo))
        former = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: schedulers end jobs so
        try:
            run(todo, store, conditions, machines, progress)
        except KeyboardInterrupt:
            return False
        finally:
            signal.signal(signal.SIGTERM, former)
            progress.close()
    return True


def conclude(store: Store, cases: list[Case]) -> None:
    """Print the table, what failed, and what to do next."""
    records = records_of(store, cases)
    print(f"\n{summary.table(records)}\n")
    if wrong := summary.failures(records):
        print(f"without a result, or in part:\n{wrong}\n")
    where = "" if store.folder == RUNS else f" {store.folder}"
    print(f"records: {store.records}\nnext:    python -m systems report{where}")
    if any(record["status"] != OK for record in records):
        print("or the same command with --retry-failed")


def report_command(given: argparse.Namespace) -> int:
    """Write the report."""
    from systems.report import write

    out = given.runs / "report.html" if given.out is None else given.out
    write(given.runs / "records", out, csv=given.csv, parquet=given.parquet)
    print(f"report: {out}")
    return 0


def wanted(given: argparse.Namespace) -> list[Case]:
    """All cases that the options name."""
    own_systems = [] if given.suite is None else list(systems_of(given.suite))
    own_methods = [] if given.methods_file is None else list(methods_of(given.methods_file))
    asked = own_systems if own_systems and given.systems == ["bench"] else given.systems
    return grid(
        chosen_systems(split(asked), own_systems),
        chosen_methods(split(given.methods), [*own_methods, *methods.names()]),
        list(VARIANTS)
        if split(given.variants) == ["all"]
        else [one_of(v, VARIANTS, "variant") for v in split(given.variants)],
        levels(split(given.noise)),
        seed_range(split(given.seeds)),
        only_plain=replicas.names(),
    )


def check_numbers(given: argparse.Namespace) -> None:
    """Refuse impossible numbers."""
    if given.jobs is not None and given.jobs < 1:
        raise ValueError(f"--jobs must be 1 or more, got {given.jobs}")
    if not 0 < given.limit < float("inf"):
        raise ValueError(f"--limit must be a number of seconds above 0, got {given.limit:g}")


def records_of(store: Store, cases: Sequence[Case]) -> list[dict]:
    """The records of these cases."""
    keys = {case.key for case in cases}
    return [record for record in store.read() if record["key"] in keys]


def counts(cases: Sequence[Case]) -> str:
    """How many cases, and what they are made of."""
    parts = [
        ("system", "system"),
        ("method", "method"),
        ("variant", "variant"),
        ("noise", "noise level"),
        ("seed", "seed"),
    ]
    told = [(len({getattr(case, entry) for case in cases}), word) for entry, word in parts]
    return f"{plural(len(cases), 'case')}: " + ", ".join(plural(n, word) for n, word in told)


def plural(n: int, word: str) -> str:
    """A number and its noun."""
    return f"{n} {word}{'' if n == 1 else 's'}"


def absolute(path: str | None) -> str | None:
    """A file as other processes find it."""
    return None if path is None else str(Path(path).resolve())
