"""What a fit of a mask leaves behind, and what the search asks of whatever fits masks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from spreme.likelihood.problem import Problem
from spreme.likelihood.shooting.gauss_newton import Control, Prior

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# A coefficient counts as observed if its information exceeds this share of the largest among environments.
LEAST_INFORMATION = 1e-14


@dataclass(frozen=True, eq=False)
class Fit:
    """Fit of one mask in all environments.

    Attributes
    ----------
    mask : ndarray (S, K) of bool
        Terms; q in number.
    coef : ndarray (E, q)
        Coefficients in the order of `np.nonzero(mask)`.
    starts : list of ndarray (R_e, S)
        Fitted states at the beginning of segments.
    cost : ndarray (E,)
        Sums of squared standardised residuals; infinite where a solution leaves the range of the data.
    information : ndarray (E, q, q)
        Information matrices of the coefficients for the assumed noise, starts eliminated.
    squares : ndarray (E, S)
        Sums of squared residuals in units of the data.
    n_values : ndarray (E,)
        Measured values.
    converged : bool
        Whether all environments did.
    joint : tuple of JointFit
        Joint fits of states and coefficients, if that is how it was fitted.
    """

    mask: Mask
    coef: Array
    starts: list[Array]
    cost: Array
    information: Array
    squares: Array
    n_values: Array
    converged: bool
    joint: tuple[Any, ...] = ()

    @property
    def n_terms(self) -> int:
        """Number of coefficients per environment."""
        return int(self.mask.sum())

    @property
    def is_feasible(self) -> bool:
        """Whether all environments could be integrated."""
        return bool(np.isfinite(self.cost).all())

    @property
    def misfit(self) -> float:
        """Mean over environments of squared standardised residuals: 1 is noise alone."""
        return float(np.mean(self.cost / self.n_values))

    @property
    def n_free(self) -> Array:
        """Values less fitted numbers (E,), at least a fifth of the values."""
        fitted = self.n_terms + np.array([starts.size for starts in self.starts])
        return np.maximum(self.n_values - fitted, 0.2 * self.n_values)

    @property
    def spread(self) -> float:
        """Mean variance of standardised residuals, corrected for fitted numbers."""
        return float(np.mean(self.cost / self.n_free))

    def residual_std(self, problem: Problem) -> Array:
        """Standard deviation of the residuals (E, S) in units of the data, corrected for the fitted numbers."""
        seen = np.array([np.isfinite(own.y).sum(axis=0) for own in problem.recordings])
        # E[z psi(z)] of the loss for Gaussian z: down-weighted squares are smaller by this much
        share = erf(problem.huber / np.sqrt(2.0)) if problem.huber > 0.0 else 1.0
        return np.sqrt(self.squares / (share * np.maximum(seen, 1)) * (self.n_values / self.n_free)[:, None])

    @property
    def observed(self) -> Mask:
        """Which coefficients each environment says anything about (E, q)."""
        size = np.einsum("eqq->eq", self.information)
        return size > LEAST_INFORMATION * np.maximum(size.max(axis=0), 1e-300)


class FitsMasks(Protocol):
    """Multiple shooting at one segmentation, or the joint fit of states and coefficients.

    `states` are, for each environment, what fits start from: states at all samples, or a joint fit.
    """

    problem: Problem
    pool: ThreadPoolExecutor | None
    pieces: int

    def fit_all(
        self,
        masks: Sequence[Mask],
        coefs: Sequence[Array],
        states: Sequence[Any],
        control: Control,
        reach: Array | None = None,
    ) -> list[Fit]:
        """Fit several masks, each from its coefficients (E, q)."""
        ...

    def fit(
        self,
        mask: Mask,
        coef: Array,
        states: Sequence[Any],
        control: Control,
        priors: Sequence[Prior] | None = None,
    ) -> Fit:
        """Fit one mask."""
        ...

    def states(self, fit: Fit, otherwise: Sequence[Any]) -> list[Any]:
        """Where fits of similar masks start."""
        ...

    def model(self, fit: Fit, terms: Mask) -> tuple[Array, Array] | None:
        """Information A (E, Q, Q) and A c + g (E, Q) over more terms."""
        ...
