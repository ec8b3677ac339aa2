"""What the steps of the package hand on: frozen containers, no behaviour beyond lookup."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Law:
    """One law in several environments: shared mask, coefficients of every environment.

    Attributes
    ----------
    table : TermTable
        The K library terms in the S states.
    mask : ndarray (S, K) of bool
        Terms of each equation, shared by all environments.
    coef : ndarray (E, S, K)
        Coefficients in units of state per time per term; 0 outside the mask, NaN inside it where the data of an environment say
        nothing about a term because it is zero on all of them.
    coef_std : ndarray (E, S, K)
        Standard errors; NaN outside the mask and where not observed.
    environments : tuple
        Labels, in the order of the first axis.
    noise_std : ndarray (E, S)
        Standard deviation of the measurement noise, in units of the states.
    """

    table: TermTable
    mask: Mask
    coef: Array
    coef_std: Array
    environments: tuple[Hashable, ...]
    noise_std: Array

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the states."""
        return self.table.state_names

    def position(self, env: Hashable) -> int:
        """Return the position of an environment; refuse unknown ones by name."""
        for position, label in enumerate(self.environments):
            if type(label) is type(env) and label == env:
                return position
        for position, label in enumerate(self.environments):
            if label == env:
                return position
        known = ", ".join(map(repr, self.environments))
        raise ValueError(f"environment {env!r} was not fitted; fitted: {known}. A new environment needs adapt(...) first")


@dataclass(frozen=True, eq=False)
class Forecast:
    """A simulated trajectory, or one for each of m starts.

    Attributes
    ----------
    t : ndarray (n,)
        Times. A single start that does not reach the last time ends earlier.
    x : ndarray (n, S) or (m, n, S)
        States. With several starts, NaN after a trajectory has stopped.
    status : str or list of str
        "converged", or why a trajectory stopped early, in words.
    state_names : tuple of str
        Names of the states.
    env : hashable
        The environment whose coefficients were used.
    """

    t: Array
    x: Array
    status: str | list[str]
    state_names: tuple[str, ...]
    env: Hashable


@dataclass(frozen=True, eq=False)
class Path:
    """Penalised solutions of all states along a grid of penalty strengths.

    Attributes
    ----------
    alphas : ndarray (A, S)
        Penalty strengths; for group L0 the number of terms.
    coefs : ndarray (A, E, S, K)
        Coefficients for unscaled library columns.
    masks : ndarray (A, S, K) of bool
        Terms with a coefficient other than zero in some environment.
    gap : ndarray (A, S)
        Duality gap relative to the mean square of the target, summed over environments; NaN for group L0.
    n_iter : ndarray (A, S)
        Iterations.
    status : list of list of str
        "converged", "max_iter" or "exact" (enumerated), (A, S).
    """

    alphas: Array
    coefs: Array
    masks: Mask
    gap: Array
    n_iter: NDArray[np.int64]
    status: list[list[str]]


@dataclass(frozen=True)
class Candidate:
    """One candidate equation of one state.

    Attributes
    ----------
    terms : tuple of str
        Its terms.
    mask : tuple of bool
        The same as a row of the mask (K,).
    score : float
        Criterion; lower is better.
    distance : float
        Score minus that of the chosen equation.
    residual : float
        Root mean square of the whitened residuals: 1 means that the misfit is as large as the measurement noise explains.
    found_by : tuple of str
        Windows or path points that proposed it.
    """

    terms: tuple[str, ...]
    mask: tuple[bool, ...]
    score: float
    distance: float
    residual: float
    found_by: tuple[str, ...]


@dataclass(frozen=True)
class Selection:
    """Which equation was chosen for each state, and what else was looked at.

    Attributes
    ----------
    criterion : str
        Name of the criterion.
    reason : str
        Why the chosen equations were chosen, in words.
    candidates : dict
        State name -> candidates, best first.
    """

    criterion: str
    reason: str
    candidates: dict[str, tuple[Candidate, ...]]

    def runner_up(self, state: str) -> Candidate | None:
        """Return the second best candidate of a state, None if there is only one."""
        return self.candidates[state][1] if len(self.candidates[state]) > 1 else None
