"""Forecasts against closed forms and SciPy; ends of trajectories; what is refused."""

from __future__ import annotations

import pickle
import textwrap
import time
from collections.abc import Hashable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from without_jit import without_compilation

from spreme.library import CustomLibrary
from spreme.results import Law
from spreme.simulate import predict, simulate

Equations = dict[str, dict[str, float]]

LORENZ = {"x": {"x": -10.0, "y": 10.0}, "y": {"x": 28.0, "x*z": -1.0, "y": -1.0}, "z": {"x*y": 1.0, "z": -8 / 3}}
LOTKA = {"x": {"x": 0.5, "x*y": -0.7}, "y": {"y": -0.6, "x*y": 0.9}}


def make_law(*systems: Equations, env: tuple[Hashable, ...] = ("A",)) -> Law:
    """Law of given coefficients, one system per environment."""
    names = list(systems[0])
    texts = list(dict.fromkeys(term for system in systems for own in system.values() for term in own))
    table = CustomLibrary(texts).table(names)
    coef = np.zeros((len(systems), len(names), table.n_terms))
    for e, system in enumerate(systems):
        for s, own in enumerate(system.values()):
            for term, value in own.items():
                coef[e, s, table.index(term)] = value
    mask = (coef != 0).any(axis=0)
    std = np.where(mask, 0.1, np.nan)[None] + np.zeros_like(coef)
    return Law(table, mask, coef, std, env, np.zeros((len(systems), len(names))))


def one(**terms: float) -> Law:
    """Law of one state x; keys are positions of powers such as x1, x2."""
    return make_law({"x": {f"x**{name[1:]}" if name != "x0" else "1": value for name, value in terms.items()}})


@pytest.mark.parametrize("rate", [-3.0, 0.5])
def test_exponential(rate: float) -> None:
    t = np.linspace(2.0, 7.0, 37)
    forecast = simulate(one(x1=rate), [1.5], t, rtol=1e-12)
    np.testing.assert_allclose(forecast.x[:, 0], 1.5 * np.exp(rate * (t - 2.0)), rtol=1e-10, atol=1e-13)
    assert forecast.status == "converged"
    assert forecast.state_names == ("x",)
    assert forecast.env == "A"


def test_harmonic_oscillation_with_dense_output() -> None:
    law = make_law({"x": {"y": 1.0}, "y": {"x": -1.0}})
    t = np.linspace(0, 20, 5001)  # many times within each step: the interpolant must be as good as the steps
    x = simulate(law, [1.0, 0.0], t, rtol=1e-10).x
    np.testing.assert_allclose(x, np.column_stack([np.cos(t), -np.sin(t)]), atol=2e-8)
    few = simulate(law, [1.0, 0.0], t[::1000], rtol=1e-10).x
    np.testing.assert_allclose(few, x[::1000], atol=1e-9)


def test_logistic_growth() -> None:
    t = np.linspace(0, 10, 21)
    x = simulate(one(x1=1.0, x2=-0.5), [0.1], t).x[:, 0]
    np.testing.assert_allclose(x, 2 / (1 + 19 * np.exp(-t)), rtol=1e-7)


def test_constant_growth_from_zero() -> None:
    t = np.linspace(0, 1e6, 5)
    np.testing.assert_allclose(simulate(one(x0=2.0), [0.0], t).x[:, 0], 2 * t, rtol=1e-12)


def test_law_without_terms_stays() -> None:
    law = make_law({"x": {"x": 1.0}})
    still = Law(law.table, ~law.mask, 0 * law.coef, law.coef_std, law.environments, law.noise_std)
    assert simulate(still, [3.0], [0.0, 1.0]).x.tolist() == [[3.0], [3.0]]
    assert predict(still, [[3.0]]).tolist() == [[0.0]]


def test_functions_and_quotients() -> None:
    law = make_law({"x": {"x/(1 + x)": 1.0, "sin(y)": 0.5}, "y": {"1": 1.0, "1/x": 0.1}})
    t = np.linspace(0, 5, 20)
    truth = solve_ivp(
        lambda _, v: [v[0] / (1 + v[0]) + 0.5 * np.sin(v[1]), 1 + 0.1 / v[0]],
        (0, 5),
        [2.0, 0.0],
        method="DOP853",
        t_eval=t,
        rtol=1e-12,
        atol=1e-12,
    )
    np.testing.assert_allclose(simulate(law, [2.0, 0.0], t).x, truth.y.T, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize(("rtol", "error"), [(1e-8, 1e-5), (1e-11, 1e-8)])
def test_lorenz_against_scipy(rtol: float, error: float) -> None:
    def slope(_: float, v: Any) -> list[float]:
        x, y, z = v
        return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]

    t = np.linspace(0, 5, 101)
    truth = solve_ivp(slope, (0, 5), [1.0, 2.0, 3.0], method="DOP853", t_eval=t, rtol=1e-13, atol=1e-13).y.T
    np.testing.assert_allclose(simulate(make_law(LORENZ), [1, 2, 3], t, rtol=rtol).x, truth, atol=error)


