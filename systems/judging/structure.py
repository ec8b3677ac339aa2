"""Which terms were found: the shared mask M against the true one S, and environment by environment.

    precision = |M and S| / |M|,    recall = |M and S| / |S|,    F1 = 2 |M and S| / (|M| + |S|)

S is the union over environments. In the support of one environment a coefficient counts as zero if
|c| rms(feature) < 1e-6 rms(x'), features and derivatives taken on its clean training data.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories
from systems.judging.true_law import TrueLaw
from systems.methods import Found
from systems.methods.method import majority

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

NEGLIGIBLE = 1e-6  # share of the derivative's root mean square that no longer counts


def judge_structure(found: Found, law: TrueLaw, clean: Trajectories) -> dict[str, Any]:
    """Compare masks; empty where the true law is not in the library.

    Parameters
    ----------
    found : Found
        What a method returned.
    law : TrueLaw
        The truth in the same terms.
    clean : Trajectories
        The training data without noise.

    Returns
    -------
    dict
        Entries of a record, from ``exact`` to ``support_f1``.
    """
    verdict: dict[str, Any] = {"n_found": int(found.mask.sum())}
    if law.present is None:
        return verdict
    truth: Mask = np.any(law.present, axis=0)
    verdict |= {
        "exact": bool(np.array_equal(found.mask, truth)),
        "precision": ratio(found.mask & truth, found.mask),
        "recall": ratio(found.mask & truth, truth),
        "f1": f1(found.mask, truth),
        "n_true": int(truth.sum()),
        "missing": law.describe(truth & ~found.mask),
        "extra": law.describe(found.mask & ~truth),
        "support_f1": support_f1(found, law, clean),
    }
    return verdict if found.masks is None else verdict | judge_environments(found.masks, law.present)


def judge_environments(masks: Mask, present: Mask) -> dict[str, Any]:
    """Tell how many environments are right by themselves (E, S, K), and which ways to join them would be."""
    truth = present.any(axis=0)
    return {
        "environments_right": int(np.all(masks == present, axis=(1, 2)).sum()),
        "exact_majority": bool(np.array_equal(majority(masks), truth)),
        "exact_union": bool(np.array_equal(masks.any(axis=0), truth)),
        "exact_intersection": bool(np.array_equal(masks.all(axis=0), truth)),
    }


def f1(found: Mask, truth: Mask) -> float:
    """Harmonic mean of precision and recall; 1 where nothing is to be found and nothing was."""
    total = int(found.sum() + truth.sum())
    return 2.0 * float((found & truth).sum()) / total if total else 1.0


def ratio(part: Mask, whole: Mask) -> float:
    """Share of a mask; 1 of an empty one."""
    return float(part.sum() / whole.sum()) if whole.any() else 1.0


def support_f1(found: Found, law: TrueLaw, clean: Trajectories) -> float:
    """Mean over environments of the F1 of their own supports."""
    assert law.coef is not None  # who has no truth does not come here
    values = []
    for e, env in enumerate(law.environments):
        theta = features(law, clean, env)
        own = law.coef[e] != 0
        has = own_support(found, e) if found.coef is None else counting(found.coef[e], law.coef[e], theta)
        values.append(f1(has, own))
    return float(np.mean(values))


def own_support(found: Found, e: int) -> Mask:
    """Terms of one environment of a method without coefficients."""
    return found.mask if found.masks is None else found.masks[e]


def counting(coef: Array, true_coef: Array, theta: Array) -> Mask:
    """Coefficients (S, K) that move something, given the features (n, K)."""
    speed = np.sqrt(np.mean((theta @ true_coef.T) ** 2, axis=0))
    size = np.abs(np.nan_to_num(coef)) * np.sqrt(np.mean(theta**2, axis=0))
    return np.asarray((size > 0) & (size >= NEGLIGIBLE * speed[:, None]))


def features(law: TrueLaw, clean: Trajectories, env: object) -> Array:
    """Terms (n, K) on the complete samples of one environment."""
    rows = np.vstack([np.column_stack([run.x, run.inputs]) for run in clean.where(env=env)])
    return np.asarray(law.table.evaluate(np.ascontiguousarray(rows[np.isfinite(rows).all(axis=1)])))
