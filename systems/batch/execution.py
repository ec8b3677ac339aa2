"""One case from its key to its record: draw the data, fit, judge."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator

from systems.batch.case import Case
from systems.batch.conditions import Conditions
from systems.batch.memory import PeakMemory
from systems.batch.record import FAILED, OK, SKIPPED, Record, blank, failure, plain, versions
from systems.integration import Integrator
from systems.judging.rollouts import CAP
from systems.judging.verdict import judge_forecasts, judge_law
from systems.methods import Found, Method, Task
from systems.setups import Experiment, Setup, find


def execute(case: Case, conditions: Conditions) -> Iterator[Record | None]:
    """Run a case.

    Parameters
    ----------
    case : Case
        What to run.
    conditions : Conditions
        What holds for the batch.

    Yields
    ------
    dict or None
        None when the data are drawn and the fit begins; a record with the law judged; the same with the forecasts
        judged too. A failure is a record as well, and ends the case.
    """
    begin = time.perf_counter()
    try:
        method, setup = conditions.method(case.method), find(case.system, case.variant, conditions.suite)
        if method.needs is not None and importlib.util.find_spec(method.needs) is None:
            yield failure(case, SKIPPED, f"{method.name} needs {method.needs}: pip install 'spreme[bench]'")
            return
        experiment = setup.training(case.noise, case.seed)
        yield None
        begin = time.perf_counter()
        found, measured = fit(case, method, experiment, setup.forecast_integrator)
        measured |= judge_law(
            found, setup, experiment, noise=case.noise, seed=case.seed, with_gap=conditions.search_gap
        )
        record = blank(case) | measured | {"status": OK, "versions": versions(method.needs)}
        yield settled(record)
        yield settled(with_forecasts(record, found, setup, experiment))
    except Exception as error:  # whatever it is, it is counted
        yield failure(case, FAILED, f"{type(error).__name__}: {error}", time.perf_counter() - begin)


def fit(
    case: Case, method: Method, experiment: Experiment, integrator: Integrator | None = None
) -> tuple[Found, Record]:
    """Run the method; tells how long it took and how much memory."""
    system = experiment.system
    task = Task(data=experiment.data, library=system.library, rng=case.rng(), system=system, integrator=integrator)
    memory, begin = PeakMemory(), time.perf_counter()
    found = method.fit(task)
    measured: Record = {"seconds": time.perf_counter() - begin, "peak_memory_mb": memory.growth()}
    return found, measured | {"method_status": found.status, "details": dict(found.details)}


def with_forecasts(record: Record, found: Found, setup: Setup, experiment: Experiment) -> Record:
    """The record with its forecasts judged; where that fails they count as diverged, and the error is kept."""
    try:
        return record | judge_forecasts(found, setup, experiment, noise=record["noise"], seed=record["seed"])
    except Exception as error:
        return without_forecasts(record, f"judging its forecasts: {type(error).__name__}: {error}")


def settled(record: Record) -> Record:
    """The record as it will be written; a law that has no truth is not exact by default."""
    if record["n_true"] is None:
        record = record | {"exact": None, "f1": None}
    return dict(plain(record))


def without_forecasts(record: Record, reason: str) -> Record:
    """A judged law whose forecasts could not be judged in time."""
    return record | {"rollout": CAP, "rollout_beyond": CAP, "error": reason[:500]}