def test_backwards_in_time_returns() -> None:
    law = make_law(LOTKA)
    t = np.linspace(0, 10, 30)
    forth = simulate(law, [1.0, 2.0], t, rtol=1e-11)
    back = simulate(law, forth.x[-1], t[::-1], rtol=1e-11)
    np.testing.assert_allclose(back.x[::-1], forth.x, rtol=1e-8)
    assert back.t[0] > back.t[-1]


@pytest.mark.parametrize("factor", [1e-12, 1e9])
def test_units_do_not_matter(factor: float) -> None:
    """States and times in other units: the same steps, so the same digits."""
    t = np.linspace(0, 10, 11)
    plain = simulate(make_law(LOTKA), [1.0, 2.0], t)
    scaled = {s: {k: v / (factor if "*" in k else 1) for k, v in own.items()} for s, own in LOTKA.items()}
    other = simulate(make_law(scaled), np.array([1.0, 2.0]) * factor, t)
    np.testing.assert_allclose(other.x / factor, plain.x, rtol=1e-9)
    slower = {s: {k: v / factor for k, v in own.items()} for s, own in LOTKA.items()}
    np.testing.assert_allclose(simulate(make_law(slower), [1.0, 2.0], t * factor).x, plain.x, rtol=1e-9)


def test_tiny_start_is_no_blow_up() -> None:
    t = np.linspace(0, 60, 61)
    forecast = simulate(one(x1=1.0, x2=-1.0), [1e-12], t)
    assert forecast.status == "converged"
    np.testing.assert_allclose(forecast.x[-1], 1.0, rtol=1e-9)


@pytest.mark.parametrize("start", [1.0, 1e-6, 1e6])
def test_blow_up_ends_before_the_pole(start: float) -> None:
    t = np.linspace(0, 10 / start, 200)
    forecast = simulate(one(x2=1.0), [start], t)
    assert isinstance(forecast.status, str)
    assert forecast.status.startswith(f"blow-up at t = {1 / start:.3g}"[:15])
    assert 10 < len(forecast.t) == len(forecast.x) <= 20
    np.testing.assert_allclose(forecast.x[:, 0], start / (1 - start * forecast.t), rtol=1e-6)


def test_other_ends() -> None:
    grows = simulate(one(x1=1.0), [1.0], [0.0, 300.0, 400.0])
    assert "blow-up" in grows.status
    assert len(grows.t) == 2
    undefined = simulate(make_law({"x": {"log(x)": 1.0, "1": -1.0}}), [0.5], np.linspace(0, 5, 50))
    assert "blow-up" in undefined.status
    assert np.isfinite(undefined.x).all()
    nowhere = simulate(make_law({"x": {"log(x)": 1.0}}), [-1.0], [0.0, 1.0])
    assert nowhere.status.startswith("blow-up at t = 0:")
    assert nowhere.x.tolist() == [[-1.0]]


def test_several_starts() -> None:
    law, t = one(x2=1.0), np.linspace(0, 3, 50)
    forecast = simulate(law, [[1.0], [0.01], [-1.0]], t)
    assert forecast.x.shape == (3, 50, 1)
    assert [status.split()[0] for status in forecast.status] == ["blow-up", "converged", "converged"]
    np.testing.assert_array_equal(forecast.t, t)
    stop = np.isnan(forecast.x[0, :, 0])
    np.testing.assert_array_equal(stop, t >= 1)
    np.testing.assert_array_equal(simulate(law, [0.01], t).x, forecast.x[1])


def test_stiff_van_der_pol() -> None:
    mu = 1000.0
    law = make_law({"x": {"y": 1.0}, "y": {"y": mu, "x**2*y": -mu, "x": -1.0}})
    t = np.linspace(0, 3000, 61)
    begin = time.perf_counter()
    forecast = simulate(law, [2.0, 0.0], t)
    assert time.perf_counter() - begin < 20
    assert forecast.status == "converged"
    truth = solve_ivp(
        lambda _, v: [v[1], mu * (1 - v[0] ** 2) * v[1] - v[0]],
        (0, 3000),
        [2.0, 0.0],
        method="Radau",
        t_eval=t,
        rtol=1e-8,
        atol=1e-10,
        jac=lambda _, v: [[0.0, 1.0], [-2 * mu * v[0] * v[1] - 1, mu * (1 - v[0] ** 2)]],
    )
    np.testing.assert_allclose(forecast.x[:, 0], truth.y[0], atol=1e-4)


