"""Known inputs from end to end: discovery, new environments, scores, forecasts, files, pictures, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from sklearn.model_selection import GroupKFold, cross_val_score

from spreme import CustomLibrary, PolynomialLibrary, SpReME, Trajectories

matplotlib.use("Agg")

T = np.linspace(0.0, 12.0, 100)
QUADRATIC = PolynomialLibrary(degree=2)
PENDULUM = PolynomialLibrary(degree=2) + CustomLibrary(["sin(a)", "cos(a)", "torque*cos(a)"])
LINEAR_TERMS = {"a": ["w"], "w": ["a", "w", "torque"]}
PENDULUM_TERMS = {"a": ["w"], "w": ["w", "torque", "sin(a)"]}
#: Stiffness, friction, gain of four environments, and of one that is kept for later.
COEF = np.array([[2.0, 0.3, 1.5], [3.0, 0.5, 1.0], [4.5, 0.4, 0.8], [3.5, 0.7, 2.0], [2.6, 0.6, 1.3]])
NOISE = np.array([0.02, 0.04])  # 2 % of states that vary by about 1 and 2


def drive(kind: int, rng: np.random.Generator) -> np.ndarray:
    """A torque: sines, steps from sample to sample, or a random one."""
    if kind == 0:
        frequency, phase = rng.uniform(0.5, 2.0, 3), rng.uniform(0.0, 6.0, 3)
        return np.sin(np.outer(T, frequency) + phase).sum(axis=1)
    if kind == 1:
        return rng.uniform(-2.0, 2.0, 7)[(T / 12.0 * 6.99).astype(int)]
    return 1.5 * rng.standard_normal(len(T))


def run(coef: np.ndarray, torque: np.ndarray, x0: Any, force: Callable[[float], float] = float) -> np.ndarray:
    """Solution of a' = w, w' = -k force(a) - c w + g torque, the torque linear between samples."""
    k, c, g = coef

    def slope(t: float, x: np.ndarray) -> list[float]:
        return [x[1], -k * force(x[0]) - c * x[1] + g * np.interp(t, T, torque)]

    return solve_ivp(slope, (0, 12), x0, t_eval=T, rtol=1e-8, atol=1e-9, max_step=0.12).y.T


def record(e: int, force: Callable[[float], float] = float, n_runs: int = 3, n_kinds: int = 3) -> Trajectories:
    """Noisy runs of one environment, each with an input of its own kind."""
    rng = np.random.default_rng([0, e])
    torques = [drive(r % n_kinds, rng) for r in range(n_runs)]
    x = [run(COEF[e], torque, rng.uniform(-2.0, 2.0, 2), force) for torque in torques]
    x = [own + NOISE * rng.standard_normal(own.shape) for own in x]
    return Trajectories(x, T, [f"E{e}"] * n_runs, [own[:, None] for own in torques], ["a", "w"], ["torque"])


def four(force: Callable[[float], float] = float) -> Trajectories:
    """Four environments."""
    return record(0, force) + record(1, force) + record(2, force) + record(3, force)


@pytest.fixture(scope="module")
def data() -> Trajectories:
    return four()


@pytest.fixture(scope="module")
def model(data: Trajectories) -> SpReME:
    return SpReME(library=QUADRATIC).fit(data)


def terms(model: SpReME) -> dict[str, list[str]]:
    """Terms of every equation."""
    names = model.get_feature_names_out()
    return {name: names[own].tolist() for name, own in zip(model.state_names_, model.mask_, strict=True)}


def coefficients(model: SpReME, found: np.ndarray, position: str = "a") -> np.ndarray:
    """w in a', then stiffness, friction and gain with their signs, for every environment: (E, 4)."""
    index = model.get_feature_names_out().tolist().index
    return np.stack(
        [found[:, 0, index("w")], *(found[:, 1, index(name)] for name in (position, "w", "torque"))], axis=1
    )


def truth(*environments: int) -> np.ndarray:
    """The same of the truth."""
    return np.array([[1.0, -k, -c, g] for k, c, g in COEF[list(environments)]])


def check_coefficients(model: SpReME, *environments: int, position: str = "a", sizes: float = 4.0) -> None:
    """Four standard errors: one of 16 coefficients beyond them by chance in a thousand tests."""
    value, std = (coefficients(model, own, position) for own in (model.coef_, model.coef_std_))
    assert (np.abs(value - truth(*environments)) < sizes * std).all()
    assert (std < 0.05 * np.abs(value)).all()


