"""Processes that run cases; one that exceeds its time is ended and replaced, so that nothing hangs."""

from __future__ import annotations

import multiprocessing
import queue
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from benchmarks.recovery.cases import Case
from benchmarks.recovery.methods import Options, failures, run_case
from threadpoolctl import threadpool_limits

from spreme import SpReME, Trajectories

Record = dict[str, Any]


def run_all(cases: Sequence[Case], options: Options, jobs: int, limit: float, report: Callable[[Record], None]) -> None:
    """Run all cases in `jobs` processes; `report` gets each record as it comes."""
    idle: queue.Queue[Worker] = queue.Queue()
    workers = [Worker(options) for _ in range(jobs)]
    for worker in workers:
        idle.put(worker)

    def run_system(group: list[Case]) -> None:
        worker = idle.get()
        for case in group:
            for record in worker.run(case, limit):
                report(record)
        idle.put(worker)

    groups = [list(group) for _, group in groupby(cases, key=lambda case: case.system)]
    try:
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(run_system, groups))
    finally:
        for worker in workers:
            worker.end()


class Worker:
    """A process and the pipe to it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.start()

    def start(self) -> None:
        """Start the process and wait until it has imported and compiled what it needs."""
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other, self.options), daemon=True)
        self.process.start()
        other.close()
        self.pipe.recv()

    def run(self, case: Case, limit: float) -> list[Record]:
        """Run a case, or give up after `limit` seconds."""
        self.pipe.send(case)
        try:
            if self.pipe.poll(limit):
                records: list[Record] = self.pipe.recv()
                return records
            reason = f"time limit of {limit:g} s"
        except EOFError:
            reason = "the process ended"
        self.end()
        self.start()
        return failures(case, reason, limit)

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def serve(pipe: Connection, options: Options) -> None:
    """Answer cases with records until the process is ended."""
    warnings.simplefilter("ignore")
    with threadpool_limits(1):
        with suppress(Exception):  # if this fails, the cases will too, and say why
            compile_all()
        pipe.send("ready")
        while True:
            pipe.send(run_case(pipe.recv(), options))


def compile_all() -> None:
    """Fit a small problem, so that no compilation is timed or mistaken for a slow method."""
    t = np.linspace(0.0, 3.0, 61)
    rng = np.random.default_rng(0)
    x = [np.exp(-rate * t)[:, None] + 0.01 * rng.standard_normal((61, 1)) for rate in (0.5, 1.0)]
    SpReME().fit(Trajectories(x, t, env=[0, 1]))
