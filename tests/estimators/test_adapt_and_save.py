"""New environments, and models on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from estimators.test_spreme import RATES, lotka_volterra

from spreme import CustomLibrary, FourierLibrary, PolynomialLibrary, SpReME, Trajectories
from spreme.datasets import load_gause
from spreme.penalties import GroupLasso


@pytest.fixture(scope="module")
def model() -> SpReME:
    data = lotka_volterra(0.01)
    return SpReME(library=PolynomialLibrary(degree=2)).fit(data[:4])


def errors(adapted: SpReME) -> np.ndarray:
    """Errors of the coefficients of environment C."""
    names = list(adapted.get_feature_names_out())
    a, b, c, d = RATES["C"]
    at = [(0, names.index("x"), a), (0, names.index("x*y"), -b), (1, names.index("y"), -c), (1, names.index("x*y"), d)]
    return np.array([adapted.coef_[0, s, k] - value for s, k, value in at])


def test_adapt_keeps_the_mask_and_finds_the_coefficients(model: SpReME) -> None:
    new = lotka_volterra(0.01, seed=5).where(env="C")
    before = model.coef_.copy()
    adapted = model.adapt(new, env="C")
    assert (adapted.mask_ == model.mask_).all() and adapted.environments_ == ["C"]
    assert np.abs(errors(adapted)).max() < 0.03
    assert np.array_equal(model.coef_, before)
    # the new model is a model: it forecasts, exports, and is refused nothing
    assert adapted.simulate([1.0, 1.0], [0.0, 1.0]).status == "converged" and len(adapted.equations()) == 2


def test_the_prior_fades_with_data(model: SpReME) -> None:
    run = lotka_volterra(0.01, seed=6).where(env="C")[0]
    short = [(run.x[:n], run.t[:n]) for n in (12, 120)]
    with_prior = [np.abs(errors(model.adapt([x], [t]))).max() for x, t in short]
    alone = [np.abs(errors(model.adapt([x], [t], prior=False))).max() for x, t in short]
    assert with_prior[0] < alone[0]
    assert with_prior[1] == pytest.approx(alone[1], abs=0.01)


def test_a_prior_that_the_data_contradict_gives_way() -> None:
    t = np.linspace(0, 10, 201)
    rng = np.random.default_rng(4)
    run = lambda rate: np.exp(-rate * t)[:, None] + 0.005 * rng.standard_normal((201, 1))  # noqa: E731
    model = SpReME(library=PolynomialLibrary(degree=1)).fit([run(0.300), run(0.301)], t, env=["a", "b"])
    new = [run(0.6)]
    with_prior, alone = (model.adapt(new, [t], prior=prior).coef_[0, 0, 1] for prior in (True, False))
    assert with_prior == pytest.approx(-0.6, abs=0.01) and with_prior == pytest.approx(alone, abs=2e-3)


def test_a_new_environment_keeps_its_own_label(model: SpReME) -> None:
    assert model.adapt(lotka_volterra(0.01).where(env="C")).environments_ == ["C"]


def test_few_samples_rest_on_the_prior(model: SpReME) -> None:
    run = lotka_volterra(0.01, seed=7).where(env="C")[0]
    with pytest.warns(UserWarning, match="rest on the prior"):
        adapted = model.adapt([run.x[:5]], [run.t[:5]])
    assert np.isfinite(adapted.coef_).all() and np.abs(errors(adapted)).max() < 0.3


def test_data_that_contradict_the_mask_raise_the_alarm(model: SpReME) -> None:
    t = 0.1 * np.arange(120)
    with pytest.warns(UserWarning, match="does not describe the new environment"):
        adapted = model.adapt([np.column_stack([np.sin(3 * t) + 2, np.cos(5 * t) + 2])], [t])
    assert "mask" in adapted.status_


def test_adapt_refuses_known_labels_and_other_states(model: SpReME) -> None:
    new = lotka_volterra(0.01).where(env="C")
    with pytest.raises(ValueError, match="'A' already exists"):
        model.adapt(new, env="A")
    with pytest.raises(ValueError, match="state names"):
        model.adapt(Trajectories(new.x, new.t, state_names=["u", "v"]))


@pytest.mark.filterwarnings("ignore:the law does not describe the data")  # that of the library without x*y
@pytest.mark.parametrize(
    "options",
    [
        {"library": PolynomialLibrary(degree=2)},
        {
            "library": PolynomialLibrary(degree=1) + FourierLibrary() * CustomLibrary(["x/(1 + y)"]),
            "penalty": GroupLasso(),
        },
        {
            "library": PolynomialLibrary(degree=2),
            "formulation": "derivative",
            "excluded": {"x": ["y**2"]},
            "random_state": 3,
        },
        {"library": PolynomialLibrary(degree=2), "refine": None},
    ],
)
def test_save_and_load_round_trip(options: dict, tmp_path: Path) -> None:
    model = SpReME(**options).fit(lotka_volterra(0.01))
    model.save(tmp_path / "model.json")
    copy = SpReME.load(tmp_path / "model.json")
    for name in ("mask_", "coef_", "coef_std_", "noise_std_", "covariance_"):
        assert np.array_equal(getattr(copy, name), getattr(model, name), equal_nan=True)
    assert copy.environments_ == model.environments_ and copy.terms_ == model.terms_ and copy.status_ == model.status_
    assert copy.path_ == model.path_ and copy.selection_ == model.selection_
    assert copy.get_params()["library"] == model.library and copy.get_params()["penalty"] == model.penalty
    assert str(copy) == str(model) and copy._repr_html_() == model._repr_html_()
    assert str(copy.term_report()) == str(model.term_report())
    copy.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()
    new = lotka_volterra(0.01, seed=8).where(env="C")
    assert np.array_equal(copy.adapt(new, env="D").coef_, model.adapt(new, env="D").coef_)


def test_not_observed_survives_the_file(tmp_path: Path) -> None:
    model = SpReME(library=PolynomialLibrary(degree=2)).fit(load_gause())
    model.save(tmp_path / "gause.json")
    assert json.loads((tmp_path / "gause.json").read_text())["format_version"] == 2
    assert str(SpReME.load(tmp_path / "gause.json")) == str(model)


@pytest.mark.parametrize(
    "path",
    [
        ("estimator", "library"),
        ("estimator", "penalty"),
        ("fit", "residual"),
        ("fit", "candidates"),
        ("fit", "covariance"),
        ("fit", "laws"),
        ("fit", "rivals"),
        ("fit", "other_choice"),
        ("fit", "status"),
        ("coef",),
        ("table",),
    ],
)
@pytest.mark.parametrize("value", [None, 3, "__import__('os')", {"library": "os.system"}, [[1]]])
def test_damage_is_named(model: SpReME, tmp_path: Path, path: tuple[str, ...], value: object) -> None:
    file = tmp_path / "model.json"
    model.save(file)
    document = json.loads(file.read_text())
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    if value == inner[path[-1]] or (path == ("estimator", "library") and value is None):
        return
    if path == ("fit", "other_choice") and value is None:
        return
    if path == ("fit", "status") and isinstance(value, str):
        return
    inner[path[-1]] = value
    file.write_text(json.dumps(document))
    with pytest.raises(ValueError, match=r"model\.json"):
        SpReME.load(file)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("support", [[0, 1], [0, 1]]),
        ("support", [[1, 1], [0, 1]]),
        ("support", [[2, 0]]),
        ("support", [[0, 0.0]]),
        ("score", "low"),
        ("score", True),
        ("segments", 0),
        ("segments", 1.5),
        ("reason", None),
        ("code", "__import__('os')"),
    ],
)
def test_damaged_laws_are_named(model: SpReME, tmp_path: Path, key: str, value: object) -> None:
    file = tmp_path / "model.json"
    model.save(file)
    document = json.loads(file.read_text())
    document["fit"]["laws"][0][key] = value
    file.write_text(json.dumps(document))
    with pytest.raises(ValueError, match=r"model\.json: damaged"):
        SpReME.load(file)


def test_infinite_and_missing_scores_come_back(model: SpReME, tmp_path: Path) -> None:
    law = replace(model.path_.laws[0], score=float("inf"), distance=float("inf"), evidence=float("nan"))
    selection = replace(model.selection_, rivals=(model.path_.laws[-1],), other_choice=law)
    path = replace(model.path_, laws=(*model.path_.laws, law))
    odd = SpReME(**model.get_params(deep=False))
    odd._learn(replace(model._state, selection=selection, path=path))
    odd.save(tmp_path / "model.json")
    copy = SpReME.load(tmp_path / "model.json")
    assert copy.path_.laws[:-1] == model.path_.laws and copy.selection_.rivals == selection.rivals
    for own in (copy.path_.laws[-1], copy.selection_.other_choice):
        assert np.isnan(own.evidence) and replace(own, evidence=0.0) == replace(law, evidence=0.0)
    assert str(copy) == str(odd)


def test_files_of_the_first_version(model: SpReME, tmp_path: Path) -> None:
    """They have standard errors only: what the law is stays, what is missing is said, and only once."""
    file = tmp_path / "model.json"
    model.save(file)
    document = json.loads(file.read_text())
    document["format_version"] = 1
    del document["estimator"]["loss"], document["estimator"]["tie"]
    document["estimator"] |= {"refine": None, "criterion": "bic"}
    for key in ("covariance", "laws", "rivals", "other_choice"):
        del document["fit"][key]
    file.write_text(json.dumps(document))
    old = SpReME.load(file)
    assert np.array_equal(old.coef_, model.coef_) and old.get_params()["loss"] == "gaussian"
    assert np.array_equal(np.sqrt(np.einsum("eqq->eq", old.covariance_)), model.coef_std_[:, model.mask_])
    assert "format version 1" in old.status_ and old.path_.laws == ()
    old.save(file)
    assert SpReME.load(file).status_ == old.status_
    document["format_version"] = 2
    file.write_text(json.dumps(document))
    with pytest.raises(ValueError, match=r"model\.json: damaged: the estimator's parameters lack \['loss', 'tie'\]"):
        SpReME.load(file)
