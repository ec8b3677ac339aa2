"""The constructor's arguments, checked when `fit` is called."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spreme.library import Library, PolynomialLibrary
from spreme.penalties import Penalty, as_penalty
from spreme.selection import check_criterion
from spreme.smoothing import METHODS

FORMULATIONS = ("weak", "derivative")

Terms = Mapping[str, Sequence[str]] | None


@dataclass(frozen=True)
class Options:
    """Checked options of a fit."""

    library: Library
    formulation: str
    penalty: Penalty
    criterion: str
    max_terms: int | None
    smoother: str
    allowed: Terms
    required: Terms
    excluded: Terms
    n_jobs: int | None
    verbose: int


def check_options(given: Mapping[str, Any]) -> Options:
    """Check the arguments of the estimator; every error names the argument and its value."""
    _check_refine(given["refine"])
    _check_seed(given["random_state"])
    return Options(
        library=_library(given["library"]),
        formulation=_one_of("formulation", given["formulation"], FORMULATIONS),
        penalty=as_penalty(given["penalty"]),
        criterion=check_criterion(given["criterion"]),
        max_terms=_count("max_terms", given["max_terms"]),
        smoother=_one_of("smoother", given["smoother"], METHODS),
        allowed=given["allowed"],
        required=given["required"],
        excluded=given["excluded"],
        n_jobs=_jobs(given["n_jobs"]),
        verbose=_level(given["verbose"]),
    )


def _library(library: Any) -> Library:
    """A library object; None is polynomials of degree 3."""
    if library is None:
        return PolynomialLibrary(degree=3)
    if isinstance(library, Library):
        return library
    what = (
        f"the class {library.__name__}; write {library.__name__}(...)" if isinstance(library, type) else repr(library)
    )
    raise TypeError(f"library must be an instance of a library such as PolynomialLibrary(degree=3), got {what}")


def _one_of(name: str, value: Any, known: Sequence[str]) -> str:
    """A word from a closed list."""
    if isinstance(value, str) and value in known:
        return value
    raise ValueError(f"unknown {name} {value!r}: expected one of {', '.join(map(repr, known))}")


def _check_refine(value: Any) -> None:
    """Only the regression refit exists."""
    if value is None:
        return
    if isinstance(value, str) and value == "trajectory":
        raise ValueError(
            "refine='trajectory' (maximum likelihood of the trajectories) is not available in this version: "
            "use refine=None"
        )
    raise ValueError(f"unknown refine {value!r}: expected None; 'trajectory' is not available in this version")


def _count(name: str, value: Any) -> int | None:
    """A positive integer or None."""
    if value is None:
        return None
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= 1:
        return int(value)
    raise ValueError(f"{name} must be a positive integer or None, got {value!r}")


def _level(value: Any) -> int:
    """A whole number from 0 on, or a truth value."""
    if isinstance(value, (numbers.Integral, np.bool_)) and int(value) >= 0:
        return int(value)
    raise ValueError(f"verbose must be 0 or a positive integer, got {value!r}")


def _jobs(value: Any) -> int | None:
    """None, a positive number of workers, or a negative one that counts from the number of cores."""
    if value is None:
        return None
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) != 0:
        return int(value)
    raise ValueError(f"n_jobs must be None or an integer other than 0 (-1: all cores), got {value!r}")


def _check_seed(value: Any) -> None:
    """What scikit-learn takes as a seed, or a Generator."""
    integer = isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= 0
    if value is None or integer or isinstance(value, (np.random.Generator, np.random.RandomState)):
        return
    raise ValueError(f"random_state must be None, a non-negative integer or a numpy Generator, got {value!r}")
