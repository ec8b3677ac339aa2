"""The compared methods: how they are found, that ours and the peers do what they say, on laws that are easy to see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import sympy

import systems
from spreme import PolynomialLibrary, Trajectories
from systems import methods
from systems.environments import ParameterSets, RelativeRanges
from systems.methods import Found, Method, Task, given_mask, spreme_apart
from systems.methods.method import majority
from systems.simulation import collect, draw_runs
from systems.starts import Box
from systems.system import System

PEERS = [name for name in methods.names() if methods.get(name).needs == "pysindy"]
OURS = [
    "spreme",
    "spreme-bic",
    "spreme-environment",
    "spreme-pooled",
    "spreme-weak",
    "group-lasso",
    "adaptive-group-lasso",
    "group-mcp",
    "oracle",
]
ONE_LAW = ("spreme-pooled", "stlsq-pooled")  # the same coefficients everywhere, which no law with differing ones has


def oscillator() -> System:
    """A damped oscillator, sampled so densely that differences are good derivatives."""
    x, y, w, c = sympy.symbols("x y w c")
    return System(
        name="oscillator",
        key=9901,
        equations={"x": y, "y": -w * x - c * y},
        parameters={"w": 2.0, "c": 0.3},
        environments=RelativeRanges({"w": 0.3}),
        starts=Box(((1.0, 2.0), (-1.0, 1.0))),
        dt=0.05,
        horizon=5.0,
        library=PolynomialLibrary(degree=2),
        citation="textbook",
    )


def task(system: System, n_environments: int = 3, n_trajectories: int = 2) -> Task:
    data = systems.simulate_clean(system, n_environments, n_trajectories)
    return Task(data, system.library, np.random.default_rng(0), system)


def new_environments(system: System) -> Trajectories:
    return collect(system, draw_runs(system, [100, 101], 1, split="adaptation"))


@pytest.fixture(scope="module")
def easy() -> Task:
    return task(oscillator())


@pytest.fixture(scope="module")
def fit(easy: Task) -> Callable[[str], Found]:
    """Fits of the easy law, each once."""

    @cache
    def fit_once(name: str) -> Found:
        if (package := methods.get(name).needs) is not None:
            pytest.importorskip(package)
        return methods.get(name).fit(replace(easy, rng=np.random.default_rng(0)))

    return fit_once


# -- the registry


def test_ours_and_the_peers_are_there() -> None:
    assert methods.names()[0] == "spreme"
    assert set(OURS) <= set(methods.names())
    assert {"stlsq", "stlsq-bic", "stlsq-derivative", "stlsq-truth", "stlsq-ensemble", "stlsq-weak"} <= set(PEERS)
    assert {"stlsq-pooled", "stlsq-parameterized"} <= set(PEERS)
    assert all(len(methods.get(name).summary.splitlines()) == 1 for name in methods.names())
    told = {name for name in methods.names() if methods.get(name).uses_truth}
    assert told >= {"oracle", "stlsq-truth", "stlsq-parameterized"}


@pytest.fixture
def with_a_new_file(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def nothing(task: Task) -> Found:
        return Found(mask=np.zeros((len(task.system.states), task.table.n_terms), bool))

    new = SimpleNamespace(METHODS=(Method("nothing", nothing, "finds nothing"),))
    load = methods.import_module
    monkeypatch.setattr(methods.pkgutil, "iter_modules", lambda path: [SimpleNamespace(name=own) for own in FILES])
    monkeypatch.setattr(methods, "import_module", lambda name: new if name.endswith(".new_file") else load(name))
    methods._found.cache_clear()
    yield
    monkeypatch.undo()
    methods._found.cache_clear()


FILES = ("new_file", "spreme")


@pytest.mark.usefixtures("with_a_new_file")
def test_a_new_file_is_all_it_takes(easy: Task) -> None:
    assert methods.names()[0] == "spreme" and "nothing" in methods.names()
    assert not methods.get("nothing").fit(easy).mask.any()


def test_unknown_methods_are_named() -> None:
    with pytest.raises(ValueError, match=r"unknown method 'stlsqq': there are spreme, "):
        methods.get("stlsqq")


def test_half_of_the_environments_are_a_majority() -> None:
    masks = np.array([[[1, 1, 0]], [[1, 1, 0]], [[1, 0, 0]], [[1, 0, 1]]], bool)
    np.testing.assert_array_equal(majority(masks), [[True, True, False]])


# -- every method


@pytest.mark.parametrize("name", OURS + PEERS)
def test_an_easy_law_is_found(name: str, easy: Task, fit: Callable[[str], Found]) -> None:
    found = fit(name)
    truth = systems.true_coefficients(easy.system, easy.table, easy.environments)
    assert found.coef is not None and found.coef.shape == truth.shape and np.isfinite(found.coef).all()
    assert found.mask.shape == truth.shape[1:] and found.mask.dtype == bool
    assert found.masks is None or found.masks.shape == truth.shape
    assert not found.coef[:, ~found.mask].any() or found.masks is not None
    json.dumps(dict(found.details))
    if name not in ONE_LAW:
        np.testing.assert_array_equal(found.mask, truth.any(axis=0))
        # central differences err by dt^2/6 of the third derivative: 0.1 % at w = 2.6
        np.testing.assert_allclose(found.coef, truth, atol=0.01)


@pytest.mark.parametrize("name", OURS + PEERS)
def test_new_environments_get_coefficients(name: str, easy: Task, fit: Callable[[str], Found]) -> None:
    adapt = fit(name).adapt
    assert adapt is not None
    new = new_environments(easy.system)
    coef, truth = adapt(new), systems.true_coefficients(easy.system, easy.table, [100, 101])
    assert coef.shape == truth.shape
    if name not in ONE_LAW:
        np.testing.assert_allclose(coef, truth, atol=0.01)
    else:
        np.testing.assert_array_equal(coef[0], coef[1])


# -- ours


def test_a_given_mask_is_fitted(easy: Task) -> None:
    truth = systems.true_mask(easy.system, easy.table, easy.environments)
    other = truth.copy()
    other[0, easy.table.index("x")] = True
    model = given_mask.fit_mask(easy.library, other, easy.data)
    np.testing.assert_array_equal(model.mask_, other)
    np.testing.assert_allclose(model.coef_[:, 0, easy.table.index("x")], 0.0, atol=1e-4)  # no noise: it is not there


def test_pooling_keeps_the_inputs() -> None:
    data = Trajectories(
        [np.ones(5), np.zeros(5)], 0.1, env=["a", "b"], u=[np.arange(5.0), np.zeros(5)], input_names=["force"]
    )
    pooled = spreme_apart.pooled(data)
    assert len(pooled.environments) == 1
    assert pooled.input_names == ["force"] and pooled.u is not None
    np.testing.assert_array_equal(pooled.u[0][:, 0], np.arange(5.0))


# -- the peers on laws that only some of them can write


def test_a_parameterized_law_tells_which_parameter_varies(easy: Task, fit: Callable[[str], Found]) -> None:
    found = fit("stlsq-parameterized")
    assert found.details["parameters"] == ["w"]
    x = easy.table.index("x")
    values = np.array([easy.system.parameters_in(env)["w"] for env in easy.environments])
    np.testing.assert_allclose(found.coef[:, 1, x], -values, atol=0.01)
    assert found.masks is None


def test_parameters_that_nobody_tells_are_fitted(easy: Task) -> None:
    pytest.importorskip("pysindy")
    sets = {env: easy.system.parameters_in(env) for env in easy.environments}
    told = replace(easy, system=replace(easy.system, environments=ParameterSets(sets)))
    found = methods.get("stlsq-parameterized").fit(told)
    truth = systems.true_coefficients(easy.system, easy.table, [100, 101])
    np.testing.assert_allclose(found.adapt(new_environments(easy.system)), truth, atol=0.01)


def test_pooling_finds_a_law_that_does_not_differ(easy: Task) -> None:
    pytest.importorskip("pysindy")
    alike = replace(easy.system, environments=RelativeRanges({}))
    same = task(alike)
    truth = systems.true_coefficients(alike, same.table, same.environments)
    for name in ONE_LAW:
        np.testing.assert_allclose(methods.get(name).fit(same).coef, truth, atol=0.01)


@pytest.mark.parametrize("name", [name for name in PEERS if name not in ("stlsq-truth", "stlsq-parameterized")])
def test_peers_take_inputs(name: str) -> None:
    pytest.importorskip("pysindy")
    t = np.arange(0.0, 12.0, 0.05)
    # x' = -x + u, u = sin t:  x = (x0 + 1/2) exp(-t) + (sin t - cos t) / 2
    x = [(start + 0.5) * np.exp(-t) + (np.sin(t) - np.cos(t)) / 2 for start in (1.0, 2.0, -1.5)]
    data = Trajectories(x, t, env=[0, 0, 1], u=[np.sin(t)] * 3, state_names=["x"], input_names=["u"])
    system = replace(oscillator(), library=PolynomialLibrary(degree=2), environments=RelativeRanges({}))
    given = Task(data, system.library, np.random.default_rng(0), system)
    found = methods.get(name).fit(given)
    expected = np.zeros((2, 1, 6))
    expected[:, 0, given.table.index("x")], expected[:, 0, given.table.index("u")] = -1.0, 1.0
    np.testing.assert_allclose(found.coef, expected, atol=0.01)  # of the same differences as above
