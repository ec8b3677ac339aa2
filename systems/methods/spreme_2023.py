"""spreme-2023: the algorithm of SpReME's publication, re-implemented from its objective with exact gradients.

One mask, shared by all environments, and coefficients in each, trained in turn by Adam: the coefficients on steps from
sample to sample, the mask on rollouts of whole trajectories under a penalty that grows with the epochs
(`systems.methods.original.training` has the formulas). It starts from thresholded least squares in each environment
(`starting_point`) and returns the epoch whose rollouts of the last fifth of every trajectory are best.

How the mask enters: in its own loss it is relaxed, sigmoid(logit) times the coefficient; in the loss of the
coefficients and in validation it is hard, 1 where sigmoid(logit) > 1e-5. There is no straight-through estimator.

Defects of the published code that are not repeated here:

- the grid search at the start never updated its best value, so the last setting that gave a number won;
- terms were computed outside of automatic differentiation, so gradients of rollouts stopped at the state: each step was
  differentiated as if the states before did not depend on coefficients and mask;
- where one state of a batch exceeded 5000, x / 100 took the place of the law in the whole batch;
- the derivatives for the start saw two samples of the validation data;
- the script for adaptation calls functions by other names than they have and does not run; it also began with standard
  normal coefficients of the scaled terms, and 10000 epochs of rate 0.01 change a coefficient by 100 at most, while
  those of Lorenz's system are several hundreds. Adaptation begins with the mean of the environments of training here.

Where objective and code leave a choice, or were left:

- RK4 is the classical scheme, one step between samples (the published code used the 3/8 rule), in double precision;
- a rollout has diverged where it leaves 10 times the largest value measured in its environment: it then stops, its
  remaining residuals count as large as that bound, and they have no gradient;
- weights are such that every value of an environment counts the same, also where trajectories differ in length;
- samples of which a state is missing are left out, and the step across the gap is one longer step; on irregular grids
  the smoother of the derivatives is the local cubic fit that it is on regular ones;
- inputs are linear between samples;
- a term that is zero on all data of an environment is not scaled;
- each new environment keeps its own best epoch of adaptation;
- the processor time is limited, see `Options.seconds`; within the limit results depend on nothing but the data.
  Training ends when no term is left, which changes nothing: terms do not come back.

References
----------
M. Park, Y. Choi, N. Lee, D. Kim, SpReME: Sparse Regression for Multi-Environment Dynamic Systems, 2023,
arXiv:2302.05942; and the code published with it.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories
from systems.methods.method import Found, Method, Task
from systems.methods.original.material import prepare
from systems.methods.original.starting_point import starting_coefficients
from systems.methods.original.training import Options, Trained, adapt, train


def fit(task: Task, options: Options | None = None) -> Found:
    """Train mask and coefficients.

    Parameters
    ----------
    task : Task
        Data and library.
    options : Options, default None
        Settings; None: those of the publication, limited to two minutes of processor time.

    Returns
    -------
    Found
        Best epoch; `details` say how many epochs were done in which time.
    """
    chosen = options or Options()
    material = prepare(task.data, task.library)
    start = time.thread_time()
    coef = starting_coefficients(material)
    trained = train(material, coef, chosen)
    seconds = time.thread_time() - start

    def adapt_to(data: Trajectories) -> NDArray[np.float64]:
        return adapt(prepare(data, task.library), trained, chosen)

    details = {**_details(trained, seconds), "n_terms_at_start": int((coef != 0.0).any(axis=0).sum())}
    return Found(mask=trained.mask, coef=trained.coef, adapt=adapt_to, status=_status(trained, chosen), details=details)


def _status(trained: Trained, options: Options) -> str:
    """What there is to say."""
    if trained.is_out_of_time:
        return f"stopped after {trained.n_epochs} of {options.epochs} epochs: limit of {options.seconds:g} s"
    return "ok" if trained.mask.any() else "no term left"


def _details(trained: Trained, seconds: float) -> dict[str, object]:
    """How training went, as JSON data."""
    return {
        "epochs": trained.n_epochs,
        "best_epoch": trained.best_epoch,
        "is_out_of_time": trained.is_out_of_time,
        "epochs_per_second": trained.n_epochs / max(seconds, 1e-9),
        "validation_error": [float(error) if np.isfinite(error) else None for error in trained.error],
        "n_skipped_updates": trained.n_skipped,
    }


METHODS = (Method("spreme-2023", fit, "the published algorithm, gradients exact, limited to two minutes"),)