def test_stiff_and_linear() -> None:
    law = make_law({"x": {"x": -1e7, "y": 1e7}, "y": {"y": -1.0}})
    t = np.linspace(0, 10, 11)
    forecast = simulate(law, [5.0, 1.0], t)
    assert forecast.status == "converged"
    np.testing.assert_allclose(forecast.x[1:, 0], np.exp(-t[1:]), rtol=1e-5)


def test_stiff_blow_up() -> None:
    forecast = simulate(make_law({"x": {"x": -1e6, "y": 1e6}, "y": {"y**2": 1.0}}), [1.0, 1.0], np.linspace(0, 3, 31))
    assert forecast.status.startswith("blow-up at t = ")
    assert len(forecast.t) in (10, 11)
    np.testing.assert_allclose(forecast.x[:10, 1], 1 / (1 - forecast.t[:10]), rtol=1e-5)


def test_too_many_steps_are_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spreme.simulate.forecast.MOST_STEPS", 100)
    forecast = simulate(make_law(LORENZ), [1, 2, 3], np.linspace(0, 100, 1001))
    assert "100 steps" in forecast.status
    assert forecast.status.startswith("stopped at t = ")
    assert 1 < len(forecast.t) < 200


def absent_law() -> Law:
    """Environment B has never seen y."""
    law = make_law(LOTKA, LOTKA, env=("A", "B"))
    coef = law.coef.copy()
    for s, term in ((0, "x*y"), (1, "y"), (1, "x*y")):
        coef[1, s, law.table.index(term)] = np.nan
    return Law(law.table, law.mask, coef, law.coef_std, law.environments, law.noise_std)


def test_absent_state_stays_absent() -> None:
    forecast = simulate(absent_law(), [1.0, 0.0], [0.0, 1.0], env="B")
    np.testing.assert_allclose(forecast.x, [[1, 0], [np.exp(0.5), 0]], rtol=1e-8)
    np.testing.assert_array_equal(predict(absent_law(), [[1.0, 0.0]], env="B"), [[0.5, 0.0]])


def test_unobserved_term_is_refused_where_it_matters() -> None:
    with pytest.raises(ValueError, match=r"term 'x\*y' of the equation of x .*'B'.* x0 makes it 2") as refusal:
        simulate(absent_law(), [1.0, 2.0], [0.0, 1.0], env="B")
    assert "unknown" in str(refusal.value)
    with pytest.raises(ValueError, match=r"row 1 of x makes it 2"):
        predict(absent_law(), [[1.0, 0.0], [1.0, 2.0]], env="B")
    assert simulate(absent_law(), [1.0, 2.0], [0.0, 1.0], env="A").status == "converged"


