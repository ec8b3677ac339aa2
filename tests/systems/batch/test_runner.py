"""The runner: failures are records, the number and kind of workers changes nothing, interruptions lose nothing."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from systems.batch.case import Case
from systems.batch.conditions import Conditions
from systems.batch.execution import execute
from systems.batch.process import Process
from systems.batch.progress import Progress
from systems.batch.runner import Machines, grid, run
from systems.batch.store import Store

STAND_INS = str(Path(__file__).parent / "stand_ins.py")
CONDITIONS = Conditions(methods_file=STAND_INS, limit=60.0)
CASES = grid(["logistic", "lotka"], ["told", "raises"], ["few"], [0.0, 0.05])
MEASURED = ("seconds", "adapt_seconds", "peak_memory_mb")


def records(folder: Path, machines: Machines) -> list[dict[str, Any]]:
    """Records of `CASES`, without what a clock or the memory said."""
    store = Store(folder)
    with (folder / "progress.txt").open("w") as file:
        run(CASES, store, CONDITIONS, machines, Progress(len(CASES), file))
    assert len((folder / "progress.txt").read_text().splitlines()) == len(CASES)
    return [{key: value for key, value in record.items() if key not in MEASURED} for record in store.read()]


@pytest.fixture(scope="module")
def alone() -> list[dict[str, Any]]:
    """Records made in this process, one after the other."""
    made = [list(execute(case, CONDITIONS))[-1] for case in sorted(CASES, key=lambda case: case.key)]
    return [{key: value for key, value in own.items() if key not in MEASURED} for own in made if own is not None]


def test_a_case_tells_its_stages_and_ends_with_a_record() -> None:
    first, law, whole = execute(Case("logistic", "told", "few", 0.05), CONDITIONS)
    assert first is None
    assert law is not None and whole is not None
    assert (law["exact"], law["rollout"]) == (True, None)
    assert 0 < whole["rollout"] < 0.01  # coefficients are off by a thousandth
    assert 0 < whole["coef_error"] < 0.005  # a thousandth of a standard normal number
    assert whole["adapt_error"] > whole["coef_error"]  # of other environments
    json.dumps(whole, allow_nan=False)


def test_failures_are_records() -> None:
    (failed,) = [own for own in execute(Case("lotka", "raises", "few"), CONDITIONS) if own is not None]
    assert (failed["status"], failed["error"]) == ("failed", "ArithmeticError: no solution")
    assert (failed["exact"], failed["f1"], failed["rollout"]) == (False, 0.0, None)
    (skipped,) = execute(Case("lotka", "absent"), CONDITIONS)
    assert skipped is not None and skipped["status"] == "skipped"
    assert "pip install 'spreme[bench]'" in skipped["error"]
    (unknown,) = execute(Case("lotke", "told"), CONDITIONS)
    assert unknown is not None and unknown["error"].startswith("ValueError: unknown system 'lotke'")


def test_a_process_has_one_thread_and_is_replaced_if_it_hangs_or_dies() -> None:
    process = Process(Conditions(methods_file=STAND_INS, limit=2.0), warm_up=False)
    try:
        late = process.run(Case("logistic", "hangs", "few"))
        assert (late["status"], late["error"]) == ("timed out", "fitting took longer than the limit of 2 s")
        dead = process.run(Case("logistic", "dies", "few"))
        assert (dead["status"], dead["error"]) == ("failed", "the process ended while fitting (exit status 3)")
        after = process.run(Case("logistic", "counts", "few"))
        assert after["exact"] and after["details"] == {"joblib": 1, "blas": 1}
    finally:
        process.stop()


@pytest.mark.parametrize("jobs", [1, 2])
def test_processes_change_nothing(tmp_path: Path, alone: list[dict[str, Any]], jobs: int) -> None:
    assert records(tmp_path, Machines(jobs)) == alone


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::RuntimeWarning")
def test_a_cluster_changes_nothing(tmp_path: Path, alone: list[dict[str, Any]]) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        assert records(tmp_path, Machines(dask=cluster.scheduler_address)) == alone


def command(folder: Path) -> list[str]:
    """A run of twelve cases."""
    return [
        *(sys.executable, "-m", "systems", "run", "--systems", "logistic,lotka", "--methods", "slow"),
        *("--methods-file", STAND_INS, "--variants", "few", "--seeds", "0-5", "--jobs", "2", "--out", str(folder)),
    ]


def interrupted(folder: Path, sent: signal.Signals, rng: random.Random) -> tuple[int, str]:
    """Start the run, send a signal at a random moment after the next record; exit status and output."""
    before = len(list(folder.glob("records/*.json")))
    process = subprocess.Popen(command(folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while process.poll() is None and len(list(folder.glob("records/*.json"))) == before:
        time.sleep(0.01)
    time.sleep(0.4 * rng.random())
    process.send_signal(sent)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
@pytest.mark.parametrize("names", [["SIGKILL", "SIGINT"], pytest.param(["SIGKILL"] * 5, marks=pytest.mark.slow)])
def test_interruptions_lose_nothing_and_repeat_nothing(tmp_path: Path, names: list[str]) -> None:
    rng, finished = random.Random(0), set[str]()
    for sent in (signal.Signals[name] for name in names):
        status, output = interrupted(tmp_path, sent, rng)
        assert status == (130 if sent is signal.SIGINT else -sent)
        assert ("the same command goes on from there" in output) == (sent is signal.SIGINT)
        now = {record["key"] for record in Store(tmp_path).read()}  # all of them whole
        assert finished < now
        finished = now
        (tmp_path / "log.jsonl").rename(tmp_path / f"log{len(finished)}")  # what begins from here on
    done = subprocess.run(command(tmp_path), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert f"{len(finished)} finished, {12 - len(finished)} to run" in done.stdout
    events = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    begun = Counter(event["key"] for event in events if event["event"] == "started")
    assert not begun.keys() & finished
    assert set(begun.values()) == {1}
    assert len(begun) + len(finished) == 12 == len(Store(tmp_path).read())
