"""Group lasso path by Newton's method in the norms of the groups, on LAPACK.

The algorithm of `newton`, written with arrays: its reference in the tests, the way to go without compiling,
and the faster one once many terms are active. It also knows groups of several columns: column i of group g has
eta_i = eta_g, and Newton's matrix is summed over the columns of each pair of groups.

Legend: as in `newton`; `label` (K,) group of every column, at work n columns of f groups, `seat` (n,) the
position among these f of a column's group.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs

from spreme.solvers.norms.newton import COARSE, CONVERGED, MAX_ITER, STATIONARY, STRIDE
from spreme.solvers.norms.newton_state import SEED
from spreme.solvers.norms.newton_steps import JITTER, NOISE, ROUNDING

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass
class GroupNorms:
    """A problem, and all that is carried along its path.

    Attributes
    ----------
    gram, cross : ndarray (E, K, K), (E, K)
        Grams and cross products of scaled columns.
    y_sq : float
        Mean squares of the target, summed over environments.
    label : ndarray (K,) of int
        Group of every column, counted from 0.
    weight, size : ndarray (m,)
        Weights of the groups; norms of the last solution.
    factor : ndarray (E,)
        By which the Grams are to be multiplied; cross and y_sq already are.
    ridge : float
        Ridge per alpha.
    curvature : float
        Largest entry of the diagonals of the Grams.
    """

    gram: Array
    cross: Array
    y_sq: float
    label: Indices
    weight: Array
    size: Array
    factor: Array
    ridge: float = 0.0
    curvature: float = 1.0
    size_before: Array = field(init=False)
    norm: Array = field(init=False)
    norm_before: Array = field(init=False)
    coef: Array = field(init=False)

    def __post_init__(self) -> None:
        """Start from the correlations of zero coefficients."""
        self.size_before = self.size.copy()
        self.coef = np.zeros_like(self.cross)
        self.norm = self.norms(self.cross)
        self.norm_before = self.norm.copy()

    def norms(self, values: Array) -> Array:
        """Norms (m,) of the groups of values (E, K)."""
        return np.sqrt(np.bincount(self.label, (values**2).sum(axis=0), minlength=len(self.weight)))


# Up to this many columns at work all environments are inverted in one call; beyond, one by one by Cholesky.
BATCHED = 40


class WorkingSet:
    """The groups at work: their columns, Grams, prices and eta."""

    def __init__(self, problem: GroupNorms, groups: Indices, price: Array, eta: Array, ridge: float) -> None:
        self.problem, self.groups, self.price, self.eta = problem, groups, price, eta
        self.seed = SEED / (problem.curvature + ridge)
        position = np.full(len(problem.weight), -1)
        position[groups] = np.arange(len(groups))
        self.columns = np.flatnonzero(position[problem.label] >= 0)
        self.seat = position[problem.label[self.columns]]
        self.gram = problem.gram[:, self.columns[:, None], self.columns] * problem.factor[:, None, None]
        self.gram[:, range(len(self.columns)), range(len(self.columns))] += ridge
        self.cross = problem.cross[:, self.columns]

    def norms(self, values: Array) -> Array:
        """Norms (f,) of the groups of values (E, n)."""
        return np.sqrt(np.bincount(self.seat, (values**2).sum(axis=0), minlength=len(self.groups)))

    def evaluate(self) -> float:
        """Factor M for the present eta, set r, b, the norms of r and what `inverses` needs; return phi."""
        use = self.eta[self.seat] > 0
        root = np.sqrt(self.eta[self.seat[use]])
        gram = self.gram if use.all() else self.gram[:, use][:, :, use]
        right = root * self.cross[:, use]
        self.use, self.root, self.v = use, root, np.empty_like(right)
        self.factors: list[Array] = []
        if len(root) <= BATCHED:
            matrix = np.outer(root, root) * gram + np.eye(len(root))
            self.inverse = np.linalg.inv(matrix)
            self.v = np.linalg.solve(matrix, right[:, :, None])[:, :, 0]  # the inverse would lose digits
        else:
            for e, own in enumerate(gram):
                matrix = np.outer(root, root) * own
                matrix.flat[:: len(root) + 1] += 1.0
                # symmetric, so its transpose is itself in the order that LAPACK wants: nothing is copied
                self.factors.append(dpotrf(matrix.T, lower=1, overwrite_a=1, clean=0)[0])
                self.v[e] = dpotrs(self.factors[e], right[e], lower=1)[0]
        self.b = np.zeros_like(self.cross)
        self.b[:, use] = root * self.v
        self.r = self.cross.copy()
        self.r[:, use] = self.v / root
        if not use.all():
            self.r[:, ~use] -= np.matmul(self.gram[:, ~use][:, :, use], (root * self.v)[:, :, None])[:, :, 0]
        self.r_norm = self.norms(self.r)
        return float((self.eta * self.price**2).sum() - (right * self.v).sum()) / 2

    def newton_system(self) -> tuple[Array, Array]:
        """Matrix and right-hand side for the relative changes of the positive eta."""
        lower = (1 + ROUNDING) * np.diag((self.v**2).sum(axis=0))
        if self.factors:
            for v, factor in zip(self.v, self.factors, strict=True):
                lower -= np.outer(v, v) * dpotri(factor, lower=1, overwrite_c=1)[0]
        else:
            lower -= np.einsum("ei,ej,eij->ij", self.v, self.v, self.inverse, optimize=True)
        total = np.tril(lower) + np.tril(lower, -1).T
        positive = np.flatnonzero(self.eta > 0)
        member = (self.seat[self.use] == positive[:, None]).astype(float)
        size, price = self.r_norm[positive], self.price[positive]
        return member @ total @ member.T, self.eta[positive] * size**2 * (size - price) / price

    def gap(self) -> tuple[float, float]:
        """Duality gap of the problem restricted to the working set, and the largest violation over its price."""
        ratio = self.r_norm / self.price
        violation = np.where(self.eta > 0, abs(ratio - 1), ratio - 1).max(initial=0.0)
        along = self.problem.y_sq - float((self.b * self.cross).sum())
        fit = along - float((self.b * self.r).sum())
        penalty = float(self.price @ (self.eta * self.r_norm))
        return duality_gap(fit, along, penalty, ratio.max(initial=0.0)), float(violation)


def duality_gap(fit: float, along: float, penalty: float, most: float) -> float:
    """Primal minus dual value, the dual point being the residual shrunk until no correlation exceeds its price."""
    fit, along = max(fit, 0.0), max(along, 0.0)  # squares, but for rounding
    shrink = min(1 / max(most, 1e-300), along / max(fit, 1e-300))
    return fit / 2 + penalty - (shrink * along - shrink**2 * fit / 2)


def direction(H: Array, right: Array, seeded: NDArray[np.bool_], damping: float) -> Array:
    """Damped Newton step; groups just seeded that would shrink leave at once."""
    free = np.ones(len(right), bool)
    while True:
        u = np.full(len(right), -1.0)
        unit = 1 / np.sqrt(np.maximum(np.diag(H)[free], 1e-300))
        own = H[np.ix_(free, free)] * unit * unit[:, None] + (JITTER + damping) * np.eye(len(unit))
        try:
            factor = cho_factor(own, lower=True, check_finite=False)
            u[free] = unit * cho_solve(factor, unit * right[free], check_finite=False)
        except LinAlgError:
            u[free] = unit * np.linalg.lstsq(own, unit * right[free], rcond=1e-13)[0]
        pinned = free & seeded & (u < 0)
        if not pinned.any():
            return u
        free &= ~pinned


def solve_at_work(work: WorkingSet, target: float, accuracy: float, max_iter: int) -> int:
    """Newton steps until the gap at work is at most `target` or the conditions hold to `accuracy`; their number."""
    steps, damping, left = 0, 0.0, False
    phi = work.evaluate()
    while steps < max_iter:
        gap, violation = work.gap()
        if gap <= target or violation <= accuracy:
            break
        enter = (work.eta == 0) & (work.r_norm > work.price * (1 + 0.1 * violation))
        # a column equal to an active one joins only to leave at once, and then hides what the others should do
        if enter.any() and not left:
            work.eta[enter] = work.seed
            phi = work.evaluate()
        H, right = work.newton_system()
        old, before = work.eta.copy(), phi
        positive = np.flatnonzero(old > 0)
        while steps < max_iter:
            steps += 1
            u = direction(H, right, old[positive] <= 2 * work.seed, damping)
            left = bool((u[old[positive] <= 2 * work.seed] == -1).any())
            work.eta = old.copy()
            work.eta[positive] = np.maximum(old[positive] * (1 + u), 0.0)
            phi = work.evaluate()
            change = (phi - before) / max(abs(before), 1e-300)
            if change <= NOISE or (change <= 1e4 * NOISE and work.gap()[1] < 0.9 * violation):
                damping = 0.1 * damping if damping > 1e-3 else 0.0
                break
            damping = max(10 * damping, 0.1)
    return steps


def _drop_seeds(work: WorkingSet) -> None:
    """Set to zero what has not grown beyond a seed: it is in no support."""
    mere = work.eta <= 2 * work.seed
    work.eta[mere] = 0.0
    work.b[:, mere[work.seat]] = 0.0


def _check_all(problem: GroupNorms, work: WorkingSet, prices: Array, ridge: float) -> tuple[float, float]:
    """Norms of the correlations of all groups from the active rows; duality gap and largest violation."""
    used = work.columns[(work.eta > 0)[work.seat]]
    problem.coef[:] = 0.0
    problem.coef[:, work.columns] = work.b
    residual = problem.cross - ridge * problem.coef
    for e, own in enumerate(residual):
        own -= problem.factor[e] * problem.coef[e, used] @ problem.gram[e, used]
    along = problem.y_sq - float((problem.coef * problem.cross).sum())
    fit = along - float((problem.coef * residual).sum())
    problem.norm = problem.norms(residual)
    ratio = problem.norm / prices
    active = np.zeros(len(prices), bool)
    active[work.groups[work.eta > 0]] = True
    penalty = float(work.price @ (work.eta * work.r_norm))
    violation = float(np.where(active, abs(ratio - 1), ratio - 1).max(initial=0.0))
    return duality_gap(fit, along, penalty, ratio.max(initial=0.0)), violation


def _admit(norm: Array, prices: Array, eta: Array, seed: float) -> Indices:
    """Seed the groups at zero whose norms exceed their price most, at most half as many as there are."""
    violating = np.flatnonzero((norm > prices) & (eta == 0))
    room = max(8, int((eta > 0).sum()) // 2)
    entering = violating[np.argsort(-(norm / prices)[violating], kind="stable")[:room]]
    eta[entering] = seed
    return entering


def _solve_alpha(
    problem: GroupNorms, alpha: float, step: float, wanted: float, accuracy: float, max_iter: int, tidy: bool
) -> tuple[float, float, int, int]:
    """Gap, violation, steps and status of the solution at alpha, from norms extrapolated by `step`."""
    prices, ridge = alpha * problem.weight, alpha * problem.ridge
    seed = SEED / (problem.curvature + ridge)
    guess = np.maximum(problem.norm, problem.norm + step * (problem.norm - problem.norm_before))
    size = np.maximum(problem.size + step * (problem.size - problem.size_before), 0.2 * problem.size)
    eta = np.where(size > 0, size / prices, 0.0)
    problem.norm_before, problem.size_before = problem.norm, problem.size
    _admit(guess, prices, eta, seed)
    steps, target = 0, wanted / 2
    while True:
        groups = np.flatnonzero(eta > 0)
        work = WorkingSet(problem, groups, prices[groups], eta[groups], ridge)
        used = solve_at_work(work, target, accuracy, max_iter - steps)
        steps += used
        if tidy:
            _drop_seeds(work)
        gap, violation = _check_all(problem, work, prices, ridge)
        eta[groups] = work.eta
        problem.size = np.zeros(len(prices))
        problem.size[groups] = work.eta * work.r_norm
        if gap <= wanted:
            return gap, violation, steps, CONVERGED
        if steps >= max_iter:
            return gap, violation, steps, MAX_ITER
        if np.isin(_admit(problem.norm, prices, eta, seed), groups).all():
            if violation <= 10 * accuracy or (used == 0 and target < max(1e-5 * wanted, 0.0)):
                return gap, violation, steps, STATIONARY
            # what was too small to be kept is needed after all
            target, tidy = 0.1 * target, False


def solve_alphas(
    problem: GroupNorms,
    alphas: Array,
    tol: float,
    accuracy: float,
    max_iter: int,
    first: int,
    here: float,
    scale: Array,
    coefs: Array,
    masks: NDArray[np.bool_],
    report: Array,
) -> None:
    """Solve for alphas[first:] in turn, starting from `problem.size` at strength `here`.

    A solution is accepted if its relative gap is at most `tol`, or if no correlation misses its price by a share of
    more than ten times `accuracy`. Filled: coefs (A, E, K) for unscaled columns, masks (A, K) and report (A, 4):
    relative gap, largest violation relative to its price, iterations, status code.
    """
    there = 0.0
    for a in range(first, len(alphas)):
        steps, alpha = 0, 0.0
        while alpha != alphas[a]:
            alpha = max(alphas[a], STRIDE * here)
            wanted = (tol if alpha == alphas[a] else max(tol, COARSE)) * problem.y_sq
            step = (here - alpha) / (there - here) if there > 0 and there != here else 0.0
            gap, violation, used, code = _solve_alpha(
                problem, alpha, min(max(step, 0.0), 3.0), wanted, accuracy, max_iter - steps, alpha == alphas[a]
            )
            steps += used
            there, here = here, alpha
        report[a] = gap / max(problem.y_sq, 1e-300), violation, steps, code
        coefs[a] = problem.coef / scale
        masks[a] = (problem.size > 0)[problem.label]
