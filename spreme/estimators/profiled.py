"""Profile likelihood of a coefficient of a fitted model: the data come again, because a model keeps none."""

from __future__ import annotations

import numbers
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories, coerce
from spreme.estimators.held_out import of_the_fit
from spreme.estimators.options import Options, check_options
from spreme.estimators.prepared import grouped
from spreme.estimators.state import FittedState
from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.final import Estimate, finish
from spreme.likelihood.ladder import LOST, ladder, n_periods
from spreme.likelihood.one_stage import SETTING_OUT
from spreme.likelihood.part import part_of
from spreme.likelihood.precision import enough_steps
from spreme.likelihood.problem import Problem, pose
from spreme.likelihood.profile import ALL, Profile, check_level, profile
from spreme.likelihood.profile_alone import Alone
from spreme.likelihood.profile_tied import Together
from spreme.likelihood.profile_walk import Fits
from spreme.likelihood.reduced import reduced_model
from spreme.likelihood.shooting.gauss_newton import Prior
from spreme.likelihood.starting_states import starting_states
from spreme.likelihood.tied import fit_tied
from spreme.results import Law
from spreme.simulate.vector_field import environment_position

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Precision that holds all coefficients while the starts of segments are found, in units of their size squared.
HELD = 1e12
# Halvings of the step of integration where the law cannot be integrated at the sampling interval.
HALVINGS = 6
FEWEST_POINTS = 4


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
    law = state.law
    data = of_the_fit(coerce(data), state)
    options = check_options(params)
    tied = tied_coefficients(law) if options.tie is not None else np.zeros(int(law.mask.sum()), bool)
    position, term = _position(law, coefficient[0], coefficient[1])
    e = 0 if coefficient[2] is None and tied[position] else environment_position(law, coefficient[2])
    label = law.environments[e]
    coef = law.coef[e][law.mask]
    if not np.isfinite(coef[position]):
        raise ValueError(f"the term {term!r} of {coefficient[0]}' was not observed in environment {label!r}")
    used = range(len(law.environments)) if tied.any() else [e]
    estimate = refitted(state, options, data, used)
    if not (estimate.fit.is_feasible and np.isfinite(estimate.std[used.index(e), position])):
        raise ValueError(
            f"the law cannot be fitted to the given data of environment {label!r}: give the data of the fit"
        )
    fits = _tied_fits(estimate, tied, position, e) if tied.any() else Alone(estimate, position)
    return profile(fits, (coefficient[0], term, ALL if tied[position] else label), level, n_points)


def tied_coefficients(law: Law) -> Mask:
    """Coefficients (q,) with one value in all environments that observe them, of which there are several."""
    coef = law.coef[:, law.mask]
    n_known = np.isfinite(coef).sum(axis=0)
    return (n_known > 1) & (np.nan_to_num(coef, nan=-np.inf).max(axis=0) == np.nan_to_num(coef, nan=np.inf).min(axis=0))


def _tied_fits(estimate: Estimate, which: Mask, position: int, e: int) -> Fits:
    """Fits of all environments that share the coefficient, or of the one that does not, the others weighing in."""
    found = fit_tied(estimate, which)
    if found is None:
        raise ValueError(
            "the law cannot be fitted to the given data with its shared coefficients: give those of the fit"
        )
    if which[position]:
        return Together(found, position)
    joint = found.estimate
    evaluator = Evaluator(joint.problem, joint.pieces)
    reduced = reduced_model(evaluator, joint.fit, which)
    others = np.arange(len(reduced.right)) != e
    precision, right = reduced.information[others].sum(axis=0), reduced.right[others].sum(axis=0)
    q = len(which)
    prior = Prior(np.zeros(q), np.zeros((q, q)))
    prior.mean[which] = np.linalg.pinv(precision, rcond=1e-12, hermitian=True) @ right
    prior.precision[np.ix_(which, which)] = precision
    variance = float(joint.fit.cost.sum() / joint.fit.n_free.sum())
    return Alone(part_of(joint, np.array([e])), position, prior, variance)


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


def refitted(state: FittedState, options: Options, data: Trajectories, used: Sequence[int]) -> Estimate:
    """Fit the coefficients of a law again, in segments of trajectories as long as those of its search.

    Parameters
    ----------
    state : FittedState
        What a model has learned.
    options : Options
        Its options.
    data : Trajectories
        Data in the units of the law, each environment with at least one trajectory.
    used : sequence of int
        Positions of the E environments to fit.

    Returns
    -------
    Estimate
        Coefficients, states and noise of these environments; its fit is not feasible where the law cannot be followed.

    Raises
    ------
    ValueError
        If one of the environments has no data.
    """
    law = state.law
    for label in (law.environments[e] for e in used):
        if label not in data.environments:
            known = ", ".join(map(repr, data.environments))
            why = " whose coefficients are shared" if len(used) > 1 else ""
            raise ValueError(f"the data have no environment {label!r}{why}: they have {known}")
    parts = [data.where(env=law.environments[e]) for e in used]
    problem = pose(
        [grouped(part)[0] for part in parts],
        law.table,
        law.mask,
        law.mask,
        np.nan_to_num(law.noise_std[list(used)]),
        huber=options.huber,
    )
    cut = next((own.segments for own in state.path.laws if own.reason == "chosen"), 1)
    longest = max(int((~np.isnan(x).all(axis=1)).sum()) for x in data.x)
    coef = np.nan_to_num(law.coef[list(used)][:, law.mask])
    pieces = max(1, round(cut * problem.n_samples / longest))
    return _from_law(problem, law.mask, coef, pieces)


def _from_law(problem: Problem, mask: Mask, coef: Array, least: int) -> Estimate:
    """Fit from known coefficients (E, q), held while segments grow from short ones as long as the law follows them."""
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
    priors = [Prior(own, np.diag(HELD / np.where(own == 0.0, 1.0, own) ** 2)) for own in coef]
    return evaluator.fit(mask, coef, states, SETTING_OUT, priors)
