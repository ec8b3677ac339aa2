"""The JSON document of a fitted model: parameters, law, population and how it was found.

    {entries of the law, see `spreme.persistence`; "estimator": {parameters}, "fit": {residual, population, candidates,
    ...}}

Everything read is checked against a closed schema; nothing is executed.
"""

from __future__ import annotations

import dataclasses
import numbers
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.estimators.adaptation import Population
from spreme.estimators.options import check_options
from spreme.estimators.state import FittedState
from spreme.library import CustomLibrary, FourierLibrary, PolynomialLibrary, ProductLibrary, SumLibrary
from spreme.penalties import PENALTIES
from spreme.persistence import array_from_json, array_to_json, law_from_dict, law_to_dict
from spreme.persistence.labels import label_to_json, read_labels
from spreme.results import Candidate, Law, SearchPath, Selection

LIBRARIES: dict[str, Any] = {
    kind.__name__: kind for kind in (PolynomialLibrary, FourierLibrary, CustomLibrary, SumLibrary, ProductLibrary)
}
# A library read from a file nests no deeper than this.
DEEPEST = 50


def to_document(params: dict[str, Any], state: FittedState) -> dict[str, Any]:
    """Describe a fitted model as JSON data; see `spreme.persistence.save`."""
    return {
        **law_to_dict(state.law),
        "estimator": {name: _param_to_json(value) for name, value in params.items()},
        "fit": {
            "residual": array_to_json(state.residual),
            "population_mean": array_to_json(state.population.mean),
            "population_std": array_to_json(state.population.std),
            "known_environments": [label_to_json(env, 0) for env in state.known_environments],
            "criterion": state.selection.criterion,
            "reason": state.selection.reason,
            "candidates": {name: [_candidate_to_json(c) for c in own] for name, own in state.path.candidates.items()},
            "status": state.status,
        },
    }


def from_document(document: dict[str, Any], path: str | os.PathLike[str]) -> tuple[dict[str, Any], FittedState]:
    """Read parameters and fitted state; errors name the file and what is wrong in it."""
    law = law_from_dict(document, path)
    try:
        return _params(_entry(document, "estimator", dict)), _state(_entry(document, "fit", dict), law)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{os.fspath(path)}: damaged: {error}") from error


def _params(given: dict[str, Any]) -> dict[str, Any]:
    """Constructor parameters, all of them and no others, and such that `fit` would take them."""
    from spreme.estimators.spreme import SpReME

    names = SpReME._get_param_names()
    missing, strange = sorted(set(names) - set(given)), sorted(set(given) - set(names))
    if missing or strange:
        raise ValueError(f"the estimator's parameters lack {missing} and have unknown {strange}")
    params = {name: _param_from_json(value) for name, value in given.items()}
    check_options(params)
    return params


def _state(given: dict[str, Any], law: Law) -> FittedState:
    """Fitted state, shapes checked against the law."""
    n_environments, n_states, n_terms = law.coef.shape
    candidates = _entry(given, "candidates", dict)
    if list(candidates) != list(law.state_names) or not all(
        isinstance(own, list) and own for own in candidates.values()
    ):
        raise ValueError("the candidates are not one list per state")
    path = SearchPath({name: tuple(_candidate_from_json(c, law) for c in own) for name, own in candidates.items()})
    chosen = {name: own[0] for name, own in path.candidates.items()}
    second = {name: own[1] if len(own) > 1 else None for name, own in path.candidates.items()}
    return FittedState(
        law=law,
        residual=_array(given, "residual", (n_environments, n_states)),
        population=Population(
            _array(given, "population_mean", (n_states, n_terms)), _array(given, "population_std", (n_states, n_terms))
        ),
        known_environments=read_labels(_entry(given, "known_environments", list), "known_environments"),
        path=path,
        selection=Selection(_entry(given, "criterion", str), _entry(given, "reason", str), chosen, second),
        status=_entry(given, "status", str),
    )


