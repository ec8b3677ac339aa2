"""The estimator on data with a known law."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from spreme import CustomLibrary, PolynomialLibrary, SpReME, Trajectories

RATES = {"A": (0.5, 0.75, 0.5, 0.75), "B": (0.6, 0.6, 0.45, 0.9), "C": (0.45, 0.9, 0.6, 0.6)}


def lotka_volterra(noise: float = 0.0, seed: int = 0, n: int = 120, step: float = 0.1) -> Trajectories:
    """Two trajectories in each of three environments; noise relative to each state's root mean square."""
    rng, x, env = np.random.default_rng(seed), [], []
    t = step * np.arange(n)
    for label, (a, b, c, d) in RATES.items():
        for start in ((1.0, 2.0), (1.6, 0.8)):
            rates = lambda _, z, a=a, b=b, c=c, d=d: (a * z[0] - b * z[0] * z[1], d * z[0] * z[1] - c * z[1])  # noqa: E731
            run = solve_ivp(rates, (0, t[-1]), start, t_eval=t, rtol=1e-10, atol=1e-12).y.T
            x.append(run + noise * np.sqrt((run**2).mean(axis=0)) * rng.standard_normal(run.shape))
            env.append(label)
    return Trajectories(x, [t] * len(x), env=env, state_names=["x", "y"])


TRUE_TERMS = {("x", "x"), ("x", "x*y"), ("y", "y"), ("y", "x*y")}


def found_terms(model: SpReME) -> set[tuple[str, str]]:
    names = model.get_feature_names_out()
    return {(model.state_names_[s], names[k]) for s, k in zip(*np.nonzero(model.mask_), strict=True)}


def true_coefficients(model: SpReME) -> np.ndarray:
    """Coefficients (E, S, K) of the generating law in the order of the model."""
    index = {name: k for k, name in enumerate(model.get_feature_names_out())}
    out = np.zeros(model.coef_.shape)
    for e, label in enumerate(model.environments_):
        a, b, c, d = RATES[label]
        out[e, 0, index["x"]], out[e, 0, index["x*y"]] = a, -b
        out[e, 1, index["y"]], out[e, 1, index["x*y"]] = -c, d
    return out


@pytest.fixture(scope="module")
def model() -> SpReME:
    return SpReME(library=PolynomialLibrary(degree=3)).fit(lotka_volterra(0.01))


def test_noise_free_law_is_exact() -> None:
    model = SpReME(library=PolynomialLibrary(degree=5)).fit(lotka_volterra())
    assert found_terms(model) == TRUE_TERMS
    # the quadrature of the widest windows is good to about 1e-9 here, the integration of the data to 1e-10
    np.testing.assert_allclose(model.coef_, true_coefficients(model), atol=1e-7)


@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_noisy_law_is_found_and_errors_are_as_stated(noise: float) -> None:
    model = SpReME(library=PolynomialLibrary(degree=3)).fit(lotka_volterra(noise, seed=1))
    assert found_terms(model) == TRUE_TERMS
    inside = np.broadcast_to(model.mask_, model.coef_.shape)
    z = ((model.coef_ - true_coefficients(model)) / model.coef_std_)[inside]
    # 12 standardised errors: their root mean square exceeds 2 by chance with probability below 1e-5
    assert np.sqrt(np.mean(z**2)) < 2.0
    assert (model.coef_[~inside] == 0).all() and np.isnan(model.coef_std_[~inside]).all()


def test_noise_is_estimated() -> None:
    data = lotka_volterra(0.05, seed=2)
    model = SpReME(library=PolynomialLibrary(degree=2)).fit(data)
    rms = np.array([np.sqrt((np.vstack(data.where(env=e).x) ** 2).mean(axis=0)) for e in data.environments])
    # 240 samples per value: 5 % standard error; rows share samples, so allow five of them
    np.testing.assert_allclose(model.noise_std_ / rms, 0.05, rtol=0.25)


