"""Second starts for environments that hardly determine their coefficients, or where fits go astray.

Rough data leave local minima: far coefficients whose solutions happen to pass through the noise. What the other
environments tell about the coefficients is the best place from which to try again, environment by environment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.criteria import FLOOR
from spreme.likelihood.fits import Fit, FitsMasks
from spreme.likelihood.population import fit_population
from spreme.likelihood.shooting.gauss_newton import Control

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Estimates with errors of less than this share of their typical size are well determined.
VAGUE = 0.2
# A fit went astray in an environment whose cost is beyond this multiple of what was foretold, and so much more. If it
# did in a larger share of the environments, it is the mask that is wrong.
STUCK, BEYOND, FEW = 1.3, 20.0, 0.1


def fisher_of(fit: Fit) -> Array:
    """Information (E, q, q) with the size of the noise profiled out."""
    out: Array = fit.information / (fit.cost / fit.n_values + FLOOR)[:, None, None]
    return out


def is_vague(fit: Fit) -> bool:
    """Whether some environment hardly determines some coefficient."""
    return bool((_relative_errors(fit) > VAGUE).any())


def is_poor(fit: Fit) -> bool:
    """Whether some environment hardly determines most of its coefficients."""
    shares = _relative_errors(fit)
    return bool(shares.size and (np.median(shares, axis=1) > VAGUE).any())


def _relative_errors(fit: Fit) -> Array:
    """Standard errors (E, q) over the typical size of the coefficient; 0 where not observed."""
    if not fit.n_terms:
        return np.zeros((len(fit.coef), 0))
    size = np.median(np.abs(fit.coef), axis=0)
    scaled = fisher_of(fit) * size[:, None] * size
    values = np.einsum("eqq->eq", np.linalg.pinv(scaled, rcond=1e-13, hermitian=True))
    # a direction without any information is cut off by the pseudoinverse: nothing is known there
    return np.where(fit.observed, np.sqrt(np.where(values > 0.0, values, np.inf)), 0.0)


def drawn_together(fit: Fit) -> Array:
    """Coefficients (E, q) drawn towards each other as far as their errors and the population say."""
    coef = fit_population(np.where(fit.observed, fit.coef, np.nan), fisher_of(fit)).coef
    return np.nan_to_num(coef)


def started_again(
    evaluator: FitsMasks, fits: Sequence[Fit], states: Sequence[Any], control: Control, reach: Array
) -> list[Fit]:
    """Fit masks a second time where data are poor, from coefficients drawn together.

    Parameters
    ----------
    evaluator : FitsMasks
        Fits masks.
    fits : sequence of Fit
        What was found at first.
    states : sequence
        What fits start from.
    control : Control
        Of the fits.
    reach : ndarray (E,)
        Costs beyond which an environment is given up.

    Returns
    -------
    list of Fit
        Each with the better of its two fits in every environment.
    """
    poor = [i for i, fit in enumerate(fits) if len(fit.coef) > 1 and fit.is_feasible and is_poor(fit)]
    masks, coefs = [fits[i].mask for i in poor], [drawn_together(fits[i]) for i in poor]
    out = list(fits)
    for i, again in zip(poor, evaluator.fit_all(masks, coefs, states, control, reach), strict=True):
        out[i] = best_of(fits[i], again)
    return out


def repaired(
    evaluator: FitsMasks,
    fits: Sequence[Fit],
    foretold: Sequence[Fit],
    current: Fit,
    states: Sequence[Any],
    control: Control,
) -> list[Fit]:
    """Fit a second and a third time the few of many environments in which a fit went astray.

    Of hundreds of environments one or another always does, and a mask would be judged by that. They are begun at the
    present coefficients, then at those that are typical of the others.

    Parameters
    ----------
    evaluator : FitsMasks
        Fits masks.
    fits : sequence of Fit
        What was found at first.
    foretold : sequence of Fit
        What the quadratic model foretells for the same masks.
    current : Fit
        The present fit.
    states : sequence
        What fits start from.
    control : Control
        Of the fits.

    Returns
    -------
    list of Fit
        Each with the best of its fits in every environment.
    """
    out = list(fits)
    for begin in (_as_present, _as_typical):
        astray = [(i, _astray(fit, foretold[i])) for i, fit in enumerate(out)]
        few = [(i, which) for i, which in astray if 0 < which.sum() < FEW * len(which)]
        if not few:
            break
        coefs = [np.where(which[:, None], begin(out[i], which, current), out[i].coef) for i, which in few]
        again = evaluator.fit_all([out[i].mask for i, _ in few], coefs, states, control)
        for (i, _), fit in zip(few, again, strict=True):
            out[i] = best_of(out[i], fit)
    return out


def _astray(fit: Fit, foretold: Fit) -> Mask:
    """Environments (E,) whose cost is far above what the model foretells, or infinite."""
    return np.asarray(~(fit.cost <= STUCK * foretold.cost + BEYOND))


def _as_present(fit: Fit, which: Mask, current: Fit) -> Array:
    """The present coefficients."""
    return carried(current, fit.mask)


def _as_typical(fit: Fit, which: Mask, current: Fit) -> Array:
    """The medians of the other environments."""
    return np.broadcast_to(np.median(fit.coef[~which], axis=0), fit.coef.shape)


def carried(fit: Fit, mask: Mask) -> Array:
    """Coefficients of a fit in the order of another mask; 0 for new terms."""
    table = np.zeros((len(fit.coef), *mask.shape))
    table[:, fit.mask] = fit.coef
    return table[:, mask]


def best_of(one: Fit, other: Fit) -> Fit:
    """The better of two fits of one mask, environment by environment."""
    better = other.cost < one.cost
    if not better.any():
        return one
    return replace(
        one,
        coef=np.where(better[:, None], other.coef, one.coef),
        starts=[b if is_better else a for a, b, is_better in zip(one.starts, other.starts, better, strict=True)],
        cost=np.where(better, other.cost, one.cost),
        information=np.where(better[:, None, None], other.information, one.information),
        squares=np.where(better[:, None], other.squares, one.squares),
        converged=one.converged and other.converged,
        joint=tuple(b if is_better else a for a, b, is_better in zip(one.joint, other.joint, better, strict=False)),
    )
