"""Laws come back from a file bit for bit, damaged files are told apart, and a failed save leaves the old file whole."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spreme.library import CustomLibrary, FourierLibrary, PolynomialLibrary
from spreme.persistence import array_from_json, array_to_json, law_from_dict, law_to_dict, read, save
from spreme.results import Law


def make_law(env: tuple[Any, ...] = ("A", "B")) -> Law:
    library = PolynomialLibrary(degree=2) + FourierLibrary() + CustomLibrary(["exp(-x)/(1 + β)"])
    table = library.table(["x", "β"])
    rng = np.random.default_rng(0)
    mask = rng.random((2, table.n_terms)) < 0.4
    coef = rng.standard_normal((len(env), 2, table.n_terms)) / 3 * mask
    std = np.where(mask, np.abs(rng.standard_normal(coef.shape)), np.nan)
    s, k = np.argwhere(mask)[1]
    coef[-1, s, k] = std[-1, s, k] = np.nan
    return Law(table, mask, coef, std, env, rng.random((len(env), 2)))


def assert_same(a: Law, b: Law) -> None:
    assert a.table == b.table
    assert list(map(repr, a.environments)) == list(map(repr, b.environments))
    for field in ("mask", "coef", "coef_std", "noise_std"):
        np.testing.assert_array_equal(getattr(a, field), getattr(b, field))
        assert getattr(a, field).dtype == getattr(b, field).dtype


def test_round_trip(tmp_path: Path) -> None:
    law, path = make_law(), tmp_path / "model.json"
    save(path, law_to_dict(law) | {"parameters": {"degree": 2}})
    document = read(path)
    assert document["parameters"] == {"degree": 2}
    assert_same(law_from_dict(document, path), law)
    assert os.listdir(tmp_path) == ["model.json"]
    text = path.read_text(encoding="utf-8")
    assert "NaN" not in text
    assert "β" in text


labels = st.recursive(
    st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=5,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(env=st.lists(labels, min_size=1, max_size=4, unique_by=repr))
def test_labels_keep_value_and_type(tmp_path: Path, env: list[Any]) -> None:
    law = make_law(tuple(env))
    save(tmp_path / "model.json", law_to_dict(law))
    assert_same(law_from_dict(read(tmp_path / "model.json")), law)


def test_labels_of_numpy_and_half_surrogates(tmp_path: Path) -> None:
    env = (np.str_("a"), np.int64(3), np.float64(0.1), np.True_, "\ud800")
    save(tmp_path / "model.json", law_to_dict(make_law(env)))
    assert law_from_dict(read(tmp_path / "model.json")).environments == ("a", 3, 0.1, True, "\ud800")


@pytest.mark.parametrize(
    "label",
    [None, b"a", frozenset({1}), np.datetime64("2020-01-01", "ns"), float("inf"), np.longdouble(1), ("a", None)],
)
def test_other_labels_are_refused_by_name(label: Any) -> None:
    with pytest.raises(TypeError, match=r"cannot be saved.*text, numbers") as refusal:
        law_to_dict(make_law(("A", label)))
    part = label[1] if isinstance(label, tuple) else label
    assert repr(part) in str(refusal.value) or str(part) in str(refusal.value)


def test_deep_labels_are_refused() -> None:
    label: Any = "a"
    for _ in range(30):
        label = (label,)
    with pytest.raises(TypeError, match="cannot be saved"):
        law_to_dict(make_law((label,)))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(), max_size=5))
def test_floats_bit_for_bit(values: list[float]) -> None:
    array = np.array(values, dtype=np.float64)
    back = array_from_json(json.loads(json.dumps(array_to_json(array), allow_nan=False)), array.shape, "array")
    finite = ~np.isnan(array)
    np.testing.assert_array_equal(np.isnan(back), ~finite)
    np.testing.assert_array_equal(back[finite].view(np.int64), array[finite].view(np.int64))


def document() -> dict[str, Any]:
    return json.loads(json.dumps(law_to_dict(make_law())))


@pytest.mark.parametrize("key", sorted(law_to_dict(make_law())))
def test_every_key_is_needed(key: str) -> None:
    damaged = document()
    del damaged[key]
    with pytest.raises(ValueError, match=f"the key '{key}' is missing" if key != "format" else "not a spreme model"):
        law_from_dict(damaged, "model.json")


@pytest.mark.parametrize("value", [None, 7, "text", True, [], {}, [[]], [None], [["a"]], [[1e400]], [[[0, 1]]]])
@pytest.mark.parametrize("key", sorted(law_to_dict(make_law())))
def test_every_key_is_checked(key: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^model.json: ") as refusal:
        law_from_dict(document() | {key: value}, "model.json")
    assert "spreme" in refusal.traceback[-1].path.as_posix()


def put(*where: Any) -> Callable[[dict[str, Any]], None]:
    *path, value = where

    def edit(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (put("coef", 0, 0, float("nan")), "coef: nan is not a finite number"),
        (put("coef", 0, 0, "inf"), "coef must be finite"),
        (put("coef", 0, 0, 10**400), "not a finite number"),
        (put("coef", 0, 0, True), "coef: True"),
        (put("coef", 0, [1.0]), "a list of . entries is expected, got 1 entries"),
        (put("coef_std", 0, 0, -1.0), "must not be negative"),
        (put("noise_std", 0, 0, "0.1"), "noise_std: '0.1'"),
        (put("support", 0, [0, 99]), "support must hold pairs"),
        (put("support", 0, [0, -1]), "support must hold pairs"),
        (put("support", 0, [0, True]), "support must hold pairs"),
        (put("support", 0, [1, 0]), "not in order"),
        (put("environments", 0, "B"), "occurs twice"),
        (put("environments", 0, None), "None is no environment"),
        (put("environments", ["A"]), "a list of 1 entries is expected, got 2 entries"),
        (put("terms", 1, "__import__('os')"), "terms"),
        (put("table", "factors", 0, ["__import__", "x"]), "unknown operation"),
        (put("table", "state_names", 0, "lambda"), "state name"),
        (put("format_version", True), "format_version"),
        (put("format_version", "1"), "format_version"),
        (put("format_version", 0), "format_version"),
        (put("format_version", 4), "newer than 3.*update spreme"),
    ],
)
def test_damage_is_named(edit: Callable[[Any], None], message: str) -> None:
    damaged = document()
    edit(damaged)
    with pytest.raises(ValueError, match=message) as refusal:
        law_from_dict(damaged, "model.json")
    assert str(refusal.value).startswith("model.json: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"format": "spreme-mo', "truncated"),
        (b'{"hello": "world"}', "not a spreme model"),
        (b"[1, 2, 3]", "not a spreme model"),
        (b"7", "not a spreme model"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b"[" + b"9" * 10_000 + b"]", "no valid JSON"),
        (bytes(range(256)), "no valid JSON|no text"),
        (pickle.dumps({"format": "spreme-model"}), "no text"),
        (b'{"format": "spreme-model", "format_version": NaN}', "NaN is not a number"),
        (b'{"format": "spreme-model", "format_version": 1001}', "1001, newer"),
    ],
)
def test_foreign_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as refusal:
        read(path)
    assert str(path) in str(refusal.value)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"nosuch"):
        read(tmp_path / "nosuch.json")
    with pytest.raises(OSError, match=r"no folder .*nosuch"):
        save(tmp_path / "nosuch" / "model.json", document())
    with pytest.raises(TypeError, match="path"):
        read(0)  # type: ignore[arg-type]


@pytest.mark.parametrize("function", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_failed_save_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, error: BaseException
) -> None:
    path = tmp_path / "model.json"
    save(path, document())
    before = path.read_bytes()

    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(type(error)):
        save(path, document() | {"more": 1})
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.json"]


def test_unwritable_document_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    save(path, document())
    for value in (float("nan"), object()):
        with pytest.raises(ValueError, match="cannot be written as JSON"):
            save(path, {"value": value})
    assert_same(law_from_dict(read(path)), make_law())


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="links need rights on Windows")
def test_links_and_overwriting(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "real" / "model.json")
    for value in (1, 2):
        save(link, document() | {"value": value})
    assert link.is_symlink()
    assert read(tmp_path / "real" / "model.json")["value"] == 2


def test_contradicting_law_is_not_written() -> None:
    law = make_law()
    outside = law.coef + ~law.mask
    with pytest.raises(ValueError, match="0 outside"):
        law_to_dict(Law(law.table, law.mask, outside, law.coef_std, law.environments, law.noise_std))
    with pytest.raises(ValueError, match="noise_std has the shape"):
        law_to_dict(Law(law.table, law.mask, law.coef, law.coef_std, law.environments, law.noise_std[:1]))
