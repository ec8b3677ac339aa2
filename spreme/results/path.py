"""`Path`: the candidate masks of a solver."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from spreme.rendering import html

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Rows of its table.
MOST_ROWS = 12


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        """Tell the grid of every state, its sizes, and what did not converge."""
        lines = [f"Path: {len(self.alphas)} strengths, {self.alphas.shape[1]} equations"]
        for s, sizes in enumerate(self.masks.sum(axis=2).T):
            first, last = self.alphas[[0, -1], s]
            lines.append(f"  equation {s}: strengths {first:.3g} to {last:.3g}, {sizes.min()} to {sizes.max()} terms")
        short = sum(own == "max_iter" for row in self.status for own in row)
        return "\n".join([*lines, *([f"  {short} solutions ended at the limit of iterations"] if short else [])])

    def _repr_html_(self) -> str:
        """List where the terms of an equation change."""
        rows = []
        for s in range(self.alphas.shape[1]):
            masks = self.masks[:, s]
            changes = [a for a in range(len(masks)) if a == 0 or (masks[a] != masks[a - 1]).any()]
            rows += [self._row(s, a) for a in changes[:MOST_ROWS]]
            if len(changes) > MOST_ROWS:
                rows.append([f"... {len(changes) - MOST_ROWS} more", *[""] * 5])
        head = ["equation", "strength", "terms", "gap", "iterations", "status"]
        return f"<div><div>{escape(str(self).splitlines()[0])}</div>{html.table(head, rows)}</div>"

    def _row(self, s: int, a: int) -> list[str]:
        """One solution in cells."""
        gap = f"{self.gap[a, s]:.1e}" if np.isfinite(self.gap[a, s]) else ""
        numbers = (f"{self.alphas[a, s]:.3g}", str(self.masks[a, s].sum()), gap, str(self.n_iter[a, s]))
        return [str(s), *numbers, self.status[a][s]]
