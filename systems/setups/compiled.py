"""Clean runs by compiled code: for the many long runs that forecasts are judged on.

The starts are those of `systems.simulation.draw_runs`. The law, written in the terms of its library, is integrated to
a relative error of 1e-12 a step; the tests compare with SciPy. What cannot be integrated so is left to `draw_runs`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spreme.results import Law
from spreme.simulate import simulate
from systems.integration import ESCAPED
from systems.simulation import Run, draw_runs, draw_start, sample_times
from systems.structure import true_coefficients
from systems.system import System

RTOL = 1e-12


def quick_runs(system: System, environments: Sequence[int], n: int, split: str) -> list[Run]:
    """Draw starts and integrate; arguments and result as of `draw_runs`."""
    if system.is_misspecified or system.inputs:
        return draw_runs(system, environments, n, split=split)
    table = system.library.table(system.states)
    coef = true_coefficients(system, table, environments)
    law = Law(table, np.any(coef != 0, axis=0), coef, np.abs(coef), tuple(environments), np.zeros(coef.shape[:2]))
    t, runs = sample_times(system), []
    for env in environments:
        starts = np.array([draw_start(system, env, j, split) for j in range(n)])
        forecast = simulate(law, starts, t, env, rtol=RTOL)
        if any(status.startswith("stopped") for status in forecast.status):
            return draw_runs(system, environments, n, split=split)
        runs += [ended(Run(env, j, t, x)) for j, x in enumerate(forecast.x)]
    return runs


def ended(run: Run) -> Run:
    """The part of a run before a state leaves |x| < 1000."""
    inside = np.isfinite(run.x).all(axis=1) & (np.abs(np.nan_to_num(run.x)).max(axis=1) < ESCAPED)
    n = len(run.t) if inside.all() else int(np.argmin(inside))
    return run._replace(t=run.t[:n], x=np.ascontiguousarray(run.x[:n]))