def test_a_driven_oscillator_is_found(model: SpReME) -> None:
    assert terms(model) == LINEAR_TERMS
    assert model.mask_.shape == (2, 10) and model.coef_.shape == (4, 2, 10)
    assert model.input_names_ == ["torque"] and model.n_features_in_ == 2
    assert model.status_ == "converged"
    check_coefficients(model, 0, 1, 2, 3)
    np.testing.assert_allclose(model.noise_std_, np.tile(NOISE, (4, 1)), rtol=0.2)  # 300 values: 4 %


def test_a_driven_pendulum_is_found_in_a_composed_library() -> None:
    model = SpReME(library=PENDULUM).fit(four(np.sin))
    assert terms(model) == PENDULUM_TERMS
    check_coefficients(model, 0, 1, 2, 3, position="sin(a)")


@pytest.mark.parametrize("criterion", ["bic", "cv", "loeo", "stability"])
def test_all_criteria_take_inputs(criterion: str, data: Trajectories) -> None:
    assert terms(SpReME(library=QUADRATIC, criterion=criterion, random_state=0).fit(data)) == LINEAR_TERMS


def test_missing_values_and_a_gap_in_which_only_the_input_is_known(data: Trajectories) -> None:
    rng = np.random.default_rng(0)
    x = [np.where(rng.random(own.shape) < 0.1, np.nan, own) for own in data.x]
    for own in x:
        own[30:38] = np.nan
    holes = Trajectories(x, T, data.env, data.u, data.state_names, data.input_names)
    model = SpReME(library=QUADRATIC).fit(holes)
    assert terms(model) == LINEAR_TERMS
    check_coefficients(model, 0, 1, 2, 3)


def test_states_measured_rarely_between_samples_of_a_rough_input(data: Trajectories) -> None:
    x = [own.copy() for own in data.x]
    for own in x:
        own[np.arange(100) % 3 != 0] = np.nan
    model = SpReME(library=QUADRATIC).fit(
        Trajectories(x, T, data.env, data.u, data.state_names, data.input_names),
    )
    assert terms(model) == LINEAR_TERMS
    check_coefficients(model, 0, 1, 2, 3)


def test_regression_alone(data: Trajectories) -> None:
    model = SpReME(library=QUADRATIC, refine=None).fit(data)
    assert terms(model) == LINEAR_TERMS
    # steps and noise of the input bend the integrand within windows: quadrature errors beside those of the noise
    np.testing.assert_allclose(coefficients(model, model.coef_), truth(0, 1, 2, 3), rtol=0.1)


@pytest.mark.parametrize("refine", ["trajectory", None])
def test_derivatives(refine: str | None) -> None:
    smooth = record(0, n_kinds=1) + record(1, n_kinds=1)  # no kinks, which a smoother does not follow
    model = SpReME(library=QUADRATIC, formulation="derivative", refine=refine).fit(smooth)
    assert terms(model) == LINEAR_TERMS
    np.testing.assert_allclose(coefficients(model, model.coef_), truth(0, 1), rtol=0.1)


def test_restrictions_name_inputs(data: Trajectories) -> None:
    options = {"required": {"a": ["torque"]}, "excluded": {"w": ["a*torque"]}, "tie": {"a": ["w"]}}
    model = SpReME(library=QUADRATIC, **options).fit(data)
    assert terms(model)["a"] == ["w", "torque"]
    index = model.get_feature_names_out().tolist().index("torque")
    assert (np.abs(model.coef_[:, 0, index]) < 4.0 * model.coef_std_[:, 0, index]).all()
    assert np.ptp(model.coef_[:, 0, model.get_feature_names_out().tolist().index("w")]) == 0.0


@pytest.mark.parametrize("as_arrays", [False, True])
def test_a_new_environment(as_arrays: bool, model: SpReME) -> None:
    new = record(4, n_runs=1)
    adapted = model.adapt(new.x, new.t, u=new.u, env="E4") if as_arrays else model.adapt(new)
    assert adapted.environments_ == ["E4"] and adapted.input_names_ == ["torque"]
    check_coefficients(adapted, 4)