@pytest.mark.parametrize("formulation", ["weak", "derivative"])
@pytest.mark.parametrize("penalty", ["group_l0", "group_lasso"])
def test_every_formulation_and_penalty_gives_a_law(formulation: str, penalty: str) -> None:
    model = SpReME(library=PolynomialLibrary(degree=2), formulation=formulation, penalty=penalty).fit(
        lotka_volterra(0.002)
    )
    assert found_terms(model) >= TRUE_TERMS
    assert np.isfinite(model.coef_).all()


@pytest.mark.parametrize("criterion", ["bic", "ebic", "knee"])
def test_every_criterion_of_the_rows_finds_the_law(criterion: str) -> None:
    model = SpReME(library=PolynomialLibrary(degree=2), criterion=criterion, refine=None).fit(lotka_volterra(0.01))
    assert found_terms(model) == TRUE_TERMS


@pytest.mark.parametrize("criterion", ["evidence", "bic", "ebic", "loeo", "stability"])
def test_every_criterion_of_the_likelihood_finds_the_law(criterion: str) -> None:
    # of the seeds 0 to 3 the first is the one where BIC prefers one term more, by 1.2
    model = SpReME(library=PolynomialLibrary(degree=2), criterion=criterion).fit(lotka_volterra(0.01, seed=1))
    assert found_terms(model) == TRUE_TERMS


def test_attributes_have_the_documented_shapes(model: SpReME) -> None:
    assert model.mask_.shape == (2, 10) and model.mask_.dtype == bool
    assert model.coef_.shape == model.coef_std_.shape == (3, 2, 10)
    assert model.noise_std_.shape == (3, 2)
    assert model.environments_ == ["A", "B", "C"] and model.state_names_ == ["x", "y"]
    assert len(model.terms_) == 10 and model.status_ == "converged"
    assert model.n_features_in_ == 2 and list(model.feature_names_in_) == ["x", "y"]


def test_selection_names_the_runner_up(model: SpReME) -> None:
    assert set(model.selection_.chosen["x"].terms) == {"x", "x*y"}
    second = model.selection_.runner_up["x"]
    assert second is not None and second.distance > 0
    assert [c.distance for c in model.path_.candidates["x"]] == sorted(c.distance for c in model.path_.candidates["x"])
    assert "next:" in str(model.selection_) and "candidates" in str(model.path_)


