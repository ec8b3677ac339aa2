"""The frame of records: whole, in order, the same from every source."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from records_of_cases import done, lost, many, wrong

from systems import report
from systems.report.page import store
from systems.report.records import FLAGS, NUMBERS, main_part, methods_of, reached


def write_folder(folder: Path, records: list[dict]) -> Path:
    for place, record in enumerate(records):
        (folder / f"{place}.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def test_every_column_is_there_and_has_its_type() -> None:
    table = report.frame([done()])
    assert {table[name].dtype for name in NUMBERS} == {np.dtype(float)}
    assert {str(table[name].dtype) for name in FLAGS} == {"boolean"}
    assert np.isnan(table.loc[0, "valid_time"])
    assert table.loc[0, "exact_union"] is pd.NA


def test_a_folder_gives_what_its_records_give(tmp_path: Path) -> None:
    records = many()
    table = report.frame(write_folder(tmp_path, records)).drop(columns="finished")
    pd.testing.assert_frame_equal(table, report.frame(records).drop(columns="finished"))


def test_a_folder_tells_when_records_were_written(tmp_path: Path) -> None:
    assert report.frame(write_folder(tmp_path, [done()])).loc[0, "finished"].startswith("20")


def test_other_files_of_the_runner_are_no_records(tmp_path: Path) -> None:
    (write_folder(tmp_path, [done()]) / "run.json").write_text('{"started": "today"}', encoding="utf-8")
    assert len(report.frame(tmp_path)) == 1


@pytest.mark.parametrize("name", ["records.csv", "records.csv.gz", "records.parquet"])
def test_a_stored_table_reads_back(tmp_path: Path, name: str) -> None:
    table = report.frame([*many(), done("enzyme", exact=None, exact_union=False, details={"alpha": 0.1})])
    store(table, tmp_path / name)
    pd.testing.assert_frame_equal(report.frame(tmp_path / name), table)


def test_a_compressed_table_is_the_same_whenever_it_is_written(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        store(report.frame([done()]), tmp_path / name)
    first, second = ((tmp_path / name).read_bytes() for name in ("a.csv.gz", "b.csv.gz"))
    assert first.replace(b"a.csv", b"") == second.replace(b"b.csv", b"")


def test_order_is_that_of_systems_methods_and_conditions() -> None:
    shuffled = [many()[place] for place in np.random.default_rng(1).permutation(len(many()))]
    table = report.frame(shuffled)
    assert list(dict.fromkeys(table["system"])) == ["linear3d", "lorenz"]
    assert methods_of(table) == ["spreme", "stlsq", "oracle"]
    pd.testing.assert_frame_equal(table, report.frame(many()))


def test_suites_and_truth_users_are_named() -> None:
    table = report.frame([done(), done(method="oracle"), done("of-my-own"), done("spreme-lotka")])
    assert set(zip(table["system"], table["suite"], strict=True)) == {
        ("lotka", "bench"),
        ("of-my-own", "other systems"),
        ("spreme-lotka", "replicas"),
    }
    assert table.loc[table["uses_truth"], "method"].tolist() == ["oracle"]


def test_failures_of_a_system_without_true_terms_are_not_judged() -> None:
    table = report.frame([done("glycolytic", exact=None, f1=None), lost("glycolytic", "stlsq"), lost("lotka")])
    assert table.set_index("system")["exact"].isna().to_dict() == {"glycolytic": True, "lotka": False}


def test_skipped_cases_were_not_tried() -> None:
    table = report.frame([done(), lost(method="stlsq", status="skipped"), lost(method="oracle", status="timed out")])
    assert reached(table)["method"].tolist() == ["spreme", "oracle"]


def test_the_plain_variant_comes_first() -> None:
    table = report.frame([done(variant="few"), done(variant="plain"), done(variant="coarse")])
    assert main_part(table)["variant"].unique().tolist() == ["plain"]
    assert main_part(report.frame([wrong(variant="few")]))["variant"].unique().tolist() == ["few"]


def test_no_records(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"no records in {tmp_path}.*python -m systems run"):
        report.frame(tmp_path)
    with pytest.raises(ValueError, match="no records in the given list"):
        report.frame([])


def test_what_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"neither a folder of records nor a file that ends in \.csv"):
        report.frame(tmp_path / "absent")


def test_half_a_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "lotka.json").write_text('{"system": "lot', encoding="utf-8")
    with pytest.raises(ValueError, match=r"lotka\.json is no whole record .*run the case again"):
        report.frame(tmp_path)


def test_records_without_a_case() -> None:
    with pytest.raises(ValueError, match="some records lack seed, status"):
        report.frame([{"system": "lotka", "method": "spreme", "variant": "plain", "noise": 0.0}])


def test_cases_that_occur_twice() -> None:
    with pytest.raises(ValueError, match=r"\(lotka, spreme, plain, 0.05, 0\) occurs twice"):
        report.frame([done(), wrong()])
