"""The JSON document of a fitted model: parameters, law, population and how it was found.

    {entries of the law, see `spreme.persistence`; "estimator": {parameters}, "fit": {residual, covariance, population,
    known_environments, status, entries of `path_documents`}}

Everything read is checked against a closed schema; nothing is executed. Files of version 1 have neither covariances
(those between coefficients are then taken as zero, as the status says) nor candidate laws nor the
parameters `loss` and `tie`.
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
from spreme.estimators.path_documents import entry, path_from_json, path_to_json
from spreme.estimators.state import FittedState
from spreme.library import CustomLibrary, FourierLibrary, PolynomialLibrary, ProductLibrary, SumLibrary
from spreme.penalties import PENALTIES
from spreme.persistence import array_from_json, array_to_json, law_from_dict, law_to_dict
from spreme.persistence.labels import label_to_json, read_labels
from spreme.results import Law

LIBRARIES: dict[str, Any] = {
    kind.__name__: kind for kind in (PolynomialLibrary, FourierLibrary, CustomLibrary, SumLibrary, ProductLibrary)
}
# A library read from a file nests no deeper than this.
DEEPEST = 50
# Entries of a fit, those that came with the second version, and the parameters that did.
SECOND = {"covariance", "laws", "rivals", "other_choice"}
FIT = SECOND | {"residual", "population_mean", "population_std", "known_environments", "status"}
FIT |= {"criterion", "reason", "candidates"}
# Entries of a fit that has inferred its environments.
INFERRED = {"labels", "label_probabilities"}
NEW_PARAMETERS = ("loss", "tie")
# Parameters that came without a new version; files without them mean their defaults.
LATE_PARAMETERS = ("env", "n_environments")
# What is said of a law from a file of the first version.
INDEPENDENT = (
    "read from a file of format version 1, which holds no covariances: the errors of coefficients are taken as "
    "independent; fit again for bands and reports that are right"
)


def to_document(params: dict[str, Any], state: FittedState) -> dict[str, Any]:
    """Describe a fitted model as JSON data; see `spreme.persistence.save`."""
    inferred = {}
    if state.labels is not None and state.label_probabilities is not None:
        inferred = {"labels": state.labels.tolist(), "label_probabilities": array_to_json(state.label_probabilities)}
    return {
        **law_to_dict(state.law),
        "estimator": {name: _param_to_json(value) for name, value in params.items()},
        "fit": {
            "residual": array_to_json(state.residual),
            "covariance": array_to_json(state.covariance),
            "population_mean": array_to_json(state.population.mean),
            "population_std": array_to_json(state.population.std),
            "known_environments": [label_to_json(env, 0) for env in state.known_environments],
            **path_to_json(state.path, state.selection),
            "status": state.status,
            **inferred,
        },
    }


def from_document(document: dict[str, Any], path: str | os.PathLike[str]) -> tuple[dict[str, Any], FittedState]:
    """Read parameters and fitted state; errors name the file and what is wrong in it."""
    law = law_from_dict(document, path)
    try:
        return _params(_estimator(document)), _state(_fit(document), law, document["format_version"] == 1)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{os.fspath(path)}: damaged: {error}") from error


def _estimator(document: dict[str, Any]) -> dict[str, Any]:
    """Parameters of the estimator; those that the first version did not have get their defaults."""
    from spreme.estimators.spreme import SpReME

    given: dict[str, Any] = entry(document, "estimator", dict)
    defaults = SpReME().get_params(deep=False)
    added = LATE_PARAMETERS if document["format_version"] > 1 else (*NEW_PARAMETERS, *LATE_PARAMETERS)
    return {name: defaults[name] for name in added} | given


def _fit(document: dict[str, Any]) -> dict[str, Any]:
    """What the fit found; the first version had no candidate laws."""
    given: dict[str, Any] = entry(document, "fit", dict)
    is_first = document["format_version"] == 1
    strange = sorted(set(given) - (FIT - SECOND if is_first else FIT | INFERRED))
    if strange:
        raise ValueError(f"the fit has unknown {strange[:5]}")
    return {"laws": [], "rivals": [], "other_choice": None, **given} if is_first else given


def _params(given: dict[str, Any]) -> dict[str, Any]:
    """Constructor parameters, all of them and no others, and such that `fit` would take them."""
    from spreme.estimators.spreme import SpReME

    names = SpReME._get_param_names()
    missing, strange = sorted(set(names) - set(given)), sorted(set(given) - set(names))
    if missing or strange:
        raise ValueError(f"the estimator's parameters lack {missing} and have unknown {strange}")
    params = {name: _named_param(name, value) for name, value in given.items()}
    check_options(params)
    return params


def _state(given: dict[str, Any], law: Law, is_first: bool) -> FittedState:
    """Fitted state, shapes checked against the law."""
    n_environments, n_states, n_terms = law.coef.shape
    path, selection = path_from_json(given, law)
    covariance, note = _covariance(given, law, is_first)
    status = entry(given, "status", str)
    return FittedState(
        law=law,
        covariance=covariance,
        residual=_array(given, "residual", (n_environments, n_states)),
        population=Population(
            _array(given, "population_mean", (n_states, n_terms)), _array(given, "population_std", (n_states, n_terms))
        ),
        known_environments=read_labels(entry(given, "known_environments", list), "known_environments"),
        path=path,
        selection=selection,
        status="; ".join(part for part in (status, note) if part != "converged") or "converged",
        **_labels(given, n_environments),
    )


def _labels(given: dict[str, Any], n_environments: int) -> dict[str, Any]:
    """Inferred labels of trajectories, if there are any."""
    if not INFERRED & set(given):
        return {}
    labels = entry(given, "labels", list)
    if not all(type(own) is int and 0 <= own < n_environments for own in labels):
        raise ValueError(f"labels are not whole numbers from 0 to {n_environments - 1}")
    shape = (len(labels), n_environments)
    return {
        "labels": np.array(labels, dtype=np.int64),
        "label_probabilities": _array(given, "label_probabilities", shape),
    }


def _covariance(given: dict[str, Any], law: Law, is_first: bool) -> tuple[NDArray[np.float64], str]:
    """Covariances (E, q, q), and what is special about them; the first version had standard errors only."""
    std = law.coef_std[:, law.mask]
    if not is_first:
        return _array(given, "covariance", (*std.shape, std.shape[1])), "converged"
    diagonal = std[..., None] ** 2 * np.eye(std.shape[1])
    unknown = np.isnan(std)
    diagonal[unknown[:, :, None] | unknown[:, None, :]] = np.nan
    return diagonal, INDEPENDENT


def _array(given: dict[str, Any], key: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """An array of a known shape."""
    return array_from_json(entry(given, key, list), shape, key)


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


def _named_param(name: str, value: Any) -> Any:
    """A constructor parameter; an error says which."""
    try:
        return _param_from_json(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"parameter {name!r}: {error}") from None


def _terms_from_json(state: str, terms: Any) -> tuple[str, ...]:
    """The terms that an option names for a state."""
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        raise ValueError(f"the terms of {state!r} are no list of text: {str(terms)[:80]}")
    return tuple(terms)


def _param_from_json(value: Any, depth: int = 0) -> Any:
    """The inverse of `_param_to_json`, for closed lists of kinds."""
    if depth > DEEPEST:
        raise ValueError("a library is nested too deep")
    if isinstance(value, list):
        return tuple(_param_from_json(item, depth + 1) for item in value)
    if not isinstance(value, dict):
        return value
    if set(value) == {"dict"} and isinstance(value["dict"], dict):
        return {key: _terms_from_json(key, terms) for key, terms in value["dict"].items()}
    penalty = PENALTIES.get(value.get("penalty", ""))
    if penalty is not None and set(value) - {"penalty"} <= {f.name for f in dataclasses.fields(penalty)}:
        return penalty(**{key: _penalty_value(item) for key, item in value.items() if key != "penalty"})
    kind = LIBRARIES.get(value.get("library", ""))
    if kind is None or set(value) != {"library", *(f.name for f in dataclasses.fields(kind))}:
        raise ValueError(f"unknown library or penalty {str(value)[:80]}")
    return kind(**{key: _param_from_json(item, depth + 1) for key, item in value.items() if key != "library"})