def test_a_new_environment_from_few_samples_rests_on_the_prior(model: SpReME) -> None:
    new = record(4, n_runs=1)
    with pytest.warns(UserWarning, match=r"w, torque in w' from the new data alone.*rest on the prior"):
        few = model.adapt([new.x[0][:12]], [T[:12]], u=[new.u[0][:12]])
    value, std = (coefficients(few, own) for own in (few.coef_, few.coef_std_))
    assert (np.abs(value - truth(4)) < 4.0 * std).all()


def test_scores_and_forecasts_use_the_recorded_inputs(model: SpReME, data: Trajectories) -> None:
    assert model.score(data[::3]) > 0.95  # derivatives from a smoother: of smooth inputs
    errors = model.rollout_error(data)
    # the error is that of the data, 2 % of the spread
    assert all(0.5 * 0.02 < error < 2.0 * 0.03 for error in errors.values())
    wrong = Trajectories(data.x, T, data.env, [-own for own in data.u], data.state_names, data.input_names)
    assert min(model.rollout_error(wrong).values()) > 10 * max(errors.values())
    arrays = model.rollout_error(data.x[:3], T, env=["E0"] * 3, u=data.u[:3])
    assert arrays == {"E0": errors["E0"]}


def test_held_out_environments_are_scored(data: Trajectories) -> None:
    smooth = data[[0, 3, 6, 9]]
    options = {"library": CustomLibrary(["a", "w", "torque"]), "criterion": "bic"}
    scores = cross_val_score(SpReME(**options), smooth, groups=smooth.groups, cv=GroupKFold(2))
    assert (scores > 0.9).all()


def test_forecasts_agree_with_scipy(model: SpReME, data: Trajectories) -> None:
    for e in range(2):
        k, c, g = (model.coef_[e, 1, model.get_feature_names_out().tolist().index(n)] for n in ("a", "w", "torque"))
        speed = model.coef_[e, 0, model.get_feature_names_out().tolist().index("w")]
        u = data.u[3 * e + 2][:, 0]

        def slope(t: float, x: np.ndarray, s: float = speed, k=k, c=c, g=g, u=u) -> list[float]:
            return [s * x[1], k * x[0] + c * x[1] + g * np.interp(t, T, u)]

        x = [np.array([1.0, 0.0])]
        for begin, end in pairwise(T):
            x.append(solve_ivp(slope, (begin, end), x[-1], "DOP853", rtol=1e-12, atol=1e-12).y[:, -1])
        forecast = model.simulate([1.0, 0.0], T, f"E{e}", u)
        np.testing.assert_allclose(forecast.x, x, atol=1e-6)  # rtol 1e-8 in some 200 steps
        as_function = model.simulate([1.0, 0.0], T, f"E{e}", lambda t, u=u: np.interp(t, T, u))
        np.testing.assert_allclose(as_function.x, x, atol=1e-6)
    banded = model.simulate([1.0, 0.0], T, "E1", u, band=0.95, n_draws=40)
    assert (banded.lower[1:] <= banded.x[1:]).all() and (banded.x[1:] <= banded.upper[1:]).all()


def test_errors_of_coefficients_know_the_input(model: SpReME, data: Trajectories) -> None:
    assert model.conf_int()["term"].tolist() == ["w", "a", "w", "torque"] * 4
    verdicts = {row.term: row.verdict for row in model.term_report().rows if row.state == "w"}
    assert verdicts["torque"] == "varies"
    own = model.profile_likelihood(data, "w", "torque", "E2")
    e, s, k = 2, 1, model.get_feature_names_out().tolist().index("torque")
    half = 1.96 * model.coef_std_[e, s, k]
    # linear in the gain: the profile is a parabola, but for the noise, which the profile takes from this environment
    np.testing.assert_allclose([own.lower, own.upper], model.coef_[e, s, k] + [-half, half], atol=0.2 * half)


def test_files_hold_the_inputs(model: SpReME, data: Trajectories, tmp_path: Path) -> None:
    model.save(tmp_path / "model.json")
    document = json.loads((tmp_path / "model.json").read_text())
    assert document["format_version"] == 3 and document["table"]["input_names"] == ["torque"]
    read = SpReME.load(tmp_path / "model.json")
    assert (read.input_names_, read.state_names_) == (["torque"], ["a", "w"])
    assert str(read) == str(model)
    for name in ("mask_", "coef_", "coef_std_", "covariance_", "noise_std_"):
        np.testing.assert_array_equal(getattr(read, name), getattr(model, name))
    mine, theirs = (own.simulate([1.0, 0.0], T, "E0", data.u[0]).x for own in (model, read))
    np.testing.assert_array_equal(mine, theirs)
    read.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()


