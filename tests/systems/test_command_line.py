"""The command line: lists, counts, runs, resumes, reports; mistakes are named and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from systems import methods, registry, replicas
from systems.command_line import main

STAND_INS = str(Path(__file__).parent / "batch" / "stand_ins.py")


def test_every_system_and_replica_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    known = registry.names()
    others = [name for name in replicas.names() if replicas.get(name).system.name not in known]
    assert sorted(names) == sorted([*known, *others])
    assert main(["list", "--suite", "replicas"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == replicas.names()


def test_one_suite(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--suite", "bench"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(registry.names("bench"))
    (lotka,) = [line for line in lines if line.startswith("lotka ")]
    assert "b*=0.75" in lotka and "a=0.5" in lotka and "Elements of Physical Biology" in lotka


def test_every_method_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == methods.names()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], f"{len(registry.names('bench'))} cases: {len(registry.names('bench'))} systems, 1 method"),
        (["--systems", "lotka,lorenz", "--noise", "0", "0.05", "--seeds", "0-9"], "40 cases: 2 systems, 1 method"),
        (["--systems", "lotka", "spreme-lotka", "--variants", "plain,few"], "3 cases: 2 systems"),
        (["--systems", "lotka", "--variants", "all", "--methods", "all"], f"{8 * len(methods.names())} cases"),
    ],
)
def test_a_dry_run_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    assert main(["run", *arguments, "--dry-run", "--out", str(tmp_path / "runs")]) == 0
    assert told in capsys.readouterr().out
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--systems", "lotke"], "unknown system 'lotke': did you mean lotka"),
        (["--methods", "sprem"], "unknown method 'sprem': did you mean spreme"),
        (["--variants", "coarze"], "unknown variant 'coarze': did you mean coarse"),
        (["--noise", "-0.1"], "--noise must be shares"),
        (["--noise", "five"], "--noise must be shares"),
        (["--seeds", "9-0"], "--seeds must be whole numbers or ranges such as 0-9, got '9-0'"),
        (["--jobs", "0"], "--jobs must be 1 or more"),
        (["--limit", "0"], "--limit must be a number of seconds above 0"),
        (["--suite", "nowhere.py"], "nowhere.py is no Python file"),
        (["--methods-file", "nowhere.py"], "nowhere.py is no Python file"),
    ],
)
def test_mistakes_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    out = tmp_path / "runs"
    rest = [] if arguments[0] == "--noise" else ["--noise", "0"]
    spelled = [f"{arguments[0]}={arguments[1]}"]  # a number below 0 is no option
    assert main(["run", *spelled, *rest, "--out", str(out)]) == 2
    assert f"systems: {told}" in capsys.readouterr().err
    assert not out.exists()


def test_a_run_its_repetition_and_its_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "runs"
    run = ["run", "--systems", "logistic", "--methods", "told,raises", "--methods-file", STAND_INS, "--variants", "few"]
    run += ["--out", str(out), "--jobs", "1"]
    assert main(run) == 0
    shown = capsys.readouterr()
    assert "2 cases: 1 system, 2 methods, 1 variant, 1 noise level, 1 seed; 0 finished, 2 to run" in shown.out
    assert "logistic.raises.few.0.05.0: failed: ArithmeticError: no solution" in shown.out
    assert f"python -m systems report {out}" in shown.out
    assert "[2/2]" in shown.err
    assert main(run) == 0
    assert "2 finished, 0 to run" in capsys.readouterr().out
    assert main([*run, "--retry-failed", "--dry-run"]) == 0
    assert "1 finished, 1 to run" in capsys.readouterr().out
    pytest.importorskip("jinja2")
    assert main(["report", str(out), "--csv", str(tmp_path / "records.csv")]) == 0
    assert (out / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert len((tmp_path / "records.csv").read_text().splitlines()) == 3


def test_junk_among_the_records_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "notes.txt").write_text("remember the milk")
    assert main(["run", "--systems", "logistic", "--out", str(tmp_path)]) == 1
    assert "notes.txt cannot be read" in capsys.readouterr().err


def test_no_records_to_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path / "none")]) == 2
    assert str(tmp_path / "none") in capsys.readouterr().err


def test_no_cluster_at_the_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("distributed")
    run = ["run", "--systems", "logistic", "--dask", "nonsense://nowhere", "--out", str(tmp_path / "runs")]
    assert main(run) != 0
    assert "nonsense" in capsys.readouterr().err
