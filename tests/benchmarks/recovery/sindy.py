"""PySINDy as a peer: STLSQ in every environment by itself, on smoothed finite differences.

Differentiation and STLSQ are PySINDy's, and the terms are those of the library that spreme is given. The grid:

window      length of the Savitzky-Golay filter (cubic) before the finite differences; 0: no filter
scaling     "term": terms and derivative have unit norm, the threshold is a share of the derivative's norm;
            "state": terms are as they are, the threshold is in units of rms(x_dot) / rms(x) of the state
alpha       ridge penalty
threshold   logspace(-3, 0)

`validated` fits each environment on the first 80 % of every trajectory, judges by the rest, and fits again on
everything. Three judges, three results: AICc and BIC of the derivative (each candidate against its own smoothing), and
AICc of a forecast from the smoothed beginning of the rest. `tuned_with_truth` takes the one setting for which most
environments have exactly their true terms. Missing samples and values are interpolated linearly on the regular grid of
times, which PySINDy needs.

References
----------
Brunton, Proctor, Kutz (2016), Discovering governing equations from data by sparse identification of nonlinear dynamical
systems, PNAS.
Mangan, Kutz, Brunton, Proctor (2017), Model selection for dynamical systems via sparse regression and information
criteria, Proceedings of the Royal Society A.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from benchmarks.recovery import forecasts
from benchmarks.recovery.forecasts import aicc, bic
from benchmarks.recovery.judge import Mask, Outcome, count_right, f1, majority
from numpy.typing import NDArray

import systems
from spreme import Trajectories
from spreme.data import Trajectory
from spreme.library import TermTable
from systems.system import System

Array = NDArray[np.float64]
Times = tuple[Array, Array]  # t (n,) and x (n, S) on a regular grid

WINDOWS = (0, 5, 11, 31)
SCALINGS = ("term", "state")
ALPHAS = (1e-5, 0.05)
N_THRESHOLDS = 25
SHORTEST = 5  # samples: a cubic filter needs them
TRAINING_SHARE = 0.8


class Setting(NamedTuple):
    """One point of the grid."""

    window: int
    scaling: str
    alpha: float
    threshold: float


class Rows(NamedTuple):
    """Regression of one environment: terms (m, K), derivatives (m, S), rms of states and of derivatives (S,)."""

    theta: Array
    x_dot: Array
    x_rms: Array
    x_dot_rms: Array


class Candidate(NamedTuple):
    """A law of one environment: setting, coefficients (S, K), starts (J, S) of forecasts, error of the derivative."""

    setting: Setting
    coef: Array
    starts: Array
    error: float


def settings(n_thresholds: int) -> list[Setting]:
    """The grid."""
    return [Setting(*point) for point in product(WINDOWS, SCALINGS, ALPHAS, np.logspace(-3, 0, n_thresholds).tolist())]


def validated(system: System, data: Trajectories, n_thresholds: int) -> list[Outcome]:
    """Tune every environment on the last fifth of its trajectories, by each judge; the majority decides."""
    begin = time.perf_counter()
    table, grid = system.library.table(system.states), settings(n_thresholds)
    masks, chosen = [], []
    for env in data.environments:
        runs = regular_runs(data.where(env=env), system.dt)
        chosen.append(choose(runs, table, system.dt, grid))
        masks.append([fit(rows_of(runs, table, setting.window), setting) for setting in chosen[-1]])
    seconds = time.perf_counter() - begin
    found, picks = np.array(masks).swapaxes(0, 1), list(zip(*chosen, strict=True))
    return [
        Outcome(majority(own), seconds, own, details={"settings": [tuple(setting) for setting in pick]})
        for own, pick in zip(found, picks, strict=True)
    ]


def tuned_with_truth(system: System, data: Trajectories, n_thresholds: int) -> list[Outcome]:
    """Take the setting for which most environments are right, then the one with the best majority."""
    begin = time.perf_counter()
    table, grid = system.library.table(system.states), settings(n_thresholds)
    present = systems.true_coefficients(system, table, list(data.environments)) != 0
    runs = [regular_runs(data.where(env=env), system.dt) for env in data.environments]
    found = np.stack([masks_of(own, table, grid) for own in runs], axis=1)
    truth = present.any(axis=0)
    best = max(range(len(grid)), key=lambda i: (count_right(found[i], present), f1(majority(found[i]), truth)))
    details = {
        "settings": [tuple(grid[best])],
        "right_with_own_setting": int(np.all(found == present, axis=(2, 3)).any(axis=0).sum()),
        "majority_with_some_setting": any(np.array_equal(majority(own), truth) for own in found),
    }
    return [Outcome(majority(found[best]), time.perf_counter() - begin, found[best], True, details)]


def choose(runs: Sequence[Times], table: TermTable, dt: float, grid: Sequence[Setting]) -> list[Setting]:
    """Best setting by AICc and by BIC of held-out derivatives, and by AICc of held-out forecasts."""
    cuts = [int(np.ceil(TRAINING_SHARE * len(t))) for t, _ in runs]
    found = [own for window in WINDOWS for own in candidates(runs, cuts, table, window, grid)]
    coefs, starts = np.array([own.coef for own in found]), np.array([own.starts for own in found])
    held_out = [x[n:] for (_, x), n in zip(runs, cuts, strict=True)]
    forecast, n = forecasts.errors(table, coefs, starts, held_out, dt)
    derivative, size = np.array([own.error for own in found]), np.count_nonzero(coefs, axis=(1, 2))
    scores = aicc(derivative, n, size), bic(derivative, n, size), aicc(forecast, n, size)
    return [found[int(np.argmin(score))].setting for score in scores]


def candidates(
    runs: Sequence[Times], cuts: Sequence[int], table: TermTable, window: int, grid: Sequence[Setting]
) -> list[Candidate]:
    """Laws fitted to the samples before the cuts, for the settings of one window."""
    training = rows_of([(t[:n], x[:n]) for (t, x), n in zip(runs, cuts, strict=True)], table, window)
    smoothed = [smooth(t, x, window) for t, x in runs]
    held_out = made_rows([(x[n:], x_dot[n:]) for (x, x_dot), n in zip(smoothed, cuts, strict=True)], table)
    starts = np.array([x[n - 1] for (x, _), n in zip(smoothed, cuts, strict=True)])
    found = []
    for setting, mask in distinct(training, [own for own in grid if own.window == window]):
        coef = least_squares(training, mask)
        found.append(Candidate(setting, coef, starts, derivative_error(held_out, coef)))
    return found


def derivative_error(held_out: Rows, coef: Array) -> float:
    """Sum of squares in units of the derivatives' root mean squares."""
    return float(np.sum(((held_out.theta @ coef.T - held_out.x_dot) / held_out.x_dot_rms) ** 2))


