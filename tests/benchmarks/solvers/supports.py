"""Tables of the other penalties: time of their paths, best supports with a certificate, and which terms they find."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from functools import partial
from typing import Any

import numpy as np
from benchmarks.solvers.instances import SETTINGS, Instance, setting
from benchmarks.solvers.judge import measure
from benchmarks.solvers.report import Report
from numpy.typing import NDArray

from spreme.penalties import PENALTIES
from spreme.solvers import best_subset, solve_path

# Paths on which supports are looked for: long, and solved no finer than a support needs.
LONG: dict[str, Any] = {"n_alphas": 50, "alpha_min_ratio": 1e-3, "tol": 1e-4, "max_terms": 8}
SUBSET_SECONDS = 60.0


def penalty_paths(instance: Instance, repeats: int, report: Report) -> None:
    """Default path of every penalty, one state."""
    one, fastest = instance.one_state(), 0.0
    report.start(f"{instance}: default path (100 alphas to 0.01 alpha_max, tol 1e-6) of every penalty, one state")
    for name in ["group_lasso", *(name for name in PENALTIES if name not in ("group_lasso", "group_l0"))]:
        call = partial(solve_path, one, name)
        path, spent = measure(call, repeats)
        fastest = fastest or spent
        words = Counter(word for row in path.status for word in row)
        has_gap = not np.isnan(path.gap).all()
        report.add(
            {
                "penalty": name,
                "time": spent,
                "ratio to group lasso": spent / fastest,
                "iterations per alpha": float(path.n_iter.mean()),
                "worst gap": float(path.gap.max()) if has_gap else None,
                "worst violation": None if np.isnan(path.violation).all() else float(path.violation.max()),
                "statuses": ", ".join(f"{count} {word}" for word, count in words.items()),
            }
        )


def support_paths(instances: list[Instance], repeats: int, report: Report) -> None:
    """Group L0 to size 8."""
    report.start("Group L0, sizes 0 to 8, all states")
    for instance in instances:
        call = partial(solve_path, instance.system, "group_l0", max_terms=8)
        (path, spent), S = measure(call, repeats), instance.system.n_states
        exact = [sum(row[s] == "exact" for row in path.status) - 1 for s in range(S)]
        best = [best_f1(path.masks[:, s], instance.truth[s]) for s in range(S)]
        report.add(
            {
                "instance": instance.name,
                "time per state": spent / S,
                "sizes enumerated": " ".join(f"1-{size}" if size > 0 else "none" for size in exact),
                "best F1 on the path": statistics.mean(best),
            }
        )


def certified_subsets(instances: list[Instance], sizes: tuple[int, ...], report: Report) -> None:
    """Best subsets with a certificate, first state."""
    report.start(f"Best subset with a certificate, first state, at most {SUBSET_SECONDS:.0f} s")
    for instance in instances:
        gram, cross, _ = instance.equation()
        y_sq = instance.system.y_sq[:, 0]
        masks = solve_path(instance.one_state(), "group_l0", max_terms=max(sizes)).masks[:, 0]
        for size in sizes:
            begin = time.perf_counter()
            found = best_subset(gram, cross, n_terms=size, y_sq=y_sq, time_limit=SUBSET_SECONDS)
            report.add(
                {
                    "instance": instance.name,
                    "terms": f"{size} of {len(found.mask)}",
                    "time": time.perf_counter() - begin,
                    "nodes": found.n_nodes,
                    "status": found.status,
                    "gap": found.gap,
                    "the mask of group L0": "yes" if (found.mask == masks[size]).all() else "no",
                }
            )


def found_supports(n_seeds: int, report: Report) -> None:
    """Best F1 of any mask on the path of every penalty."""
    libraries = list(dict.fromkeys(name for name, _ in SETTINGS))
    scores: dict[tuple[str, str], list[float]] = {}
    times: dict[str, list[float]] = {}
    for name, noise in SETTINGS:
        for seed in range(n_seeds):
            instance = setting(name, noise, seed)
            for way in PENALTIES:
                begin = time.perf_counter()
                masks = solve_path(instance.system, way, **LONG).masks
                times.setdefault(way, []).append((time.perf_counter() - begin) / len(instance.truth))
                own = [best_f1(masks[:, s], truth) for s, truth in enumerate(instance.truth)]
                scores.setdefault((way, name), []).extend(own)
    report.start(f"Best F1 of any mask on the path: {len(SETTINGS)} settings, {n_seeds} seeds, all states")
    for way in sorted(PENALTIES, key=lambda own: -mean_of(scores, own, libraries)):
        record = {"penalty": way, "all": f"{mean_of(scores, way, libraries):.3f}"}
        record |= {name: f"{statistics.mean(scores[way, name]):.2f}" for name in libraries}
        report.add(record | {"median time per state": statistics.median(times[way])})


def mean_of(scores: dict[tuple[str, str], list[float]], way: str, libraries: list[str]) -> float:
    """Mean over all settings."""
    return statistics.mean(score for name in libraries for score in scores[way, name])


def best_f1(masks: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Largest F1 score of masks (A, K)."""
    return float((2 * (masks & truth).sum(axis=1) / (masks.sum(axis=1) + truth.sum())).max())
