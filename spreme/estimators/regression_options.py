"""Arguments of `GroupSparseRegressor`, checked when `fit` is called: options, labels of columns and rows, folds."""

from __future__ import annotations

import math
import numbers
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import check_cv

from spreme.data.arrays import is_missing
from spreme.data.checks import is_sequence
from spreme.penalties import GroupL0, as_penalty
from spreme.selection.strength.choice import CRITERIA
from spreme.selection.strength.options import PathOptions

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Rows = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RegressionOptions:
    """Checked options of a fit."""

    path: PathOptions
    alpha: float | None
    criterion: str
    fit_intercept: bool
    debias: bool
    threshold: float
    generator: np.random.Generator
    n_jobs: int | None


def check_regression(given: Mapping[str, Any], labels: Labels) -> RegressionOptions:
    """Check the arguments of the constructor; every error names the argument and its value."""
    path = PathOptions(
        penalty=as_penalty(given["penalty"]),
        labels=labels,
        n_alphas=_whole("n_alphas", given["n_alphas"]),
        alpha_min_ratio=_number("alpha_min_ratio", given["alpha_min_ratio"], 0.0, 1.0, "lie in (0, 1)"),
        max_terms=None if given["max_terms"] is None else _whole("max_terms", given["max_terms"]),
        tol=_number("tol", given["tol"], 0.0, math.inf, "be positive and finite"),
        max_iter=None if given["max_iter"] is None else _whole("max_iter", given["max_iter"]),
    )
    alpha = _alpha(given["alpha"], path)
    debias = given["debias"]
    if not isinstance(debias, (bool, np.bool_)) and not (isinstance(debias, str) and debias == "auto"):
        raise ValueError(f"debias must be True, False or 'auto', got {debias!r}")
    criterion = given["criterion"]
    if not (isinstance(criterion, str) and criterion in CRITERIA):
        raise ValueError(f"unknown criterion {criterion!r}: expected one of {', '.join(map(repr, CRITERIA))}")
    if alpha is None and criterion == "stability" and debias is not True and not isinstance(debias, str):
        raise ValueError(
            "debias=False does not go with criterion='stability', which chooses columns and no alpha: "
            "use debias='auto', or another criterion"
        )
    return RegressionOptions(
        path=path,
        alpha=alpha,
        criterion=criterion,
        fit_intercept=_truth("fit_intercept", given["fit_intercept"]),
        debias=alpha is None if isinstance(debias, str) else bool(debias),
        threshold=_number(
            "stability_threshold", given["stability_threshold"], 0.5, 1.0, "lie in (0.5, 1]", closed=True
        ),
        generator=_generator(given["random_state"]),
        n_jobs=_jobs(given["n_jobs"]),
    )


def _alpha(value: Any, path: PathOptions) -> float | None:
    """None, a strength, or a number of groups."""
    if value is None:
        return None
    if not isinstance(path.penalty, GroupL0):
        return _number("alpha", value, 0.0, math.inf, "be positive and finite, or None to choose it along a path")
    is_whole = isinstance(value, numbers.Real) and not isinstance(value, bool) and float(value).is_integer()
    if not (is_whole and 0 <= value <= path.n_groups):
        raise ValueError(
            f"alpha is the number of groups with the penalty 'group_l0': it must be a whole number from 0 to "
            f"{path.n_groups}, or None to choose it, got {value!r}"
        )
    return float(value)


def _number(name: str, value: Any, low: float, high: float, wanted: str, *, closed: bool = False) -> float:
    """A number in an open interval, closed above if said so."""
    is_number = isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))
    if not is_number or not (low < float(value) < high or (closed and float(value) == high)):
        raise ValueError(f"{name} must {wanted}, got {value!r}")
    return float(value)


def _whole(name: str, value: Any) -> int:
    """A positive integer."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= 1:
        return int(value)
    raise ValueError(f"{name} must be a whole number, at least 1, got {value!r}")


def _truth(name: str, value: Any) -> bool:
    """True or False."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise ValueError(f"{name} must be True or False, got {value!r}")


def _jobs(value: Any) -> int | None:
    """None, a positive number of threads, or a negative one that counts from the number of cores."""
    if value is None:
        return None
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) != 0:
        return int(value)
    raise ValueError(f"n_jobs must be None or an integer other than 0 (-1: all cores), got {value!r}")


