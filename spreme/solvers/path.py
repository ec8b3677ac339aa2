"""`solve_path`: solutions of every state along a grid of penalty strengths, from Gram matrices alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.gram import GramSystem
from spreme.penalties import GroupL0, Penalty, as_penalty
from spreme.results import Path
from spreme.solvers.dispatch import LOSSES, largest_alpha, solve_equation
from spreme.solvers.equation import Equation, Solutions
from spreme.solvers.subsets.group_l0 import best_supports
from spreme.solvers.subsets.refit import refit_supports

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def solve_path(
    gram: GramSystem,
    penalty: str | Penalty = "group_lasso",
    alphas: ArrayLike | None = None,
    *,
    n_alphas: int = 100,
    alpha_min_ratio: float = 1e-2,
    max_terms: int = 8,
    tol: float = 1e-6,
    max_iter: int | None = None,
    groups: ArrayLike | None = None,
    loss: str = "squared",
    compiled: bool = True,
) -> Path:
    """Solve the group-sparse regression of every state along a path.

    Per state: minimise over B (E, K)
    ``sum_e 1/(2 n_e) ||Y_e - Theta_e diag(1/scale) B_e||^2 + penalty(B; alpha)``, for the group lasso with the penalty
    ``alpha sum_j ||B[:, j]||_2``. Group L0: the best mask of every size.

    Parameters
    ----------
    gram : GramSystem
        From `spreme.gram.build`.
    penalty : str or penalty object, default "group_lasso"
        What makes the coefficients sparse: a name of `spreme.penalties.PENALTIES`, an object of `spreme.penalties`, or
        any object with the methods of `spreme.penalties.ProximalPenalty`.
    alphas : array_like (A,) or (A, S), default None
        Penalty strengths. None: for each state `n_alphas` values, geometric, from the smallest that gives all zeros
        down to `alpha_min_ratio` times it. Not used by group L0, whose path counts terms 0..max_terms. Each solution
        starts from that of the next larger alpha.
    n_alphas : int, default 100
        Length of the grid.
    alpha_min_ratio : float, default 0.01
        End of the grid.
    max_terms : int, default 8
        Largest size on the path of group L0.
    tol : float, default 1e-6
        Duality gap at which a solution is accepted, relative to the mean square of the target summed over environments;
        for penalties without a duality gap (MCP, SCAD, penalties of yours) the largest violation of the optimality
        conditions, relative to alpha.
    max_iter : int, default None
        Iterations per alpha; a solution that needs more has status "max_iter". None: 1000 Newton steps, 100000 steps
        of the proximal solvers.
    groups : array_like (K,), default None
        One label per term; terms with the same label enter together. None: every term its own group.
    loss : {"squared", "square_root"}, default "squared"
        "square_root": the sum over environments of the root mean square residuals, so that the noise of every
        environment is a part of the problem; for the group lasso and its adaptive form.
    compiled : bool, default True
        Use compiled kernels where there are any. False saves the time to compile them at the first call.

    Returns
    -------
    Path
        Solutions for unscaled library columns.

    Raises
    ------
    ValueError
        If an option is out of range, or the penalty does not go with the loss.

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
    _check_options(n_alphas, alpha_min_ratio, max_terms, tol, max_iter, loss)
    label = _labels(groups, gram.n_terms)
    if isinstance(penalty, GroupL0):
        return _support_path(gram, min(max_terms, int(label.max()) + 1), label)
    equations = [
        Equation(gram.gram, np.ascontiguousarray(gram.cross[:, s]), gram.y_sq[:, s], gram.scale[0], label)
        for s in range(gram.n_states)
    ]
    if alphas is None:
        top = np.array([largest_alpha(equation, penalty, loss) for equation in equations])
        # where nothing can enter, any strength will do
        grid = np.where(top > 0, top, 1.0) * np.geomspace(1.0, alpha_min_ratio, n_alphas)[:, None]
    else:
        grid = _given_grid(alphas, gram.n_states)
    found = [
        solve_equation(
            equation, penalty, grid[:, s].copy(), tol=tol, max_iter=max_iter, loss=loss, use_compiled=compiled
        )
        for s, equation in enumerate(equations)
    ]
    return _assemble(grid, found)


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


def _assemble(grid: Array, found: list[Solutions]) -> Path:
    """Solutions of all states side by side."""
    if len(found) == 1:  # views, not copies
        coefs, masks = found[0].coefs[:, :, None], found[0].masks[:, None]
    else:
        coefs = np.stack([own.coefs for own in found], axis=2)
        masks = np.stack([own.masks for own in found], axis=1)
    return Path(
        grid,
        coefs,
        masks,
        np.stack([own.gap for own in found], axis=1),
        np.stack([own.n_iter for own in found], axis=1),
        [list(row) for row in zip(*(own.status for own in found), strict=True)],
        np.stack([own.violation for own in found], axis=1),
    )


def _labels(groups: ArrayLike | None, n_terms: int) -> Labels:
    """Group of every term, counted from 0."""
    if groups is None:
        return np.arange(n_terms)
    given = np.asarray(groups)
    if given.shape != (n_terms,):
        raise ValueError(f"groups must be one label per term, {n_terms} in all, got shape {given.shape}")
    return np.unique(given, return_inverse=True)[1].astype(np.int64)


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


def _support_path(gram: GramSystem, max_terms: int, label: Labels) -> Path:
    """Group L0: masks of every size, refitted."""
    shape = (max_terms + 1, gram.n_states)
    coefs = np.zeros((max_terms + 1, gram.n_environments, gram.n_states, gram.n_terms))
    masks = np.zeros((*shape, gram.n_terms), bool)
    status = [["converged"] * gram.n_states for _ in range(max_terms + 1)]
    for s in range(gram.n_states):
        cross = np.ascontiguousarray(gram.cross[:, s])
        found = best_supports(gram.gram, cross, max_terms=max_terms, groups=label)
        masks[:, s] = found.masks
        coefs[:, :, s] = refit_supports(gram.gram, cross, found.masks) / gram.scale
        for size in np.flatnonzero(found.exact):
            status[size][s] = "exact"
    sizes = np.tile(np.arange(max_terms + 1.0)[:, None], (1, gram.n_states))
    unknown = np.full(shape, np.nan)
    return Path(sizes, coefs, masks, unknown, np.zeros(shape, np.int64), status, unknown.copy())


def _check_options(
    n_alphas: int, alpha_min_ratio: float, max_terms: int, tol: float, max_iter: int | None, loss: str
) -> None:
    """Refuse options out of range."""
    for name, count in (("n_alphas", n_alphas), ("max_terms", max_terms), ("max_iter", max_iter)):
        if count is not None and not (isinstance(count, (int, np.integer)) and count >= 1):
            raise ValueError(f"{name} must be a whole number, at least 1, got {count!r}")
    if not (isinstance(alpha_min_ratio, (int, float, np.number)) and 0 < alpha_min_ratio <= 1):
        raise ValueError(f"alpha_min_ratio must lie in (0, 1], got {alpha_min_ratio!r}")
    if not (isinstance(tol, (int, float, np.number)) and tol > 0):
        raise ValueError(f"tol must be a positive number, got {tol!r}")
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {', '.join(map(repr, LOSSES))}, got {loss!r}")
