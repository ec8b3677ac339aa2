"""Candidate masks of one equation: the path of a penalty on the Grams of its rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.gram import GramSystem, build
from spreme.penalties import GroupL0, Penalty
from spreme.selection.regression import Regression
from spreme.solvers import best_supports, solve_path

Mask = NDArray[np.bool_]

# Multiplications spent on enumerating one size: paths are made by the dozen here, and swaps rarely miss what
# enumeration finds.
AFFORDABLE = 1e6


def propose(regression: Regression, penalty: Penalty, allowed: Mask, required: Mask, max_terms: int) -> list[Mask]:
    """Propose masks of every size.

    Parameters
    ----------
    regression : Regression
        Rows of the equation.
    penalty : Penalty
        Whose path is followed.
    allowed, required : ndarray (K,) of bool
        Terms that may be, and that must be, in every mask.
    max_terms : int
        Largest size.

    Returns
    -------
    list of ndarray (K,) of bool
        Different masks, the smallest first.
    """
    if not allowed.any():
        return [np.zeros(len(allowed), bool)]
    used = [e for e, y in enumerate(regression.targets) if len(y)]
    thetas = [np.ascontiguousarray(regression.thetas[e][:, allowed]) for e in used]
    gram = build(thetas, [regression.targets[e][:, None] for e in used])
    if isinstance(penalty, GroupL0):
        found = _supports(gram, required[allowed], max_terms, regression.n_effective[used])
    else:
        found = _lasso_masks(gram, penalty, required[allowed], max_terms)
    distinct = {mask.tobytes(): mask for mask in found}
    masks = [_widened(mask, allowed) for mask in distinct.values()]
    return sorted(masks, key=lambda mask: int(mask.sum()))


def _supports(gram: GramSystem, required: Mask, max_terms: int, weight: NDArray[np.float64]) -> list[Mask]:
    """Best supports of every size, environments weighted by their independent rows."""
    weight = weight / max(weight.max(), 1e-300)
    path = best_supports(
        gram.gram, gram.cross[:, 0], max_terms=max_terms, weight=weight, required=required, affordable=AFFORDABLE
    )
    return [mask for mask in path.masks if mask[required].all()]


def _lasso_masks(gram: GramSystem, penalty: Penalty, required: Mask, max_terms: int) -> list[Mask]:
    """Masks along the path of a penalty, the required terms joined to each; of large ones the largest terms."""
    path = solve_path(gram, penalty, tol=1e-5)
    masks = [required.copy()]
    for coef, mask in zip(path.coefs[:, :, 0], path.masks[:, 0], strict=True):
        if (mask | required).sum() <= max_terms:
            masks.append(mask | required)
            continue
        size = np.linalg.norm(coef * gram.scale, axis=0)
        order = [j for j in np.argsort(-size, kind="stable") if not required[j]]
        for count in range(1, max_terms + 1 - int(required.sum())):
            masks.append(required.copy())
            masks[-1][order[:count]] = True
    return masks


def _widened(mask: Mask, allowed: Mask) -> Mask:
    """A mask of the allowed terms as one of all terms."""
    out = np.zeros(len(allowed), bool)
    out[np.flatnonzero(allowed)[mask]] = True
    return out
