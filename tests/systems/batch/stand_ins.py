"""Methods for the tests of the runner: one that is told the truth, and some that fail in every way there is."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import numpy as np
from joblib import effective_n_jobs
from threadpoolctl import threadpool_info

from systems.methods import Found, Method, Task
from systems.structure import true_coefficients


def told(task: Task) -> Found:
    """The true law, its coefficients off by a random thousandth."""
    table = task.library.table(task.data.state_names)
    coef = true_coefficients(task.system, table, task.data.environments) * (1 + 1e-3 * task.rng.standard_normal())
    print("a method may print")
    return Found(
        mask=(coef != 0).any(axis=0), coef=coef, adapt=lambda data: np.repeat(coef[:1], len(data.environments), axis=0)
    )


def slow(task: Task) -> Found:
    time.sleep(0.2)
    return told(task)


def counts(task: Task) -> Found:
    """How many threads there are for whoever asks joblib, as spreme does, or BLAS."""
    found = told(task)
    blas = max(library["num_threads"] for library in threadpool_info())
    return replace(found, details={"joblib": effective_n_jobs(-1), "blas": blas})


def hangs(task: Task) -> Found:
    time.sleep(1000)
    raise AssertionError


def dies(task: Task) -> Found:
    os._exit(3)


def raises(task: Task) -> Found:
    raise ArithmeticError("no solution")


METHODS = (
    Method("told", told, "the truth", uses_truth=True),
    Method("slow", slow, "the truth, after a while", uses_truth=True),
    Method("counts", counts, "the truth, and the threads", uses_truth=True),
    Method("hangs", hangs, "never returns"),
    Method("dies", dies, "takes its process along"),
    Method("raises", raises, "raises an error"),
    Method("absent", raises, "needs what is not there", needs="no_such_package"),
)
