"""spreme itself, and what its parts contribute: other criteria, no refinement, other penalties."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme import SpReME
from spreme.data import Trajectories
from systems.methods.method import Found, Method, Task

Array = NDArray[np.float64]


def fit(task: Task, **options: Any) -> Found:
    """Fit with all defaults but the given options."""
    model = fit_quietly(SpReME(library=task.library, **options), task.data)
    return Found(mask=np.array(model.mask_), coef=observed(model), adapt=partial(adapt, model), status=model.status_)


def fit_quietly(model: SpReME, data: Trajectories) -> SpReME:
    """Fit without warnings: the status says the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return model.fit(data)


def observed(model: SpReME) -> Array:
    """Coefficients (E, S, K); 0 where an environment says nothing about a term, because it is zero on all its data."""
    return np.nan_to_num(model.coef_)


def adapt(model: SpReME, data: Trajectories) -> Array:
    """Coefficients (E, S, K) of new environments, each with the fitted ones as a prior."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return np.stack([observed(model.adapt(data.where(env=env)))[0] for env in data.environments])


METHODS = (
    Method("spreme", fit, "all defaults: trajectory likelihood, population evidence"),
    Method("spreme-bic", partial(fit, criterion="bic"), "trajectory likelihood, chosen by BIC"),
    Method("spreme-weak", partial(fit, refine=None), "group L0 on the weak form, without trajectory likelihood"),
    Method(
        "group-lasso",
        partial(fit, refine=None, penalty="group_lasso"),
        "group lasso on the weak form, chosen by BIC of the rows",
    ),
    Method(
        "adaptive-group-lasso",
        partial(fit, refine=None, penalty="adaptive_group_lasso"),
        "adaptive group lasso on the weak form, chosen by BIC of the rows",
    ),
    Method(
        "group-mcp",
        partial(fit, refine=None, penalty="group_mcp"),
        "group MCP on the weak form, chosen by BIC of the rows",
    ),
)
