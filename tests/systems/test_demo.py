"""The demonstration says what is computed, and writes what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import systems
from spreme import SpReME
from systems.demo import __main__ as demo
from systems.demo import sentences, stories

WIDTH = 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def text(folder: Path) -> Iterator[str]:
    """What the demonstration prints; capsys is not available to a whole module."""
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        real = print

        def listen(*parts: object, **options: object) -> None:
            """Numba prints to files of its own when it compiles; that is not for us."""
            if options:
                real(*parts, **options)  # type: ignore[call-overload]
            else:
                lines.append(" ".join(map(str, parts)))

        patch.setattr("builtins.print", listen)
        assert demo.main(["--out", str(folder)]) == 0
    yield "\n".join(lines)


def flat(text: str) -> str:
    """Text with wrapped lines joined."""
    return " ".join(text.split())


def test_lines_fit_a_terminal_of_100_columns(text: str, folder: Path) -> None:
    assert [line for line in text.splitlines() if len(line) > WIDTH and str(folder) not in line] == []


@pytest.mark.parametrize("make", stories.STORIES, ids=lambda make: make.__name__)
def test_files_are_written_and_the_model_comes_back(make: Callable[[], stories.Story], text: str, folder: Path) -> None:
    story = make()
    picture, document = folder / f"{story.name}.png", folder / f"{story.name}.json"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(picture) in text and str(document) in text
    model = SpReME.load(document)
    assert model.environments_ == story.data.environments
    assert f"{story.data.n_samples} samples" in text


def test_gause_says_what_the_data_do_not_support(text: str, folder: Path) -> None:
    model, story = SpReME.load(folder / "gause.json"), stories.gause()
    found = {
        state: sentences.term_names(model, row) for state, row in zip(model.state_names_, model.mask_, strict=True)
    }
    missing = [(state, term) for state, terms in story.expected.items() for term in terms if term not in found[state]]
    assert ("aurelia", "aurelia*caudatum") in missing, "then this test has nothing to look at"
    rivals = [own.distance for own in model.path_.candidates["aurelia"] if "aurelia*caudatum" in own.terms]
    assert "not supported: aurelia*caudatum in aurelia'" in flat(text)
    assert f"is worse by {min(rivals):.1f} (evidence); forced in, it is" in flat(text)
    assert "not observed, which is not zero: caudatum' in 'aurelia alone'" in flat(text)
    errors = model.rollout_error(story.data)
    assert f"mixed: forecast error {100 * errors['mixed']:.0f} % of the spread" in text


def test_lotka_stands_beside_the_truth(text: str, folder: Path) -> None:
    model, system = SpReME.load(folder / "lotka.json"), systems.get("lotka")
    truth = systems.true_coefficients(system, system.library.table(system.states), range(9))
    is_exact = bool((model.mask_ == np.any(truth != 0, axis=0)).all())
    assert is_exact
    assert "mask exact: yes" in text
    table = text[text.index("found    true") :]
    for e in range(9):
        row = re.search(rf"^{e} +(.*)$", table, re.MULTILINE)
        assert row is not None
        numbers = [float(number) for number in re.findall(r"-?\d+\.\d+", row.group(1))]
        assert numbers[0::3] == pytest.approx(model.coef_[e][model.mask_], abs=5e-4)
        assert numbers[2::3] == pytest.approx(truth[e][model.mask_], abs=5e-4)


def test_a_law_with_a_wrong_term_is_called_so() -> None:
    story = stories.hare_lynx()
    required, excluded = {"hare": ["hare", "hare**2", "hare*lynx"]}, {"hare": ["lynx", "lynx**2"], "lynx": ["lynx"]}
    model = SpReME(library=story.library, required=required, excluded=excluded).fit(story.data)
    said = " ".join(sentences.expectation(model, story))
    assert "hare' has hare**2, which prey and predator does not have" in said
    assert "not supported: lynx in lynx'" in said
    assert "found, with exactly its terms" not in said


def test_truth_that_is_missed_is_said() -> None:
    story = stories.lotka()
    assert story.truth is not None
    model = SpReME(library=story.library, required={"x": ["1"]}).fit(story.data)
    assert sentences.truth_summary(model, story.truth)[0] == "mask exact: no"
