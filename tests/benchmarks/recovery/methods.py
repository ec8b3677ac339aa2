"""The compared methods: each turns the data of a system into an `Outcome`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.recovery import sindy
from benchmarks.recovery.cases import Case, draw, measured_system
from benchmarks.recovery.judge import Outcome, judge

from spreme import SpReME, Trajectories
from systems.system import System


@dataclass(frozen=True)
class Options:
    """What holds for all cases: file of systems, options of SpReME (None: its default), length of STLSQ's grid."""

    suite: str | None = None
    criterion: str | None = None
    refine: str | None = None
    n_thresholds: int = sindy.N_THRESHOLDS


@dataclass(frozen=True)
class Method:
    """A function and the names of its outcomes: one run can give several results."""

    run: Callable[[System, Trajectories, Options], list[Outcome]]
    outcomes: tuple[str, ...]
    needs_pysindy: bool = False


def spreme(system: System, data: Trajectories, options: Options) -> list[Outcome]:
    """Run SpReME's defaults, but for criterion and refinement where they are given."""
    chosen: dict[str, Any] = {}
    if options.criterion is not None:
        chosen["criterion"] = options.criterion
    if options.refine is not None:
        chosen["refine"] = None if options.refine == "none" else options.refine
    begin = time.perf_counter()
    model = SpReME(library=system.library, **chosen).fit(data)
    seconds = time.perf_counter() - begin
    return [Outcome(np.array(model.mask_), seconds, details={"model_status": model.status_, **chosen})]


def stlsq(system: System, data: Trajectories, options: Options) -> list[Outcome]:
    """PySINDy's STLSQ in every environment, tuned on the last fifth of every trajectory."""
    return sindy.validated(system, data, options.n_thresholds)


def stlsq_truth(system: System, data: Trajectories, options: Options) -> list[Outcome]:
    """PySINDy's STLSQ in every environment, tuned with the truth."""
    return sindy.tuned_with_truth(system, data, options.n_thresholds)


METHODS = {
    "spreme": Method(spreme, ("spreme",)),
    "stlsq": Method(stlsq, ("stlsq, derivative AICc", "stlsq, derivative BIC", "stlsq, forecast AICc"), True),
    "stlsq-truth": Method(stlsq_truth, ("stlsq, tuned with truth",), True),
}


def run_case(case: Case, options: Options) -> list[dict[str, Any]]:
    """Run a case; a failure is a result too."""
    begin, method = time.perf_counter(), METHODS[case.method]
    try:
        system, data = measured_system(case, options.suite), draw(case, options.suite)
        begin = time.perf_counter()
        outcomes = zip(method.outcomes, method.run(system, data, options), strict=True)
        verdicts = [(name, judge(outcome, system, list(data.environments))) for name, outcome in outcomes]
        return [{**vars(case), "method": name, "status": "ok", **verdict} for name, verdict in verdicts]
    except Exception as error:  # whatever it is, it is counted
        return failures(case, f"{type(error).__name__}: {error}"[:200], time.perf_counter() - begin)


def failures(case: Case, reason: str, seconds: float) -> list[dict[str, Any]]:
    """Records of a case without a result: nothing was found."""
    nothing = {"exact": False, "f1": 0.0, "missing": [], "extra": [], "seconds": seconds}
    return [{**vars(case), "method": name, "status": reason, **nothing} for name in METHODS[case.method].outcomes]
