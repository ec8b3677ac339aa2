"""The size after which more terms no longer help: the largest drop between successive falls of the deviance.

    D(s)  lowest deviance of a law with s terms,   fall(s) = D(s') - D(s),  s' the next smaller size
    choose the s with the largest fall(s) - fall(next larger size)

Falls are per term where no law of a size between could be integrated; no terms at all means rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spreme.likelihood.choice.contenders import resting_cost
from spreme.likelihood.criteria import FLOOR, deviance
from spreme.likelihood.evaluation import Evaluator, Fit


def judge_by_knee(evaluator: Evaluator, fits: Sequence[Fit]) -> dict[bytes, float]:
    """Judge the best fit of each size; lower is better.

    Parameters
    ----------
    evaluator : Evaluator
        At the segments of the fits.
    fits : sequence of Fit
        Feasible, of any sizes.

    Returns
    -------
    dict
        Mask -> minus the drop between the fall up to it and the fall after it.
    """
    best: dict[int, Fit] = {}
    for fit in sorted(fits, key=lambda fit: float(deviance(fit).sum())):
        best.setdefault(fit.n_terms, fit)
    sizes = sorted(best)
    n = fits[0].n_values
    rest = float((n * np.log(resting_cost(evaluator) / n + FLOOR)).sum())
    levels = np.minimum.accumulate([rest, *(float(deviance(best[size]).sum()) for size in sizes)])
    falls = -np.diff(levels) / np.diff([0, *sizes])
    after = np.append(falls[1:], 0.0)
    return {best[size].mask.tobytes(): float(a - f) for size, f, a in zip(sizes, falls, after, strict=True)}
