"""Forecasts of driven laws: against SciPy piece by piece, functions of time, bands, exports, refusals."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import sympy
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from spreme import symbolic
from spreme.library import CustomLibrary
from spreme.results import Law
from spreme.simulate import predict, simulate
from spreme.simulate.bands import BandOptions, add_band

T = np.sort(np.random.default_rng(3).uniform(0.0, 20.0, 60))
ROUGH = np.random.default_rng(4).standard_normal((60, 2))


def make_law(equations: dict[str, dict[str, float]], inputs: tuple[str, ...]) -> Law:
    """Law of given coefficients in one environment."""
    names, texts = list(equations), list(dict.fromkeys(term for own in equations.values() for term in own))
    table = CustomLibrary(texts).table([*names, *inputs]).with_inputs(len(inputs))
    coef = np.zeros((1, len(names), table.n_terms))
    for s, own in enumerate(equations.values()):
        for term, value in own.items():
            coef[0, s, table.index(term)] = value
    mask = coef[0] != 0
    return Law(table, mask, coef, np.where(mask, 0.1, np.nan)[None], ("A",), np.zeros((1, len(names))))


#: A pendulum with a torque, and a wind that pushes along its path: not a product of columns.
PENDULUM = make_law(
    {"a": {"w": 1.0}, "w": {"sin(a)": -4.0, "w": -0.3, "torque": 1.5, "wind*cos(a)": 0.8}}, ("torque", "wind")
)
#: The same for small angles: products of columns only, which run through another branch of the kernel.
OSCILLATOR = make_law({"a": {"w": 1.0}, "w": {"a": -4.0, "w": -0.3, "torque": 1.5, "a*wind": 0.4}}, ("torque", "wind"))


def slope_of(law: Law, u: Callable[[float], Any]) -> Callable[[float, np.ndarray], np.ndarray]:
    """Right-hand side as plain Python."""
    sine, cosine = (np.sin, np.cos) if law is PENDULUM else (lambda a: a, None)

    def slope(t: float, x: np.ndarray) -> np.ndarray:
        torque, wind = u(t)
        push = 0.8 * wind * cosine(x[0]) if cosine else 0.4 * wind * x[0]
        return np.array([x[1], -4.0 * sine(x[0]) - 0.3 * x[1] + 1.5 * torque + push])

    return slope


def linear(t: float) -> np.ndarray:
    """The rough inputs between their values."""
    return np.array([np.interp(t, T, ROUGH[:, v]) for v in range(2)])


def reference(law: Law, x0: list[float], u: Callable[[float], Any], t: np.ndarray) -> np.ndarray:
    """SciPy, anew at every time, at the limit of its accuracy."""
    x = [np.array(x0, dtype=float)]
    for begin, end in pairwise(t):
        x.append(solve_ivp(slope_of(law, u), (begin, end), x[-1], "DOP853", rtol=1e-13, atol=1e-13).y[:, -1])
    return np.array(x)


@pytest.mark.parametrize("law", [PENDULUM, OSCILLATOR], ids=["functions", "products"])
@pytest.mark.parametrize("x0", [[0.0, 0.0], [1.0, -0.5]])
def test_rough_inputs_are_followed_to_the_tolerance(law: Law, x0: list[float]) -> None:
    truth = reference(law, x0, linear, T)
    for rtol in (1e-6, 1e-10):
        forecast = simulate(law, x0, T, u=ROUGH, rtol=rtol)
        assert forecast.status == "converged"
        # some two steps in each of 59 pieces, errors damped: about 100 times that of one step
        np.testing.assert_allclose(forecast.x, truth, atol=100 * rtol)
    np.testing.assert_allclose(simulate(law, x0, T, u=linear, rtol=1e-10).x, truth, atol=1e-8)


def test_a_linear_law_is_solved_in_closed_form() -> None:
    """x' = A x + B u with u linear in t is one exponential of a larger matrix per piece."""
    t = np.array([0.0, 0.7, 1.0, 3.0, 3.1])
    u = np.array([0.0, 2.0, -1.0, 0.5, 0.5])
    law = make_law({"x": {"y": 1.0}, "y": {"x": -2.0, "y": -0.5, "f": 3.0}}, ("f",))
    x = [np.array([0.0, 1.0])]
    for i in range(4):
        h = t[i + 1] - t[i]
        whole = np.zeros((4, 4))  # states, input, its rate
        whole[:2, :2], whole[1, 2], whole[2, 3] = [[0, 1], [-2, -0.5]], 3.0, 1.0
        x.append((expm(h * whole) @ [*x[-1], u[i], (u[i + 1] - u[i]) / h])[:2])
    np.testing.assert_allclose(simulate(law, x[0], t, u=u, rtol=1e-12).x, x, rtol=1e-10)


