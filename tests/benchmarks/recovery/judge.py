"""What a method found, against the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import systems
from spreme.library import TermTable
from systems.system import System

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """Shared mask (S, K); masks (E, S, K) of the environments where a method has them; seconds; what else to record."""

    mask: Mask
    seconds: float
    masks: Mask | None = None
    all_must_agree: bool = False  # exact only if every environment is right by itself
    details: dict[str, Any] = field(default_factory=dict)


def judge(outcome: Outcome, system: System, environments: list[int]) -> dict[str, Any]:
    """Compare with the truth; every entry can be written as JSON."""
    table = system.library.table(system.states)
    present = systems.true_coefficients(system, table, environments) != 0
    truth, found = np.any(present, axis=0), outcome.mask
    verdict = {
        "exact": bool(np.array_equal(found, truth)),
        "f1": f1(found, truth),
        "n_true": int(truth.sum()),
        "n_found": int(found.sum()),
        "missing": describe(truth & ~found, system, table),
        "extra": describe(found & ~truth, system, table),
        "seconds": outcome.seconds,
        **outcome.details,
    }
    if outcome.masks is not None:
        verdict |= judge_environments(outcome.masks, present)
        if outcome.all_must_agree:
            verdict["exact"] = verdict["environments_right"] == len(environments)
    return verdict


def judge_environments(masks: Mask, present: Mask) -> dict[str, Any]:
    """How many environments are right by themselves, and whether other ways to join them are."""
    truth = np.any(present, axis=0)
    joined = {"majority": majority(masks), "union": masks.any(axis=0), "intersection": masks.all(axis=0)}
    return {
        "environments": len(masks),
        "environments_right": count_right(masks, present),
        "exact_joined": {how: bool(np.array_equal(mask, truth)) for how, mask in joined.items()},
    }


def majority(masks: Mask) -> Mask:
    """Terms (S, K) that at least half of the environments have."""
    return np.asarray(2 * masks.sum(axis=0) >= len(masks))


def count_right(masks: Mask, present: Mask) -> int:
    """Number of environments with exactly their true terms."""
    return int(np.all(masks == present, axis=(1, 2)).sum())


def f1(found: Mask, truth: Mask) -> float:
    """Harmonic mean of precision and recall."""
    return float(2 * (found & truth).sum() / max(1, found.sum() + truth.sum()))


def describe(mask: Mask, system: System, table: TermTable) -> list[str]:
    """Name the terms of a mask, each with the state whose equation it stands in."""
    return [f"{system.states[s]}': {table.names[k]}" for s, k in zip(*np.nonzero(mask), strict=True)]