def test_unobserved_term_that_awakes_ends_the_trajectory() -> None:
    law = make_law({"x": {"1": 1.0, "x*y": 1.0}, "y": {"1": 1.0}})
    coef = law.coef.copy()
    coef[0, 0, law.table.index("x*y")] = np.nan
    law = Law(law.table, law.mask, coef, law.coef_std, law.environments, law.noise_std)
    forecast = simulate(law, [0.0, 0.0], [0.0, 1.0, 2.0])
    assert len(forecast.t) == 1
    assert forecast.status.startswith("stopped at t = 1: term 'x*y'")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 1.0, 1.0], [0, 1]), "x0 has 3 values.* 2 states"),
        (([1.0, np.nan], [0, 1]), "x0 is nan"),
        ((["a", "b"], [0, 1]), "x0"),
        ((1.0, [0, 1]), "x0 must have the shape"),
        ((np.empty((0, 2)), [0, 1]), "x0 is empty"),
        (([1.0, 1.0], [0, np.nan, 1]), "times t: nan at position 1"),
        (([1.0, 1.0], []), "times t are empty"),
        (([1.0, 1.0], 5.0), "times t must be a 1-D array"),
        (([1.0, 1.0], [0, 1, 1]), "1 at position 2 follows 1"),
        (([1.0, 1.0], [3, 1, 2]), "2 at position 2 follows 1"),
    ],
)
def test_bad_arguments(arguments: tuple[Any, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        simulate(make_law(LOTKA), *arguments)


@pytest.mark.parametrize("options", [{"rtol": 0.0}, {"rtol": np.nan}, {"atol": -1.0}, {"atol": [1e-3] * 3}])
def test_bad_tolerances(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        simulate(make_law(LOTKA), [1.0, 1.0], [0, 1], **options)


def test_environments() -> None:
    law = make_law(LOTKA, LOTKA, env=("A", 7))
    with pytest.raises(ValueError, match=r"env .*'A', 7"):
        simulate(law, [1.0, 1.0], [0, 1])
    with pytest.raises(ValueError, match=r"'Z'.*'A'"):
        simulate(law, [1.0, 1.0], [0, 1], env="Z")
    assert simulate(law, [1.0, 1.0], [0, 1], env=7).env == 7


def test_one_time_is_the_start() -> None:
    forecast = simulate(make_law(LOTKA), [1, 2], [5])
    assert forecast.x.tolist() == [[1.0, 2.0]]
    assert forecast.status == "converged"


def test_inputs_are_left_alone() -> None:
    x0, t = np.array([1.0, 2.0]), np.linspace(0, 1, 5)
    copies = x0.copy(), t.copy()
    forecast = simulate(make_law(LOTKA), x0, t)
    np.testing.assert_array_equal(x0, copies[0])
    np.testing.assert_array_equal(t, copies[1])
    assert not np.shares_memory(forecast.t, t)


def test_predict_shapes_and_missing_values() -> None:
    law = make_law(LOTKA)
    with pytest.raises(ValueError, match=r"3 columns.* 2 states"):
        predict(law, np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"2-D array.*reshape"):
        predict(law, np.ones(2))
    with pytest.raises(ValueError, match="x is inf at row 0"):
        predict(law, [[np.inf, 1.0]])
    loose = make_law({"x": {"x": 2.0}, "y": {"y": 3.0}})
    np.testing.assert_array_equal(predict(loose, [[np.nan, 1.0]]), [[np.nan, 3.0]])
    assert predict(law, np.empty((0, 2))).shape == (0, 2)


@settings(max_examples=60, deadline=None)
@example(decay=3e-151, frequency=1.0, end=1.0)
@given(decay=st.floats(-3, 3), frequency=st.floats(-3, 3), end=st.floats(0.01, 20))
def test_linear_systems(decay: float, frequency: float, end: float) -> None:
    law = make_law({"x": {"x": decay, "y": -frequency, "1": 0.0}, "y": {"x": frequency, "y": decay}})
    t = np.linspace(0, end, 7)
    amplitude = np.exp(decay * t)
    truth = np.column_stack([amplitude * np.cos(frequency * t), amplitude * np.sin(frequency * t)])
    x = simulate(law, [1.0, 0.0], t, rtol=1e-10).x
    assert np.abs(x - truth).max(axis=1) == pytest.approx(np.zeros(7), abs=1e-7 * np.maximum(1, amplitude).max())


def test_compiled_speed_against_scipy() -> None:
    law, t = make_law(LORENZ), np.linspace(0, 5, 500)

    def slope(_: float, v: Any) -> list[float]:
        return [10 * (v[1] - v[0]), v[0] * (28 - v[2]) - v[1], v[0] * v[1] - 8 / 3 * v[2]]

    def seconds(call: Any) -> float:
        call()
        begin = time.perf_counter()
        call()
        return time.perf_counter() - begin

    ours = min(seconds(lambda: simulate(law, [1, 2, 3], t)) for _ in range(5))
    theirs = seconds(lambda: solve_ivp(slope, (0, 5), [1, 2, 3], method="DOP853", t_eval=t, rtol=1e-8, atol=1e-10))
    assert ours < theirs / 5


def test_without_compilation() -> None:
    code = """
    import numpy as np
    from spreme.library import PolynomialLibrary
    from spreme.results import Law
    from spreme.simulate import simulate
    coef = np.array([[[0.0, 0.0, 1.0]]])
    law = Law(PolynomialLibrary(degree=2).table(["x"]), coef[0] != 0, coef, coef, ("A",), np.zeros((1, 1)))
    forecast = simulate(law, [1.0], np.linspace(0, 2, 41))
    assert forecast.status.startswith("blow-up at t = 1"), forecast.status
    np.testing.assert_allclose(1 / forecast.x[:, 0], 1 - forecast.t, atol=1e-6)
    """
    without_compilation(textwrap.dedent(code))


def test_forecasts_can_be_pickled() -> None:
    forecast = simulate(make_law(LOTKA), [1, 2], [0, 1])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(forecast)).x, forecast.x)