def distinct(rows: Rows, grid: Sequence[Setting]) -> list[tuple[Setting, Mask]]:
    """Masks of the settings, each once."""
    seen = {}
    reduced = reduce(rows)
    for setting in grid:
        mask = quick_fit(reduced, setting)
        seen.setdefault(mask.tobytes(), (setting, mask))
    return list(seen.values())


def masks_of(runs: Sequence[Times], table: TermTable, grid: Sequence[Setting]) -> Mask:
    """Masks (settings, S, K) of one environment."""
    reduced = {window: reduce(rows_of(runs, table, window)) for window in WINDOWS}
    return np.array([quick_fit(reduced[setting.window], setting) for setting in grid])


def fit(rows: Rows, setting: Setting) -> Mask:
    """Mask (S, K) of PySINDy's STLSQ."""
    import pysindy

    optimizer = pysindy.STLSQ(threshold=setting.threshold, alpha=setting.alpha)
    return np.asarray(optimizer.fit(*scaled(rows, setting.scaling)).coef_ != 0)


def quick_fit(reduced: Rows, setting: Setting) -> Mask:
    """The same mask, for the many settings of a grid."""
    optimizer = quick_stlsq()(threshold=setting.threshold, alpha=setting.alpha, unbias=False)
    return np.asarray(optimizer.mask(*scaled(reduced, setting.scaling)))


