"""Tables of the group lasso: against other algorithms and packages, to small strengths, and from a cold start."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from benchmarks.solvers import peers
from benchmarks.solvers.instances import Instance
from benchmarks.solvers.judge import gap_and_objective, judge_path, measure, seconds
from benchmarks.solvers.report import Report
from numpy.typing import NDArray

from spreme.penalties import GroupLasso
from spreme.solvers import alpha_max, block_descent, fista, solve_path
from spreme.solvers.proximal.optimality import Solution

Array = NDArray[np.float64]

N_ALPHAS, RATIO, TOL = 100, 1e-2, 1e-6


class Options(NamedTuple):
    """How often calls are repeated, seconds for one solver, peers and their Python."""

    repeats: int
    limit: float
    peers: tuple[str, ...]
    python: str


def compare_paths(instance: Instance, options: Options, report: Report) -> None:
    """One path of the first state by everybody."""
    one, (gram, cross, y_sq) = instance.one_state(), instance.equation()
    alphas = alpha_max(one)[0] * np.geomspace(1.0, RATIO, N_ALPHAS)
    ours = partial(solve_path, one, "group_lasso", alphas, tol=TOL)
    ours()
    report.start(f"{instance}: {N_ALPHAS} alphas to {RATIO:g} alpha_max, gap {TOL:g}, one state")

    def add(solver: str, spent: float | str, coefs: Array | None, own: float | None = None) -> None:
        worst, total = (None, None) if coefs is None else judge_path(gram, cross, y_sq, coefs, alphas[: len(coefs)])
        ratio = spent / own if own is not None and isinstance(spent, float) else None
        if coefs is not None and len(coefs) < len(alphas):
            solver, ratio, total = f"{solver}, {len(coefs)} alphas only", None, None
        report.add({"solver": solver, "time": spent, "worst gap": worst, "ratio": ratio, "sum of objectives": total})

    path, spent = measure(ours, options.repeats)
    add("spreme, compiled", spent, scaled(path, instance), None)
    plain = partial(solve_path, one, "group_lasso", alphas, tol=TOL, compiled=False)
    (path, spent), own = around(ours, lambda: measure(plain, options.repeats))
    add("spreme, NumPy", spent, scaled(path, instance), own)
    for name, step in algorithms().items():
        walk = partial(warm_path, step, gram, cross, y_sq, alphas, options.limit)
        (coefs, spent), own = around(ours, lambda: measure(walk, options.repeats))  # noqa: B023
        add(name, spent, coefs, own)
    for peer in options.peers:
        ask = partial(peers.ask, options.python, peer, options.limit, options.repeats, TOL, gram, cross, y_sq, alphas)
        answer, own = around(ours, ask)
        if isinstance(answer, str):
            add(f"{peer}: {answer}", "", None)
        else:
            name = f"{peer} {answer['version']} (tol {answer['tol']:.0e})"
            add(name, float(answer["seconds"]), answer["coefs"], own)


def scaled(path: Any, instance: Instance, state: int = 0) -> Array:
    """Coefficients (A, E, K) for scaled columns."""
    return path.coefs[:, :, state] * instance.system.scale


def algorithms() -> dict[str, Callable[..., Solution]]:
    """Solvers of one alpha."""
    return {
        "block descent, Anderson": block_descent,
        "block descent": partial(block_descent, depth=0),
        "block descent, greedy": partial(block_descent, rule="greedy"),
        "FISTA with restart": fista,
    }


def warm_path(
    step: Callable[..., Solution], gram: Array, cross: Array, y_sq: float, alphas: Array, limit: float
) -> Array:
    """Coefficients (A, E, K) of a path, each solution started from the one before; fewer once time is up."""
    begin, found = time.perf_counter(), [np.zeros_like(cross)]
    for alpha in alphas:
        found.append(step(gram, cross, y_sq, GroupLasso(), alpha, start=found[-1], tol=TOL).coef)
        if time.perf_counter() - begin > limit:
            break
    return np.array(found[1:])


def around(ours: Callable[[], object], theirs: Callable[[], Any]) -> tuple[Any, float]:
    """What a call returns, and our time in the minutes around it: a busy machine disturbs both alike."""
    own = [seconds(ours) for _ in range(10)]
    answer = theirs()
    return answer, statistics.median(own + [seconds(ours) for _ in range(10)])


def deeper_paths(instances: list[Instance], repeats: int, report: Report) -> None:
    """Newton steps on paths of all states."""
    report.start("Newton steps on paths of 100 alphas, all states, times per state")
    for instance in instances:
        for ratio, tol in ((RATIO, TOL), (1e-3, 1e-8)):
            call = partial(solve_path, instance.system, "group_lasso", alpha_min_ratio=ratio, tol=tol)
            (path, spent), S = measure(call, repeats), instance.system.n_states
            worst = max(
                judge_path(*instance.equation(s), scaled(path, instance, s), path.alphas[:, s])[0] for s in range(S)
            )
            report.add(
                {
                    "instance": instance.name,
                    "smallest alpha / alpha_max": ratio,
                    "gap asked": tol,
                    "worst gap": worst,
                    "steps per alpha": float(path.n_iter.mean()),
                    "most steps": int(path.n_iter.max()),
                    "time": spent / S,
                    "time of all states / time of the Grams": f"{spent / instance.gram_seconds:.4f}",
                    "terms at the end": int(path.masks[-1].sum(axis=1).max()),
                }
            )


def cold_starts(instances: list[Instance], repeats: int, report: Report) -> None:
    """One alpha from zero, by Newton and by cyclic sweeps without acceleration."""
    report.start("One alpha from a cold start, gap 1e-8, against cyclic block descent without acceleration")
    for instance in instances:
        one, (gram, cross, y_sq) = instance.one_state(), instance.equation()
        for share in (1e-1, 1e-2, 1e-3, 1e-4):
            alpha = share * alpha_max(one)[0]
            newton = partial(solve_path, one, "group_lasso", [alpha], tol=1e-8)
            sweeps = partial(block_descent, gram, cross, y_sq, GroupLasso(), alpha, tol=1e-8, depth=0)
            ours = newton()
            (theirs, elapsed), own = around(newton, lambda: measure(sweeps, repeats))  # noqa: B023
            report.add(
                {
                    "instance": instance.name,
                    "alpha / alpha_max": share,
                    "steps": int(ours.n_iter[0, 0]),
                    "time": own,
                    "gap": gap_and_objective(gram, cross, y_sq, scaled(ours, instance)[0], alpha)[0],
                    "sweeps": theirs.n_iter,
                    "time of sweeps": elapsed,
                    "gap of sweeps": gap_and_objective(gram, cross, y_sq, theirs.coef, alpha)[0],
                    "ratio": elapsed / own,
                }
            )