def test_smooth_functions_of_time_and_backwards() -> None:
    def u(t: float) -> list[float]:
        return [np.sin(2.0 * t), np.cos(0.5 * t)]

    t = np.linspace(0.0, 6.0, 13)
    truth = reference(PENDULUM, [0.5, 0.0], u, t)
    np.testing.assert_allclose(simulate(PENDULUM, [0.5, 0.0], t, u=u, rtol=1e-11).x, truth, atol=1e-9)
    back = simulate(PENDULUM, truth[-1], t[::-1], u=u, rtol=1e-11)
    np.testing.assert_allclose(back.x[::-1], truth, atol=1e-8)  # damping of 0.3 over 6 turned round: a factor of six
    rough = reference(PENDULUM, [0.5, 0.0], linear, T)
    back = simulate(PENDULUM, rough[-1], T[::-1], u=ROUGH[::-1], rtol=1e-12)
    np.testing.assert_allclose(back.x[::-1], rough, atol=1e-8)


def test_a_narrow_pulse_between_long_steps_is_not_missed() -> None:
    """The integral of the input, whatever the state does meanwhile: nothing."""
    t = np.array([0.0, 50.0, 50.001, 50.002, 100.0])
    law = make_law({"x": {"f": 1.0}}, ("f",))
    forecast = simulate(law, [0.0], t, u=[0.0, 0.0, 1000.0, 0.0, 0.0])
    np.testing.assert_allclose(forecast.x[:, 0], [0.0, 0.0, 0.5, 1.0, 1.0], atol=1e-9)
    jump = simulate(law, [0.0], [0.0, 50.0, 100.0], u=lambda s: 2.0 if s >= 50.0 else 0.0)
    np.testing.assert_allclose(jump.x[:, 0], [0.0, 0.0, 100.0], atol=1e-5)


@pytest.mark.parametrize("u", [np.sin(np.linspace(0, 4, 41)), lambda t: np.sin(t)], ids=["values", "function"])
def test_stiff_laws_get_to_the_end(u: Any) -> None:
    t = np.linspace(0, 4, 41)
    forecast = simulate(make_law({"x": {"x": -1e6, "f": 1e6}}, ("f",)), [1.0], t, u=u, rtol=1e-6)
    assert forecast.status == "converged"
    np.testing.assert_allclose(forecast.x[1:, 0], np.sin(t[1:]), atol=1e-5)  # it lags by 1e-6


@pytest.mark.parametrize("u", [np.ones(21), lambda t: 1.0], ids=["values", "function"])
def test_a_blow_up_is_a_status(u: Any) -> None:
    forecast = simulate(make_law({"x": {"x**2": 1.0, "f": 1.0}}, ("f",)), [0.0], np.linspace(0, 2, 21), u=u)
    assert forecast.status.startswith("blow-up at t = 1.570796")  # tan(t)
    assert len(forecast.t) == len(forecast.x) == 16


def test_several_starts_share_the_inputs() -> None:
    forecast = simulate(OSCILLATOR, [[0.0, 0.0], [1.0, 0.0]], T, u=ROUGH)
    assert forecast.x.shape == (2, 60, 2)
    np.testing.assert_array_equal(forecast.x[1], simulate(OSCILLATOR, [1.0, 0.0], T, u=ROUGH).x)


def test_unobserved_terms_matter_only_where_the_input_acts() -> None:
    law = make_law({"x": {"x": -1.0, "f": 2.0}}, ("f",))
    law.coef[0, 0, law.table.index("f")] = np.nan
    t = np.linspace(0, 1, 11)
    np.testing.assert_allclose(simulate(law, [1.0], t, u=np.zeros(11)).x[:, 0], np.exp(-t), rtol=1e-7)
    assert simulate(law, [1.0], t, u=np.where(t < 0.45, 0.0, 1.0)).status.startswith("stopped at t = 0.5")
    with pytest.raises(ValueError, match="term 'f' of the equation of x was not observed"):
        simulate(law, [1.0], t, u=np.ones(11))