def test_pictures_draw_forecasts_with_the_recorded_inputs(model: SpReME, data: Trajectories) -> None:
    import matplotlib.pyplot as plt

    from spreme.plotting import plot_fit, plot_forecast

    figure = plot_fit(model, data)
    points, line = figure.axes[0].lines[0], figure.axes[0].lines[2]  # a measured, w measured, a forecast
    near = np.interp(points.get_xdata(), line.get_xdata(), line.get_ydata())
    assert np.sqrt(np.mean((near - points.get_ydata()) ** 2)) < 2 * NOISE[0]
    plt.close(figure)
    plt.close(plot_forecast(model.simulate(data.x[0][0], T, "E0", data.u[0]), data).figure)


def test_exports(model: SpReME) -> None:
    assert "torque" in model.equations("E0")[1] and r"\mathrm{torque}" in model.to_latex()
    assert {str(symbol) for symbol in model.to_sympy("E0")["w"].free_symbols} == {"a", "w", "torque"}
    x, u = [0.3, -0.2], 0.7
    found = model.predict([x], "E1", [[u]])[0]
    np.testing.assert_allclose(model.to_callable("E1")(0.0, x, u), found, rtol=1e-12)
    np.testing.assert_allclose(found, [-0.2, -3.0 * 0.3 + 0.5 * 0.2 + 0.7], atol=0.05)


def test_an_environment_without_any_input_says_nothing_about_its_gain(data: Trajectories) -> None:
    rng = np.random.default_rng(5)
    x = [run(COEF[4], np.zeros(100), x0) + NOISE * rng.standard_normal((100, 2)) for x0 in ([2.0, 0.0], [0.0, 3.0])]
    idle = Trajectories(x, T, ["idle"] * 2, [np.zeros((100, 1))] * 2, ["a", "w"], ["torque"])
    model = SpReME(library=QUADRATIC).fit(data + idle)
    assert terms(model) == LINEAR_TERMS
    gain = model.coef_[:, 1, model.get_feature_names_out().tolist().index("torque")]
    assert np.isnan(gain[4]) and np.isfinite(gain[:4]).all()
    assert model.simulate([1.0, 0.0], T, "idle", np.zeros(100)).status == "converged"
    with pytest.raises(ValueError, match="term 'torque' of the equation of w was not observed"):
        model.simulate([1.0, 0.0], T, "idle", np.ones(100))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, d: m.score(d.x, T, env=d.env), "inputs u of the data are none, those of the model torque"),
        (lambda m, d: m.rollout_error(Trajectories(d.x, T, d.env)), "inputs u of the data are none"),
        (lambda m, d: m.adapt(d.x[0], T), "inputs u of the data are none"),
        (lambda m, d: m.adapt(Trajectories(d, input_names=["heat"])), "data are heat, those of the model torque"),
        (
            lambda m, d: m.profile_likelihood(Trajectories(d.x, T, d.env), "w", "torque", "E0"),
            "inputs u of the data are none",
        ),
        (lambda m, d: m.simulate([1, 0], T, "E0"), "driven by the inputs torque: give u"),
        (lambda m, d: m.simulate([1, 0], T, "E0", np.ones((100, 2))), r"shape \(100, 1\)"),
        (lambda m, d: m.predict([[1, 0]], "E0"), "driven by the inputs torque: give u"),
    ],
)
def test_missing_and_other_inputs_are_refused(
    call: Callable[[SpReME, Trajectories], Any], message: str, model: SpReME, data: Trajectories
) -> None:
    with pytest.raises(ValueError, match=message):
        call(model, data)


def test_inputs_for_an_autonomous_model_are_refused() -> None:
    t = np.linspace(0, 3, 61)
    model = SpReME(library=CustomLibrary(["x0"])).fit([np.exp(-t)], t)
    assert model.input_names_ == []
    with pytest.raises(ValueError, match="inputs u of the data are u0, those of the model none"):
        model.score([np.exp(-t)], t, u=[np.ones(61)])
    with pytest.raises(ValueError, match="the law has no inputs"):
        model.simulate([1.0], t, u=np.ones(61))
    with pytest.raises(ValueError, match="input_names: 'x0' is the name of a state"):
        SpReME().fit([np.exp(-t)], t, u=[np.ones(61)], input_names=["x0"])
