"""The alternation of the publication: coefficients by single steps, the mask by full rollouts, both with Adam.

    coefficients:  min sum_e mean smooth_L1(one RK4 step - next sample),     coefficients where sigmoid(m) > 1e-5
    mask:          min sum_e mean (RK4 rollout - samples)**2 + E lambda_i sum sigmoid(m),   coefficients * sigmoid(m)
                   lambda_i = 1e-3 * 1.001**(i - 1) in epoch i = 0, 1, ...

Between the two steps of an epoch, coefficients with |c| < 1e-3 are set to zero (those of terms as they are; what is
trained are the coefficients of terms divided by their largest value), and terms that are zero in all environments, or
whose sigmoid(m) is at most 1e-5, leave for good. The epoch with the best rollouts of the validation data is returned.

Legend: m logits of the mask (S, K), E environments, S states, K terms.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from systems.methods.original.adam import Adam
from systems.methods.original.losses import rollout_gradient, rollout_loss, single_step_gradient
from systems.methods.original.material import Material
from systems.methods.original.tape import Tape, record

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

INITIAL_SHARE = 0.7  # sigmoid of the logit of a term that all environments use in the beginning


@dataclass(frozen=True)
class Options:
    """Settings of the publication, and a limit on the time.

    Attributes
    ----------
    epochs : int, default 30000
        Epochs of training.
    adaptation_epochs : int, default 10000
        Epochs of adaptation.
    rate : float, default 0.01
        Learning rate of coefficients and mask.
    penalty, growth : float, default 1e-3 and 1e-3
        Strength of the penalty on the mask in the beginning, and its relative growth in an epoch.
    smallest_coefficient, smallest_mask : float, default 1e-3 and 1e-5
        Where coefficients are set to zero, and where terms leave.
    seconds : float, default 120
        Limit on the time of training, and of each adaptation, looked at in every epoch: processor time, so that a busy
        machine does not change results. On an idle one it is wall time.
    """

    epochs: int = 30_000
    adaptation_epochs: int = 10_000
    rate: float = 0.01
    penalty: float = 1e-3
    growth: float = 1e-3
    smallest_coefficient: float = 1e-3
    smallest_mask: float = 1e-5
    seconds: float = 120.0


class Trained(NamedTuple):
    """Outcome of training.

    Attributes
    ----------
    mask : ndarray (S, K) of bool
        Terms.
    coef : ndarray, shape (E, S, K)
        Coefficients of the terms as they are.
    error : ndarray, shape (E,)
        Mean squared errors of the rollouts of the validation data.
    best_epoch, n_epochs : int
        The epoch returned, and the number of epochs done.
    is_out_of_time : bool
        Whether the limit on the time ended it.
    n_skipped : int
        Updates left out because the gradient was not finite.
    """

    mask: Mask
    coef: Array
    error: Array
    best_epoch: int
    n_epochs: int
    is_out_of_time: bool
    n_skipped: int


class State:
    """Scaled coefficients and logits in training; terms that left do not come back.

    Parameters
    ----------
    material : Material
        Data.
    coef : ndarray, shape (E, S, K)
        Coefficients of the terms as they are.
    logits : ndarray, shape (S, K)
        Logits of the mask; minus infinity: the term is not active.
    options : Options
        Settings.
    """

    def __init__(self, material: Material, coef: Array, logits: Array, options: Options) -> None:
        self.material, self.options = material, options
        self.scale = material.scale[:, None, :]
        self.coef, self.logits = coef * self.scale, logits
        self.active: Mask = np.isfinite(logits)
        self.tape: Tape = record(material.table, self.active)
        self.coef_optimizer = Adam(coef.shape, options.rate)
        self.mask_optimizer = Adam(logits.shape, options.rate)
        self.n_skipped = 0

    def plain(self) -> Array:
        """Coefficients of the terms as they are (E, S, K), zero outside the mask."""
        return np.where(self.active, self.coef / self.scale, 0.0)

    def share(self) -> Array:
        """Sigmoid of the logits (S, K), zero outside the mask."""
        return np.where(self.active, 1.0 / (1.0 + np.exp(-np.where(self.active, self.logits, 0.0))), 0.0)

    def train_coefficients(self) -> None:
        """Do one step on the loss of single steps."""
        gradient = single_step_gradient(self.tape, self.material.steps, self._chosen(self.plain()))[1]
        self.coef += self._change(self.coef_optimizer, self._spread(gradient) / self.scale)

    def train_mask(self, epoch: int) -> None:
        """Do one step on the loss of full rollouts and the penalty."""
        coef, share = self.plain(), self.share()
        gradient = rollout_gradient(self.tape, self.material.rollouts, self._chosen(coef * share))[1]
        penalty = self.options.penalty * (1.0 + self.options.growth) ** (epoch - 1)
        by_share = (self._spread(gradient) * coef).sum(axis=0) + len(coef) * penalty
        self.logits += self._change(self.mask_optimizer, np.where(self.active, by_share * share * (1.0 - share), 0.0))
        self._keep(self.share() > self.options.smallest_mask)

    def prune(self) -> None:
        """Set small coefficients to zero, and drop terms that no environment uses."""
        self.coef[np.abs(self.coef / self.scale) < self.options.smallest_coefficient] = 0.0
        self._keep((self.coef != 0.0).any(axis=0))

    def validation_error(self) -> Array:
        """Errors of rollouts of the validation data (E,), coefficients in full."""
        return rollout_loss(self.tape, self.material.validation, self._chosen(self.plain()))

    def _keep(self, kept: Mask) -> None:
        """Restrict what is active, and the tape with it."""
        active = self.active & kept
        if (active != self.active).any():
            self.active, self.tape = active, record(self.material.table, active)

    def _chosen(self, values: Array) -> Array:
        """Active coefficients (E, Q) of an array (E, S, K)."""
        return np.ascontiguousarray(values[:, self.tape.state_index, self.tape.term_index])

    def _spread(self, values: Array) -> Array:
        """Array (E, S, K) of active values (E, Q)."""
        full = np.zeros((len(values), *self.active.shape))
        full[:, self.tape.state_index, self.tape.term_index] = values
        return full

    def _change(self, optimizer: Adam, gradient: Array) -> Array:
        """Change of the parameters, none where the gradient is not finite."""
        if np.isfinite(gradient).all():
            return optimizer.change(gradient)
        self.n_skipped += 1
        return np.zeros_like(gradient)


def initial_logits(coef: Array) -> Array:
    """Logits of 0.7 times the share of environments that use a term; minus infinity where none does."""
    share = INITIAL_SHARE * (coef != 0.0).mean(axis=0)
    with np.errstate(divide="ignore"):
        return np.log(share / (1.0 - share))


def train(material: Material, coef: Array, options: Options) -> Trained:
    """Train mask and coefficients.

    Parameters
    ----------
    material : Material
        Data.
    coef : ndarray, shape (E, S, K)
        Where to start; a term that is zero in all environments stays so.
    options : Options
        Settings.

    Returns
    -------
    Trained
        The epoch with the least mean error of validation; the last one of equals.
    """
    state = State(material, coef, initial_logits(coef), options)
    best = Trained(state.active, state.plain(), np.full(len(coef), np.inf), -1, 0, False, 0)
    start, n_epochs = time.thread_time(), 0
    while n_epochs < options.epochs and state.active.any() and time.thread_time() - start < options.seconds:
        state.train_coefficients()
        state.prune()
        state.train_mask(n_epochs)
        error = state.validation_error()
        if error.mean() <= best.error.mean():
            best = best._replace(mask=state.active, coef=state.plain(), error=error, best_epoch=n_epochs)
        n_epochs += 1
    is_out_of_time = n_epochs < options.epochs and bool(state.active.any())
    return best._replace(n_epochs=n_epochs, is_out_of_time=is_out_of_time, n_skipped=state.n_skipped)


def adapt(material: Material, trained: Trained, options: Options) -> Array:
    """Train the coefficients of new environments, the mask given.

    Parameters
    ----------
    material : Material
        Data of the new environments.
    trained : Trained
        Terms, and the environments whose mean coefficients are the start.
    options : Options
        Settings.

    Returns
    -------
    ndarray, shape (E, S, K)
        For each environment, the coefficients of the epoch with the least error of validation.
    """
    begin = np.tile(trained.coef.mean(axis=0), (material.n_environments, 1, 1))
    state = State(material, begin, np.where(trained.mask, 0.0, -np.inf), options)
    coef, least = state.plain(), state.validation_error()
    start, epoch = time.thread_time(), 0
    while epoch < options.adaptation_epochs and state.active.any() and time.thread_time() - start < options.seconds:
        state.train_coefficients()
        error = state.validation_error()
        better = error < least
        coef[better], least = state.plain()[better], np.where(better, error, least)
        epoch += 1
    return coef
