"""The two losses of training and their gradients: what compiled code computes, as functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from systems.methods.original.lanes import Lanes
from systems.methods.original.rollout import run
from systems.methods.original.tape import Tape

Array = NDArray[np.float64]


def rollout_loss(tape: Tape, lanes: Lanes, coef: Array) -> Array:
    """Mean squared errors of full rollouts.

    Parameters
    ----------
    tape : Tape
        Active terms.
    lanes : Lanes
        Recordings.
    coef : ndarray, shape (E, Q)
        Active coefficients.

    Returns
    -------
    ndarray, shape (E,)
        Loss of each environment.
    """
    loss = np.zeros(len(coef))
    run(tape, lanes, coef, False, False, loss, np.zeros(coef.shape))
    return loss


def rollout_gradient(tape: Tape, lanes: Lanes, coef: Array) -> tuple[Array, Array]:
    """Mean squared errors of full rollouts, and their derivatives.

    Parameters
    ----------
    tape : Tape
        Active terms.
    lanes : Lanes
        Recordings.
    coef : ndarray, shape (E, Q)
        Active coefficients.

    Returns
    -------
    loss : ndarray, shape (E,)
        Loss of each environment.
    gradient : ndarray, shape (E, Q)
        Its derivatives by the coefficients of the environment.
    """
    loss, gradient = np.zeros(len(coef)), np.zeros(coef.shape)
    run(tape, lanes, coef, False, True, loss, gradient)
    return loss, gradient


def single_step_gradient(tape: Tape, lanes: Lanes, coef: Array) -> tuple[Array, Array]:
    """Mean smooth L1 errors of single steps, and their derivatives; arguments and returns of `rollout_gradient`."""
    loss, gradient = np.zeros(len(coef)), np.zeros(coef.shape)
    run(tape, lanes, coef, True, True, loss, gradient)
    return loss, gradient
