"""PySINDy's STLSQ in every environment by itself, on smoothed finite differences.

Differentiation is PySINDy's, STLSQ its equal (`sindy.thresholding`), and the terms are those of the library that spreme
is given. Tuned per environment over the smoother's window, the scaling, the ridge penalty and the threshold
(`sindy.tuning`), by three judges; or, with the truth, by the one setting for which most environments have exactly their
true terms.
"""

from __future__ import annotations

from functools import partial

import numpy as np

import systems
from systems.methods.method import Found, Mask, Method, Task, majority
from systems.methods.sindy.peers import by_environment, found_apart
from systems.methods.sindy.rows import reduce
from systems.methods.sindy.thresholding import masks_on_grid
from systems.methods.sindy.tuning import POINTWISE, Candidate, choose


def fit(task: Task, judge: str) -> Found:
    """Tune every environment on the last fifth of its trajectories."""
    groups = by_environment(task.data, task.system.dt).values()
    return found_apart(task, POINTWISE, [choose(runs, task.table, POINTWISE, judge) for runs in groups])


def fit_with_truth(task: Task) -> Found:
    """Take the setting for which most environments are right, then the one with the best majority."""
    present = systems.true_coefficients(task.system, task.table, task.environments) != 0
    grid = [setting for width in POINTWISE.widths for setting in POINTWISE.settings(width)]
    masks = masks_of_environments(task)
    right, truth = np.all(masks == present, axis=(2, 3)), present.any(axis=0)
    best = max(range(len(grid)), key=lambda i: (right[i].sum(), agreement(majority(masks[i]), truth)))
    nothing = np.zeros(0)  # neither coefficients nor forecasts were needed to choose
    return found_apart(
        task,
        POINTWISE,
        [Candidate(grid[best], mask, nothing, nothing) for mask in masks[best]],
        right_with_own_setting=int(right.any(axis=0).sum()),
        majority_with_some_setting=any(np.array_equal(majority(own), truth) for own in masks),
    )


def masks_of_environments(task: Task) -> Mask:
    """Masks (settings, E, S, K) of all environments for the whole grid."""
    found = []
    for runs in by_environment(task.data, task.system.dt).values():
        parts = [
            masks_on_grid(reduce(POINTWISE.rows(runs, task.table, width)), POINTWISE.settings(width))
            for width in POINTWISE.widths
        ]
        found.append(np.concatenate(parts))
    return np.stack(found, axis=1)


def agreement(mask: Mask, truth: Mask) -> float:
    """Harmonic mean of precision and recall."""
    return float(2 * (mask & truth).sum() / max(1, mask.sum() + truth.sum()))


METHODS = (
    Method(
        "stlsq", partial(fit, judge="forecast-aicc"), "STLSQ per environment, held-out forecasts by AICc", "pysindy"
    ),
    Method(
        "stlsq-bic", partial(fit, judge="forecast-bic"), "STLSQ per environment, held-out forecasts by BIC", "pysindy"
    ),
    Method(
        "stlsq-derivative",
        partial(fit, judge="derivative-bic"),
        "STLSQ per environment, held-out derivatives by BIC",
        "pysindy",
    ),
    Method("stlsq-truth", fit_with_truth, "STLSQ per environment, tuned with the truth", "pysindy", uses_truth=True),
)
