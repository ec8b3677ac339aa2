"""The report on a fitted law: a whole page, everything named, nothing from elsewhere, nothing unescaped."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from spreme import CustomLibrary, PolynomialLibrary, SpReME, Trajectories, write_report

VOID = {"meta", "link", "br", "img", "input", "hr"}
TIMES = np.linspace(0.0, 3.0, 41)
# What would be elements, mathematics or letters that fonts lack, if labels were taken for anything but text.
LABELS = ["<b>cold</b> & 'dry'", r"$\alpha_1$ \frac", "温かい ☃"]


class Page(HTMLParser):
    """What a browser would see: elements that are properly nested, their attributes, their text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(model: SpReME, data: Trajectories, folder: Path, title: str | None = None) -> tuple[Page, str]:
    path = folder / "report.html"
    write_report(model, data, path, title=title)
    text = path.read_text(encoding="utf-8")
    return Page(text), text


def decays(labels: list[object], names: list[str], noise: float = 0.01) -> Trajectories:
    """Each state decays by itself, faster from one environment to the next."""
    rng = np.random.default_rng(0)
    rates = 0.5 + 0.25 * np.arange(len(labels))
    x = [np.exp(-np.outer(TIMES, rate * (1.0 + np.arange(len(names))))) for rate in rates]
    x = [own + noise * rng.standard_normal(own.shape) for own in x]
    return Trajectories(x, TIMES, env=labels, state_names=names)


@pytest.fixture(scope="module")
def data() -> Trajectories:
    return decays(list(LABELS), ["λ", "prey_max"])


@pytest.fixture(scope="module")
def model(data: Trajectories) -> SpReME:
    return SpReME(allowed={"λ": ["λ"], "prey_max": ["prey_max"]}, library=PolynomialLibrary(degree=1)).fit(data)


@pytest.fixture(scope="module")
def written(model: SpReME, data: Trajectories, tmp_path_factory: pytest.TempPathFactory) -> tuple[Page, str]:
    return page_of(model, data, tmp_path_factory.mktemp("report"), title="On <decay> & {{ title }}")


def test_everything_is_named(written: tuple[Page, str]) -> None:
    page, _ = written
    cells = [text.strip() for text in page.texts["th"]]
    assert set(LABELS) <= set(cells)
    for heading in ("The law", "Coefficients", "Data and forecasts", "Residuals", "Other laws", "The data"):
        assert heading in page.texts["h2"]
    body = "".join(page.texts["body"])
    for word in ("prey_max", "random_state", "numba", "spreme", "varies", "PolynomialLibrary(degree=1"):
        assert word in body


def test_nothing_comes_from_elsewhere(written: tuple[Page, str]) -> None:
    page, text = written
    assert not page.named("script") and not page.named("link") and not page.named("iframe")
    for _, attributes in page.elements:
        for name in ("src", "href", "xlink:href", "action", "poster"):
            assert (attributes.get(name) or "#")[0] == "#" or (attributes[name] or "").startswith("data:")
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, not addresses
    assert "@import" not in text and "url(" not in re.sub(r"url\(#", "", text)


def test_names_are_text(written: tuple[Page, str]) -> None:
    page, text = written
    assert page.texts["h1"] == ["On <decay> & {{ title }}"]
    assert "<b>" not in text and "<decay>" not in text
    pictures = "".join(page.texts["text"])
    for label in LABELS:
        assert label in pictures


def test_structure_serves_readers_who_do_not_see(written: tuple[Page, str]) -> None:
    page, _ = written
    assert page.named("html")[0]["lang"] == "en" and len(page.named("h1")) == 1
    headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(headings))
    assert all(own.get("scope") in ("row", "col") for own in page.named("th"))
    assert len(page.texts["caption"]) == len(page.named("table"))
    assert len([own for own in page.named("div") if own.get("role") == "img" and own.get("aria-label")]) == len(
        page.named("svg")
    )


def test_identifiers_and_links_fit(written: tuple[Page, str]) -> None:
    page, text = written
    identifiers = Counter(own["id"] for _, own in page.elements if own.get("id"))
    assert max(identifiers.values()) == 1
    links = re.findall(r'(?:href="#|url\(#)([^")]+)', text)
    assert set(links) <= set(identifiers)


def test_law_is_mathematics(written: tuple[Page, str]) -> None:
    page, text = written
    assert page.named("math")
    # dλ/dt = c_{λ,1} λ
    assert "<mi>λ</mi></mrow><mrow><mi>d</mi><mi>t</mi></mrow></mfrac>" in text.replace("&#955;", "λ")


def test_coefficients_stand_in_the_table(written: tuple[Page, str], model: SpReME) -> None:
    from spreme.estimators.display import number

    cells = [text.strip() for text in written[0].texts["td"]]
    for value, error in zip(model.coef_[:, model.mask_].ravel(), model.coef_std_[:, model.mask_].ravel(), strict=True):
        assert number(value, error) in cells