def _generator(value: Any) -> np.random.Generator:
    """Generator of what scikit-learn takes as a seed, or a Generator itself."""
    if isinstance(value, np.random.Generator):
        return value
    if isinstance(value, np.random.RandomState):
        return np.random.default_rng(value.randint(2**31))
    if value is None:
        return np.random.default_rng()
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= 0:
        return np.random.default_rng(int(value))
    raise ValueError(f"random_state must be None, a non-negative integer or a numpy Generator, got {value!r}")


def check_labels(name: str, given: Any, n: int, thing: str) -> tuple[Labels, list[Hashable]]:
    """Number the labels of columns or rows in the order in which they come.

    Parameters
    ----------
    name : str
        The argument: groups or environments.
    given : sequence of hashable
        One label per column or row.
    n : int
        Number of columns or rows.
    thing : str
        What is labelled: column or row.

    Returns
    -------
    numbers : ndarray (n,) of int
        Position of every label among the different ones.
    labels : list
        The different labels.
    """
    if not is_sequence(given):
        raise TypeError(f"{name} must be a list of labels, one per {thing}, got {given!r:.60}")
    values = given.tolist() if isinstance(given, np.ndarray) else list(given)
    if len(values) != n:
        raise ValueError(f"{name} has {len(values)} labels for {n} {thing}s of X; give every {thing} one label")
    known: dict[Hashable, int] = {}
    for i, label in enumerate(values):
        try:
            hash(label)
        except TypeError:
            raise TypeError(
                f"{name}: the label of {thing} {i}, {label!r:.60}, is not hashable; use a text, a number or a tuple"
            ) from None
        if is_missing(label):
            raise ValueError(f"{name}: the label of {thing} {i} is missing ({label!r}); give every {thing} a label")
        known.setdefault(label.item() if isinstance(label, np.generic) else label, len(known))
    return np.array([known[label] for label in values], dtype=np.int64), list(known)


def known_positions(environments: Any, known: list[Hashable] | None, n: int) -> Labels:
    """Position of every row's environment among the fitted ones."""
    if known is None:
        if environments is not None:
            raise ValueError("environments were not given to fit, so they cannot be told apart here: leave them out")
        return np.zeros(n, np.int64)
    if environments is None:
        raise ValueError(
            f"environments must say which coefficients to use for every row of X; fitted: {_listed(known)}"
        )
    numbers_, labels = check_labels("environments", environments, n, "row")
    strange = [label for label in labels if label not in known]
    if strange:
        raise ValueError(f"environments: {strange[0]!r} was not fitted; fitted: {_listed(known)}")
    return np.array([known.index(label) for label in labels], dtype=np.int64)[numbers_]


def _listed(labels: list[Hashable]) -> str:
    """The first labels in words."""
    return ", ".join(map(repr, labels[:10])) + (", ..." if len(labels) > 10 else "")


def folds_of(cv: Any, x: Array, y: Array, owner: Labels) -> list[tuple[Rows, Rows]]:
    """Training and held-out rows of every fold; whole numbers cut every environment into that many stretches."""
    n = len(x)
    cv = 5 if cv is None else cv
    if isinstance(cv, numbers.Integral) and not isinstance(cv, bool):
        if not 2 <= int(cv) <= n:
            raise ValueError(f"cv={cv} folds need cv >= 2 and as many rows at least, got n_samples = {n}")
        held_out = np.zeros((int(cv), n), bool)
        for e in range(int(owner.max()) + 1):
            for k, rows in enumerate(np.array_split(np.flatnonzero(owner == e), int(cv))):
                held_out[k, rows] = True
        return [(~own, own) for own in held_out]
    try:
        pairs = list(check_cv(cv).split(x, y))
    except TypeError as error:
        raise TypeError(
            f"cv must be an integer, a splitter of scikit-learn or an iterable of splits: {error}"
        ) from None
    return [(_flags(train, n), _flags(test, n)) for train, test in pairs]


def _flags(rows: NDArray[np.int64], n: int) -> Rows:
    """Row numbers as truth values (n,)."""
    flags = np.zeros(n, bool)
    flags[rows] = True
    return flags
