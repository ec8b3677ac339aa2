"""A batch from its cases to its records: what is finished is not run again, whatever ended the last run."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import product

from systems.batch.case import Case
from systems.batch.cluster import run_on_cluster
from systems.batch.conditions import Conditions
from systems.batch.pool import run_here
from systems.batch.progress import Progress
from systems.batch.record import OK, SKIPPED, Record
from systems.batch.store import Store


@dataclass(frozen=True)
class Machines:
    """Where cases run.

    Attributes
    ----------
    jobs : int, default 1
        Processes on this machine.
    dask : str or None, default None
        Address of a Dask scheduler; the cases run there instead.
    """

    jobs: int = 1
    dask: str | None = None


def grid(
    systems: Sequence[str],
    methods: Sequence[str],
    variants: Sequence[str] = ("plain",),
    noise: Sequence[float] = (0.0,),
    seeds: Sequence[int] = (0,),
    *,
    only_plain: Iterable[str] = (),
) -> list[Case]:
    """Combine all with all, system by system, so that a process draws the data of a system once.

    Parameters
    ----------
    systems, methods, variants : sequence of str
        Names.
    noise : sequence of float
        Levels.
    seeds : sequence of int
        Keys of the noise.
    only_plain : iterable of str
        Systems that have only the variant "plain"; other variants of theirs are left out.

    Returns
    -------
    list of Case
        Without repetition.

    Examples
    --------
    >>> from systems.batch.runner import grid
    >>> [case.key for case in grid(["lotka"], ["spreme", "stlsq"], noise=[0.05])]
    ['lotka.spreme.plain.0.05.0', 'lotka.stlsq.plain.0.05.0']
    """
    published = set(only_plain)
    points = product(systems, variants, noise, seeds, methods)
    cases = [
        Case(system, method, variant, level, seed)
        for system, variant, level, seed, method in points
        if variant == "plain" or system not in published
    ]
    return list(dict.fromkeys(cases))


def unfinished(cases: Sequence[Case], records: Iterable[Record], retry_failed: bool = False) -> list[Case]:
    """Pick the cases that have no record, or were skipped for want of a package.

    Parameters
    ----------
    cases : sequence of Case
        What is wanted.
    records : iterable of dict
        What there is.
    retry_failed : bool, default False
        Whether failed and timed-out cases are wanted again.

    Returns
    -------
    list of Case
        In their order.
    """
    again = {record["key"] for record in records if _is_open(record, retry_failed)}
    known = {record["key"] for record in records} - again
    return [case for case in cases if case.key not in known]


def _is_open(record: Record, retry_failed: bool) -> bool:
    """Whether a case with this record is run again."""
    return record["status"] == SKIPPED or (retry_failed and record["status"] != OK)


def run(cases: Sequence[Case], store: Store, conditions: Conditions, machines: Machines, progress: Progress) -> None:
    """Run cases; each record is on disk before the next one is looked at.

    Parameters
    ----------
    cases : sequence of Case
        What to run.
    store : Store
        Where records go.
    conditions : Conditions
        What holds for all.
    machines : Machines
        Where to run.
    progress : Progress
        Who is told.

    Raises
    ------
    systems.batch.store.StoreError
        If a record cannot be written.
    """
    with closing(_records(cases, store, conditions, machines)) as records:
        for record in records:
            store.write(record)
            store.log("finished", record["key"])
            progress.step(record)


def _records(
    cases: Sequence[Case], store: Store, conditions: Conditions, machines: Machines
) -> Generator[Record, None, None]:
    """Records as they come."""
    warm_up = any(case.method.startswith("spreme") for case in cases)

    def begins(case: Case) -> None:
        store.log("started", case.key)

    if machines.dask is not None:
        return run_on_cluster(cases, conditions, machines.dask, begins, warm_up)
    return run_here(cases, conditions, machines.jobs, begins, warm_up)
