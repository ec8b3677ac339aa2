"""An independent judge of the group lasso, and a problem of any size to try it on."""

from __future__ import annotations

import numpy as np
from problems import Problem

Array = np.ndarray


def certificate(own: Problem, coef: Array, alpha: float, scale: Array, weight: Array | None = None) -> tuple:
    """Relative duality gap of the group lasso and norms of correlations over prices, from residuals in long double."""
    wide = np.longdouble
    price = alpha * (np.ones(len(scale)) if weight is None else weight)
    fit = along = total = wide(0)
    r = np.zeros(coef.shape, wide)
    for e, (theta, target) in enumerate(zip(own.thetas, own.targets, strict=True)):
        y = target[:, 0].astype(wide)
        rest = y - theta.astype(wide) @ coef[e]
        fit, along, total = fit + rest @ rest / len(y), along + y @ rest / len(y), total + y @ y / len(y)
        r[e] = rest @ (theta / scale) / len(y)
    ratio = np.sqrt((r**2).sum(axis=0)) / price
    shrink = min(1 / ratio.max(), along / fit)
    size = np.linalg.norm(coef * scale, axis=0)
    primal = fit / 2 + (price[size > 0] * size[size > 0]).sum()
    return float((primal - shrink * along + shrink**2 * fit / 2) / total), ratio.astype(float)


def gaussian(n_environments: int, n: int, n_terms: int, seed: int, noise: float = 0.1) -> Problem:
    """Three planted terms, all columns correlated by one half."""
    rng = np.random.default_rng(seed)
    thetas = [
        rng.standard_normal((n, n_terms)) + rng.standard_normal((n, 1)) for _ in range(n_environments)
    ]  # a common part
    targets = []
    for theta in thetas:
        coef = rng.uniform(0.5, 2.0, (min(3, n_terms), 1))
        targets.append(theta[:, : len(coef)] @ coef + noise * rng.standard_normal((n, 1)))
    return Problem(thetas, targets)
