"""What the search missed: BIC of the mask found minus BIC of the true one, both fitted to the measured trajectories.

Both fits start at the clean states, the true one at the true coefficients, so neither is left in a poor minimum.
Trajectories are cut into as few segments as the true law still follows (chaos loses whole ones). A gap of 0.5 or less
says that the data prefer the mask found: nothing was missed. A larger one says that a better mask was there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories
from spreme.likelihood.criteria import score
from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.fits import Fit
from spreme.likelihood.precision import enough_steps
from spreme.likelihood.problem import Problem, pose
from spreme.likelihood.recording import Recording, record
from spreme.likelihood.shooting.gauss_newton import Control
from systems.judging.true_law import TrueLaw
from systems.methods import Found

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

PIECES = (1, 2, 4, 12)  # segments of a trajectory, until the true law follows them
FOLLOWS = 1.5  # mean squared standardised residual of a law that follows the data
TO_THE_END = Control(60, 1e-2, 1e-8)  # to a hundredth of the criterion
CAP = 1e9  # gap of a mask that cannot be fitted at all


def search_gap(found: Found, law: TrueLaw, data: Trajectories, clean: Trajectories, noise: float) -> float | None:
    """Compare two masks by the likelihood of the measured trajectories.

    Parameters
    ----------
    found : Found
        What a method returned.
    law : TrueLaw
        The truth in the same terms.
    data : Trajectories
        The training data.
    clean : Trajectories
        The same without noise.
    noise : float
        Relative standard deviation of the noise.

    Returns
    -------
    float or None
        0 if the mask is the true one, at most 1e9; None where there is no truth, or where it does not follow the data.
    """
    if law.coef is None:
        return None
    truth = (law.coef != 0).any(axis=0)
    if np.array_equal(found.mask, truth):
        return 0.0
    states = [filled(record(every)) for every in by_environment(clean)]
    problem = posed(data, law, states, noise)
    for pieces in PIECES:
        evaluator = Evaluator(problem, pieces)
        best = evaluator.fit(truth, law.coef[:, truth], states, TO_THE_END)
        if follows(best):
            evaluator = Evaluator(enough_steps(evaluator, best), pieces)
            return gap(evaluator, found, law.coef, truth, states)
    return None


def gap(evaluator: Evaluator, found: Found, true_coef: Array, truth: Mask, states: list[Array]) -> float:
    """Difference of the two criteria, the mask found being tried from its own and from the true coefficients."""
    best = evaluator.fit(truth, true_coef[:, truth], states, TO_THE_END)
    starts = [true_coef] if found.coef is None else [np.nan_to_num(found.coef), true_coef]
    other = min(score(evaluator.fit(found.mask, own[:, found.mask], states, TO_THE_END), "bic") for own in starts)
    return float(min(other - score(best, "bic"), CAP))


def follows(fit: Fit) -> bool:
    """Whether a law describes every environment to within the noise."""
    return fit.is_feasible and bool((fit.cost < FOLLOWS * fit.n_values).all())


def posed(data: Trajectories, law: TrueLaw, states: list[Array], noise: float) -> Problem:
    """The problem with the noise that was added."""
    everything = np.ones((len(data.state_names), law.table.n_terms), bool)
    std = noise * np.array([np.sqrt(np.mean(own**2, axis=0)) for own in states])
    return pose(by_environment(data), law.table, everything, ~everything, std)


def by_environment(data: Trajectories) -> list[list]:
    """Trajectories of each environment."""
    return [list(data.where(env=env)) for env in data.environments]


def filled(recording: Recording) -> Array:
    """States (n, S), linear across missing values."""
    y = recording.y.copy()
    for begin, end in zip(recording.bounds[:-1], recording.bounds[1:], strict=True):
        for column in y[begin:end].T:
            seen = np.isfinite(column)
            column[~seen] = np.interp(recording.t[begin:end][~seen], recording.t[begin:end][seen], column[seen])
    return y
