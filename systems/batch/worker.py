"""The process that runs cases: `python -m systems.batch.worker`, one line of JSON each way.

In come the conditions, then cases, each with the seconds it may take. Out come ``"ready"``, and for each case what
`execute` yields. The process ends when its input does, when the process that started it is gone, and, whatever it is
doing, some time after a case should have been over.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import threading
import time
import warnings
from contextlib import suppress
from typing import Any, TextIO

import numpy as np

PATIENCE = 30.0  # seconds that the process which started this one has to end it after a time limit
LOOK_UP = 1.0  # seconds between looks for that process


def main() -> None:
    """Answer cases with records until the input ends."""
    channel = private_output()
    threading.Thread(target=leave_with_parent, args=(os.getppid(),), daemon=True).start()
    warnings.simplefilter("ignore")
    with open(os.devnull, "w") as nowhere:
        serve(channel, nowhere)


def private_output() -> TextIO:
    """The standard output, kept for the answers: what methods print goes to the standard error."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return channel


def serve(channel: TextIO, nowhere: TextIO) -> None:
    """Read conditions, get ready, then run case after case."""
    from systems.batch.case import Case
    from systems.batch.conditions import Conditions
    from systems.batch.execution import execute

    def answer(content: Any) -> None:
        channel.write(json.dumps(content, allow_nan=False) + "\n")
        channel.flush()

    given = json.loads(sys.stdin.readline())
    conditions = Conditions(**given["conditions"])
    if given["warm_up"]:
        with suppress(Exception):  # if this fails, the cases will too, and say why
            compile_all()
    answer("ready")
    for line in sys.stdin:
        longest = conditions.limit + 2 * conditions.limit_of("drawing or judging")
        faulthandler.dump_traceback_later(longest + PATIENCE, exit=True, file=nowhere)
        for content in execute(Case(**json.loads(line)), conditions):
            answer(content)
        faulthandler.cancel_dump_traceback_later()


def leave_with_parent(parent: int) -> None:
    """End this process when the one that started it is gone: nobody would read the answers."""
    while os.getppid() == parent:
        time.sleep(LOOK_UP)
    os._exit(1)


def compile_all() -> None:
    """Fit a small problem, so that no compilation is timed or mistaken for a slow method."""
    from spreme import SpReME, Trajectories

    t = np.linspace(0.0, 3.0, 61)
    rng = np.random.default_rng(0)
    x = [np.exp(-rate * t)[:, None] + 0.01 * rng.standard_normal((61, 1)) for rate in (0.5, 1.0)]
    SpReME().fit(Trajectories(x, t, env=[0, 1]))


if __name__ == "__main__":
    main()
