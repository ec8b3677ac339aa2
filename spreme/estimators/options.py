"""The constructor's arguments, checked when `fit` is called."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spreme.library import Library, PolynomialLibrary
from spreme.penalties import Penalty, as_penalty
from spreme.selection import CRITERIA
from spreme.smoothing import METHODS

FORMULATIONS = ("weak", "derivative")
REFINES = ("trajectory", "spline")
LOSSES = ("gaussian", "huber")
# Criteria of the likelihood that choose after a search by BIC.
LATER = ("knee", "cv", "loeo", "stability")
LIKELIHOOD_CRITERIA = ("bic", "ebic", "evidence", *LATER)
TIES = ("auto", "all")
# Environments are found from the dynamics of the trajectories.
INFER = "infer"
DEFAULT_CRITERION = "evidence"
# Efficiency 95 % for Gaussian noise (Huber 1981).
HUBER = 1.345

Terms = Mapping[str, Sequence[str]] | None
Seed = int | np.random.Generator | np.random.RandomState | None


@dataclass(frozen=True)
class Options:
    """Checked options of a fit."""

    library: Library
    formulation: str
    penalty: Penalty
    criterion: str
    refine: str | None
    loss: str
    tie: str | Terms
    max_terms: int | None
    smoother: str
    allowed: Terms
    required: Terms
    excluded: Terms
    n_jobs: int | None
    random_state: Seed
    verbose: int
    env: str | None = None
    n_environments: int | None = None

    @property
    def search_criterion(self) -> str:
        """What the search on the likelihood follows: BIC where another criterion chooses afterwards."""
        return "bic" if self.criterion in LATER else self.criterion

    def generator(self) -> np.random.Generator:
        """Source of random numbers."""
        if isinstance(self.random_state, np.random.RandomState):
            return np.random.default_rng(self.random_state.randint(2**31))
        return np.random.default_rng(self.random_state)

    @property
    def huber(self) -> float:
        """Size of standardised residuals beyond which they count linearly; 0: never."""
        return HUBER if self.loss == "huber" else 0.0

    def by_regression(self) -> Options:
        """The same options for a search on the rows alone."""
        return replace(self, refine=None, criterion=self.criterion if self.criterion in CRITERIA else "bic")


def check_options(given: Mapping[str, Any]) -> Options:
    """Check the arguments of the estimator; every error names the argument and its value."""
    refine = None if given["refine"] is None else _one_of("refine", given["refine"], REFINES)
    _check_seed(given["random_state"])
    return Options(
        library=_library(given["library"]),
        formulation=_one_of("formulation", given["formulation"], FORMULATIONS),
        penalty=as_penalty(given["penalty"]),
        criterion=_criterion(given["criterion"], refine),
        refine=refine,
        loss=_one_of("loss", given["loss"], LOSSES),
        tie=_tie(given["tie"], refine),
        max_terms=_count("max_terms", given["max_terms"]),
        smoother=_one_of("smoother", given["smoother"], METHODS),
        allowed=given["allowed"],
        required=given["required"],
        excluded=given["excluded"],
        n_jobs=_jobs(given["n_jobs"]),
        random_state=given["random_state"],
        verbose=_level(given["verbose"]),
        env=_env(given["env"]),
        n_environments=_n_environments(given["n_environments"], given["env"]),
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


def _criterion(value: Any, refine: str | None) -> str:
    """A known criterion; "auto" is the best known for the way of refinement."""
    if isinstance(value, str) and value == "auto":
        return "bic" if refine is None else DEFAULT_CRITERION
    known = CRITERIA if refine is None else LIKELIHOOD_CRITERIA
    if refine is None and isinstance(value, str) and value in LIKELIHOOD_CRITERIA and value not in known:
        raise ValueError(
            f"criterion {value!r} judges trajectories and needs refine='trajectory': with refine=None choose one of "
            f"'auto', {', '.join(map(repr, known))}"
        )
    return _one_of("criterion", value, ("auto", *known))


def _tie(value: Any, refine: str | None) -> str | Terms:
    """None, a known word, or terms by state; the terms are looked up in the library later."""
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Mapping):
        kinds = f"None, {', '.join(map(repr, TIES))} or a dict from states to lists of terms"
        if not isinstance(value, str) or value not in TIES:
            raise ValueError(f"unknown tie {value!r}: expected {kinds}")
    if refine is None:
        raise ValueError(f"tie={value!r} fits all environments jointly and needs refine='trajectory'")
    return value


def _count(name: str, value: Any) -> int | None:
    """A positive integer or None."""
    if value is None:
        return None
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= 1:
        return int(value)
    raise ValueError(f"{name} must be a positive integer or None, got {value!r}")


def _env(value: Any) -> str | None:
    """None or "infer"; labels themselves belong to the data."""
    if value is None or (isinstance(value, str) and value == INFER):
        return value
    raise ValueError(
        f"env must be None (labels come with the data) or {INFER!r}, got {value!r:.60}: "
        "give labels to fit(..., env=[...]) or to Trajectories"
    )


def _n_environments(value: Any, env: Any) -> int | None:
    """A positive integer or None, and only where environments are inferred."""
    count = _count("n_environments", value)
    if count is not None and env is None:
        raise ValueError(
            f"n_environments={count} needs env={INFER!r}: without it the labels of the trajectories tell how many "
            "environments there are"
        )
    return count


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
