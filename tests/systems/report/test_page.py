"""The page: valid, self-contained, complete, whatever was run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from records_of_cases import Record, done, lost, many, wrong

from systems import report
from systems.report import figures, tables
from systems.report.page import render
from systems.report.parts import Picture
from systems.report.sections import all_sections

VOID = {"meta", "input", "br", "link", "img", "hr"}
# Names of XML vocabularies look like addresses but are never fetched.
VOCABULARIES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")

RUNS: dict[str, list[Record]] = {
    "everything": many(variants=("plain", "few")),
    "one method, one noise": many(methods=["spreme"], noises=[0.05]),
    "one case": [done()],
    "many methods": many(["lotka"], ["spreme", *(f"method {place}" for place in range(7)), "oracle"], [0.05]),
    "no forecasts": [{**record, "rollout": None, "rollout_beyond": None, "valid_time": None} for record in many()],
    "only failures": [lost(method=method, seed=seed) for method in ("spreme", "stlsq") for seed in range(2)],
    "misspecified": [done("glycolytic", exact=None, f1=None, coef_error=None), lost("glycolytic", seed=1)],
    "all skipped but one": [done(), lost(method="stlsq", status="skipped")],
    "nothing tried": [lost(status="skipped")],
    "only the oracle": [done(method="oracle")],
    "search gaps": [done(search_gap=0.0), wrong(seed=1, search_gap=3.0), wrong(seed=2, search_gap=-1.0)],
    "one with noise, one without": [done(noise=0.0), done(method="stlsq", noise=0.05)],
}


class Checker(HTMLParser):
    """Notes tags that are not closed, identifiers that occur twice, and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.identifiers: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self._note(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def _note(self, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.identifiers.append(value or "")
            if name in {"src", "href", "xlink:href"}:
                self.addresses.append(value or "")


@cache
def page_of(run: str) -> str:
    return render(report.frame(RUNS[run]))


@pytest.fixture(params=RUNS)
def page(request: pytest.FixtureRequest) -> str:
    return page_of(request.param)


@pytest.fixture(autouse=True)
def without_windows() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def checked(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    checker.close()
    return checker


def test_the_page_is_valid(page: str) -> None:
    checker = checked(page)
    assert (checker.faults, checker.open) == ([], [])
    assert len(checker.identifiers) == len(set(checker.identifiers))


def test_the_page_needs_nothing_else(page: str) -> None:
    checker = checked(page)
    assert all(address.startswith("#") for address in checker.addresses)
    assert {address[1:] for address in checker.addresses} <= set(checker.identifiers)
    for vocabulary in VOCABULARIES:
        page = page.replace(vocabulary, "")
    assert "://" not in page
    assert "@import" not in page


def test_all_sections_are_there(page: str) -> None:
    anchors = ("result", "run", "recovery", "systems", "variants", "profiles", "coefficients", "efficiency")
    more = ("forecasts", "valid-times", "adaptation", "comparisons", "searches", "wrong-terms", "cost", "failures")
    assert re.findall(r'<section id="([^"]+)"', page) == [*anchors, *more]


def test_no_python_shines_through(page: str) -> None:
    text = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(r">[^<]*\b(nan|NaN|None|NA|inf|dtype)\b[^<]*<", text)


def test_everything_is_shown_where_everything_was_run() -> None:
    page = page_of("everything")
    assert page.count("<svg") == 10
    assert "oracle (sees the truth)" in page
    assert 'class="nothing"' not in page.replace("Search gaps", "")


def test_pictures_have_words() -> None:
    for section in all_sections(report.frame(RUNS["search gaps"])):
        for part in section.parts:
            assert len(part.caption) > (80 if isinstance(part, Picture) else 5), section.title


def test_every_failure_is_listed_with_its_reason() -> None:
    records = [done(), lost(seed=1), lost(seed=2, status="timed out", error="stopped after 300 s")]
    table = tables.failures(report.frame(records))
    assert table[["seed", "status", "reason"]].to_numpy().tolist() == [
        [1, "failed", "LinAlgError: singular"],
        [2, "timed out", "stopped after 300 s"],
    ]


def test_the_headline_in_numbers() -> None:
    records = [done(seed=0), wrong(seed=1), wrong(method="stlsq", seed=0), lost(method="stlsq", seed=1)]
    table = tables.headline(report.frame(records)).set_index("method")
    assert table.loc["spreme", "exactly right"].startswith("50 %")
    assert table.loc["stlsq", "exactly right"].startswith("0 %")
    assert table["failed"].tolist() == ["0 of 2", "1 of 2"]
    assert table["mean F1"].tolist() == ["0.9", "0.4"]


def test_wrong_terms_are_counted() -> None:
    records = [wrong(seed=0), wrong(seed=1, extra=["y': 1", "y': x"]), done(seed=2)]
    (row,) = tables.wrong_terms(report.frame(records)).to_dict("records")
    assert (row["seeds wrong"], row["missed"]) == ("2 of 3", "x': x*y (2)")
    assert row["added"] == "y': 1 (2), y': x (1)"


def test_methods_keep_their_look_and_share_no_look_in_a_panel() -> None:
    table = report.frame(many(methods=["spreme", *(f"method {place}" for place in range(17)), "oracle"]))
    seen = figures.looks.looks(table)
    panels = figures.looks.in_panels(list(seen))
    assert all(panel[0] == "spreme" for panel in panels)
    assert sorted({name for panel in panels for name in panel}) == sorted(seen)
    for panel in panels:
        assert len({seen[name].colour for name in panel}) == len(panel)
        assert len({(seen[name].marker, seen[name].line) for name in panel}) == len(panel)


def test_the_report_is_written(tmp_path: Path) -> None:
    files = {"csv": tmp_path / "records.csv", "parquet": tmp_path / "more" / "records.parquet"}
    page = report.write(RUNS["search gaps"], tmp_path / "a" / "report.html", **files)
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    for path in files.values():
        pd.testing.assert_frame_equal(report.frame(path), report.frame(RUNS["search gaps"]))


def test_the_same_records_give_the_same_page() -> None:
    assert render(report.frame(RUNS["search gaps"][::-1])) == page_of("search gaps")


def test_the_page_leaves_no_pictures_open() -> None:
    render(report.frame([done()]))
    assert plt.get_fignums() == []
