"""PySINDy's STLSQ on the weak form, in every environment by itself.

Rows are those of PySINDy's WeakPDELibrary (`sindy.weak_rows`). Tuned on held-out forecasts over the
size of the domains, the scaling, the ridge penalty and the threshold. Forecasts start from smoothed states, for all
candidates the same; the rows need no smoothing.
"""

from __future__ import annotations

from functools import partial

from systems.methods.method import Found, Method, Task
from systems.methods.sindy.peers import by_environment, found_apart
from systems.methods.sindy.recordings import Recording
from systems.methods.sindy.rows import Array, smoothed_states
from systems.methods.sindy.tuning import Form, choose
from systems.methods.sindy.weak_rows import weak

HALF_WIDTHS = (0.05, 0.1, 0.2, 0.4)  # shares of a trajectory; the first is PySINDy's default
WINDOW_OF_STARTS = 11


def fit(task: Task) -> Found:
    """Tune every environment on the last fifth of its trajectories, in the weak form."""
    form = Form(HALF_WIDTHS, partial(weak, rng=task.rng), smoothed_start)
    groups = by_environment(task.data, task.system.dt).values()
    return found_apart(task, form, [choose(runs, task.table, form) for runs in groups])


def smoothed_start(run: Recording, width: float) -> Array:
    """Smoothed states, whatever the size of the domains."""
    return smoothed_states(run, WINDOW_OF_STARTS)


METHODS = (Method("stlsq-weak", fit, "STLSQ of the weak form per environment, held-out forecasts by BIC", "pysindy"),)