@pytest.mark.parametrize("u", [ROUGH, linear], ids=["values", "function"])
def test_bands_hold_the_forecast(u: Any) -> None:
    q = int(OSCILLATOR.mask.sum())
    x0, t = [1.0, 0.0], T[:20]
    u = u if callable(u) else u[:20]
    forecast = simulate(OSCILLATOR, x0, t, u=u)
    options = BandOptions(n_draws=60)
    found = add_band(forecast, OSCILLATOR, 1e-4 * np.eye(q)[None], options, u=u)
    assert (found.lower[1:] < found.x[1:]).all() and (found.x[1:] < found.upper[1:]).all()
    exact = add_band(forecast, OSCILLATOR, np.zeros((1, q, q)), options, u=u)
    np.testing.assert_allclose(exact.upper, forecast.x, atol=1e-4)  # draws are integrated to 1e-6


def test_derivatives_and_exported_functions_agree() -> None:
    x, u = np.random.default_rng(0).uniform(-1, 1, (5, 2)), ROUGH[:5]
    expected = np.array([slope_of(PENDULUM, lambda t, own=own: own)(0.0, row) for row, own in zip(x, u, strict=True)])
    np.testing.assert_allclose(predict(PENDULUM, x, u=u), expected, rtol=1e-12)
    plain = pickle.loads(pickle.dumps(symbolic.to_callable(PENDULUM)))
    compiled = symbolic.to_callable(PENDULUM, backend="numba")
    np.testing.assert_allclose(plain(0.0, x.T, u.T), expected.T, rtol=1e-12)
    np.testing.assert_allclose(plain(0.0, x[0], lambda t: u[0]), expected[0], rtol=1e-12)
    np.testing.assert_allclose([compiled(0.0, row, own) for row, own in zip(x, u, strict=True)], expected, rtol=1e-12)
    np.testing.assert_allclose(plain(0.0, x.T, u[0])[:, 0], expected[0], rtol=1e-12)
    solution = solve_ivp(plain, (T[0], T[9]), [1.0, 0.0], args=(linear,), rtol=1e-8, atol=1e-8, max_step=0.1)
    np.testing.assert_allclose(solution.y[:, -1], simulate(PENDULUM, [1.0, 0.0], T, u=ROUGH).x[9], atol=1e-4)


def test_inputs_are_symbols_of_the_equations() -> None:
    law = make_law({"x": {"x": -1.0, "c_x_1*x": 2.0}}, ("c_x_1",))
    assert symbolic.equations(law) == ["coef_x_1*x + coef_x_2*x*c_x_1"]
    x, force = sympy.symbols("x force")
    own = make_law({"x": {"x": -1.0, "force": 2.0}}, ("force",))
    assert symbolic.to_sympy(own, "A")["x"] == -1.0 * x + 2.0 * force
    assert symbolic.to_latex(own, "A").splitlines()[1] == r"\dot{x} &= -1.000 x + 2.000 \mathrm{force}"
    assert symbolic.to_frame(own)["term"].tolist() == ["x", "force"]


@pytest.mark.parametrize(
    ("u", "message"),
    [
        (None, r"driven by the inputs torque, wind: give u, an array \(60, 2\)"),
        (ROUGH[:, :1], r"shape \(60, 2\), one column for each of torque, wind, got \(60, 1\)"),
        (ROUGH[0], r"shape \(60, 2\)"),
        (ROUGH[:-1], "59 rows for 60 times t"),
        (np.where(np.arange(120).reshape(60, 2) == 7, np.nan, ROUGH), "wind is nan in row 3"),
        (np.where(np.arange(120).reshape(60, 2) == 6, np.inf, ROUGH), "torque is inf in row 3"),
        (lambda t: [1.0], r"u\(t\) must give 2 values.*shape \(1,\) at t = "),
        (lambda t: [1.0, np.nan if t > 5 else 0.0], r"u\(t\) must be finite.*at t = 5"),
    ],
)
def test_unusable_inputs_are_refused(u: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate(PENDULUM, [1.0, 0.0], T, u=u)


def test_inputs_of_autonomous_laws_and_missing_ones_of_functions_are_refused() -> None:
    plain = make_law({"x": {"x": -1.0}}, ())
    with pytest.raises(ValueError, match="the law has no inputs: leave out u"):
        simulate(plain, [1.0], [0.0, 1.0], u=[0.0, 1.0])
    with pytest.raises(ValueError, match="the law has no inputs"):
        predict(plain, [[1.0]], u=[1.0])
    with pytest.raises(ValueError, match=r"driven by the inputs torque, wind: give u, an array \(1, 2\)"):
        symbolic.to_callable(PENDULUM)(0.0, [0.0, 1.0])
