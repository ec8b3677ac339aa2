"""Many small random fits: no crash, no hang, no stray warning, no growth of memory.

    python tests/reliability/soak.py --n 2000 --seed 0 --jobs 1 --out soak.jsonl

Every fit is one line of JSON. A run that was stopped goes on where it ended when it is called again with the same file.
Fits run in worker processes, one after another in each, so that memory can be seen to grow; a fit that exceeds the
limit is a "hang", a worker that dies a "death", and a fresh worker goes on with the next seed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # as pytest does: the tests import each other

from reliability.one_fit import GOOD, record
from reliability.random_systems import draw

#: Seconds of the processor for one fit; what compiling kernels may take beyond that in so many first fits.
LIMIT, COMPILING, EARLY = 60.0, 600.0, 20
#: A fit that takes so many times its limit by the clock waits for something.
PATIENCE = 60.0


def _serve(pipe: Connection) -> None:
    """Worker: a seed comes in, a record goes out, until None comes."""
    os.environ["OMP_NUM_THREADS"] = "1"
    with contextlib.suppress(EOFError, OSError):  # the other end is gone
        for seed in iter(pipe.recv, None):
            pipe.send(record(seed))


class Worker:
    """One process that fits; replaced when it hangs or dies."""

    def __init__(self, limit: float) -> None:
        self.limit, self.is_first = limit, True
        self._start()

    def _start(self) -> None:
        """A fresh process."""
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other,), daemon=True)
        self.process.start()
        other.close()
        self.n_fits = 0

    def fit(self, seed: int) -> dict[str, Any]:
        """The record of one seed."""
        self.pipe.send(seed)
        self.n_fits += 1
        try:
            found = self._waited()
        except (EOFError, psutil.NoSuchProcess):
            found = {"outcome": "death", "detail": "the worker died"}
        found |= {"seed": seed, "worker": self.process.pid, "nth": self.n_fits}
        if found["outcome"] in ("hang", "death"):
            found["words"] = " ".join(draw(seed).words)
            self.stop()
            self.is_first = False
            self._start()
        return found

    def _waited(self) -> dict[str, Any]:
        """What the worker sends, unless it spends more than its time."""
        used = psutil.Process(self.process.pid).cpu_times
        limit = self.limit + (COMPILING if self.is_first and self.n_fits <= EARLY else 0.0)
        begin, clock = sum(used()[:2]), time.monotonic()
        while not self.pipe.poll(1.0):
            spent = sum(used()[:2]) - begin
            if spent > limit or time.monotonic() - clock > PATIENCE * limit:
                return {"outcome": "hang", "detail": f"{spent:.0f} s of the processor", "seconds": spent}
        found: dict[str, Any] = self.pipe.recv()
        return found

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()


def soak(seeds: Sequence[int], jobs: int = 1, limit: float = LIMIT) -> Iterator[dict[str, Any]]:
    """Records of the seeds, in order of their ends.

    Parameters
    ----------
    seeds : sequence of int
        Keys of data sets.
    jobs : int, default 1
        Worker processes.
    limit : float, default 60
        Seconds of the processor for one fit.

    Yields
    ------
    dict
        One record a fit.
    """
    workers = [Worker(limit) for _ in range(jobs)]
    try:
        with ThreadPoolExecutor(jobs) as threads:
            for first in range(0, len(seeds), jobs):
                yield from threads.map(Worker.fit, workers, seeds[first : first + jobs])
    finally:
        for worker in workers:
            worker.stop()


def finished(path: Path) -> list[dict[str, Any]]:
    """Records already in the file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def summary(records: Sequence[dict[str, Any]]) -> str:
    """Counts, the slowest fits, memory and all defects, in words."""
    slowest = sorted(records, key=lambda own: -own.get("seconds", 0))[:5]
    lines = [", ".join(f"{name}: {count}" for name, count in Counter(own["outcome"] for own in records).most_common())]
    lines += [f"slow    {own.get('seconds', 0):6.1f} s  seed {own['seed']}  {own.get('words', '')}" for own in slowest]
    lines += [
        f"memory  {own['rss']:6.0f} MB after fit {own['nth']} of worker {own['worker']}" for own in _milestones(records)
    ]
    lines += [
        f"DEFECT  seed {own['seed']}: {own['outcome']}: {own['detail']}"
        for own in records
        if own["outcome"] not in GOOD
    ]
    return "\n".join(lines)


def _milestones(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every 500th fit of each worker, and the last."""
    told = [own for own in records if "rss" in own]
    last = {own["worker"]: own for own in told}
    return [own for own in told if own["nth"] % 500 == 0 or own is last[own["worker"]]]


def main() -> int:
    """Run, or go on; 1 if any promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=2000, help="number of fits")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first; the others follow")
    parser.add_argument("--jobs", type=int, default=1, help="worker processes")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds of the processor for one fit")
    parser.add_argument("--out", type=Path, default=Path("soak.jsonl"), help="records; finished seeds are left out")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # an exit ends the workers, a death would not
    done = {own["seed"] for own in finished(given.out)}
    seeds = [seed for seed in range(given.seed, given.seed + given.n) if seed not in done]
    with given.out.open("a") as file:
        for found in soak(seeds, given.jobs, given.limit):
            file.write(json.dumps(found) + "\n")
            file.flush()
    records = finished(given.out)
    print(summary(records))
    return int(any(own["outcome"] not in GOOD for own in records))


if __name__ == "__main__":
    sys.exit(main())