@cache
def quick_stlsq() -> Any:
    """PySINDy's STLSQ without its checks, and with ridge regression by one solution of the normal equations."""
    import pysindy

    class QuickSTLSQ(pysindy.STLSQ):  # type: ignore[misc]
        def mask(self, theta: Array, target: Array) -> Mask:
            self.iters = 0
            self.ind_ = np.ones((target.shape[1], theta.shape[1]), dtype=bool)
            self.coef_ = np.ones(self.ind_.shape)
            self.history_ = [self.coef_]
            self._reduce(theta, target)
            return np.asarray(np.abs(self.coef_) > 1e-14)

        def _regress(self, x: Array, y: Array, dim: int, sparse_sub: Any) -> Array:
            gram = x.T @ x + self.alpha * np.eye(dim)
            try:
                coef = np.linalg.solve(gram, x.T @ y)
            except np.linalg.LinAlgError:
                return np.asarray(super()._regress(x, y, dim, sparse_sub))
            self.iters += 1
            return coef

    return QuickSTLSQ


def reduce(rows: Rows) -> Rows:
    """Rotate the rows into as many as there are columns: all inner products stay, and so all regressions."""
    K = rows.theta.shape[1]
    triangle = np.linalg.qr(np.hstack([rows.theta, rows.x_dot]), mode="r")
    return rows._replace(theta=triangle[:, :K], x_dot=triangle[:, K:])


def scaled(rows: Rows, scaling: str) -> tuple[Array, Array]:
    """Terms and derivatives such that the threshold means what `scaling` says."""
    if scaling == "state":
        return rows.theta, rows.x_dot * (rows.x_rms / rows.x_dot_rms)
    return rows.theta / norms(rows.theta), rows.x_dot / norms(rows.x_dot)


def norms(columns: Array) -> Array:
    """Euclidean norms of columns; 1 where a column vanishes."""
    size = np.linalg.norm(columns, axis=0)
    return np.where(size > 0, size, 1.0)


def least_squares(rows: Rows, mask: Mask) -> Array:
    """Coefficients (S, K) on a mask."""
    coef = np.zeros(mask.shape)
    for s, terms in enumerate(mask):
        if terms.any():
            coef[s, terms] = np.linalg.lstsq(rows.theta[:, terms], rows.x_dot[:, s])[0]
    return coef


def rows_of(runs: Sequence[Times], table: TermTable, window: int) -> Rows:
    """Terms and derivatives at all samples of runs, smoothed."""
    return made_rows([smooth(t, x, window) for t, x in runs], table)


def made_rows(smoothed: Sequence[tuple[Array, Array]], table: TermTable) -> Rows:
    """Terms and derivatives from states and derivatives of every run."""
    x, x_dot = (np.vstack(parts) for parts in zip(*smoothed, strict=True))
    rms = [np.sqrt(np.mean(values**2, axis=0)) for values in (x, x_dot)]
    return Rows(table.evaluate(x), x_dot, *(np.where(size > 0, size, 1.0) for size in rms))


def smooth(t: Array, x: Array, window: int) -> tuple[Array, Array]:
    """Smoothed states and their derivatives by PySINDy."""
    from pysindy import FiniteDifference, SmoothedFiniteDifference

    if len(t) < SHORTEST:
        raise ValueError(f"a trajectory has {len(t)} samples: smoothing needs {SHORTEST}")
    longest = len(t) - 1 + len(t) % 2
    options = {"window_length": min(window, longest), "polyorder": 3}
    method = SmoothedFiniteDifference(smoother_kws=options) if window else FiniteDifference()
    x_dot = np.asarray(method._differentiate(x, t))
    return (np.asarray(method.smoothed_x_) if window else x), x_dot


def regular_runs(data: Trajectories, dt: float) -> list[Times]:
    """Times and states of an environment's trajectories, without gaps."""
    return [regular(run, dt) for run in data]


def regular(run: Trajectory, dt: float) -> Times:
    """Times and states; where something is missing, interpolated linearly between what was measured of each state."""
    if not np.isnan(run.x).any() and np.allclose(np.diff(run.t), dt):
        return run.t, run.x
    seen = [~np.isnan(column) for column in run.x.T]
    first, last = max(run.t[own][0] for own in seen), min(run.t[own][-1] for own in seen)
    t = dt * np.arange(np.ceil(first / dt - 1e-6), np.floor(last / dt + 1e-6) + 1)
    return t, np.stack([np.interp(t, run.t[own], run.x[own, s]) for s, own in enumerate(seen)], axis=1)
