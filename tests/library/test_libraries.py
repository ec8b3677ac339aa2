"""Parameters, sizes and compositions of the libraries; stored tables."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import PolynomialFeatures
from without_jit import without_compilation

from spreme.library import CustomLibrary, FourierLibrary, Library, PolynomialLibrary, TermTable, resolve


@pytest.mark.parametrize("degree", [1, 3, 5])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("interaction_only", [True, False])
def test_polynomials_are_those_of_scikit_learn(degree: int, bias: bool, interaction_only: bool) -> None:
    x = np.random.default_rng(0).standard_normal((50, 4))
    wanted = PolynomialFeatures(degree, include_bias=bias, interaction_only=interaction_only).fit_transform(x)
    theta = PolynomialLibrary(degree=degree, include_bias=bias, interaction_only=interaction_only).transform(x)
    np.testing.assert_allclose(theta, wanted, rtol=1e-14)


@pytest.mark.parametrize("degree", [-1, 2.5, "3", None, 10**6, True, 21, np.nan])
def test_degree_is_checked(degree: Any) -> None:
    with pytest.raises(ValueError, match="degree") as refusal:
        PolynomialLibrary(degree=degree).table(["x"])
    assert str(degree) in str(refusal.value)


@pytest.mark.parametrize(
    ("library", "message"),
    [
        (PolynomialLibrary(degree=20) * PolynomialLibrary(degree=20), "terms, more than 20000"),
        (PolynomialLibrary(degree=0, include_bias=False), "degree=0 .* no terms"),
        (PolynomialLibrary(include_bias=1), "include_bias must be True or False"),  # type: ignore[arg-type]
        (FourierLibrary(n_frequencies=0), r"n_frequencies must .* got n_frequencies=0"),
        (FourierLibrary(n_frequencies=1.5), r"n_frequencies must .* got n_frequencies=1\.5"),  # type: ignore[arg-type]
        (FourierLibrary(include_sin=False, include_cos=False), "include sin, cos or both"),
        (CustomLibrary([]), "no expressions"),
        (CustomLibrary(["x", ""]), "empty expression"),
        (CustomLibrary(["x**90"]) * CustomLibrary(["x**90"]), "degree 180"),
    ],
)
def test_parameters_are_checked(library: Library, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        library.table(["x", "y", "z"])


def test_size_is_checked_before_anything_is_built() -> None:
    with pytest.raises(ValueError, match=r"degree=20 in 40 states gives \d+ terms"):
        PolynomialLibrary(degree=20).table([f"x{s}" for s in range(40)])
    assert PolynomialLibrary(degree=20, interaction_only=True).table(["x", "y", "z"]).n_terms == 8


@pytest.mark.parametrize("expressions", ["x*y", None, 3, {"x"}])
def test_one_string_is_no_list(expressions: Any) -> None:
    with pytest.raises(TypeError, match="must be a list of strings"):
        CustomLibrary(expressions).table(["x", "y"])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["x", "x"], "'x' is given twice"),
        (["x", ""], "state name '' is not a valid identifier"),
        (["lambda"], "'lambda' is not a valid identifier: use for example 'lambda_'"),
        (["prey density"], "'prey density' is not a valid identifier: use for example 'prey_density'"),
        (["sin"], "'sin' is a function"),
        (["µ", "\N{GREEK SMALL LETTER MU}"], "given twice"),
        ([], "empty"),
    ],
)
def test_state_names_are_checked(names: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PolynomialLibrary(degree=1).table(names)


@pytest.mark.parametrize("names", ["xy", [1, 2], None, 3])
def test_state_names_must_be_strings(names: Any) -> None:
    with pytest.raises(TypeError, match="state names must be"):
        PolynomialLibrary(degree=1).table(names)


def test_duplicates_are_dropped() -> None:
    assert (PolynomialLibrary(degree=2) + PolynomialLibrary(degree=3)).table(["x"]).names == ("1", "x", "x**2", "x**3")
    assert CustomLibrary(["x*y", "y*x", "x*x", "x**2", "1/x", "x**-1"]).table(["x", "y"]).names == (
        "x*y",
        "x**2",
        "1/x",
    )


def test_products_merge_factors() -> None:
    library = CustomLibrary(["sqrt(x)", "1/(1 + x)"]) * CustomLibrary(["sqrt(x)", "1 + x"])
    assert library.table(["x"]).names == ("x", "sqrt(x)*(x + 1)", "sqrt(x)/(x + 1)", "1")


def test_libraries_are_values() -> None:
    library = PolynomialLibrary(degree=2) * FourierLibrary() + CustomLibrary(["exp(-x)"])
    assert copy.deepcopy(library) == library == pickle.loads(pickle.dumps(library))
    assert hash(library) == hash(copy.deepcopy(library))
    table = library.table(["x"])
    assert pickle.loads(pickle.dumps(table)) == table == library.table(("x",))
    with pytest.raises(TypeError, match="unsupported operand"):
        library + 3  # type: ignore[operator]


def test_transform_and_names() -> None:
    library = PolynomialLibrary(degree=1) + CustomLibrary(["x0*x1"])
    np.testing.assert_array_equal(library.transform([[2, 3]]), [[1, 2, 3, 6]])
    assert list(library.get_feature_names_out(["x0", "x1"])) == ["1", "x0", "x1", "x0*x1"]
    assert list(library.get_feature_names_out(np.array(["x0", "x1"]))) == ["1", "x0", "x1", "x0*x1"]
    with pytest.raises(ValueError, match="pass their names"):
        library.get_feature_names_out()
    with pytest.raises(ValueError, match="2 columns for 3 state names"):
        library.transform([[2, 3]], ["x0", "x1", "x2"])
    for bad in ([1.0, 2.0], 3.0, [["a"]], np.ones((2, 2, 2)), np.ones((3, 0)), [[1j, 2]]):
        with pytest.raises(ValueError, match=r"shape \(n, S\)"):
            library.transform(bad)


def test_unknown_terms_are_named() -> None:
    table = PolynomialLibrary(degree=2).table(["x", "y"])
    assert table.index("y*x") == 4
    with pytest.raises(ValueError, match=r"unknown term 'x\*\*7'.*1, x, y, x\*\*2, x\*y, y\*\*2"):
        table.index("x**7")


def _set(key: str, value: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda data: {**data, key: value}


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: [1, 2],
        lambda data: None,
        lambda data: {},
        lambda data: {key: value for key, value in data.items() if key != "factors"},
        _set("state_names", ["x", "x"]),
        _set("state_names", ["x", 3]),
        _set("state_names", ["__import__('os')", "y"]),
        _set("state_names", []),
        _set("powers", []),
        _set("powers", [[1, 0]]),
        _set("powers", [[1.5, 0], [0, 1], [0, 0]]),
        _set("powers", [[True, 0], [0, 1], [0, 0]]),
        _set("powers", [[1, 0, 0], [0, 1], [0, 0]]),
        _set("powers", [[10**9, 0], [0, 1], [0, 0]]),
        _set("powers", [[1, 0], [1, 0], [0, 0]]),
        _set("powers", "x"),
        _set("factors", [None, None, "__import__('os').system('true')"]),
        _set("factors", [None, None, ["sin", "q"]]),
        _set("factors", [None, None, ["*", "x", ["sin", "x"]]]),
        _set("factors", [None, None, ["*", 0.0, ["sin", "x"]]]),
        _set("factors", [None, None, float("nan")]),
        _set("factors", [None, None, {}]),
    ],
)
def test_damaged_tables_are_refused(damage: Callable[[dict[str, Any]], Any]) -> None:
    data = CustomLibrary(["x", "y", "sin(x)"]).table(["x", "y"]).to_dict()
    assert TermTable.from_dict(data).n_terms == 3
    with pytest.raises(ValueError, match="damaged"):
        TermTable.from_dict(damage(json.loads(json.dumps(data))))


def test_restrictions_become_masks() -> None:
    table = PolynomialLibrary(degree=2).table(["x", "y"])
    allowed, required = resolve(table, allowed={"x": ["x", "y*x"]}, required={"x": ["x"]}, excluded={"y": ["1"]})
    np.testing.assert_array_equal(allowed, [[0, 1, 0, 0, 1, 0], [0, 1, 1, 1, 1, 1]])
    np.testing.assert_array_equal(required, [[0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]])
    allowed, required = resolve(table)
    assert allowed.all() and not required.any()
    assert not resolve(table, allowed={"x": []})[0][0].any()


@pytest.mark.parametrize(
    ("restrictions", "message"),
    [
        ({"allowed": {"q": ["x"]}}, "allowed names the unknown state 'q': the states are x, y"),
        ({"required": {"x": ["x**7"]}}, r"required\['x'\]: unknown term 'x\*\*7'"),
        ({"required": {"x": ["x"]}, "excluded": {"x": ["x"]}}, "'x' of state 'x' is required and excluded"),
        ({"required": {"y": ["x"]}, "allowed": {"y": ["y"]}}, "'x' of state 'y' is required but not allowed"),
        ({"allowed": {"x": ["__import__('os')"]}}, r"allowed\['x'\]: .* allowed are numbers"),
        ({"allowed": {"x": [3]}}, r"allowed\['x'\]: .* string"),
    ],
)
def test_bad_restrictions_are_named(restrictions: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(PolynomialLibrary(degree=2).table(["x", "y"]), **restrictions)


@pytest.mark.parametrize("restriction", [["x"], "x", {"x": "x*y"}, {"x": 3}])
def test_restrictions_must_be_dicts_of_lists(restriction: Any) -> None:
    with pytest.raises(TypeError, match="excluded"):
        resolve(PolynomialLibrary(degree=2).table(["x", "y"]), excluded=restriction)


def test_kernels_run_without_compilation() -> None:
    script = """
import numpy as np
from spreme.library import CustomLibrary, right_hand_side
table = CustomLibrary(["x*y", "x/(1 + x)", "exp(-y)*x**2", "x**-3", "y**1.5"]).table(["x", "y"])
program, x, out = table.program(), np.array([0.5, 2.0]), np.empty(2)
index = np.arange(5)
stack, theta = np.empty(program.depth), np.empty(5)
right_hand_side(x, np.ones(5), index % 2, index, *program[:4], stack, theta, out)
np.testing.assert_allclose(theta, table.evaluate(x[None])[0], rtol=1e-14)
np.testing.assert_allclose(out, [theta[::2].sum(), theta[1::2].sum()], rtol=1e-14)
"""
    without_compilation(script)


def test_import_is_light() -> None:
    script = """
import sys
import spreme.library.expressions, spreme.library
from spreme.library import PolynomialLibrary
assert PolynomialLibrary(degree=2).transform([[1.0, 2.0]]).shape == (1, 6)
assert not {"numba", "sympy", "scipy", "sklearn", "pandas"} & set(sys.modules), sorted(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
