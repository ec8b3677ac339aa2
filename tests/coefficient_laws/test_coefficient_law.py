"""Planted laws are found, intervals and predictions are those of least squares, the result shows what it holds."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import sympy
from coefficient_laws.planted import SYSTEMS, Planted, clean, fitted_model, label, measured

from spreme import CustomLibrary, PolynomialLibrary, SpReME, coefficient_law
from spreme.coefficient_laws import CoefficientLaws

TEMPERATURE = {f"run {i}": 280.0 + 5.0 * i for i in range(8)}
T = np.array(list(TEMPERATURE.values()))
ERROR = 0.01


def independent(n_environments: int, q: int, error: float = ERROR) -> np.ndarray:
    return np.tile(error**2 * np.eye(q), (n_environments, 1, 1))


def planted(*columns: np.ndarray, seed: int = 0) -> SpReME:
    """Coefficients in the environments of TEMPERATURE, measured with independent errors."""
    coef = np.column_stack(columns)
    noise = ERROR * np.random.default_rng(seed).standard_normal(coef.shape)
    return fitted_model(coef + noise, independent(len(T), coef.shape[1]), list(TEMPERATURE))


@pytest.fixture(scope="module")
def laws() -> CoefficientLaws:
    u = (T - 280) / 35
    model = planted(0.5 + 0 * T, 1.0 + 0.04 * (T - 280), 2.0 + 3.0 * u - 2.5 * u**2)
    return coefficient_law(model, {"T": TEMPERATURE})


# ---- whole pipeline: data with 5 % noise, SpReME, laws, an environment without data
@pytest.mark.parametrize(
    ("system", "seed"),
    [
        pytest.param(system, seed, marks=[] if seed == 0 and system.name != "enzyme" else pytest.mark.slow)
        for system in SYSTEMS
        for seed in (0, 1, 2, 3)
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_planted_laws_are_found_and_tell_an_unseen_environment(system: Planted, seed: int) -> None:
    z = np.linspace(0.0, 1.0, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the fit, about close competitors
        model = SpReME(library=PolynomialLibrary(degree=2)).fit(measured(system, z, seed, n_runs=2))
    laws = coefficient_law(model, {"z": {label(value): value for value in z}})
    assert {(law.state, law.term): law.terms for law in laws.laws if law.is_varying} == system.support
    start, new = [float(np.mean(box)) for box in system.starts], 0.37
    truth = clean(system, new, [start])[0]
    forecast = laws.at(new, env="new").simulate(start, system.t, env="new", band=0.95)
    error = np.sqrt(np.mean((forecast.x - truth) ** 2, axis=0)) / truth.std(axis=0)
    assert (error <= 2 * 0.05).all()
    predicted = laws.predict({"z": new})
    for (state, term), law in system.truth.items():
        s, k = model.state_names_.index(state), list(model.get_feature_names_out()).index(term)
        assert abs(predicted.coef[s, k] - law(new)) < 4 * predicted.coef_std[s, k]


# ---- selection
def test_linear_quadratic_and_constant_laws(laws: CoefficientLaws) -> None:
    assert [law.status for law in laws.laws] == ["same in all environments", "law", "law"]
    assert [law.terms for law in laws.laws] == [("1",), ("1", "T"), ("1", "T", "T**2")]
    assert all(law.explained > 0.99 and law.left_out_relative < 0.2 for law in laws.laws[1:])


def test_without_noise_laws_are_exact() -> None:
    coef = np.column_stack([1.0 + 0.04 * (T - 280), 0.5 + 1e-4 * T**2])
    model = fitted_model(coef, independent(len(T), 2, 1e-8), list(TEMPERATURE))
    laws = coefficient_law(model, {"T": TEMPERATURE})
    assert [law.terms for law in laws.laws] == [("1", "T"), ("1", "T**2")]
    # errors of 1e-8 on a column of range 35 leave the slope within about 1e-9
    np.testing.assert_allclose(laws["c_x_1"].coef, [1.0 - 0.04 * 280, 0.04], rtol=1e-6)
    np.testing.assert_allclose(laws["c_x_2"].coef, [0.5, 1e-4], rtol=1e-6)


def test_an_inert_covariate_is_left_out() -> None:
    dose = dict(zip(TEMPERATURE, np.random.default_rng(5).uniform(0, 3, len(T)), strict=True))
    laws = coefficient_law(planted(1.0 + 0.04 * (T - 280)), {"dose": dose, "T": TEMPERATURE})
    assert laws["x", "x"].terms == ("1", "T")


def test_scatter_without_a_law_is_called_so() -> None:
    coef = 1.0 + 0.3 * np.random.default_rng(1).standard_normal(len(T))
    law = coefficient_law(planted(coef), {"T": TEMPERATURE}).laws[0]
    assert (law.status, law.terms) == ("varies without a law", ("1",))
    # the spread that is left is the standard deviation over environments, errors of 0.01 being far smaller
    assert law.between_std == pytest.approx(coef.std(ddof=1), rel=0.05)


def test_a_saturating_law_of_a_users_library_is_found() -> None:
    dose = np.linspace(0, 4, 8)
    library = PolynomialLibrary(degree=2) + CustomLibrary(["dose/(1 + dose)"])
    law = coefficient_law(
        planted(0.5 + 2.0 * dose / (1 + dose)), {"dose": dict(zip(TEMPERATURE, dose, strict=True))}, library=library
    ).laws[0]
    assert law.terms == ("1", "dose/(dose + 1)")


def test_arrhenius_by_the_logarithm() -> None:
    rate = -np.exp(8.0 - 2400.0 / T)
    laws = coefficient_law(
        planted(rate), {"T": TEMPERATURE}, library=CustomLibrary(["1", "1/T"]), transform={"c_x_1": "log"}
    )
    law = laws["c_x_1"]
    assert (law.sign, law.terms) == (-1.0, ("1", "1/T"))
    assert abs(law.coef[1] + 2400.0) < 4 * law.coef_std[1]
    value = laws.predict(297.0)
    assert abs(value.coef[0, 1] + np.exp(8.0 - 2400.0 / 297.0)) < 4 * value.coef_std[0, 1]
    assert float(laws.to_sympy()["x"].subs({"T": 297.0, "x": 1.0})) == pytest.approx(value.coef[0, 1], rel=1e-12)
    assert laws.equations()[0].startswith("-exp(") and r"-\exp\left(" in laws.to_latex()


def test_a_library_without_a_constant_goes_through_the_origin() -> None:
    library = PolynomialLibrary(degree=2, include_bias=False)
    law = coefficient_law(planted(0.01 * T), {"T": TEMPERATURE}, library=library).laws[0]
    assert law.terms == ("T",) and abs(law.coef[0] - 0.01) < 4 * law.coef_std[0]


# ---- invariances
def test_order_of_environments_and_units_do_not_matter(laws: CoefficientLaws) -> None:
    model = laws.model
    order = np.random.default_rng(3).permutation(len(T))
    labels = [list(TEMPERATURE)[e] for e in order]
    mixed = fitted_model(model.coef_[order][:, model.mask_], model.covariance_[order], labels)
    again = coefficient_law(mixed, {"kT": {env: value / 1000 for env, value in TEMPERATURE.items()}})
    there, here = again.predict(0.293), laws.predict(293.0)
    np.testing.assert_allclose(there.coef, here.coef, rtol=1e-8)
    np.testing.assert_allclose(there.covariance, here.covariance, rtol=1e-5)  # tau is found to 1e-4 of its size


def test_a_narrow_range_far_from_zero_prefers_the_lower_degree() -> None:
    far = {env: 1e4 + value for env, value in TEMPERATURE.items()}
    law = coefficient_law(planted(1.0 + 0.04 * (T - 280)), {"T": far}).laws[0]
    assert law.terms == ("1", "T")


# ---- estimates
def test_a_law_without_spread_is_weighted_least_squares() -> None:
    error = ERROR * np.linspace(0.5, 2.0, len(T))
    coef = 1.0 + 0.04 * (T - 280) + 0.5 * error * np.cos(7 * np.arange(len(T)))
    model = fitted_model(coef[:, None], (error**2)[:, None, None], list(TEMPERATURE))
    law = coefficient_law(model, {"T": TEMPERATURE}).laws[0]
    assert law.between_std == 0.0 and law.terms == ("1", "T")
    slope, intercept = np.polyfit(T, coef, 1, w=1 / error)
    np.testing.assert_allclose(law.coef, [intercept, slope], rtol=1e-9)
    covariance = np.polyfit(T, coef, 1, w=1 / error, cov="unscaled")[1]
    np.testing.assert_allclose(law.covariance, covariance[::-1, ::-1], rtol=1e-6)


def test_constant_coefficients_are_pooled_by_inverse_variance() -> None:
    error = np.linspace(0.5, 2.0, len(T))
    coef = 1.0 + 0.1 * np.cos(np.arange(len(T)))
    law = coefficient_law(
        fitted_model(coef[:, None], (error**2)[:, None, None], list(TEMPERATURE)), {"T": TEMPERATURE}
    ).laws[0]
    assert law.status == "same in all environments"
    assert law.coef[0] == pytest.approx(np.average(coef, weights=1 / error**2))
    assert law.coef_std[0] == pytest.approx(1 / np.sqrt(np.sum(1 / error**2)))


def test_correlated_errors_of_a_shared_coefficient_sharpen_the_others() -> None:
    covariance = np.tile(ERROR**2 * np.array([[1.0, 0.95], [0.95, 1.0]]), (len(T), 1, 1))
    rng = np.random.default_rng(0)
    errors = rng.multivariate_normal(np.zeros(2), covariance[0], size=len(T))
    coef = np.column_stack([0.5 + 0 * T, 1.0 + 0.04 * (T - 280)]) + errors
    law = coefficient_law(fitted_model(coef, covariance, list(TEMPERATURE)), {"T": TEMPERATURE})["c_x_2"]
    # the slope does not depend on the shared coefficient: its error shrinks by sqrt(1 - 0.95^2)
    alone = ERROR / np.sqrt(np.sum((T - T.mean()) ** 2))
    assert law.between_std == 0.0
    assert law.coef_std[1] == pytest.approx(alone * np.sqrt(1 - 0.95**2), rel=1e-6)


def test_what_is_not_observed_is_left_out() -> None:
    model = planted(1.0 + 0.04 * (T - 280), 0.5 + 0 * T)
    coef, covariance = model.coef_[:, model.mask_].copy(), model.covariance_.copy()
    coef[2, 0], covariance[2, 0], covariance[2, :, 0] = np.nan, np.nan, np.nan
    coef[:, 1], covariance[:, 1], covariance[:, :, 1] = np.nan, np.nan, np.nan
    laws = coefficient_law(fitted_model(coef, covariance, list(TEMPERATURE)), {"T": TEMPERATURE})
    assert laws["c_x_1"].degrees == len(T) - 1 - 2 and laws["c_x_1"].terms == ("1", "T")
    assert laws["c_x_2"].status == "not observed" and laws["c_x_2"].terms == ()
    predicted = laws.predict(300.0)
    assert np.isnan(predicted.coef[0, 2]) and np.isfinite(predicted.coef_std[0, 1])
    assert "c_x_2" in laws.equations()[0] and "c_x_2" in str(laws.to_sympy()["x"]) and "not observed" in str(laws)


def test_observed_in_too_few_environments() -> None:
    model = planted(1.0 + 0.04 * (T - 280))
    coef, covariance = model.coef_[:, model.mask_].copy(), model.covariance_.copy()
    coef[3:], covariance[3:] = np.nan, np.nan
    law = coefficient_law(fitted_model(coef, covariance, list(TEMPERATURE)), {"T": TEMPERATURE}).laws[0]
    assert (law.status, law.terms) == ("too few environments", ("1",))


def test_a_tied_coefficient_keeps_its_error() -> None:
    model = fitted_model(np.full((len(T), 1), 0.7), independent(len(T), 1), list(TEMPERATURE))
    law = coefficient_law(model, {"T": TEMPERATURE}).laws[0]
    assert (law.status, law.coef[0], law.coef_std[0]) == ("tied", 0.7, pytest.approx(ERROR))


# ---- environments without data
def test_prediction_is_the_law_with_its_error_and_the_spread(laws: CoefficientLaws) -> None:
    predicted, law = laws.predict({"T": 297.5}), laws["c_x_2"]
    row = np.array([1.0, 297.5])
    assert predicted.coef[0, 2] == pytest.approx(row @ law.coef)
    student = 2.4469  # Student's t with 6 degrees of freedom, two-sided 95 %
    expected = student / 1.959964 * np.sqrt(row @ law.covariance @ row + law.between_std**2)
    assert predicted.coef_std[0, 2] == pytest.approx(expected, rel=1e-4)
    np.testing.assert_allclose(predicted.coef_std[laws.model.mask_] ** 2, np.diag(predicted.covariance))
    assert np.linalg.eigvalsh(predicted.covariance).min() > 0


def test_the_model_without_data_works_like_a_fitted_one(laws: CoefficientLaws, tmp_path: Path) -> None:
    model = laws.at({"T": 297.5})
    assert model.environments_ == ["T=297.5"] and "without data" in model.status_
    assert laws.equations({"T": 297.5}) == model.equations("T=297.5")
    model.save(tmp_path / "model.json")
    again = SpReME.load(tmp_path / "model.json")
    np.testing.assert_array_equal(again.coef_, model.coef_)
    np.testing.assert_array_equal(again.covariance_, model.covariance_)
    forecast = model.simulate([0.1], [0.0, 0.1], band=0.95)
    assert forecast.lower is not None and forecast.upper is not None
    assert (forecast.lower[1] < forecast.x[1]).all() and (forecast.x[1] < forecast.upper[1]).all()


def test_extrapolation_is_told_once(laws: CoefficientLaws) -> None:
    message = r"T = 330 lies beyond the fitted environments \(280 to 315\): the laws are extrapolated"
    for call in (laws.predict, laws.at, laws.equations):
        with pytest.warns(UserWarning, match=message) as caught:
            call({"T": 330.0})
        assert len(caught) == 1 and caught[0].filename == __file__
    assert all(law.status for law in laws.laws)


def test_labels_of_new_environments_are_checked(laws: CoefficientLaws) -> None:
    with pytest.raises(TypeError, match="label of the new environment"):
        laws.at({"T": 290.0}, env=["list"])  # type: ignore[arg-type]


def test_four_environments_judge_a_line() -> None:
    model = planted(1.0 + 0.04 * (T - 280))
    few = fitted_model(model.coef_[:4][:, model.mask_], model.covariance_[:4], list(TEMPERATURE)[:4])
    law = coefficient_law(few, {"T": TEMPERATURE}).laws[0]
    assert law.terms == ("1", "T") and law.left_out_relative < 1.0


# ---- how it is shown
def test_expressions_agree_with_the_prediction(laws: CoefficientLaws) -> None:
    point = {"T": 291.0, "x": 0.7}
    exact = float(laws.to_sympy()["x"].subs(point))
    predicted = laws.predict({"T": 291.0}).coef[0]
    assert exact == pytest.approx(predicted @ 0.7 ** np.arange(4), rel=1e-10)
    # the text is rounded: by a tenth of the error of each coefficient at most, which are 3
    text = float(sympy.sympify(laws.equations()[0]).subs(point))
    assert abs(text - exact) < 3 * ERROR


def test_text_html_latex_and_frame(laws: CoefficientLaws) -> None:
    text = str(laws)
    assert text.startswith("8 environments, T from 280 to 315") and "(same in all environments)" in text
    html = laws._repr_html_()
    assert html.count("<tr>") == 4 and "c_x_2" in html
    assert r"c_{x,2} &= " in laws.to_latex() and laws.to_latex().endswith(r"\end{aligned}")
    frame = laws.to_frame()
    assert frame["covariate_term"].tolist() == ["1", "1", "T", "1", "T", "T**2"]
    np.testing.assert_allclose(frame["upper"] - frame["value"], frame["value"] - frame["lower"], rtol=1e-9)
    slope = frame[(frame["symbol"] == "c_x_2") & (frame["covariate_term"] == "T")].iloc[0]
    assert slope["lower"] < 0.04 < slope["upper"]
    with pytest.raises(KeyError, match="no coefficient 'c_y_1': there are c_x_1, c_x_2, c_x_3"):
        laws["c_y_1"]


def test_a_model_that_is_the_same_everywhere() -> None:
    laws = coefficient_law(planted(0.5 + 0 * T), {"T": TEMPERATURE})
    assert "there is no law to find" in str(laws) and laws.predict(290.0).coef[0, 1] == laws["c_x_1"].coef[0]
