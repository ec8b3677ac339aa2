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
        The K library terms in the S states and the inputs.
    mask : ndarray (S, K) of bool
        Terms of each equation, shared by all environments.
    coef : ndarray (E, S, K)
        Coefficients in units of state per time per term; 0 outside the mask, NaN inside it where the data of an
        environment say nothing about a term because it is zero on all of them.
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

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return self.table.input_names

    def position(self, env: Hashable) -> int:
        """Return the position of an environment; refuse unknown ones by name."""
        for position, label in enumerate(self.environments):
            if type(label) is type(env) and label == env:
                return position
        for position, label in enumerate(self.environments):
            if label == env:
                return position
        known = ", ".join(map(repr, self.environments))
        raise ValueError(
            f"environment {env!r} was not fitted; fitted: {known}. A new environment needs adapt(...) first"
        )


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
    lower, upper : ndarray, shape of x, or None
        Band around x at each time, if asked for; NaN where too many of its draws have stopped.
    band : float or None
        Share of the draws inside the band.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme import SpReME
    >>> t = np.linspace(0, 3, 61)
    >>> forecast = SpReME().fit([np.exp(-t)], t).simulate([2.0], [0.0, 1.0])
    >>> forecast.x.round(3).tolist(), forecast.status
    ([[2.0], [0.736]], 'converged')
    """

    t: Array
    x: Array
    status: str | list[str]
    state_names: tuple[str, ...]
    env: Hashable
    lower: Array | None = None
    upper: Array | None = None
    band: float | None = None


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
        Duality gap relative to the mean square of the target, summed over environments; NaN where the penalty has none.
    n_iter : ndarray (A, S)
        Iterations.
    status : list of list of str
        (A, S): "converged"; "max_iter"; "stationary", the optimality conditions hold to rounding, but the gap is too
        coarse to certify it; "stalled", rounding left nothing to gain; "exact", enumerated.
    violation : ndarray (A, S)
        Largest violation of the optimality conditions, relative to the price of the term; NaN for group L0 and
        sequential thresholding.
    """

    alphas: Array
    coefs: Array
    masks: Mask
    gap: Array
    n_iter: NDArray[np.int64]
    status: list[list[str]]
    violation: Array


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
        Root mean square of the whitened residuals: 1 means that the misfit is as large as the measurement noise
        explains.
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
class LawCandidate:
    """One candidate law: the equations of all states together, fitted to the measured trajectories.

    Attributes
    ----------
    equations : tuple of tuple of str
        Terms of every equation.
    support : tuple of (int, int)
        The same as (state, term) pairs of the mask.
    score : float
        Criterion of the fit; infinite if it could not be integrated.
    distance : float
        Score minus that of the best law with the same segments.
    bic, evidence : float
        Both criteria, whichever is in use.
    residual : float
        Standard deviation of the residuals in units of the noise.
    segments : int
        Into how many segments trajectories were cut; scores compare at equal segments only.
    reason : str
        Why it was chosen or not.
    """

    equations: tuple[tuple[str, ...], ...]
    support: tuple[tuple[int, int], ...]
    score: float
    distance: float
    bic: float
    evidence: float
    residual: float
    segments: int
    reason: str


@dataclass(frozen=True)
class SearchPath:
    """Everything that was looked at.

    Attributes
    ----------
    candidates : dict
        State name -> candidate equations, best first. With the likelihood of trajectories the score of an equation is
        that of the best law that contains it.
    laws : tuple of LawCandidate
        Candidate laws, those with the longest segments first, best first; empty without that likelihood.
    """

    candidates: dict[str, tuple[Candidate, ...]]
    laws: tuple[LawCandidate, ...] = ()

    def __str__(self) -> str:
        """List the best candidates of every state."""
        lines = []
        for state, own in self.candidates.items():
            lines.append(f"{state}' ({len(own)} candidates)")
            lines += [f"  {c.distance:10.1f}  {' + '.join(c.terms) or '0'}" for c in own[:5]]
        return "\n".join(lines)


@dataclass(frozen=True)
class Selection:
    """Which equations were chosen, and why.

    Attributes
    ----------
    criterion : str
        Name of the criterion.
    reason : str
        Why, in words.
    chosen : dict
        State name -> chosen candidate.
    runner_up : dict
        State name -> second best candidate, None where there is no other.
    rivals : tuple of LawCandidate
        Laws that the criterion cannot rule out, best first; the chosen one is not among them.
    other_choice : LawCandidate or None
        What the other criterion (BIC or the population evidence) would have chosen, if it disagrees.
    """

    criterion: str
    reason: str
    chosen: dict[str, Candidate]
    runner_up: dict[str, Candidate | None]
    rivals: tuple[LawCandidate, ...] = ()
    other_choice: LawCandidate | None = None

    def __str__(self) -> str:
        """State the choice and how close the next best came."""
        lines = [f"criterion {self.criterion}: {self.reason}"]
        for state, own in self.chosen.items():
            other = self.runner_up[state]
            lines.append(f"{state}' ~ {' + '.join(own.terms) or '0'}   (residuals {own.residual:.3g} times the noise)")
            if other is not None:
                lines.append(f"  next: {' + '.join(other.terms) or '0'}, worse by {other.distance:.1f}")
        return "\n".join(lines)