def _entry(given: dict[str, Any], key: str, kind: type) -> Any:
    """A key of the right kind."""
    if not isinstance(given.get(key), kind):
        raise ValueError(f"the key {key!r} is missing or not a {kind.__name__}")
    return given[key]


def _array(given: dict[str, Any], key: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """An array of a known shape."""
    return array_from_json(_entry(given, key, list), shape, key)


def _candidate_to_json(candidate: Candidate) -> dict[str, Any]:
    """A candidate; an infinite score becomes null."""
    out = dataclasses.asdict(candidate)
    out["mask"] = [int(k) for k in np.flatnonzero(candidate.mask)]
    return {key: None if isinstance(value, float) and not np.isfinite(value) else value for key, value in out.items()}


def _candidate_from_json(given: Any, law: Law) -> Candidate:
    """A candidate, checked against the term table."""
    if not isinstance(given, dict):
        raise ValueError("a candidate is not an object")
    positions = _entry(given, "mask", list)
    if not all(type(k) is int and 0 <= k < law.table.n_terms for k in positions):
        raise ValueError("the mask of a candidate does not fit the terms")
    numbers_ = {
        key: float("inf") if given.get(key) is None else given[key] for key in ("score", "distance", "residual")
    }
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in numbers_.values()):
        raise ValueError("the score of a candidate is not a number")
    mask = np.zeros(law.table.n_terms, bool)
    mask[positions] = True
    return Candidate(
        terms=tuple(law.table.names[k] for k in np.flatnonzero(mask)),
        mask=tuple(mask.tolist()),
        found_by=tuple(str(name) for name in _entry(given, "found_by", list)),
        **{key: float(value) for key, value in numbers_.items()},
    )


def _param_to_json(value: Any) -> Any:
    """A constructor parameter; generators are not kept."""
    if type(value) in LIBRARIES.values():
        return {
            "library": type(value).__name__,
            **{f.name: _param_to_json(getattr(value, f.name)) for f in dataclasses.fields(value)},
        }
    if type(value) in PENALTIES.values():
        fields = {f.name: _penalty_field(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"penalty": value.name, **fields}
    if isinstance(value, (np.random.Generator, np.random.RandomState)):
        return None
    if isinstance(value, dict):
        return {"dict": {str(key): list(terms) for key, terms in value.items()}}
    if isinstance(value, (list, tuple)):
        return [_param_to_json(item) for item in value]
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    return value


def _penalty_field(value: Any) -> Any:
    """An option of a penalty; JSON has no infinity."""
    if isinstance(value, tuple):
        return [_penalty_field(item) for item in value]
    return str(value) if value == float("inf") else value


def _penalty_value(value: Any) -> Any:
    """The inverse of `_penalty_field`."""
    if isinstance(value, list):
        return tuple(_penalty_value(item) for item in value)
    return float(value) if value == "inf" else value


def _param_from_json(value: Any, depth: int = 0) -> Any:
    """The inverse of `_param_to_json`, for closed lists of kinds."""
    if depth > DEEPEST:
        raise ValueError("a library is nested too deep")
    if isinstance(value, list):
        return tuple(_param_from_json(item, depth + 1) for item in value)
    if not isinstance(value, dict):
        return value
    if set(value) == {"dict"} and isinstance(value["dict"], dict):
        return {key: _param_from_json(terms, depth + 1) for key, terms in value["dict"].items()}
    penalty = PENALTIES.get(value.get("penalty", ""))
    if penalty is not None and set(value) - {"penalty"} <= {f.name for f in dataclasses.fields(penalty)}:
        return penalty(**{key: _penalty_value(item) for key, item in value.items() if key != "penalty"})
    kind = LIBRARIES.get(value.get("library", ""))
    if kind is None or set(value) != {"library", *(f.name for f in dataclasses.fields(kind))}:
        raise ValueError(f"unknown library or penalty {str(value)[:80]}")
    return kind(**{key: _param_from_json(item, depth + 1) for key, item in value.items() if key != "library"})
