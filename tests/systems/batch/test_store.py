"""Records on disk: complete or not there, and what else lies in their folder is named."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from systems.batch.case import Case
from systems.batch.record import ENTRIES, failure, plain
from systems.batch.runner import unfinished
from systems.batch.store import Store, StoreError

CASE = Case("lotka", "spreme", noise=0.05)


def test_a_record_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "runs")
    record = failure(CASE, "failed", "no solution", 1.5)
    store.write(record)
    assert store.read() == [record]
    assert set(record) == set(ENTRIES)
    assert [path.name for path in store.records.iterdir()] == ["lotka.spreme.plain.0.05.0.json"]


def test_no_records_yet(tmp_path: Path) -> None:
    assert Store(tmp_path / "runs").read() == []
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("content", ["", '{"key": "lotka', "[1, 2]", "{}", '{"key": "other"}', "\x00"])
def test_what_is_no_record_is_named(tmp_path: Path, content: str) -> None:
    store = Store(tmp_path)
    store.write(failure(CASE, "failed", "no solution"))
    junk = store.records / "notes.json"
    junk.write_text(content)
    with pytest.raises(StoreError, match=r"notes\.json .*(move it away|delete it)"):
        store.read()


def test_a_record_under_another_name_is_no_record(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(failure(CASE, "failed", "no solution"))
    next(store.records.iterdir()).rename(store.records / "copy.json")
    with pytest.raises(StoreError, match=r"copy\.json is no record"):
        store.read()


def test_a_full_disk_is_named_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    store.write(failure(CASE, "failed", "no solution"))

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"lotka\.spreme\.plain\.0\.05\.1\.json: No space left on device\. Finished"):
        store.write(failure(Case("lotka", "spreme", noise=0.05, seed=1), "failed", "no solution"))
    assert len(list(store.records.iterdir())) == 1
    assert len(store.read()) == 1


def test_one_runner_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    with Store(tmp_path).locked(), pytest.raises(StoreError, match="another run"), Store(tmp_path).locked():
        pass
    with Store(tmp_path).locked():
        pass


def test_parts_that_a_crash_left_are_forgotten(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(failure(CASE, "failed", "no solution"))
    (store.records / f".{CASE.key}.1.part").write_text('{"key": ')
    assert len(store.read()) == 1
    store.note_start("python -m systems run")
    assert len(list(store.records.iterdir())) == 1
    assert json.loads((tmp_path / "runs.jsonl").read_text())["command"] == "python -m systems run"


def test_which_cases_are_run_again() -> None:
    cases = [Case("lotka", method) for method in ("ok", "failed", "late", "skipped", "new")]
    statuses = ["ok", "failed", "timed out", "skipped"]
    records = [failure(case, status, "") for case, status in zip(cases, statuses, strict=False)]
    assert [case.method for case in unfinished(cases, records)] == ["skipped", "new"]
    assert [case.method for case in unfinished(cases, records, True)] == ["failed", "late", "skipped", "new"]


def test_numbers_that_json_has_not_become_null() -> None:
    import numpy as np

    found = plain(
        {"a": float("nan"), "b": [np.inf, np.float64(1.5)], "c": np.arange(2), "d": np.bool_(True), 1: Path()}
    )
    assert found == {"a": None, "b": [None, 1.5], "c": [0, 1], "d": True, "1": "."}
