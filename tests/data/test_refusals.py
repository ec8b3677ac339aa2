"""What the door refuses: the error is raised by the package, names the culprit, and the input is left as it was."""

import datetime
import decimal
import fractions
import re
import traceback

import numpy as np
import pytest

from spreme.data import Trajectories, coerce

nan, inf = np.nan, np.inf
FIRST = r"trajectory 1\b"


def material(n=20):
    """Three trajectories of two states in environments A, A, B."""
    t = 0.1 * np.arange(n)
    x = [np.column_stack([np.exp(-t) + i, np.cos(t) - i]) for i in range(3)]
    return {"x": x, "t": [t.copy() for _ in x], "env": ["A", "A", "B"], "state_names": ["x", "y"]}


def refuse(arguments, *patterns, kinds=(ValueError, TypeError), door=Trajectories):
    """The call is refused by a `raise` of the package whose message matches all patterns."""
    with pytest.raises(kinds) as caught:
        door(**arguments)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert "/spreme/" in last.filename.replace("\\", "/")
    assert re.search(r"\braise\b", last.line)
    for pattern in patterns:
        assert re.search(pattern, str(caught.value)), str(caught.value)


def put(name, index, value):
    """Change one entry of trajectory 1."""

    def change(a):
        a[name][1][index] = value

    return change


def swap(name, make):
    """Replace the array of trajectory 1."""

    def change(a):
        a[name][1] = make(a[name][1])

    return change


def every(make):
    """Replace all states."""

    def change(a):
        a["x"] = [make(v) for v in a["x"]]

    return change


def give(**arguments):
    """Replace arguments."""
    return lambda a: a.update(arguments)


