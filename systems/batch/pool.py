"""Cases over processes of this machine, one thread for each process to wait for it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress

from systems.batch.case import Case
from systems.batch.conditions import Conditions
from systems.batch.process import Process, Stopped
from systems.batch.record import Record

Begins = Callable[[Case], None]


def run_here(
    cases: Sequence[Case], conditions: Conditions, jobs: int, begins: Begins, warm_up: bool = True
) -> Generator[Record, None, None]:
    """Run cases in processes of this machine.

    Parameters
    ----------
    cases : sequence of Case
        In the order in which they are begun.
    conditions : Conditions
        What holds for all.
    jobs : int
        Number of processes.
    begins : callable
        Told of every case that begins.
    warm_up : bool, default True
        Whether kernels are compiled before the first case is timed.

    Yields
    ------
    dict
        Records, as they come. Closing the iterator ends all processes.
    """
    waiting: queue.SimpleQueue[Case] = queue.SimpleQueue()
    for case in cases:
        waiting.put(case)
    done: queue.SimpleQueue[Record | Exception] = queue.SimpleQueue()
    processes = [Process(conditions, warm_up) for _ in range(min(jobs, len(cases)))]
    first = threading.Lock()  # the first process compiles, the others then find the kernels on disk

    def work(process: Process) -> None:
        try:
            with first:
                process.start()
            while not process.is_stopped:
                case = waiting.get_nowait()
                begins(case)
                done.put(process.run(case))
        except (queue.Empty, Stopped):
            return
        except Exception as error:
            done.put(error)

    threads = [threading.Thread(target=work, args=(process,), daemon=True) for process in processes]
    try:
        for thread in threads:
            thread.start()
        for _ in cases:
            record = done.get()
            if isinstance(record, Exception):
                raise record
            yield record
    finally:
        for process in processes:
            with suppress(OSError):
                process.stop()
        for thread in threads:
            thread.join()
