"""Cases on a Dask cluster: each of its workers keeps processes of its own, so that time limits hold there too."""

from __future__ import annotations

import queue
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from systems.batch.case import Case
from systems.batch.conditions import Conditions
from systems.batch.process import Process
from systems.batch.record import FAILED, Record, failure

NAME = "systems-processes"


@dataclass
class Processes:
    """Plugin of a Dask worker: the processes that run its cases, as many as it runs tasks at once.

    Attributes
    ----------
    conditions : Conditions
        What holds for all cases.
    warm_up : bool
        Whether kernels are compiled before the first case is timed.
    """

    conditions: Conditions
    warm_up: bool = True
    name: str = NAME
    idle: Any = field(default=None, repr=False)
    started: list[Process] = field(default_factory=list, repr=False)

    def setup(self, worker: Any) -> None:
        """Begin without any process."""
        self.idle, self.started = queue.SimpleQueue(), []

    def teardown(self, worker: Any) -> None:
        """End all processes."""
        for process in self.started:
            process.stop()

    def run(self, case: Case) -> Record:
        """Run a case in a process that is idle, or in a new one."""
        try:
            process = self.idle.get_nowait()
        except queue.Empty:
            process = Process(self.conditions, self.warm_up)
            self.started.append(process)
        try:
            return process.run(case)
        finally:
            self.idle.put(process)


def run_on_cluster(
    cases: Sequence[Case],
    conditions: Conditions,
    address: str,
    begins: Callable[[Case], None],
    warm_up: bool = True,
) -> Generator[Record, None, None]:
    """Run cases on a Dask cluster.

    Parameters
    ----------
    cases : sequence of Case
        What to run.
    conditions : Conditions
        What holds for all; files it names must be there on all machines.
    address : str
        Of the scheduler, ``tcp://host:port``.
    begins : callable
        Told of every case that is handed over.
    warm_up : bool, default True
        Whether kernels are compiled before the first case is timed.

    Yields
    ------
    dict
        Records, as they come. Closing the iterator takes back what has not begun and ends all processes.

    Raises
    ------
    ModuleNotFoundError
        If Dask is not installed.
    OSError
        If there is no scheduler at the address.
    """
    distributed = load_distributed()
    with distributed.Client(address, timeout=10) as client:
        client.register_plugin(plugin(distributed, conditions, warm_up), name=NAME)
        futures = {}
        for case in cases:
            begins(case)
            futures[client.submit(run_there, case, key=case.key, pure=False)] = case
        try:
            for future in distributed.as_completed(futures):
                case = futures[future]
                yield future.result() if future.status == "finished" else lost(case, future)
        finally:
            client.cancel(list(futures), force=True)
            client.unregister_worker_plugin(NAME)


def lost(case: Case, future: Any) -> Record:
    """Record of a case that the cluster gave up."""
    return failure(case, FAILED, f"lost by the cluster: {future.exception()!r}")


def run_there(case: Case) -> Record:
    """Run a case on the worker where this is called."""
    from distributed import get_worker

    processes: Any = get_worker().plugins[NAME]
    return dict(processes.run(case))


def plugin(distributed: Any, conditions: Conditions, warm_up: bool) -> Any:
    """`Processes` as the class that Dask asks for."""
    return type("WorkerProcesses", (Processes, distributed.WorkerPlugin), {})(conditions, warm_up)


def load_distributed() -> Any:
    """Import Dask; say what to install where there is none."""
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("--dask needs Dask: pip install 'spreme[bench]'") from error
    return distributed
