"""What is seen of a running batch: a bar with the remaining time on a terminal, else one line for each case."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

from systems.batch.record import OK, Record
from systems.batch.summary import duration, line


class Progress:
    """Progress of a batch.

    Parameters
    ----------
    total : int
        Number of cases that are to be run.
    out : TextIO, default sys.stderr
        Where to write.
    """

    def __init__(self, total: int, out: TextIO | None = None) -> None:
        self.total, self.out = total, sys.stderr if out is None else out
        self.begin, self.n_done, self.n_wrong = time.perf_counter(), 0, 0
        self.bar = _bar(total, self.out) if self.out.isatty() and total else None

    def step(self, record: Record) -> None:
        """Count one more case."""
        self.n_done += 1
        self.n_wrong += record["status"] != OK
        if self.bar is None:
            print(f"[{self.n_done}/{self.total}] {line(record)}, {self.remaining()} left", file=self.out, flush=True)
            return
        if self.n_wrong:
            self.bar.set_postfix_str(f"{self.n_wrong} failed", refresh=False)
        self.bar.update()

    def remaining(self) -> str:
        """Time to go, at the pace so far."""
        pace = (time.perf_counter() - self.begin) / max(1, self.n_done)
        return duration(pace * (self.total - self.n_done))

    def close(self) -> None:
        """End the bar."""
        if self.bar is not None:
            self.bar.close()


def _bar(total: int, out: TextIO) -> Any:
    """A bar of tqdm; None without tqdm."""
    try:
        from tqdm import tqdm
    except ModuleNotFoundError:
        return None
    return tqdm(total=total, unit="case", file=out, dynamic_ncols=True)
