"""`solve_path`: solutions of every state along a grid of penalty strengths, from Gram matrices alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.gram import GramSystem
from spreme.penalties import GroupL0, Penalty, as_penalty
from spreme.results import Path
from spreme.solvers.group_l0 import best_supports
from spreme.solvers.group_lasso import solve_alphas

Array = NDArray[np.float64]


def solve_path(
    gram: GramSystem,
    penalty: str | Penalty = "group_lasso",
    alphas: ArrayLike | None = None,
    *,
    n_alphas: int = 100,
    alpha_min_ratio: float = 1e-2,
    max_terms: int = 8,
    tol: float = 1e-6,
    max_iter: int = 100_000,
) -> Path:
    """Solve the group-sparse regression of every state along a path.

    Group lasso, per state: minimise over B (E, K)
    ``sum_e 1/(2 n_e) ||Y_e - Theta_e diag(1/scale) B_e||^2 + alpha sum_j ||B[:, j]||_2``.
    Group L0: the best mask of every size.

    Parameters
    ----------
    gram : GramSystem
        From `spreme.gram.build`.
    penalty : {"group_lasso", "group_l0"} or penalty object, default "group_lasso"
        What makes the coefficients sparse.
    alphas : array_like (A,) or (A, S), default None
        Penalty strengths, decreasing. None: for each state `n_alphas` values, geometric, from the smallest that gives
        all zeros down to `alpha_min_ratio` times it. Not used by group L0, whose path counts terms 0..max_terms.
    n_alphas : int, default 100
        Length of the grid.
    alpha_min_ratio : float, default 0.01
        End of the grid.
    max_terms : int, default 8
        Largest size on the path of group L0.
    tol : float, default 1e-6
        Duality gap at which a solution is accepted, relative to the mean square of the target summed over environments.
    max_iter : int, default 100000
        Sweeps per alpha; a solution that needs more has status "max_iter".

    Returns
    -------
    Path
        Solutions for unscaled library columns.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import spreme.gram
    >>> rng = np.random.default_rng(0)
    >>> thetas = [rng.standard_normal((50, 6)) for _ in range(3)]
    >>> system = spreme.gram.build(thetas, [2 * theta[:, :1] - theta[:, 3:4] for theta in thetas])
    >>> solve_path(system, "group_l0", max_terms=2).masks[2, 0].nonzero()[0].tolist()
    [0, 3]
    """
    penalty = as_penalty(penalty)
    _check_options(n_alphas, alpha_min_ratio, max_terms, tol, max_iter)
    if isinstance(penalty, GroupL0):
        return _support_path(gram, min(max_terms, gram.n_terms))
    grid = _default_grid(gram, n_alphas, alpha_min_ratio) if alphas is None else _given_grid(alphas, gram.n_states)
    shape = (len(grid), gram.n_states)
    coefs = np.zeros((len(grid), gram.n_environments, gram.n_states, gram.n_terms))
    gap, n_iter = np.zeros(shape), np.zeros(shape, np.int64)
    for s in range(gram.n_states):
        own, own_gap, own_iter = (
            np.zeros((len(grid), *gram.scale.shape)),
            np.zeros(len(grid)),
            np.zeros(len(grid), np.int64),
        )
        cross, along = np.ascontiguousarray(gram.cross[:, s]), np.ascontiguousarray(grid[:, s])
        solve_alphas(gram.gram, cross, float(gram.y_sq[:, s].sum()), along, tol, max_iter, own, own_gap, own_iter)
        coefs[:, :, s], gap[:, s], n_iter[:, s] = own / gram.scale, own_gap, own_iter
    status = [["converged" if value <= tol else "max_iter" for value in row] for row in gap]
    return Path(grid, coefs, (coefs != 0).any(axis=1), gap, n_iter, status)


def alpha_max(gram: GramSystem) -> Array:
    """Find the smallest penalty strength of the group lasso with all coefficients zero.

    Parameters
    ----------
    gram : GramSystem
        From `spreme.gram.build`.

    Returns
    -------
    ndarray (S,)
        One value per state.

    Examples
    --------
    >>> import spreme.gram
    >>> alpha_max(spreme.gram.build([np.eye(2)], [np.array([[2.0], [0.0]])])).round(3).tolist()
    [1.414]
    """
    return np.sqrt((gram.cross**2).sum(axis=0)).max(axis=1)


def _default_grid(gram: GramSystem, n_alphas: int, ratio: float) -> Array:
    """Geometric grid of every state; a state whose target is zero gets ones, where the solution is zero."""
    top = alpha_max(gram)
    return np.where(top > 0, top, 1.0) * np.geomspace(1.0, ratio, n_alphas)[:, None]


def _given_grid(alphas: ArrayLike, n_states: int) -> Array:
    """Check a grid and give it one column per state."""
    try:
        grid = np.asarray(alphas, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"alphas must be numbers: {error}") from None
    if grid.ndim == 1:
        grid = np.tile(grid[:, None], (1, n_states))
    if grid.ndim != 2 or grid.shape[1] != n_states or len(grid) == 0:
        raise ValueError(f"alphas must have shape (A,) or (A, {n_states}) with A >= 1, got {np.shape(alphas)}")
    if not (np.isfinite(grid).all() and (grid > 0).all()):
        raise ValueError("alphas must be finite and positive")
    return grid


def _support_path(gram: GramSystem, max_terms: int) -> Path:
    """Group L0: masks of every size, refitted."""
    shape = (max_terms + 1, gram.n_states)
    coefs = np.zeros((max_terms + 1, gram.n_environments, gram.n_states, gram.n_terms))
    masks = np.zeros((*shape, gram.n_terms), bool)
    status = [["converged"] * gram.n_states for _ in range(max_terms + 1)]
    for s in range(gram.n_states):
        found = best_supports(gram.gram, gram.cross[:, s], max_terms=max_terms)
        masks[:, s] = found.masks
        for size, mask in enumerate(found.masks):
            coefs[size, :, s, mask] = _restricted(gram, s, mask).T
            status[size][s] = "exact" if found.exact[size] else "converged"
    sizes = np.tile(np.arange(max_terms + 1.0)[:, None], (1, gram.n_states))
    return Path(sizes, coefs, masks, np.full(shape, np.nan), np.zeros(shape, np.int64), status)


def _restricted(gram: GramSystem, state: int, mask: NDArray[np.bool_]) -> Array:
    """Least squares (E, terms in mask) on the columns of a mask: 0 where a column is zero, least norm if dependent."""
    coef = np.zeros((gram.n_environments, gram.n_terms))
    for e in range(gram.n_environments):
        seen = np.flatnonzero(mask & (np.diagonal(gram.gram[e]) > 0))
        own = np.linalg.lstsq(gram.gram[e][np.ix_(seen, seen)], gram.cross[e, state, seen], rcond=1e-13)[0]
        coef[e, seen] = own / gram.scale[e, seen]
    return coef[:, mask]


def _check_options(n_alphas: int, alpha_min_ratio: float, max_terms: int, tol: float, max_iter: int) -> None:
    """Refuse options out of range."""
    if n_alphas < 1 or max_iter < 1 or max_terms < 1:
        raise ValueError(
            f"n_alphas, max_iter and max_terms must be at least 1, got {n_alphas}, {max_iter} and {max_terms}"
        )
    if not 0 < alpha_min_ratio <= 1:
        raise ValueError(f"alpha_min_ratio must lie in (0, 1], got {alpha_min_ratio}")
    if not tol > 0:
        raise ValueError(f"tol must be positive, got {tol}")
