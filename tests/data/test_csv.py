"""Text tables: what is read, and that every fault is named by its line or column."""

import re
import traceback

import numpy as np
import pytest

from spreme.data import Trajectories

N = 6
COLUMNS = {"env": "env", "trajectory": "run", "time": "time", "states": ["x", "y"]}


def text(sep=",", decimal=".", labels=("A", "A", "B"), runs=(0, 1, 2)):
    """A table of three runs of six samples."""
    lines = [sep.join(["env", "run", "time", "x", "y"])]
    for env, run in zip(labels, runs, strict=True):
        for i in range(N):
            numbers = [f"{v:.3f}".replace(".", decimal) for v in (0.1 * i, 1.5 + i + run, 2.25 - i)]
            lines.append(sep.join([str(env), str(run), *numbers]))
    return "\n".join(lines) + "\n"


@pytest.fixture
def read(tmp_path):
    """Read a text or bytes as a file."""

    def reader(content, **changed):
        path = tmp_path / "data.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Trajectories.from_csv(path, **{**COLUMNS, **changed})

    return reader


@pytest.fixture
def refuse(read):
    """The file is refused by a `raise` of the package whose message matches all patterns."""

    def refuser(content, *patterns, **changed):
        with pytest.raises((ValueError, TypeError)) as caught:
            read(content, **changed)
        last = traceback.extract_tb(caught.value.__traceback__)[-1]
        assert "/spreme/" in last.filename.replace("\\", "/")
        assert re.search(r"\braise\b", last.line)
        for pattern in patterns:
            assert re.search(pattern, str(caught.value)), str(caught.value)

    return refuser


def same(a, b):
    """Equal contents."""
    arrays = all(np.array_equal(p, q, equal_nan=True) for p, q in zip(a.x + a.t, b.x + b.t, strict=True))
    return arrays and a.env == b.env and a.state_names == b.state_names


def test_read(read):
    data = read(text())
    assert data.env == ["A", "A", "B"]
    assert data[2].x[1].tolist() == [4.5, 1.25]
    assert np.allclose(data[0].t, 0.1 * np.arange(N))


@pytest.mark.parametrize(
    "variant",
    [
        b"\xef\xbb\xbf" + text().encode(),
        b"\xef\xbb\xbf" + text().replace("\n", "\r\n").encode(),
        text().replace("\n", "\r"),
        text().replace("\n", "\n\n"),
        '# "a comment"; of two lines,\n # and more\n' + text(),
        text().replace(",", " , "),
        text().replace("A,", '"A",'),
        text().rstrip("\n"),
    ],
    ids=["mark", "Windows", "old Mac", "blank lines", "comments", "blanks", "quotes", "no line end"],
)
def test_variants_of_the_same_table(read, variant):
    assert same(read(variant), read(text()))


def test_separators_and_decimal_marks(read, refuse):
    wanted = read(text())
    assert same(read(text(";", ","), sep=";", decimal=","), wanted)
    assert same(read(text("\t"), sep="\t"), wanted)
    quoted = "\n".join(",".join(f'"{cell}"' for cell in line.split(";")) for line in text(";", ",").splitlines())
    refuse(text(";", ","), "separator", "';'", "decimal=','")
    refuse(text(), "separator", "','", sep=";")
    refuse(quoted, "'time'", "line 2", "decimal=','")
    refuse(text(";", "."), "is not a number", "decimal='.'", sep=";", decimal=",")
    refuse(text(), "sep", sep="::")
    refuse(text(), "decimal", decimal=";")
    refuse(text(), "differ", sep=",", decimal=",")


@pytest.mark.parametrize("cell", ["", "NA", "nan", "NULL", "-", " "])
def test_missing_values(read, cell):
    data = read(text() + "".join(f"C,9,{i},{cell if i == 1 else i},1\n" for i in range(4)))
    assert np.isnan(data[3].x[1, 0])
    assert data[3].missing.sum() == 1


def test_types_of_labels(read):
    assert read(text(labels=(1, 1, 2))).environments == [1, 2]
    assert read(text(labels=(0.5, 0.5, -2))).environments == [0.5, -2.0]
    assert read(text(labels=("007", "007", "1"))).environments == ["007", "1"]
    assert read(text(labels=("1", "1", "b"))).environments == ["1", "b"]


def test_agreement_with_pandas(read, tmp_path):
    pandas = pytest.importorskip("pandas")
    data = read(text(labels=(1, 1, 2)))
    assert same(data, Trajectories.from_frame(pandas.read_csv(tmp_path / "data.csv"), **COLUMNS))


REFUSED = {
    "long line": (text() + "A,0,100,1,2,3,4\n", "line 20", "7 fields", "5 columns"),
    "short line": (text() + "A,0,99,1\n", "line 20", "4 fields", "5 columns"),
    "word": (text() + "A,9,0.0,abc,1.0\n", "'x'", "line 20", "abc", "not a number"),
    "word after a comment": ("# units: none\n" + text() + "A,9,0.0,abc,1.0\n", "line 21"),
    "number with underscores": (text() + "A,9,0.0,1_000,1.0\n", "'x'", "1_000"),
    "infinite": (text() + "A,9,0.0,inf,1.0\n", "'x'", "inf", "line 20"),
    "missing time": (text() + "A,9,,1.0,1.0\n", "time", "missing", "line 20"),
    "missing label": (text() + ",9,0.0,1.0,1.0\n", "env", "missing", "line 20"),
    "empty file": ("", "empty", "header"),
    "only a comment": ("# nothing\n", "empty", "header"),
    "header only": ("env,run,time,x,y\n", "no rows"),
    "no header": (text().split("\n", 1)[1], "no column 'time'"),
    "column twice": (text().replace("time,x,y", "time,x,x"), "'x'", "duplicate"),
    "not text": (bytes(range(128, 256)) * 4, "UTF-8"),
    "broken quotes": (text() + '"A"b,0,1,1,1\n', "line 20", "not a text table"),
    "open quotes": (text() + '"A,0,1,1,1\n', "line 20", "not a text table"),
    "huge field": ("env,run,time,x,y\n" + "A" * 200_000 + ",0,0,0,0\n", "line 2", "not a text table"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_faulty_file(refuse, name):
    content, *patterns = REFUSED[name]
    changed = {"states": ["x"]} if name == "column twice" else {}
    refuse(content, *patterns, **changed)


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(OSError, match="nosuch"):
        Trajectories.from_csv(tmp_path / "nosuch.csv", **COLUMNS)
    with pytest.raises(OSError):
        Trajectories.from_csv(tmp_path, **COLUMNS)
    with pytest.raises(TypeError, match="path"):
        Trajectories.from_csv(3, **COLUMNS)