CASES = {
    "state missing everywhere": (every(lambda v: v * [1.0, nan]), r"'y'", "no value"),
    "inf": (put("x", (5, 0), inf), "inf", FIRST, "'x'", "sample 5", "finite"),
    "-inf": (put("x", (5, 1), -inf), "-inf", FIRST, "'y'"),
    "inf time": (put("t", -1, inf), "inf", "times", FIRST),
    "nan time": (put("t", 5, nan), "nan", "times", FIRST, "missing"),
    "reversed times": (swap("t", lambda v: v[::-1]), "increase", FIRST, "sort"),
    "repeated time": (put("t", 8, 0.7), "duplicate", FIRST, r"0\.7"),
    "too few times": (swap("t", lambda v: v[:-1]), r"\b20\b", r"\b19\b", FIRST),
    "huge times": (swap("t", lambda v: v * 1e200), "too large", FIRST),
    "tiny steps": (swap("t", lambda v: v * 1e-200), "too small", FIRST),
    "no times": (give(t=None), "t is missing"),
    "fewer time arrays": (lambda a: a["t"].pop(), r"\b3\b", r"\b2\b"),
    "empty list of times": (give(t=[]), r"\b3\b", r"\b0\b"),
    "fewer labels": (give(env=["A", "B"]), "env", r"\b3\b", r"\b2\b"),
    "labels as text": (give(env="AAB"), "env", "AAB", "list"),
    "labels as a set": (give(env={"A", "B"}), "env", "list"),
    "label unhashable": (give(env=["A", ["A"], "B"]), "env", FIRST, "hashable"),
    "label nan": (give(env=["A", nan, "B"]), "env", FIRST, "missing"),
    "label None": (give(env=["A", None, "B"]), "env", FIRST, "missing"),
    "label NaT": (give(env=["A", np.datetime64("NaT"), "B"]), "env", FIRST, "missing"),
    "complex": (swap("x", lambda v: v + 0j), "complex", FIRST),
    "strings": (swap("x", lambda v: v.astype(str)), "str", FIRST),
    "booleans": (swap("x", lambda v: v > 1), "bool", FIRST),
    "dates": (swap("x", lambda v: np.full((20, 2), np.datetime64("2020-01-01"))), "dates", FIRST),
    "objects": (swap("x", lambda v: np.full((20, 2), object())), "numbers", FIRST),
    "bool in objects": (swap("x", lambda v: np.full((20, 2), True, dtype=object)), "bool", FIRST),
    "too large an integer": (swap("x", lambda v: [[10**400, 1]] * 20), "too large", FIRST),
    "ragged rows": (swap("x", lambda v: [[1, 2], [3]]), "array of numbers", FIRST),
    "no rows": (swap("x", lambda v: v[:0]), "0 samples", FIRST),
    "no columns": (swap("x", lambda v: v[:, :0]), "no columns", FIRST),
    "3-D inside": (swap("x", lambda v: v[:, :, None]), "2-D", "3 dimensions", FIRST),
    "other width": (swap("x", lambda v: np.ones((20, 3))), r"\b2\b", r"\b3\b", "states", FIRST),
    "None inside": (swap("x", lambda v: None), "array", FIRST),
    "number inside": (swap("x", lambda v: 3.0), "0 dimensions", FIRST),
    "empty": (give(x=[], t=[], env=[]), "at least one"),
    "number as x": (give(x=3.0), "list of arrays"),
    "dict as x": (give(x={"a": 1}), "dict"),
    "None as x": (give(x=None), "None"),
    "text as x": (give(x="abc"), "list of arrays"),
    "4-D x": (give(x=np.ones((1, 3, 4, 5))), "dimensions"),
    "negative step": (give(t=-0.1), "step", r"-0\.1"),
    "step 0": (give(t=0), "step", "positive"),
    "step nan": (give(t=nan), "step", "nan"),
    "step inf": (give(t=inf), "step", "inf"),
    "step bool": (give(t=True), "step", "bool"),
    "step date": (give(t=datetime.timedelta(days=1)), "step", "timedelta"),
    "step text": (give(t="0.1"), "times", "str"),
    "times as text": (swap("t", lambda v: v.astype(str)), "times", "str", FIRST),
    "times as dates": (swap("t", lambda v: v.astype("M8[s]")), "times", "dates", "timedelta64", FIRST),
    "times 2-D": (swap("t", lambda v: v[:, None]), "times", "1-D", FIRST),
    "times None": (swap("t", lambda v: None), "times", FIRST),
    "duplicate names": (give(state_names=["x", "x"]), "name", "duplicate", "'x'"),
    "names equal in NFKC": (give(state_names=["ﬁ", "fi"]), "duplicate", "fi"),
    "three names": (give(state_names=["x", "y", "z"]), "names", r"\b3\b", r"\b2\b"),
    "names as text": (give(state_names="xy"), "list of names", "xy"),
    "empty name": (give(state_names=["x", ""]), "name", "empty"),
    "blank name": (give(state_names=["x", " "]), "name", "empty"),
    "name 1": (give(state_names=[1, 2]), "name", "str", "x1"),
    "name lambda": (give(state_names=["lambda", "y"]), "lambda", "keyword", "lambda_"),
    "name with a space": (give(state_names=["prey density", "y"]), "prey density", "prey_density"),
    "name x-1": (give(state_names=["x-1", "y"]), "x-1", "x_1"),
    "name sin": (give(state_names=["sin", "y"]), "'sin'", "function", "sin_"),
    "name with a digit first": (give(state_names=["1x", "y"]), "1x", "'x1x'"),
    "name of signs": (give(state_names=["+-", "y"]), "identifier"),
    "name that is code": (give(state_names=["__import__('os')", "y"]), "name", "identifier"),
    "too large": (every(lambda v: v * 1e300), "too large", "rescale", "'x'"),
    "too small": (every(lambda v: v * 1e-310), "too small", "rescale", "'x'"),
    "inputs missing": (give(u=[np.ones((20, 1))] * 2), r"\b3\b", r"\b2\b", "inputs"),
    "inputs short": (give(u=[np.ones((20, 1)), np.ones((19, 1)), np.ones((20, 1))]), "19", "20", FIRST),
    "inputs nan": (give(u=[np.ones(20), np.full(20, nan), np.ones(20)]), "nan", "inputs", FIRST),
    "inputs of other width": (give(u=[np.ones((20, 1)), np.ones((20, 2)), np.ones((20, 1))]), "inputs", FIRST),
    "inputs 3-D": (give(u=[np.ones((20, 1, 1))] * 3), "inputs", "2-D"),
    "inputs a number": (give(u=1.0), "u must be a list"),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(name):
    change, *patterns = CASES[name]
    arguments = material()
    change(arguments)
    refuse(arguments, *patterns)


@pytest.mark.parametrize("n", [1, 2])
def test_single_short_trajectory(n):
    refuse({"x": [np.ones((n, 2))], "t": 0.1}, "no usable trajectory", rf"\b{n} sample", "at least 3")


def test_all_left_out_for_different_reasons():
    x = [np.ones((2, 1)), np.full((9, 1), nan)]
    refuse({"x": x, "t": 0.1}, "trajectory 0 has only 2 samples", "trajectory 1")


def test_frame_as_x_points_to_from_frame():
    pandas = pytest.importorskip("pandas")
    refuse({"x": pandas.DataFrame({"x": [1.0]}), "t": 0.1}, "from_frame")


def test_input_is_left_alone_when_refused():
    arguments = material()
    arguments["x"][1][5, 0] = inf
    before = [v.copy() for v in arguments["x"] + arguments["t"]]
    refuse(arguments, "inf")
    assert all(np.array_equal(a, b) for a, b in zip(before, arguments["x"] + arguments["t"], strict=True))


def test_trajectories_with_times_beside_them():
    data = Trajectories(**material())
    refuse({"x": data, "t": 0.1}, "t must not be given")
    refuse({"x": list(data), "env": ["A"] * 3}, "env must not be given")
    refuse({"x": [data[0], np.ones((20, 2))]}, "entry 1", "ndarray")
    refuse({"x": data, "t": 0.1}, "t must not be given", door=coerce)
    refuse({"x": data, "state_names": ["u", "v"]}, "'u'", "'x'", door=coerce)


def test_numbers_of_many_kinds_are_accepted():
    values = [1, 2.5, np.float32(3), decimal.Decimal("4.5"), fractions.Fraction(1, 4), None, nan, np.ma.masked]
    x = Trajectories([np.array([[v] for v in values], dtype=object)], 1.0).x[0]
    assert np.array_equal(x[:, 0], [1, 2.5, 3, 4.5, 0.25, nan, nan, nan], equal_nan=True)


def test_labels_that_python_takes_for_equal() -> None:
    with pytest.raises(ValueError, match=r"env: the labels 1 and True are equal"):
        Trajectories([np.ones(5), np.ones(5)], 0.1, env=[1, True])
