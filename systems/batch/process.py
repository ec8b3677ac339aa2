"""`Process`: a worker process seen from outside. One that exceeds its time is killed and replaced.

joblib's pool of processes knows no time limit of a single case, and breaks as a whole when one of its processes is
killed: the cases that others had begun would be lost. So each process here has pipes of its own.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from systems.batch.case import Case
from systems.batch.conditions import FITTING, Conditions
from systems.batch.execution import without_forecasts
from systems.batch.record import FAILED, TIMED_OUT, Record, failure

START = 600.0  # seconds for imports and compilation
LAST_BREATH = 5.0  # seconds from the end of its output to that of a process
# One thread for BLAS, OpenMP, Numba and joblib: cases run side by side, and times are those of one core.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "LOKY_MAX_CPU_COUNT"), "1"
)


class Stopped(Exception):
    """The process was ended from outside."""


class Process:
    """A worker process, started when first needed.

    Parameters
    ----------
    conditions : Conditions
        What holds for all cases.
    warm_up : bool, default True
        Whether kernels are compiled before the first case is timed.
    """

    def __init__(self, conditions: Conditions, warm_up: bool = True) -> None:
        self.conditions, self.warm_up = conditions, warm_up
        self.is_stopped = False
        self.process: subprocess.Popen[str] | None = None
        self.answers: queue.Queue[Any] = queue.Queue()

    def start(self) -> None:
        """Start the process, if it does not run, and wait until it is ready."""
        if self.is_stopped:
            raise Stopped
        if self.process is not None and self.process.poll() is None:
            return
        command = [sys.executable, "-m", "systems.batch.worker"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, **ONE_THREAD},
            start_new_session=True,  # Ctrl-C reaches the parent only, which ends this process in good order
        )
        self.answers = queue.Queue()
        threading.Thread(target=_listen, args=(self.process, self.answers), daemon=True).start()
        self._send({"conditions": asdict(self.conditions), "warm_up": self.warm_up})
        if self.is_stopped:  # meanwhile
            self.kill()
        try:
            self._answer(START)
        except (EOFError, TimeoutError):
            if self.is_stopped:
                raise Stopped from None
            why = f"a worker process did not start ({self._ending()}): {' '.join(command)}"
            raise ChildProcessError(why) from None

    def run(self, case: Case) -> Record:
        """Run a case, or give up after the time limit.

        Parameters
        ----------
        case : Case
            What to run.

        Returns
        -------
        dict
            The record.

        Raises
        ------
        Stopped
            If `stop` was called meanwhile.
        """
        self.start()
        self._send(asdict(case))
        record = self._follow(case)
        if self.is_stopped:
            raise Stopped
        return record

    def _follow(self, case: Case) -> Record:
        """Wait for the data, for the fit and for the judge, each within its time limit."""
        stage, record = "drawing the data", None
        while True:
            begin, limit = time.perf_counter(), self.conditions.limit_of(stage)
            try:
                answer = self._answer(limit)
            except TimeoutError:
                self.kill()
                if record is not None:
                    return without_forecasts(record, f"judging its forecasts took longer than {limit:g} s")
                return failure(case, TIMED_OUT, f"{stage} took longer than the limit of {limit:g} s", limit)
            except EOFError:
                reason = f"the process ended while {stage} ({self._ending()})"
                if record is not None:
                    return without_forecasts(record, reason)
                return failure(case, FAILED, reason, time.perf_counter() - begin)
            if answer is None:
                stage = FITTING
            elif record is not None or answer["status"] != "ok":
                return dict(answer)
            else:
                record, stage = dict(answer), "judging"

    def stop(self) -> None:
        """End the process for good, whatever it does; a case that runs in it raises `Stopped`."""
        self.is_stopped = True
        self.kill()

    def kill(self) -> None:
        """End the process and what it started."""
        process = self.process
        if process is None:
            return
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()

    def _send(self, content: Any) -> None:
        """Write one line; a process that is gone is noticed when its answer is read."""
        assert self.process is not None and self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.write(json.dumps(content) + "\n")
            self.process.stdin.flush()

    def _answer(self, seconds: float) -> Any:
        """Read one line."""
        try:
            line = self.answers.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if line is None:
            raise EOFError
        return json.loads(line)

    def _ending(self) -> str:
        """How the process ended, in words."""
        assert self.process is not None
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(LAST_BREATH)
        self.kill()
        code = self.process.returncode
        return f"exit status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _listen(process: subprocess.Popen[str], answers: queue.Queue[Any]) -> None:
    """Hand on every line of a process, and None at the end."""
    assert process.stdout is not None
    with process.stdout as lines, suppress(ValueError):
        for line in lines:
            answers.put(line)
    answers.put(None)
