"""The records of the systems: complete, consistent, and found by name."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

import systems
from systems.__main__ import main
from systems.environments import ParameterSets, RelativeRanges
from systems.integration import vector_field
from systems.starts import Box, Ring, StandardNormal

NAMES = systems.names()


def test_systems_are_listed_in_the_order_of_their_keys() -> None:
    keys = [systems.get(name).key for name in NAMES]
    assert keys == sorted(set(keys))
    assert keys == list(range(1, 31))
    assert NAMES[:4] == ["linear3d", "lotka", "lorenz", "pendulum"]


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


def test_parameters_have_their_published_check_values() -> None:
    lotka, lorenz = systems.get("lotka").parameters_in(0), systems.get("lorenz").parameters_in(0)
    assert (lotka["b"], lotka["d"]) == pytest.approx((0.7062, 0.8683), abs=5e-5)
    assert (lorenz["s"], lorenz["r"], lorenz["b"]) == pytest.approx((9.7426, 30.599, 2.4555), rel=5e-5)
    assert (lotka["a"], lotka["g"]) == (0.5, 0.5)


@pytest.mark.parametrize("name", NAMES)
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
    x = system.starts.draw(np.random.default_rng(1), 1)[0]
    values = dict(zip(map(sympy.Symbol, system.states), x, strict=True))
    expected = [float(rhs.subs(values)) for rhs in systems.truth(system, 2).values()]
    np.testing.assert_allclose(vector_field(system, 2)(0.0, x), expected, rtol=1e-12)


def test_the_command_line_lists_one_system_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines][: len(NAMES)] == NAMES
    assert [line.split()[0] for line in lines][len(NAMES) :] == [
        "spreme-linear",
        "spreme-lorenz",
        "spreme-lotka",
        "spreme-pendulum",
    ]
    lotka = next(line for line in lines if line.startswith("lotka"))
    for piece in ("x y", "a=0.5, b*=0.75, g=0.5, d*=0.75", "Volterra"):
        assert piece in lotka
    assert "a=0.5, b*=0.625, g=0.5, d*=1.125" in next(line for line in lines if line.startswith("spreme-lotka"))


@pytest.mark.parametrize("arguments", [[], ["run"], ["list", "--all"]])
def test_the_command_line_offers_nothing_else(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: python -m systems" in capsys.readouterr().err
