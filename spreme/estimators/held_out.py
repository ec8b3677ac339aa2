"""Data that come to a fitted model: the same states, environments it knows, or held out by cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spreme.data import Trajectories, Trajectory
from spreme.estimators.adaptation import adapt_law
from spreme.estimators.options import check_options
from spreme.estimators.state import FittedState
from spreme.results import Law

if TYPE_CHECKING:
    from spreme.estimators.spreme import SpReME

# Label of a new environment that nobody has named.
UNNAMED = "new"

Judge = Callable[[Law, Sequence[Trajectory], Hashable], float]


def by_environment(model: SpReME, data: Trajectories, judge: Judge) -> dict[Hashable, float]:
    """Judge every environment of the data; held-out ones with coefficients fitted to one half of their data."""
    fitted, known = list(model.environments_), model._state.known_environments
    unknown = [env for env in data.environments if env not in fitted and env not in known]
    if unknown:
        raise ValueError(
            f"environment {unknown[0]!r} was not fitted; fitted: {', '.join(map(repr, fitted))}. "
            "Use adapt(...) to get its coefficients, then score the adapted model"
        )
    out, names = {}, list(model.state_names_)
    options = check_options(model.get_params(deep=False))
    for env in data.environments:
        runs = list(data.where(env=env))
        law = model._state.law
        if env not in fitted:
            first, runs = _halves(runs)
            part = Trajectories(first, state_names=names, input_names=law.input_names)
            # a poor fit shows in the score; it is not warned of
            law = adapt_law(law, model._state.residual, model._state.population, part, options).law
        out[env] = judge(law, runs, env)
    return out


def _halves(runs: Sequence[Trajectory]) -> tuple[list[Trajectory], list[Trajectory]]:
    """Every other trajectory, or the halves of a single one."""
    if len(runs) > 1:
        return list(runs[::2]), list(runs[1::2])
    run = runs[0]
    half = run.n_samples // 2
    return [_rows(run, slice(half))], [_rows(run, slice(half, None))]


def _rows(run: Trajectory, rows: slice) -> Trajectory:
    """Some samples of a trajectory."""
    return replace(run, t=run.t[rows], x=run.x[rows], u=None if run.u is None else run.u[rows])


def check_columns(data: Trajectories, law: Law) -> None:
    """Refuse data of other states or inputs."""
    check_states(data, law)
    check_inputs(data, law)


def matched(data: Trajectories, law: Law) -> Trajectories:
    """Data of the states and inputs of a law, in its units where both have some."""
    check_columns(data, law)
    pairs = zip(data.column_names, law.table.column_names, strict=True)
    units = {own: law.units[name] for own, name in pairs if own in data.units and name in law.units}
    return data.in_units(units, law.time_unit if data.time_unit else None)


def of_the_fit(data: Trajectories, state: FittedState) -> Trajectories:
    """Data of a fit in the units of its law, under the labels that it has inferred if they have none."""
    data, labels = matched(data, state.law), state.labels
    if labels is None or len(data.known_environments) > 1:
        return data
    if len(labels) != len(data):
        raise ValueError(
            f"the model was fitted to {len(labels)} trajectories, the data have {len(data)}: give the same"
        )
    return with_labels(data, labels.tolist())


def with_labels(data: Trajectories, labels: Sequence[Hashable]) -> Trajectories:
    """The same trajectories under other labels, one for each."""
    members = [replace(run, env=label) for run, label in zip(data, labels, strict=True)]
    return data._cut(members, list(dict.fromkeys(labels)))


def check_inputs(data: Trajectories, law: Law) -> None:
    """Refuse data of other inputs; data without names of their own need the right number."""
    theirs, ours = data.input_names, list(law.input_names)
    unnamed = [f"u{i}" for i in range(len(ours))]
    if theirs not in (ours, unnamed):
        raise ValueError(
            f"the inputs u of the data are {', '.join(theirs) or 'none'}, those of the model "
            f"{', '.join(ours) or 'none'}: give the same inputs in the same order"
        )


def check_states(data: Trajectories, law: Law) -> None:
    """Refuse data of other states."""
    if data.n_states != len(law.state_names):
        names = ", ".join(law.state_names)
        raise ValueError(f"the data have {data.n_states} states (columns), the model {len(law.state_names)}: {names}")
    unnamed = [f"x{i}" for i in range(data.n_states)]
    if data.state_names != list(law.state_names) and data.state_names != unnamed:
        raise ValueError(
            f"the state names of the data are {', '.join(data.state_names)}, "
            f"those of the model {', '.join(law.state_names)}: rename the states, or put them in the same order"
        )


def relabelled(data: Trajectories, env: Hashable, law: Law) -> Trajectories:
    """Data of one new environment under its label, in the states of the law."""
    data = matched(data, law)
    if env == UNNAMED and data.environments != [0] and len(data.environments) == 1:
        env = data.environments[0]
    if env in law.environments:
        raise ValueError(
            f"environment {env!r} already exists in the fitted model: give the new one another label (env=...)"
        )
    if len(data.environments) > 1:
        raise ValueError(
            f"adapt takes one environment at a time, the data have {len(data.environments)}: "
            "select one with data.where(env=...)"
        )
    for s, name in enumerate(law.state_names):
        if all(np.isnan(x[:, s]).all() for x in data.x):
            raise ValueError(f"state {name!r} has no value in the new data: all its values are missing (NaN)")
    return Trajectories(data.x, data.t, [env] * len(data), data.u, law.state_names, law.input_names)
