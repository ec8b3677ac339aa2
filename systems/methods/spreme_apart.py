"""spreme without sharing: every environment by itself, and all environments as if they were one."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from spreme import SpReME
from spreme.data import Trajectories
from spreme.library import Library
from systems.methods.given_mask import fit_mask
from systems.methods.method import Found, Mask, Method, Task, majority
from systems.methods.spreme import fit_quietly, observed

Array = NDArray[np.float64]


def fit_environments(task: Task) -> Found:
    """Fit every environment by itself; at least half of them decide, each keeps its own coefficients."""
    alone = [task.data.where(env=env) for env in task.data.environments]
    models = [fit_quietly(SpReME(library=task.library), data) for data in alone]
    masks = np.array([model.mask_ for model in models])
    complaints = {model.status_: None for model in models if model.status_ != "converged"}
    return Found(
        mask=majority(masks),
        coef=np.concatenate([observed(model) for model in models]),
        masks=masks,
        adapt=partial(adapt_alone, task.library, majority(masks)),
        status="; ".join(complaints) or "ok",
    )


def adapt_alone(library: Library, mask: Mask, data: Trajectories) -> Array:
    """Maximum likelihood coefficients (E, S, K) of new environments on the shared mask; no other is a prior."""
    return np.concatenate([observed(fit_mask(library, mask, data.where(env=env))) for env in data.environments])


def fit_pooled(task: Task) -> Found:
    """Fit one law with one set of coefficients to the trajectories of all environments.

    On the weak form alone: a search by trajectory likelihood takes minutes to find out that there is no such law.
    """
    model = fit_quietly(SpReME(library=task.library, refine=None), pooled(task.data))
    everywhere = partial(repeated, observed(model))
    return Found(mask=np.array(model.mask_), coef=everywhere(task.data), adapt=everywhere, status=model.status_)


def pooled(data: Trajectories) -> Trajectories:
    """The same trajectories, all of one environment."""
    return Trajectories(data.x, data.t, u=data.u, state_names=data.state_names, input_names=data.input_names or None)


def repeated(coef: Array, data: Trajectories) -> Array:
    """The one set of coefficients (1, S, K) for every environment: whatever they show, nothing is fitted."""
    return np.repeat(coef, len(data.environments), axis=0)


METHODS = (
    Method("spreme-environment", fit_environments, "spreme in every environment by itself; at least half decide"),
    Method("spreme-pooled", fit_pooled, "group L0 on the weak form, all environments taken for one"),
)
