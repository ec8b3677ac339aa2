"""How a law was found, as JSON data: candidate equations, candidate laws, the choice.

    criterion, reason    of the choice
    candidates           state -> candidate equations, the chosen one first
    laws                 candidate laws
    rivals, other_choice laws that are not ruled out, and the one that the other criterion prefers or null

Terms are written as positions in the table. Numbers that are not finite are null (NaN), "inf" and "-inf"; null for an
infinite score of a candidate equation.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from spreme.persistence import array_from_json, array_to_json
from spreme.results import Candidate, Law, LawCandidate, SearchPath, Selection

# Entries of a candidate law that are numbers.
NUMBERS = ("score", "distance", "bic", "evidence", "residual")


def path_to_json(path: SearchPath, selection: Selection) -> dict[str, Any]:
    """Write how a law was found."""
    other = selection.other_choice
    return {
        "criterion": selection.criterion,
        "reason": selection.reason,
        "candidates": {name: [_candidate_to_json(c) for c in own] for name, own in path.candidates.items()},
        "laws": [_law_to_json(own) for own in path.laws],
        "rivals": [_law_to_json(own) for own in selection.rivals],
        "other_choice": None if other is None else _law_to_json(other),
    }


def path_from_json(given: dict[str, Any], law: Law) -> tuple[SearchPath, Selection]:
    """Read how a law was found."""
    if "other_choice" not in given:
        raise ValueError("the key 'other_choice' is missing")
    found = entry(given, "candidates", dict)
    if list(found) != list(law.state_names) or not all(isinstance(own, list) and own for own in found.values()):
        raise ValueError("the candidates are not one list per state")
    candidates = {name: tuple(_candidate_from_json(c, law) for c in own) for name, own in found.items()}
    laws, rivals = (tuple(_law_from_json(own, law) for own in entry(given, key, list)) for key in ("laws", "rivals"))
    other = given["other_choice"]
    selection = Selection(
        entry(given, "criterion", str),
        entry(given, "reason", str),
        {name: own[0] for name, own in candidates.items()},
        {name: own[1] if len(own) > 1 else None for name, own in candidates.items()},
        rivals,
        None if other is None else _law_from_json(other, law),
    )
    return SearchPath(candidates, laws), selection


def entry(given: dict[str, Any], key: str, kind: type) -> Any:
    """A key of the right kind."""
    if not isinstance(given.get(key), kind):
        raise ValueError(f"the key {key!r} is missing or not a {kind.__name__}")
    return given[key]


def _candidate_to_json(candidate: Candidate) -> dict[str, Any]:
    """A candidate; an infinite score becomes null."""
    out = dataclasses.asdict(candidate)
    out["mask"] = [int(k) for k in np.flatnonzero(candidate.mask)]
    return {key: None if isinstance(value, float) and not np.isfinite(value) else value for key, value in out.items()}


def _candidate_from_json(given: Any, law: Law) -> Candidate:
    """A candidate, checked against the term table."""
    if not isinstance(given, dict):
        raise ValueError("a candidate is not an object")
    positions = entry(given, "mask", list)
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
        found_by=tuple(str(name) for name in entry(given, "found_by", list)),
        **{key: float(value) for key, value in numbers_.items()},
    )


def _law_to_json(candidate: LawCandidate) -> dict[str, Any]:
    """A candidate law; the texts of its terms stand in the table."""
    return {
        "support": [list(pair) for pair in candidate.support],
        **{key: array_to_json(np.array(getattr(candidate, key), dtype=np.float64)) for key in NUMBERS},
        "segments": candidate.segments,
        "reason": candidate.reason,
    }


def _law_from_json(given: Any, law: Law) -> LawCandidate:
    """A candidate law, checked against the term table."""
    if not isinstance(given, dict) or set(given) != {"support", *NUMBERS, "segments", "reason"}:
        raise ValueError("a candidate law is not an object with the right entries")
    n_states, n_terms = law.mask.shape
    pairs = entry(given, "support", list)
    for pair in pairs:
        is_pair = isinstance(pair, list) and len(pair) == 2 and all(type(i) is int for i in pair)
        if not is_pair or not (0 <= pair[0] < n_states and 0 <= pair[1] < n_terms):
            raise ValueError("the support of a candidate law does not fit the terms")
    if sorted(map(tuple, pairs)) != list(map(tuple, pairs)) or len(set(map(tuple, pairs))) < len(pairs):
        raise ValueError("the support of a candidate law is not in order")
    if type(given["segments"]) is not int or given["segments"] < 1:
        raise ValueError("the segments of a candidate law are no positive number")
    return LawCandidate(
        equations=tuple(tuple(law.table.names[k] for state, k in pairs if state == s) for s in range(n_states)),
        support=tuple((s, k) for s, k in pairs),
        segments=given["segments"],
        reason=entry(given, "reason", str),
        **{key: float(array_from_json(given[key], (), key)) for key in NUMBERS},
    )
