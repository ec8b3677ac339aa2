"""How far the coefficients are off: Xi_e those of the truth, Xh_e the estimated ones.

coef_error       = mean over environments of |Xh_e - Xi_e| / |Xi_e|     (Frobenius norms)
worst_term_error = largest |Xh - Xi| / |Xi| of a true coefficient that is not zero
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def judge_coefficients(coef: Array | None, true_coef: Array | None) -> dict[str, float]:
    """Compare coefficients (E, S, K); empty where there are none, or no true ones.

    Parameters
    ----------
    coef : ndarray (E, S, K) or None
        Estimates; NaN, not observed, counts as zero.
    true_coef : ndarray (E, S, K) or None
        The truth.

    Returns
    -------
    dict of str to float
        ``coef_error`` and ``worst_term_error``.
    """
    if coef is None or true_coef is None:
        return {}
    off, present = np.nan_to_num(coef) - true_coef, true_coef != 0
    return {
        "coef_error": coef_error(coef, true_coef),
        "worst_term_error": float(np.max(np.abs(off[present] / true_coef[present]), initial=0.0)),
    }


def coef_error(coef: Array, true_coef: Array) -> float:
    """Mean over environments of the relative error in the Frobenius norm."""
    off = np.linalg.norm((np.nan_to_num(coef) - true_coef).reshape(len(coef), -1), axis=1)
    size = np.linalg.norm(true_coef.reshape(len(coef), -1), axis=1)
    return float(np.mean(off / np.where(size > 0, size, 1.0)))
