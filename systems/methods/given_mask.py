"""Maximum likelihood with a given mask, and the oracle: the same with the true one.

The oracle is the yardstick of efficiency: no method with the same data can be expected to know coefficients better.
"""

from __future__ import annotations

from functools import partial

import systems
from spreme import SpReME
from spreme.data import Trajectories
from spreme.library import Library
from systems.methods.method import Found, Mask, Method, Task, term_table
from systems.methods.spreme import adapt, fit_quietly, observed


def fit_mask(library: Library, mask: Mask, data: Trajectories) -> SpReME:
    """Fit the coefficients of a mask (S, K) by the likelihood of the trajectories."""
    table = term_table(library, data)
    terms = {
        state: [name for name, present in zip(table.names, row, strict=True) if present]
        for state, row in zip(data.state_names, mask, strict=True)
    }
    return fit_quietly(SpReME(library=library, allowed=terms, required=terms), data)


def fit_truth(task: Task) -> Found:
    """Fit the true mask."""
    mask = systems.true_mask(task.system, task.table, task.environments)
    model = fit_mask(task.library, mask, task.data)
    return Found(mask=mask, coef=observed(model), adapt=partial(adapt, model), status=model.status_)


METHODS = (Method("oracle", fit_truth, "maximum likelihood with the true mask", uses_truth=True),)
