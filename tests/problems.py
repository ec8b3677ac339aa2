"""Registries shared by the tests: what is listed here is run through every test that fits it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spreme import penalties
from spreme.gram import GramSystem, build
from spreme.penalties import Penalty
from spreme.results import Path
from spreme.solvers import solve_path

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """A regression in E environments: rows, and whether its solutions are unique."""

    thetas: list[Array]
    targets: list[Array]
    unique: bool = True

    def system(self) -> GramSystem:
        """Return its Grams."""
        return build(self.thetas, self.targets)


def _planted(thetas: list[Array], support: list[int], noise: float, seed: int, unique: bool = True) -> Problem:
    """Two targets: random coefficients on `support`, and on its first term alone."""
    rng = np.random.default_rng(seed)
    targets = []
    for theta in thetas:
        coef = np.zeros((theta.shape[1], 2))
        coef[support, 0] = rng.uniform(0.5, 2.0, len(support)) * rng.choice([-1.0, 1.0], len(support))
        coef[support[:1], 1] = 1.0
        targets.append(theta @ coef + noise * rng.standard_normal((len(theta), 2)))
    return Problem(thetas, targets, unique)


def _gaussian(seed: int, sizes: tuple[int, ...], n_terms: int) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((n, n_terms)) for n in sizes]


def _orthogonal() -> Problem:
    """Theta' Theta / n = 1 in every environment."""
    thetas = [np.linalg.qr(theta)[0] * np.sqrt(len(theta)) for theta in _gaussian(1, (40, 60, 50), 6)]
    return _planted(thetas, [1, 4], 0.3, 2)


def _correlated() -> Problem:
    """Neighbouring columns correlated by 0.9, environments of different size, columns of different scale."""
    mix = np.linalg.cholesky(0.9 ** np.abs(np.subtract.outer(np.arange(8), np.arange(8))))
    return _planted(
        [theta @ mix.T * np.geomspace(0.01, 100, 8) for theta in _gaussian(3, (30, 90, 60, 45), 8)], [2, 5], 0.2, 4
    )


def _monomials() -> Problem:
    """Powers of one variable: condition 1e3 of the columns."""
    return _planted([np.sort(x, axis=0) ** np.arange(7) for x in _gaussian(5, (80, 80, 80), 1)], [1, 3], 0.1, 6)


def _absent() -> Problem:
    """Single columns vanish in single environments."""
    thetas = _gaussian(7, (50, 50, 50), 7)
    thetas[0][:, 2] = 0.0
    thetas[2][:, [0, 5]] = 0.0
    return _planted(thetas, [2, 6], 0.2, 8)


def _zero_column() -> Problem:
    """One column vanishes everywhere."""
    thetas = _gaussian(9, (40, 40), 6)
    for theta in thetas:
        theta[:, 3] = 0.0
    return _planted(thetas, [0, 4], 0.2, 10)


def _duplicate() -> Problem:
    """Two equal columns and one that is a sum of two others."""
    thetas = _gaussian(11, (50, 50), 7)
    for theta in thetas:
        theta[:, 5] = theta[:, 1]
        theta[:, 6] = theta[:, 2] + theta[:, 3]
    return _planted(thetas, [1, 4], 0.2, 12, unique=False)


def _one_environment() -> Problem:
    return _planted(_gaussian(13, (60,), 8), [0, 3, 6], 0.3, 14)


def _wide() -> Problem:
    """More columns than rows."""
    return _planted(_gaussian(15, (8, 8, 8), 10), [3, 7], 0.05, 16, unique=False)


def _zero_target() -> Problem:
    thetas = _gaussian(17, (30, 30), 5)
    return Problem(thetas, [np.zeros((30, 2)) for _ in thetas])


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "orthogonal": _orthogonal,
    "correlated": _correlated,
    "monomials": _monomials,
    "absent": _absent,
    "zero column": _zero_column,
    "duplicate": _duplicate,
    "one environment": _one_environment,
    "wide": _wide,
    "zero target": _zero_target,
}
UNIQUE = [name for name, make in PROBLEMS.items() if make().unique]

PENALTIES: dict[str, Penalty] = {name: penalty() for name, penalty in penalties.PENALTIES.items()}

# Gaps to 1e-10, or violations of the optimality conditions where a penalty has no gap.
_PATH = {"n_alphas": 8, "alpha_min_ratio": 0.02, "tol": 1e-10}

SOLVERS: dict[str, Callable[[GramSystem], Path]] = {
    **{name: partial(solve_path, penalty=name, max_terms=4, **_PATH) for name in PENALTIES},
    "group_lasso, plain": partial(solve_path, penalty="group_lasso", compiled=False, **_PATH),
    "group_elastic_net, plain": partial(solve_path, penalty="group_elastic_net", compiled=False, **_PATH),
    "group_lasso, square root": partial(solve_path, penalty="group_lasso", loss="square_root", **_PATH),
}