def test_order_of_environments_and_trajectories_does_not_matter(model: SpReME) -> None:
    data = lotka_volterra(0.01)
    turned = SpReME(library=PolynomialLibrary(degree=3)).fit(data[[5, 2, 0, 4, 1, 3]])
    assert (turned.mask_ == model.mask_).all()
    for e, label in enumerate(turned.environments_):
        np.testing.assert_allclose(
            turned.coef_[e], model.coef_[model.environments_.index(label)], rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize(("unit_x", "unit_t"), [(1e6, 1.0), (1e-6, 1.0), (1.0, 1e6), (1.0, 1e-6), (1e3, 1e3)])
def test_units_do_not_matter(model: SpReME, unit_x: float, unit_t: float) -> None:
    data = lotka_volterra(0.01)
    scaled = Trajectories(
        [x * [unit_x, 1.0] for x in data.x], [t * unit_t for t in data.t], env=data.env, state_names=["x", "y"]
    )
    other = SpReME(library=PolynomialLibrary(degree=3)).fit(scaled)
    assert (other.mask_ == model.mask_).all()
    degree = np.array([str(name).count("x") for name in model.get_feature_names_out()])
    degree = np.array([p[0] for p in _powers(model)])
    factor = np.array([unit_x, 1.0])[:, None] / unit_x**degree / unit_t
    np.testing.assert_allclose(other.coef_, model.coef_ * factor, rtol=1e-6)


def _powers(model: SpReME) -> list[tuple[int, int]]:
    import sympy

    x, y = sympy.symbols("x y")
    return [sympy.Poly(term, x, y).monoms()[0] for term in model.terms_]


def test_threads_do_not_change_the_result(model: SpReME) -> None:
    other = SpReME(library=PolynomialLibrary(degree=3), n_jobs=2).fit(lotka_volterra(0.01))
    assert np.array_equal(other.coef_, model.coef_) and np.array_equal(other.coef_std_, model.coef_std_, equal_nan=True)


def test_restrictions_are_kept() -> None:
    data = lotka_volterra(0.01)
    library = PolynomialLibrary(degree=2)
    model = SpReME(library=library, required={"y": ["y**2"]}, excluded={"x": ["y**2"]}).fit(data)
    names = list(model.get_feature_names_out())
    assert model.mask_[1, names.index("y**2")] and not model.mask_[0, names.index("y**2")]
    with pytest.warns(UserWarning, match="does not describe the data: residuals of x are"):
        narrow = SpReME(library=library, allowed={"x": ["x", "y"]}).fit(data)
    assert {term for state, term in found_terms(narrow) if state == "x"} <= {"x", "y"}
    assert "does not describe" in narrow.status_ and "does not describe" in str(narrow)


def test_mixed_environments_are_told_from_missing_terms() -> None:
    data = lotka_volterra(0.005)
    pooled = Trajectories(data.x, data.t, state_names=["x", "y"])
    with pytest.warns(UserWarning, match="do not share the coefficients"):
        model = SpReME(library=PolynomialLibrary(degree=2)).fit(pooled)
    assert found_terms(model) == TRUE_TERMS
    assert "environment" in model.status_


def test_missing_irregular_and_unequal_samples() -> None:
    data, rng = lotka_volterra(0.005), np.random.default_rng(3)
    x, t = [], []
    for i, (xi, ti) in enumerate(zip(data.x, data.t, strict=True)):
        keep = rng.random(len(ti)) < 0.8
        keep[: 5 + i] = False
        xi = np.where(rng.random(xi.shape) < 0.1, np.nan, xi)
        x.append(xi[keep])
        t.append(ti[keep])
    model = SpReME(library=PolynomialLibrary(degree=2)).fit(x, t, env=data.env, state_names=["x", "y"])
    assert found_terms(model) == TRUE_TERMS


def test_an_outlier_is_left_out_and_named() -> None:
    data = lotka_volterra(0.005)
    x = [run.copy() for run in data.x]
    x[1][60, 0] = 1e3
    with pytest.warns(UserWarning, match="outliers.*x = 1000.*trajectory 1"):
        model = SpReME(library=PolynomialLibrary(degree=2)).fit(x, data.t, env=data.env, state_names=["x", "y"])
    assert found_terms(model) == TRUE_TERMS


def test_absent_species_is_not_observed() -> None:
    data = lotka_volterra(0.005)
    x = [run.copy() for run in data.x]
    for i in (4, 5):
        x[i] = np.column_stack([np.exp(-0.4 * data.t[i]) * x[i][0, 0], np.zeros(len(x[i]))])
    model = SpReME(library=PolynomialLibrary(degree=2)).fit(x, data.t, env=data.env, state_names=["x", "y"])
    assert found_terms(model) == TRUE_TERMS
    names = list(model.get_feature_names_out())
    assert np.isnan(model.coef_[2, 1, names.index("y")]) and np.isnan(model.coef_std_[2, 0, names.index("x*y")])
    assert model.coef_[2, 0, names.index("x")] == pytest.approx(-0.4, abs=0.01)
    assert "not observed" in str(model)
    assert (model.simulate([1.0, 0.0], [0.0, 1.0], env="C").x[:, 1] == 0).all()
    with pytest.raises(ValueError, match="not observed"):
        model.simulate([1.0, 1.0], [0.0, 1.0], env="C")


def test_constant_state_has_no_terms() -> None:
    data = lotka_volterra(0.005)
    x = [np.column_stack([run, np.full(len(run), 2.0)]) for run in data.x]
    with pytest.warns(UserWarning, match="state 'z' never changes"):
        model = SpReME(library=PolynomialLibrary(degree=2)).fit(x, data.t, env=data.env, state_names=["x", "y", "z"])
    assert not model.mask_[2].any()


def test_undefined_terms_are_named() -> None:
    data = lotka_volterra(0.005)
    library = PolynomialLibrary(degree=2) + CustomLibrary(["log(x - 1)"])
    with pytest.raises(ValueError, match=r"log\(x - 1\).*trajectory"):
        SpReME(library=library).fit(data)


def test_verbose_says_one_line_per_stage_or_equation(capsys: pytest.CaptureFixture[str]) -> None:
    SpReME(library=PolynomialLibrary(degree=2), verbose=1).fit(lotka_volterra(0.01))
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert not out and all(re.match(r"\[spreme\] +\d+\.\d s  ", line) for line in lines)
    assert any("1 segment a trajectory" in line and "masks fitted" in line for line in lines)
    assert "rows of " in lines[0] and lines[-1].endswith("done: 4 terms in 2 equations, converged")
    SpReME(library=PolynomialLibrary(degree=2), refine=None, verbose=1).fit(lotka_volterra(0.01))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" s  ")[1][:5] for line in lines] == ["rows ", "x' ~ ", "y' ~ ", "done:"]


