"""Data made ready for the search: trajectories by environment, their noise, the library and its restrictions, rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories, Trajectory
from spreme.estimators.absent_states import without_traces
from spreme.estimators.excerpt import FITTED, SEARCHED, excerpt, is_excerpt
from spreme.estimators.options import Options
from spreme.estimators.outliers import without_outliers
from spreme.library import TermTable, resolve
from spreme.noise import noise_std
from spreme.selection.derivative_equations import DerivativeEquations, derivative_equations
from spreme.selection.weak_equations import WeakEquations, weak_equations

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Equations = WeakEquations | DerivativeEquations

# Noise estimated from neighbouring samples beyond this share of the spread: the motion between samples cannot be seen.
COARSE = 0.6


@dataclass(frozen=True, eq=False)
class Prepared:
    """What every search starts from.

    Attributes
    ----------
    data : Trajectories
        As given.
    environments : list of lists of Trajectory
        By environment, wild samples taken out, traces of absent states set to zero: what is searched.
    every : list of lists of Trajectory
        The same with all samples, where these are too many to be searched.
    table : TermTable
        Library, in states and inputs.
    noise : ndarray (E, S)
        Noise, estimated from neighbouring samples.
    equations : WeakEquations or DerivativeEquations
        Rows.
    allowed, required : ndarray (S, K) of bool
        Restrictions; the equation of a state that never changes may have required terms only.
    still : ndarray (S,) of bool
        States that never change.
    """

    data: Trajectories
    environments: list[list[Trajectory]]
    every: list[list[Trajectory]]
    table: TermTable
    noise: Array
    equations: Equations
    allowed: Mask
    required: Mask
    still: Mask

    @property
    def is_excerpt(self) -> bool:
        """Whether samples are left out of the search."""
        return is_excerpt(self.environments, self.every)


def prepare(data: Trajectories, options: Options) -> Prepared:
    """Make data ready; refuse what cannot be used, naming the culprit."""
    table = options.library.table([*data.state_names, *data.input_names]).with_inputs(data.n_inputs)
    allowed, required = resolve(table, allowed=options.allowed, required=options.required, excluded=options.excluded)
    every = without_traces(grouped(data))
    noise = np.array([noise_std(own) for own in every])
    environments = excerpt(every, SEARCHED) if options.refine is not None else every
    equations = make_equations(environments, table, noise, options)
    check_rows(equations, data)
    still = constant_states(every)
    allowed[still] = required[still]
    check_sizes(required, options.max_terms, data.state_names)
    return Prepared(data, environments, every, table, noise, equations, allowed, required, still)


def alone(prepared: Prepared, environment: int, options: Options) -> Prepared:
    """Keep one environment, with rows of its own."""
    environments, noise = [prepared.environments[environment]], prepared.noise[[environment]]
    equations = make_equations(environments, prepared.table, noise, options)
    return replace(prepared, environments=environments, every=environments, noise=noise, equations=equations)


def grouped(data: Trajectories) -> list[list[Trajectory]]:
    """Trajectories by environment, wild samples taken out; of very large data an excerpt."""
    given = [
        [run for run, group in zip(data, data.groups, strict=True) if group == e] for e in range(len(data.environments))
    ]
    read = excerpt(given, FITTED)
    clean = iter(without_outliers([run for runs in read for run in runs], data.state_names))
    return [[next(clean) for _ in runs] for runs in read]


def make_equations(
    environments: Sequence[Sequence[Trajectory]], table: TermTable, noise: Array, options: Options
) -> Equations:
    """Rows in the chosen formulation."""
    if options.formulation == "weak":
        return weak_equations(environments, table, noise)
    return derivative_equations(environments, table, options.smoother)


def constant_states(environments: Sequence[Sequence[Trajectory]]) -> Mask:
    """States (S,) that have one value on all data."""
    every = np.vstack([run.x for runs in environments for run in runs])
    return np.nanmax(every, axis=0) == np.nanmin(every, axis=0)


def check_sizes(required: Mask, max_terms: int | None, names: Sequence[str]) -> None:
    """Refuse more required terms than an equation may have."""
    for name, own in zip(names, required, strict=True):
        if max_terms is not None and own.sum() > max_terms:
            raise ValueError(
                f"max_terms is {max_terms}, but {own.sum()} terms are required in the equation of {name!r}"
            )


def check_rows(equations: Equations, data: Trajectories) -> None:
    """Refuse environments from which no row could be made."""
    for env, n_rows in zip(data.environments, equations.n_rows, strict=True):
        if n_rows == 0:
            sizes = ", ".join(str(len(run.t)) for run in list(data.where(env=env))[:5])
            rest = " Or leave it out of fit and use adapt for it afterwards" if len(data.environments) > 1 else ""
            raise ValueError(
                f"environment {env!r} has too few samples close together to see its dynamics ({sizes} per trajectory): "
                f"record more; at least 5 at regular times, about 20 at irregular ones, without long gaps.{rest}"
            )


def coarse(environments: Sequence[Sequence[Trajectory]], noise: Array, names: Sequence[str]) -> list[str]:
    """States whose neighbouring samples differ as if they were noise."""
    spread = np.array([np.nanstd(np.vstack([run.x for run in every]), axis=0) for every in environments])
    coarse = np.median(noise / np.where(spread > 0, spread, np.inf), axis=0) > COARSE
    return [
        f"neighbouring samples of state {name!r} differ nearly as much as the state varies at all: it is sampled too "
        "coarsely for its dynamics, or drowned in noise; do not trust its equation"
        for name, is_coarse in zip(names, coarse, strict=True)
        if is_coarse
    ]
