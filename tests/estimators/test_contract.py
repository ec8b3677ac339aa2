"""scikit-learn's contract over whole trajectories."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from estimators.test_spreme import TRUE_TERMS, found_terms, lotka_volterra
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, LeaveOneGroupOut, cross_val_score
from sklearn.pipeline import make_pipeline

from spreme import PolynomialLibrary, SpReME, Trajectories
from spreme.penalties import GroupLasso

LIBRARY = PolynomialLibrary(degree=2)


@pytest.fixture(scope="module")
def data() -> Trajectories:
    return lotka_volterra(0.005)


@pytest.fixture(scope="module")
def model(data: Trajectories) -> SpReME:
    return SpReME(library=LIBRARY).fit(data)


def test_constructor_only_stores() -> None:
    nonsense = dict.fromkeys(SpReME().get_params(), "nonsense")
    assert SpReME(**nonsense).get_params(deep=False) == nonsense


def test_clone_set_params_and_repr() -> None:
    model = SpReME(library=LIBRARY, penalty=GroupLasso(), max_terms=4)
    copy = clone(model)
    assert copy is not model and copy.get_params() == model.get_params()
    assert copy.set_params(max_terms=5).max_terms == 5
    assert "degree=2" in repr(model) and "max_terms=4" in repr(model) and "formulation" not in repr(model)
    assert str(SpReME()) == repr(SpReME()) == "SpReME()"
    assert copy.set_params(library__degree=4).library.degree == 4 and model.library.degree == 2
    with pytest.raises(ValueError, match="no field 'degre'"):
        copy.set_params(library__degre=4)
    with pytest.raises(ValueError, match="Invalid parameter 'degree'"):
        model.set_params(degree=3)


def test_fit_returns_self_and_forgets(data: Trajectories) -> None:
    model = SpReME(library=LIBRARY)
    assert model.fit(data) is model
    assert model.fit(data.where(env="B")).environments_ == ["B"]


def test_pickling(model: SpReME) -> None:
    copy = pickle.loads(pickle.dumps(model))
    assert np.array_equal(copy.coef_, model.coef_) and str(copy) == str(model)
    x = np.ones((3, 2))
    assert np.array_equal(copy.predict(x, "A"), model.predict(x, "A"))


@pytest.mark.parametrize("call", ["predict", "simulate", "score", "adapt", "equations", "save", "to_frame", "print"])
def test_not_fitted(call: str, data: Trajectories) -> None:
    arguments = {
        "predict": (np.ones((2, 2)),),
        "simulate": ([1, 1], [0, 1]),
        "score": (data,),
        "adapt": (data,),
        "save": ("x",),
    }
    with pytest.raises(NotFittedError):
        getattr(SpReME(), call)(*arguments.get(call, ()))


def test_held_out_trajectories_are_scored(data: Trajectories) -> None:
    model = SpReME(library=LIBRARY)
    for splitter, groups, n_folds in (
        (KFold(3, shuffle=True, random_state=0), None, 3),
        (GroupKFold(2), data.groups, 2),
        (LeaveOneGroupOut(), data.groups, 3),
    ):
        scores = cross_val_score(model, data, groups=groups, cv=splitter)
        assert len(scores) == n_folds and (scores > 0.99).all()


@pytest.mark.filterwarnings("ignore:the law does not describe the data")  # degree 1 cannot
def test_grid_search_prefers_the_sufficient_library(data: Trajectories) -> None:
    grid = {"library": [PolynomialLibrary(degree=1), LIBRARY]}
    search = GridSearchCV(SpReME(), grid, cv=KFold(3)).fit(data)
    assert search.best_params_ == {"library": LIBRARY}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert found_terms(search.best_estimator_) == TRUE_TERMS


def test_pipeline(data: Trajectories) -> None:
    assert make_pipeline(SpReME(library=LIBRARY)).fit(data).score(data) > 0.99


def test_unknown_environments_are_refused(model: SpReME, data: Trajectories) -> None:
    foreign = Trajectories(data.x, data.t, env=["Q"] * 6, state_names=["x", "y"])
    with pytest.raises(ValueError, match=r"'Q'.*adapt"):
        model.score(foreign)


def test_scores_by_environment(model: SpReME, data: Trajectories) -> None:
    scores = model.score_environments(data)
    assert list(scores) == ["A", "B", "C"] and model.score(data) == pytest.approx(np.mean(list(scores.values())))
    assert all(error < 0.02 for error in model.rollout_error(data).values())


def test_arrays_and_trajectories_are_the_same(model: SpReME, data: Trajectories) -> None:
    other = SpReME(library=LIBRARY).fit(data.x, data.t, env=data.env, state_names=["x", "y"])
    assert np.array_equal(other.coef_, model.coef_)