def test_few_rows_do_not_give_certainty() -> None:
    t = np.linspace(0, 2, 5)
    x, names = [np.exp(-t)[:, None]], ["x"]
    rows = SpReME(library=CustomLibrary(["x"]), required={"x": ["x"]}, refine=None).fit(x, t, state_names=names)
    assert rows.coef_std_[0, 0, 0] > 1e-6  # the quadrature of five samples is no better
    model = SpReME(library=CustomLibrary(["x"]), required={"x": ["x"]}).fit(x, t, state_names=names)
    assert abs(model.coef_[0, 0, 0] + 1.0) < 1e-7  # integration of order 8 is


def test_an_environment_with_data_is_observed() -> None:
    long, short = np.linspace(0, 3, 61), np.sort(np.random.default_rng(75).uniform(0, 3, 20))
    x = [np.exp(-long)[:, None], np.exp(-1.5 * short)[:, None]]
    model = SpReME(library=CustomLibrary(["x"]), required={"x": ["x"]}).fit(
        x, [long, short], env=["long", "short"], state_names=["x"]
    )
    assert np.isfinite(model.coef_).all()
    np.testing.assert_allclose(model.coef_[:, 0, 0], [-1.0, -1.5], rtol=0.02)


def test_score_does_not_depend_on_units() -> None:
    data = lotka_volterra(0.01)
    scores = []
    for unit in (1e-7, 1.0, 1e7):
        scaled = Trajectories([x * [1.0, unit] for x in data.x], data.t, env=data.env, state_names=["x", "y"])
        with pytest.warns(UserWarning, match="does not describe"):
            scores.append(SpReME(library=PolynomialLibrary(degree=2), allowed={"y": ["1"]}).fit(scaled).score(scaled))
    assert scores == pytest.approx([scores[1]] * 3, rel=1e-6)


def test_required_terms_of_a_constant_state_stay_and_too_many_are_refused() -> None:
    t = np.linspace(0, 3, 61)
    data = Trajectories([np.column_stack([np.exp(-t), np.ones(61)])], [t], state_names=["x", "k"])
    with pytest.warns(UserWarning, match="'k' never changes"):
        model = SpReME(library=PolynomialLibrary(degree=1), required={"k": ["k"]}).fit(data)
    assert model.mask_[1].tolist() == [False, False, True]
    with pytest.raises(ValueError, match="max_terms is 1, but 2 terms are required in the equation of 'x'"):
        SpReME(max_terms=1, required={"x": ["x", "k"]}).fit(data)


def test_fitted_arrays_cannot_be_changed_by_accident(model: SpReME) -> None:
    adapted = model.adapt(lotka_volterra(0.01, seed=3).where(env="A"), env="D")
    for part in (adapted.mask_, adapted.coef_, model.coef_std_):
        with pytest.raises(ValueError, match="read-only"):
            part[...] = 0
