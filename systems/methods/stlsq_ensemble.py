"""PySINDy's ensemble of STLSQ in every environment: terms that most of 50 bootstrapped models have.

    inclusion[s, k] = share of the models with term k in equation s >= 0.6

as EnsembleOptimizer(STLSQ(...), bagging=True, n_models=50) finds it, whose models are fitted to as many rows as there
are, drawn with replacement. Here a draw is a count for every row, and a model is found from weighted inner products.
Window, scaling and ridge penalty are those that the held-out forecasts choose for STLSQ itself, the threshold the one
they choose for the ensemble.

References
----------
Fasel, Kutz, Brunton, Brunton (2022), Ensemble-SINDy: robust sparse model discovery in the low-data, high-noise limit,
with active learning and control, Proceedings of the Royal Society A.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from systems.methods.method import Found, Mask, Method, Task
from systems.methods.sindy.peers import by_environment, found_apart
from systems.methods.sindy.recordings import Recording
from systems.methods.sindy.rows import Rows, norms, scaled
from systems.methods.sindy.thresholding import Setting, threshold_path
from systems.methods.sindy.tuning import POINTWISE, Candidate, best, candidates, choose

N_MODELS = 50
INCLUSION = 0.6


def fit(task: Task) -> Found:
    """Tune the ensemble of every environment on the last fifth of its trajectories."""
    groups = by_environment(task.data, task.system.dt).values()
    return found_apart(task, POINTWISE, [choose_ensemble(task, runs) for runs in groups])


def choose_ensemble(task: Task, runs: Sequence[Recording]) -> Candidate:
    """The setting of STLSQ with the threshold that is best for the ensemble."""
    start = choose(runs, task.table, POINTWISE).setting
    settings = [start._replace(threshold=own) for own in POINTWISE.thresholds]
    found = candidates(runs, task.table, POINTWISE, settings, partial(ensemble_masks, rng=task.rng))
    return best(found, runs, task.table, "forecast-bic")


def ensemble_masks(rows: Rows, settings: Sequence[Setting], rng: np.random.Generator) -> Mask:
    """Masks (T, S, K) of settings that differ in their thresholds alone."""
    n = len(rows.theta)
    counts = np.array([np.bincount(rng.choice(n, n), minlength=n) for _ in range(N_MODELS)])
    return inclusion(rows, settings, counts) >= INCLUSION


def inclusion(rows: Rows, settings: Sequence[Setting], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Shares (T, S, K) of models with each term; model m has row i counts[m, i] times."""
    theta, target = scaled(rows, settings[0].scaling)
    thresholds = np.array([own.threshold for own in settings])
    size = norms(theta)
    unit, ridge = theta / size, settings[0].alpha / size**2
    total = np.zeros((len(settings), target.shape[1], theta.shape[1]))
    for own in counts:
        weighted = unit * own[:, None]
        total += threshold_path(unit.T @ weighted, target.T @ weighted, ridge, size, thresholds)
    return total / len(counts)


METHODS = (
    Method("stlsq-ensemble", fit, "bagging of 50 STLSQ models per environment, held-out forecasts by BIC", "pysindy"),
)
