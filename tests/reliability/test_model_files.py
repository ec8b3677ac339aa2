"""Saved models with any entry damaged: refused by file and field, or read as what they say; nothing is executed."""

from __future__ import annotations

import copy
import json
import math
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from reliability.fuzzing import fuzz, is_raised_by_spreme, outcome

from spreme import CustomLibrary, PolynomialLibrary, SpReME, Trajectories
from spreme.persistence import FORMAT_VERSION

Place = tuple[Any, ...]


@cache
def document() -> dict[str, Any]:
    """A saved model with two environments, a composed library, restrictions and an input."""
    t = np.linspace(0.0, 3.0, 31)
    x = [np.exp(-rate * t) for rate in (0.5, 1.0)]
    library = PolynomialLibrary(degree=2, include_bias=False) + CustomLibrary(["sin(x)"])
    model = SpReME(library=library, max_terms=1, excluded={"x": ["u"]}, random_state=0)
    model.fit(Trajectories(x, t, ["A", ("b", 1)], [np.cos(t)] * 2, ["x"], ["u"]))
    return json.loads(written(model))


def written(model: SpReME) -> str:
    """The file of a model."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.json")
        return (Path(folder) / "model.json").read_text(encoding="utf-8")


def places(node: Any, here: Place = ()) -> Iterator[Place]:
    """Keys and positions that lead to every entry of a document."""
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inside:
        yield (*here, key)
        yield from places(value, (*here, key))


def at(node: Any, place: Place) -> Any:
    """The entry of a place."""
    for key in place:
        node = node[key]
    return node


SENTINEL = "executed"
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 0.5, -0.5, 1e308, -1e308, 10**400, 1e30, 5e-324, math.nan, math.inf, "", "x",
    "inf", "-inf", "nan", f"__import__('pathlib').Path({SENTINEL!r}).touch()", "\ud800", "group_lasso", "bic",
    [], {}, [[]], [None], [0, 0], ["x"], {"library": "SpReME"}, {"penalty": "group_l0"}, {"dict": {"x": ["x"]}},
)  # fmt: skip


def damages(entry: Any) -> st.SearchStrategy[Any]:
    """Another entry in its place: of another kind, or of another shape or size."""
    kinds = [st.sampled_from(VALUES)]
    if isinstance(entry, list) and entry:
        kinds.append(st.sampled_from([entry[:-1], entry + entry[-1:], [entry], entry[::-1], [*entry, None]]))
    if isinstance(entry, dict):
        kinds += [st.just(entry | {"strange": 1}), st.sampled_from([list(entry), [entry]])]
    if isinstance(entry, (int, float)) and not isinstance(entry, bool):
        kinds.append(st.sampled_from([-entry, entry + 1, 1e6 * entry, str(entry), [entry]]))
    return st.one_of(kinds)


def loaded(content: Any) -> SpReME | str:
    """The model in a file of this content, or the message of its refusal."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        try:
            return SpReME.load(path)
        except ValueError as error:
            assert is_raised_by_spreme(error) and str(error).startswith(str(path)) and len(str(error)) < 1000
            return str(error).removeprefix(str(path))


def essential(given: dict[str, Any]) -> dict[str, Any]:
    """Law, parameters, covariances and population: without what was tried on the way, which is read with indulgence."""
    record = {"candidates", "laws", "rivals", "other_choice", "status", "reason", "criterion", "strange"}
    law = {key: value for key, value in given.items() if key not in ("fit", "table", "strange")}
    return law | {"fit": {key: value for key, value in given["fit"].items() if key not in record}}


def assert_refused_or_read(damaged: dict[str, Any]) -> None:
    """A model that is read is that of the file, and can be used."""
    found = loaded(damaged)
    assert not Path(SENTINEL).exists()
    if isinstance(found, str):
        assert found.startswith(": ") and len(found) > 20
        return
    env = found.environments_[0]
    assert essential(json.loads(written(found))) == essential(damaged)
    assert str(found) and found.equations(env) and found._repr_html_()
    outcome(lambda: found.simulate([0.5], [0.0, 0.1], env=env, u=np.zeros((2, 1))))


def is_of_terms_given(place: Place) -> bool:
    """Whether the place lies in the terms that the user allows, requires or excludes: not checked yet."""
    return place[:2] == ("estimator", "excluded")


def damage(draw: st.DrawFn, *, remove: bool) -> dict[str, Any]:
    """The document with one entry changed or removed."""
    damaged = copy.deepcopy(document())
    place = draw(st.sampled_from([own for own in places(damaged) if not is_of_terms_given(own)]))
    if remove:
        del at(damaged, place[:-1])[place[-1]]
    else:
        at(damaged, place[:-1])[place[-1]] = draw(damages(at(damaged, place)))
    return damaged


@fuzz(150, 20000, damaged=st.composite(damage)(remove=False))
def test_any_damaged_entry_is_refused_or_read_as_it_stands(damaged: dict[str, Any]) -> None:
    assert_refused_or_read(damaged)


@fuzz(60, 4000, damaged=st.composite(damage)(remove=True))
def test_any_missing_entry_is_refused_or_was_superfluous(damaged: dict[str, Any]) -> None:
    assert_refused_or_read(damaged)


# Every entry of the law by itself; those of search and parameters are in tests/estimators/test_adapt_and_save.py.
OF_THE_LAW = ("support", "coef", "coef_std", "noise_std", "table", "terms", "environments")


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("key", OF_THE_LAW)
def test_the_refusal_names_the_field(key: str, value: Any) -> None:
    message = loaded(document() | {key: value})
    assert isinstance(message, str)
    known = (key, key.rstrip("s"), "NaN", "Infinity", "coef", "no environment")  # labels too few: coef has too many
    assert any(name in message for name in known), message


@fuzz(40, 4000, cut=st.floats(0.0, 1.0, exclude_max=True), put=st.binary(max_size=3))
def test_any_damaged_bytes_are_refused_or_read(cut: float, put: bytes) -> None:
    content = json.dumps(document()).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        where = int(cut * len(content))
        path.write_bytes(content[:where] + put + (content[where + len(put) :] if put else b""))
        try:
            assert str(SpReME.load(path))
        except ValueError as error:
            assert is_raised_by_spreme(error) and str(path) in str(error)


@pytest.mark.parametrize("version", [FORMAT_VERSION + 1, 10**30, 0, -1, 1.5, "3", None, True, [], math.nan])
def test_unknown_versions_are_refused(version: Any) -> None:
    message = loaded(document() | {"format_version": version})
    assert isinstance(message, str) and ("format_version" in message or "NaN" in message)