def test_same_fit_same_bytes(model: SpReME, data: Trajectories, tmp_path: Path, written: tuple[Page, str]) -> None:
    model.save(tmp_path / "model.json")
    loaded = SpReME.load(tmp_path / "model.json")
    assert page_of(loaded, data, tmp_path, title="On <decay> & {{ title }}")[1] == written[1]


def test_adapted_model(model: SpReME, tmp_path: Path) -> None:
    new = decays(["new & <i>"], ["λ", "prey_max"])
    page, text = page_of(model.adapt(new), new, tmp_path)
    assert "One law of λ and prey_max in 1 environment" in page.texts["h1"]
    assert "new & <i>" in "".join(page.texts["main"]) and "<i>" not in text


def test_part_of_the_environments(model: SpReME, data: Trajectories, tmp_path: Path) -> None:
    page, _ = page_of(model, data.where(env=LABELS[0]), tmp_path)
    assert "No data were given of" in "".join(page.texts["main"])


def test_law_without_terms(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    data = Trajectories([1.0 + 0.1 * rng.standard_normal((41, 1))], TIMES, state_names=["x"])
    with pytest.warns(UserWarning, match="do not trust its equation"):
        model = SpReME(allowed={"x": []}, refine=None).fit(data)
    page, _ = page_of(model, data, tmp_path)
    assert "no terms" in "".join(page.texts["main"])


def test_regression_alone_with_inputs(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    force = np.sin(3.0 * TIMES)[:, None]
    step = TIMES[1]
    x = [np.zeros((41, 1)), np.zeros((41, 1))]
    for own, gain in zip(x, (1.0, 2.0), strict=True):
        for i in range(40):
            own[i + 1] = own[i] + step * (gain * 0.5 * (force[i] + force[i + 1]) - own[i])
        own += 0.005 * rng.standard_normal(own.shape)
    data = Trajectories(x, TIMES, env=[1, 2], u=[force, force], state_names=["v"], input_names=["force"])
    model = SpReME(allowed={"v": ["v", "force"]}, library=PolynomialLibrary(degree=1), refine=None).fit(data)
    page, _ = page_of(model, data, tmp_path)
    text = "".join(page.texts["main"])
    assert "Known inputs: force" in text and "refine" in text


def test_forecast_that_blows_up_is_told(tmp_path: Path) -> None:
    """x' = x**2 from 1 reaches infinity at t = 1; a law with three times the coefficient long before the data end."""
    times = np.linspace(0.0, 0.9, 31)
    data = Trajectories([1.0 / (1.0 - times)], times, state_names=["x"])
    model = SpReME(allowed={"x": ["x**2"]}, library=CustomLibrary(["x**2"]), refine=None).fit(data)
    law = dataclasses.replace(model._state.law, coef=100.0 * model.coef_)
    model._learn(dataclasses.replace(model._state, law=law))
    page, _ = page_of(model, data, tmp_path)
    assert "1 of 1 forecasts do not reach the end" in "".join(page.texts["main"])


def test_folders_and_files(model: SpReME, data: Trajectories, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make it"):
        write_report(model, data, tmp_path / "nowhere" / "report.html")
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        write_report(model, data, tmp_path)
    with pytest.raises(TypeError, match="text or a Path"):
        write_report(model, data, 3)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused(model: SpReME, data: Trajectories, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    with pytest.raises(TypeError, match="needs the Trajectories that the model was fitted to, got NoneType"):
        write_report(model, None, path)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs a fitted SpReME model, got str"):
        write_report("model", data, path)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not fitted"):
        write_report(SpReME(), data, path)
    with pytest.raises(ValueError, match="environment 'elsewhere' was not fitted"):
        write_report(model, decays(["elsewhere"], ["λ", "prey_max"]), path)
    with pytest.raises(ValueError, match="the data have 1 states"):
        write_report(model, decays([LABELS[0]], ["λ"]), path)
    with pytest.raises(TypeError, match="title must be text"):
        write_report(model, data, path, title=3)  # type: ignore[arg-type]
    assert not path.exists()


def test_missing_package_is_named(
    model: SpReME, data: Trajectories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    with pytest.raises(ImportError, match=r'pip install "spreme\[report\]"'):
        write_report(model, data, tmp_path / "report.html")


def test_units_stand_beside_names(tmp_path: Path) -> None:
    pytest.importorskip("pint")
    own = decays(["A"], ["x"])
    data = Trajectories(own.x, TIMES, env=["A"], state_names=["x"], units={"x": "g"}, time_unit="day")
    model = SpReME(allowed={"x": ["x"]}, library=PolynomialLibrary(degree=1)).fit(data)
    page, _ = page_of(model, data, tmp_path)
    cells = [text.strip() for text in page.texts["td"]]
    heads = [text.strip() for text in page.texts["th"]]
    assert "1/d" in cells and "range of x (g)" in heads and "times (day)" in heads
