"""`SpReME(env="infer")`: environments found from the dynamics."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone

import systems
from spreme import PolynomialLibrary, SpReME, Trajectories

Labels = NDArray[np.int64]
T = np.linspace(0.0, 4.0, 41)
RATES = (0.4, 1.0, 2.5)
# x(t) under x' = r x (1 - x) from x0, sampled with noise of 0.01: rates differ by 20 standard errors of one trajectory
TRUTH = np.array([0, 1, 2, 1, 0, 2, 2, 0, 1])


def logistic(truth: Labels = TRUTH, n_samples: int = 41) -> Trajectories:
    """Logistic growth at three rates, without labels."""
    generator = np.random.default_rng(3)
    x = []
    for k in truth:
        start = generator.uniform(0.05, 0.3)
        growth = np.exp(RATES[k] * T[:n_samples])
        x.append(start * growth / (1.0 + start * (growth - 1.0)) + generator.normal(0.0, 0.01, n_samples))
    return Trajectories(x, T[:n_samples], state_names=["x"])


def model(**options: object) -> SpReME:
    """An estimator with a small library."""
    return SpReME(PolynomialLibrary(degree=3), env="infer", **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fitted() -> SpReME:
    """Labels and their number inferred."""
    return model().fit(logistic())


def test_planted_labels_and_their_number_are_found(fitted: SpReME) -> None:
    np.testing.assert_array_equal(fitted.labels_, TRUTH)  # TRUTH is numbered as labels appear
    assert fitted.environments_ == [0, 1, 2]
    assert fitted.label_probabilities_.shape == (9, 3)
    np.testing.assert_allclose(fitted.label_probabilities_.sum(axis=1), 1.0, rtol=1e-12)
    assert fitted.label_probabilities_.max(axis=1).min() > 0.95


def test_law_is_that_of_known_labels(fitted: SpReME) -> None:
    data = logistic()
    known = SpReME(PolynomialLibrary(degree=3)).fit(data.x, data.t, env=TRUTH.tolist(), state_names=["x"])
    np.testing.assert_array_equal(fitted.mask_, known.mask_)
    np.testing.assert_array_equal(fitted.coef_, known.coef_)


def test_fit_is_deterministic(fitted: SpReME) -> None:
    again = clone(fitted).fit(logistic())
    np.testing.assert_array_equal(again.label_probabilities_, fitted.label_probabilities_)
    np.testing.assert_array_equal(again.coef_, fitted.coef_)


def test_homogeneous_trajectories_are_one_environment() -> None:
    assert model().fit(logistic(np.ones(6, np.int64))).environments_ == [0]


def test_given_number_is_kept() -> None:
    found = model(n_environments=3).fit(logistic())
    np.testing.assert_array_equal(found.labels_, TRUTH)


def test_new_trajectories_are_assigned_and_scored(fitted: SpReME) -> None:
    data = logistic(np.array([2, 0, 1]))
    found = fitted.assign(data)
    assert found.labels == [2, 0, 1]
    assert found.misfit.max() < 2.0
    assert fitted.score(data) > 0.9
    assert set(fitted.rollout_error(data)) == {0, 1, 2}


def test_trajectory_of_no_environment_shows_in_its_misfit(fitted: SpReME) -> None:
    assert fitted.assign([1.0 + np.sin(3.0 * T)], T).misfit[0] > 5.0


def test_saved_models_keep_their_labels(fitted: SpReME, tmp_path: object) -> None:
    path = f"{tmp_path}/model.json"
    fitted.save(path)
    loaded = SpReME.load(path)
    np.testing.assert_array_equal(loaded.labels_, fitted.labels_)
    np.testing.assert_array_equal(loaded.label_probabilities_, fitted.label_probabilities_)
    assert loaded.get_params()["env"] == "infer"


def test_adaptation_still_works(fitted: SpReME) -> None:
    data = logistic(np.array([1, 1]))
    new = fitted.adapt(data.x, data.t, env="new")
    assert new.environments_ == ["new"]
    assert new.labels_ is None


def test_labels_beside_infer_are_refused() -> None:
    data = logistic()
    with pytest.raises(ValueError, match=r"env='infer' finds the environments itself.*SpReME\(env=None\)"):
        model().fit(data.x, data.t, env=TRUTH.tolist())


def test_more_environments_than_trajectories_are_refused() -> None:
    with pytest.raises(ValueError, match="n_environments=10 is more than the 9 trajectories"):
        model(n_environments=10).fit(logistic())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"env": ["a", "b"]}, "env must be None .*fit"),
        ({"n_environments": 3}, "needs env='infer'"),
        ({"env": "infer", "n_environments": 0}, "n_environments must be a positive integer"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SpReME(**options).fit(logistic())  # type: ignore[arg-type]


def test_short_trajectories_are_assigned_by_the_others() -> None:
    data, short = logistic(), logistic(np.array([2, 1]), 12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an uncertain label would be a warning
        found = model(n_environments=3).fit([*data.x, *short.x], [*data.t, *short.t], state_names=["x"])
    np.testing.assert_array_equal(found.labels_, [*TRUTH, 2, 1])


def test_regression_alone_infers_too() -> None:
    found = model(refine=None).fit(logistic())
    np.testing.assert_array_equal(found.labels_, TRUTH)


def test_wrong_labels_are_complained_of_and_inferred_ones_are_right() -> None:
    data, wrong = logistic(), TRUTH.copy()
    wrong[3] = 2  # belongs to 1
    with pytest.warns(UserWarning, match="check its label"):
        SpReME(PolynomialLibrary(degree=3)).fit(data.x, data.t, env=wrong.tolist(), state_names=["x"])
    np.testing.assert_array_equal(model(n_environments=3).fit(data).labels_, TRUTH)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lotka", "enzyme", "vdp"])
def test_planted_environments_of_systems_are_found_at_five_percent_noise(name: str) -> None:
    data = systems.generate(systems.get(name), n_environments=4, n_trajectories=6, noise=0.05, seed=0)
    found = SpReME(env="infer").fit(data.x, data.t, state_names=data.state_names)
    # trajectories come environment by environment, so labels are numbered alike
    assert (found.labels_ == data.groups).mean() >= 0.95


def test_too_few_samples_to_tell_anything_are_refused() -> None:
    with pytest.raises(ValueError, match=r"too few samples close together .* at least 5 at regular times"):
        model().fit(logistic(TRUTH[:3], n_samples=4))


def test_unlabelled_data_of_the_fit_are_known_by_their_labels(fitted: SpReME) -> None:
    profile = fitted.profile_likelihood(logistic(), "x", "x", env=1)
    k = [str(term) for term in fitted.terms_].index("x")
    assert profile.lower < fitted.coef_[1, 0, k] < profile.upper
    with pytest.raises(ValueError, match="fitted to 9 trajectories, the data have 2"):
        fitted.profile_likelihood(logistic()[:2], "x", "x", env=1)


def test_labels_cannot_be_written_to(fitted: SpReME) -> None:
    with pytest.raises(ValueError, match="read-only"):
        fitted.labels_[0] = 2


def test_unequal_noise_is_no_other_dynamics() -> None:
    """Trajectories ten times as noisy as the others belong to the same environments, and are not complained of."""
    data, generator = logistic(), np.random.default_rng(5)
    noisy = [x + 0.1 * generator.standard_normal(x.shape) if i % 3 == 2 else x for i, x in enumerate(data.x)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = model(n_environments=3).fit(Trajectories(noisy, data.t, state_names=["x"]))
    assert "not described by any environment" not in found.status_
