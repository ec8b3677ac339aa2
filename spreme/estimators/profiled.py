"""Profile likelihood of a coefficient of a fitted model: the data come again, because a model keeps none."""

from __future__ import annotations

import numbers
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories, coerce
from spreme.estimators.held_out import check_states
from spreme.estimators.options import Options, check_options
from spreme.estimators.prepared import grouped
from spreme.estimators.state import FittedState
from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.final import Estimate, finish
from spreme.likelihood.problem import Problem, pose
from spreme.likelihood.profile import Profile, check_level, profile
from spreme.likelihood.shooting.gauss_newton import Prior
from spreme.likelihood.stages import LOST, SETTING_OUT, enough_steps, ladder, n_periods
from spreme.likelihood.starting_states import starting_states
from spreme.results import Law
from spreme.simulate.vector_field import environment_position

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Precision that holds all coefficients while the starts of segments are found, in units of their size squared.
HELD = 1e12
# Halvings of the step of integration where the law cannot be integrated at the sampling interval.
HALVINGS = 6
FEWEST_POINTS = 4
UNTIED = "the environment was profiled alone: what ties its coefficients to those of others is left out"


def profile_coefficient(
    state: FittedState,
    params: Mapping[str, Any],
    data: Trajectories,
    coefficient: tuple[str, str, Hashable],
    level: float,
    n_points: int,
) -> Profile:
    """Profile the likelihood of the coefficient (state, term, environment) of a fitted law on its data."""
    check_level(level)
    _check_points(n_points)
    law, data = state.law, coerce(data)
    check_states(data, law)
    e = environment_position(law, coefficient[2])
    position, term = _position(law, coefficient[0], coefficient[1])
    label = law.environments[e]
    coef = law.coef[e][law.mask]
    if not np.isfinite(coef[position]):
        raise ValueError(f"the term {term!r} of {coefficient[0]}' was not observed in environment {label!r}")
    options = check_options(params)
    estimate = _estimate(state, options, data, e)
    if not (estimate.fit.is_feasible and np.isfinite(estimate.std[0, position])):
        raise ValueError(
            f"the law cannot be fitted to the given data of environment {label!r}: give the data of the fit"
        )
    found = profile(estimate, position, (coefficient[0], term, label), level, n_points)
    if options.tie is None or len(law.environments) == 1:
        return found
    return replace(found, status=UNTIED if found.status == "converged" else f"{found.status}; {UNTIED}")


def _position(law: Law, state: str, term: str) -> tuple[int, str]:
    """Position of a coefficient inside the mask, and the usual spelling of its term."""
    if state not in law.state_names:
        raise ValueError(f"unknown state {state!r}: the model has {', '.join(law.state_names)}")
    s, k = law.state_names.index(state), law.table.index(term)
    if not law.mask[s, k]:
        own = ", ".join(law.table.names[i] for i in np.flatnonzero(law.mask[s])) or "no terms"
        raise ValueError(f"the equation of {state!r} has no term {law.table.names[k]!r}: it has {own}")
    return int(law.mask[:s].sum() + law.mask[s, :k].sum()), law.table.names[k]


def _check_points(n_points: int) -> None:
    """Check the number of points."""
    if isinstance(n_points, bool) or not isinstance(n_points, numbers.Integral) or n_points < FEWEST_POINTS:
        raise ValueError(f"n_points must be a whole number, at least {FEWEST_POINTS}, got {n_points!r}")


def _estimate(state: FittedState, options: Options, data: Trajectories, e: int) -> Estimate:
    """Fit the law to the data of one environment, in segments as long as those of the search."""
    law = state.law
    label = law.environments[e]
    if label not in data.environments:
        raise ValueError(f"the data have no environment {label!r}: they have {', '.join(map(repr, data.environments))}")
    problem = pose(
        grouped(data.where(env=label)),
        law.table,
        law.mask,
        law.mask,
        np.nan_to_num(law.noise_std[e])[None],
        huber=options.huber,
    )
    used = next((own.segments for own in state.path.laws if own.reason == "chosen"), 1)
    longest = max(int((~np.isnan(x).all(axis=1)).sum()) for x in data.x)
    coef = np.nan_to_num(law.coef[e][law.mask])[None]
    pieces = max(1, round(used * problem.n_samples / longest))
    return _from_law(problem, law.mask, coef, pieces)


def _from_law(problem: Problem, mask: Mask, coef: Array, least: int) -> Estimate:
    """Fit from known coefficients (1, q), held while segments grow from short ones as long as the law follows them."""
    waiting = sorted({*(own for own in ladder(problem.n_samples, n_periods(problem)) if own > least), least})[::-1]
    evaluator = Evaluator(problem, waiting[0])
    states = starting_states(problem.recordings, evaluator.edges, problem.is_quiet)
    before, used, first = np.inf, waiting[0], _held(evaluator, mask, coef, states)
    for _ in range(HALVINGS):
        if first.is_feasible:
            break
        evaluator = Evaluator(evaluator.problem.finer(), waiting[0])
        first = _held(evaluator, mask, coef, states)
    if first.is_feasible:
        problem = enough_steps(evaluator, first)
    for pieces in waiting:
        evaluator = Evaluator(problem, pieces)
        fit = _held(evaluator, mask, coef, states)
        if np.isfinite(before) and not fit.misfit < LOST * max(before, 1.0):
            break
        before, used, states = fit.misfit, pieces, evaluator.states(fit, states)
    return finish(problem, used, mask, coef, states)


def _held(evaluator: Evaluator, mask: Mask, coef: Array, states: list[Array]) -> Fit:
    """Fit the starts of segments alone."""
    precision = np.diag(HELD / np.where(coef[0] == 0.0, 1.0, coef[0]) ** 2)
    return evaluator.fit(mask, coef, states, SETTING_OUT, [Prior(coef[0], precision)])
