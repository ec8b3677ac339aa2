"""The records of the systems: complete, consistent, and found by name."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sympy

import systems
from spreme.library import PolynomialLibrary
from systems.catalogue import textbook
from systems.environments import PRIMES, ParameterSets, RelativeRanges
from systems.integration import vector_field
from systems.starts import Box, Ring, StandardNormal

NAMES = systems.names()
WITH_RANGES = [name for name in NAMES if isinstance(systems.get(name).environments, RelativeRanges)]

# First and last key that the systems of a suite may have.
KEYS = {"bench": (1, 31), "textbook": (101, 199), "chaos": (201, 299), "odebench": (301, 499)}

A_NEW_SYSTEM = """
from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, a, b = symbols("x a b")
SYSTEM = System(
    name="decay",
    key=0,
    equations={"x": a - b * x},
    parameters={"a": 1.0, "b": 2.0},
    environments=RelativeRanges({"b": 0.5}),
    starts=Box(((0, 1),)),
    dt=0.1,
    horizon=2.0,
    library=PolynomialLibrary(degree=3),
    citation="a test",
)
"""


def test_systems_are_listed_in_the_order_of_their_keys() -> None:
    keys = [systems.get(name).key for name in NAMES]
    assert keys == sorted(set(keys))
    assert NAMES[:4] == ["linear3d", "lotka", "lorenz", "pendulum"]
    assert len(set(NAMES)) == len(NAMES)


def test_every_system_is_in_one_suite() -> None:
    assert {"bench", "textbook", "chaos"} <= set(systems.suites())
    listed = [name for suite in systems.suites() for name in systems.names(suite)]
    assert sorted(listed) == sorted(NAMES)
    assert [systems.get(name).key for name in systems.names("bench")] == list(range(1, 32))
    assert len(systems.names("textbook")) >= 18
    assert len(systems.names("chaos")) == 20


@pytest.mark.parametrize("suite", sorted(set(systems.suites()) & set(KEYS)))
def test_the_suites_share_no_keys(suite: str) -> None:
    first, last = KEYS[suite]
    assert all(first <= systems.get(name).key <= last for name in systems.names(suite))


def test_an_unknown_suite_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown suite 'text': there are bench, chaos"):
        systems.names("text")


def test_a_new_file_is_a_new_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "decay.py").write_text(A_NEW_SYSTEM)
    (tmp_path / "table.py").write_text(A_NEW_SYSTEM.replace("decay", "other") + "SYSTEMS = (SYSTEM,)\ndel SYSTEM\n")
    (tmp_path / "served.py").write_text("NOTHING = 0\n")
    monkeypatch.setattr(textbook, "__path__", [*textbook.__path__, str(tmp_path)])
    for name in ("decay", "other"):
        new = systems.get(name)
        assert new.name == name
        assert name in systems.names()[:2]
        assert name in systems.names("textbook")
        assert not new.is_misspecified
        assert systems.true_mask(new, new.library.table(new.states), range(8)).sum() == 2
        assert systems.generate(new, n_environments=2).n_samples == 2 * 4 * 21
    for module in ("decay", "table", "served"):
        del sys.modules[f"{textbook.__name__}.{module}"]


def test_one_system_is_found_without_the_others() -> None:
    code = "import sys, systems; systems.get('lotka'); print(sum(name.count('.') == 3 for name in CATALOGUE))"
    listed = "[name for name in sys.modules if name.startswith('systems.catalogue.')]"
    run = subprocess.run(
        [sys.executable, "-c", code.replace("CATALOGUE", listed)], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "1"


def test_a_law_outside_its_library_is_misspecified() -> None:
    assert [name for name in systems.names("bench") if systems.get(name).is_misspecified] == ["glycolytic"]
    others = [*systems.names("textbook"), *systems.names("chaos")]
    assert not any(systems.get(name).is_misspecified for name in others)
    pendulum = systems.get("pendulum")
    assert replace(pendulum, library=PolynomialLibrary(degree=3)).is_misspecified


def test_a_parameter_within_a_function_is_in_no_library() -> None:
    """At its base value of 1 the term sin(a x) is in the library, in the environments it is not."""
    x, y, a, b = sympy.symbols("x y a b")
    pendulum = systems.get("pendulum")
    inside = replace(
        pendulum,
        equations={"x": y, "y": -b * sympy.sin(a * x)},
        parameters={"a": 1.0, "b": 1.0},
        environments=RelativeRanges({"a": 0.1}),
    )
    assert inside.is_misspecified
    outside = {"x": y, "y": -a * b * sympy.sin(x)}
    assert not replace(inside, equations=outside).is_misspecified


@pytest.mark.parametrize("name", ["lotke", "", "registry", "spreme-lotka", 3, None])
def test_an_unknown_name_is_refused_with_the_known_ones(name: object) -> None:
    with pytest.raises(ValueError, match=r"unknown system .*: there are linear3d, lotka, "):
        systems.get(name)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_a_record_is_complete(name: str) -> None:
    system = systems.get(name)
    assert system.name == name
    symbols = set().union(*(rhs.free_symbols for rhs in system.equations.values()))
    assert symbols <= {sympy.Symbol(known) for known in (*system.states, *system.parameters)}
    assert not set(system.states) & set(system.parameters)
    assert {sympy.Symbol(parameter) for parameter in system.parameters} <= symbols
    assert set(system.environments.varied) <= set(system.parameters)
    assert set(system.units) <= {"t", *system.states, *system.parameters}
    assert system.starts.draw(np.random.default_rng(0), 3).shape == (3, len(system.states))
    assert 0 < system.dt < system.horizon
    assert system.citation
    assert system.lyapunov_time is None or system.lyapunov_time > 0


@pytest.mark.parametrize("name", WITH_RANGES)
def test_every_parameter_that_differs_has_a_prime(name: str) -> None:
    environments = systems.get(name).environments
    assert isinstance(environments, RelativeRanges)
    assert len(environments.half_ranges) <= len(PRIMES)


def test_parameters_have_their_published_check_values() -> None:
    lotka, lorenz = systems.get("lotka").parameters_in(0), systems.get("lorenz").parameters_in(0)
    assert (lotka["b"], lotka["d"]) == pytest.approx((0.7062, 0.8683), abs=5e-5)
    assert (lorenz["s"], lorenz["r"], lorenz["b"]) == pytest.approx((9.7426, 30.599, 2.4555), rel=5e-5)
    assert (lotka["a"], lotka["g"]) == (0.5, 0.5)


@pytest.mark.parametrize("name", WITH_RANGES)
def test_parameters_stay_in_their_ranges_and_adaptation_goes_beyond(name: str) -> None:
    system = systems.get(name)
    assert isinstance(system.environments, RelativeRanges)
    for parameter, half_range in system.environments.half_ranges.items():
        base = system.parameters[parameter]
        zeros = system.environments.zeros.get(parameter, ())
        deviation, wide = (
            [abs(system.parameters_in(env)[parameter] - base) / abs(base) for env in envs if env not in zeros]
            for envs in (range(99), range(100, 199))
        )
        # 99 terms of a Kronecker sequence come nearer to the ends of the interval than a tenth of it.
        assert 0.9 * half_range < max(deviation) <= half_range
        assert 0.9 * half_range * 1.25 < max(wide) <= 1.25 * half_range


def test_a_parameter_can_be_exactly_zero_in_some_environments() -> None:
    environments = RelativeRanges({"a": 0.5}, zeros={"a": (0, 2), "b": (1,)})
    values = [environments.parameters({"a": 1.0, "b": 2.0, "c": 3.0}, env) for env in range(3)]
    assert [value["a"] == 0.0 for value in values] == [True, False, True]
    assert [value["b"] for value in values] == [2.0, 0.0, 2.0]
    assert environments.varied == ("a", "b")


@pytest.mark.parametrize("env", [-1, 1.0, "a", True])
def test_a_label_that_is_no_environment_is_refused(env: object) -> None:
    with pytest.raises(ValueError, match="unknown environment"):
        systems.truth(systems.get("lotka"), env)  # type: ignore[arg-type]


def test_environments_given_one_by_one() -> None:
    environments = ParameterSets({0: {"a": 1.0, "b": 2.0}, 7: {"a": 1.0, "b": 3.0}})
    assert environments.parameters({"a": 0.0, "b": 0.0, "c": 5.0}, 7) == {"a": 1.0, "b": 3.0, "c": 5.0}
    assert environments.varied == ("b",)
    assert environments.labels(2) == [0, 7]
    with pytest.raises(ValueError, match="n_environments=3 of a system with 2"):
        environments.labels(3)
    with pytest.raises(ValueError, match="unknown environment 1: there are 0, 7"):
        environments.parameters({}, 1)


def test_laws_of_starts() -> None:
    rng = np.random.default_rng(0)
    box = Box(((-1, 2), (5, 6))).draw(rng, 500)
    assert np.all((box >= [-1, 5]) & (box < [2, 6]))
    distance = np.linalg.norm(Ring(inner=1.3).draw(rng, 500), axis=1)
    assert np.all((distance >= 1.3 - 1e-12) & (distance < 2.3 + 1e-12))
    # Mean of 1500 normal numbers: standard deviation 0.026; of their squares: 0.037.
    normal = StandardNormal(3).draw(rng, 500)
    assert abs(normal.mean()) < 0.1
    assert abs(np.mean(normal**2) - 1) < 0.15


def test_a_box_draws_alike_from_both_kinds_of_generator() -> None:
    legacy = np.random.RandomState(5)
    expected = np.random.RandomState(5).random_sample((4, 2)) + 1.0
    np.testing.assert_array_equal(Box(((1, 2), (1, 2))).draw(legacy, 4), expected)


@pytest.mark.parametrize("name", NAMES)
def test_the_vector_field_is_the_truth(name: str) -> None:
    system = systems.get(name)
    env = system.environments.labels(1)[0]
    x = system.starts.draw(np.random.default_rng(1), 1)[0]
    values = dict(zip(map(sympy.Symbol, system.states), x, strict=True))
    expected = [float(rhs.subs(values)) for rhs in systems.truth(system, env).values()]
    np.testing.assert_allclose(vector_field(system, env)(0.0, x), expected, rtol=1e-12)
