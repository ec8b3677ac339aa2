"""PySINDy's STLSQ on the rows of all environments: one law with the same coefficients, or with known parameters in it.

"stlsq-pooled" takes all environments for one.

"stlsq-parameterized" is PySINDy's ParameterizedLibrary: every term is offered times 1 and times each parameter that
differs between the environments,

    x_s' = sum_k theta_k(x) (c_sk + sum_j c_skj p_j),

with the true parameters p of each environment given: privileged information that no other method has. Parameters enter
as inputs that stay constant. In the terms of the library a term counts as found if any of its products does, and its
coefficient in an environment is c_sk + sum_j c_skj p_j there, in new environments as well. Laws whose coefficients are
products of two parameters that both differ cannot be written so. New environments whose parameters the system does not
tell get the coefficients that fit best on the mask, like those of the other peers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories
from spreme.library import TermTable
from spreme.library.table import make_table
from systems.environments import ParameterSets
from systems.methods.method import Found, Method, Task
from systems.methods.sindy.peers import adapt, by_environment
from systems.methods.sindy.recordings import Recording
from systems.methods.sindy.rows import least_squares
from systems.methods.sindy.tuning import POINTWISE, choose
from systems.system import System

Array = NDArray[np.float64]


def fit(task: Task, names: Sequence[str]) -> Found:
    """Fit one law to all environments, in which the parameters of these names may stand."""
    table = with_parameters(task.table, names)
    groups = by_environment(task.data, task.system.dt)
    known = {env: parameters(task.system, names, env) for env in task.environments}
    runs = [driven(run, known[env]) for env in task.environments for run in groups[env]]
    law = choose(runs, table, POINTWISE)
    coef = least_squares(POINTWISE.rows(runs, table, law.setting.width), law.mask)
    parts = coef.reshape(len(coef), 1 + len(names), -1)
    mask = (parts != 0).any(axis=1)
    return Found(
        mask=mask,
        coef=coefficients(parts, task.system, names, task.data),
        adapt=partial(adapt_known, parts, task, names, law.setting.width),
        details={"settings": [list(law.setting)], "parameters": list(names)},
    )


def fit_pooled(task: Task) -> Found:
    """Fit one law with the same coefficients everywhere."""
    return fit(task, ())


def fit_parameterized(task: Task) -> Found:
    """Fit one law in which the parameters that differ are known."""
    return fit(task, task.system.environments.varied)


def with_parameters(table: TermTable, names: Sequence[str]) -> TermTable:
    """All terms, then all terms times each parameter, an input."""
    none = (0,) * len(names)
    factors = [none, *(tuple(int(own == name) for own in names) for name in names)]
    terms = [((*monomial, *factor), rest) for factor in factors for monomial, rest in table.items]
    return make_table([*table.column_names, *names], terms).with_inputs(len(table.input_names) + len(names))


def parameters(system: System, names: Sequence[str], env: int) -> Array:
    """Values of the named parameters in an environment."""
    known = system.parameters_in(env) if names else {}
    return np.array([known[name] for name in names])


def driven(run: Recording, values: Array) -> Recording:
    """The recording with constant inputs more."""
    return run._replace(u=np.hstack([run.u, np.tile(values, (len(run.t), 1))]))


def coefficients(parts: Array, system: System, names: Sequence[str], data: Trajectories) -> Array:
    """Coefficients (E, S, K) from those of the products (S, 1 + P, K)."""
    environments = cast("list[int]", data.environments)
    values = np.array([[1.0, *parameters(system, names, env)] for env in environments])
    return np.asarray(np.einsum("ep,spk->esk", values, parts))


def adapt_known(parts: Array, task: Task, names: Sequence[str], width: float, data: Trajectories) -> Array:
    """Coefficients (E, S, K) of new environments by their parameters, if these are known."""
    known, mask = task.system.environments, (parts != 0).any(axis=1)
    if names and isinstance(known, ParameterSets) and not set(data.environments) <= set(known.sets):
        return adapt(POINTWISE, task.table, mask, width, task.system.dt, data)
    return coefficients(parts, task.system, names, data)


METHODS = (
    Method(
        "stlsq-pooled", fit_pooled, "STLSQ with all environments taken for one, held-out forecasts by BIC", "pysindy"
    ),
    Method(
        "stlsq-parameterized",
        fit_parameterized,
        "STLSQ with the true parameters as inputs, held-out forecasts by BIC",
        "pysindy",
        uses_truth=True,
    ),
)
