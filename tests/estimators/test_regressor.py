"""Plain group-sparse regression: special cases of scikit-learn, closed forms, invariances, the contract."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import ElasticNet, Lasso, LassoCV, LinearRegression, MultiTaskLasso
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from spreme import GroupSparseRegressor
from spreme.penalties import GroupElasticNet, GroupLasso

Array = NDArray[np.float64]
# A relative duality gap of 1e-13 leaves coefficients of well-conditioned columns exact to about its root.
EXACT = {"tol": 1e-13, "debias": False}
CLOSE: dict[str, Any] = {"rtol": 0, "atol": 2e-6}


def problem(seed: int = 0, n: int = 80, p: int = 8, noise: float = 0.3) -> tuple[Array, Array]:
    """Columns of different size and mean; the target uses columns 1, 2 and 5."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) @ (np.eye(p) + 0.3 * rng.standard_normal((p, p)))
    X = X * np.geomspace(0.1, 10, p) + np.arange(p)
    coef = np.zeros(p)
    coef[[1, 2, 5]] = np.array([2.0, -1.0, 1.5]) / X[:, [1, 2, 5]].std(axis=0)
    return X, X @ coef + 3.0 + noise * rng.standard_normal(n)


def scaled(X: Array) -> Array:
    return StandardScaler().fit_transform(X)


@parametrize_with_checks(
    [
        GroupSparseRegressor(),
        GroupSparseRegressor(alpha=0.1),
        GroupSparseRegressor(criterion="cv"),
        GroupSparseRegressor(penalty="group_elastic_net", criterion="bic", debias=False),
        GroupSparseRegressor(penalty="group_mcp", fit_intercept=False),
    ]
)
def test_contract_of_scikit_learn(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


@pytest.mark.parametrize("alpha", [0.02, 0.2, 0.8])
def test_lasso(alpha: float) -> None:
    X, y = problem()
    model = GroupSparseRegressor(alpha=alpha, **EXACT).fit(X, y)
    lasso = Lasso(alpha=alpha, tol=1e-12, max_iter=100_000).fit(scaled(X), y)
    np.testing.assert_allclose(model.coef_ * X.std(axis=0), lasso.coef_, **CLOSE)
    np.testing.assert_allclose(model.predict(X), lasso.predict(scaled(X)), **CLOSE)
    assert model.dual_gap_ <= 1e-13 and model.status_ == "converged" and model.alpha_ == alpha
    assert np.array_equal(model.mask_, lasso.coef_ != 0)


def test_lasso_without_intercept() -> None:
    X, y = problem()
    scale = np.sqrt((X**2).mean(axis=0))
    model = GroupSparseRegressor(alpha=0.3, fit_intercept=False, **EXACT).fit(X, y)
    lasso = Lasso(alpha=0.3, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(X / scale, y)
    np.testing.assert_allclose(model.coef_ * scale, lasso.coef_, **CLOSE)
    assert model.intercept_ == 0.0


def test_elastic_net() -> None:
    X, y = problem()
    model = GroupSparseRegressor(GroupElasticNet(l1_ratio=0.4), alpha=0.2, **EXACT).fit(X, y)
    net = ElasticNet(alpha=0.2, l1_ratio=0.4, tol=1e-12, max_iter=100_000).fit(scaled(X), y)
    np.testing.assert_allclose(model.coef_ * X.std(axis=0), net.coef_, **CLOSE)


def test_environments_with_equal_columns_are_tasks() -> None:
    X, y = problem()
    Y = np.column_stack([y, X[:, 1] - y, X[:, 5] + 0.1 * y])
    model = GroupSparseRegressor(alpha=0.3, **EXACT)
    model.fit(np.tile(X, (3, 1)), Y.T.ravel(), environments=np.repeat([0, 1, 2], len(X)))
    # sums over tasks of squares / (2 n), the norms of the rows: the same objective
    tasks = MultiTaskLasso(alpha=0.3, tol=1e-12, max_iter=100_000).fit(scaled(X), Y)
    np.testing.assert_allclose(model.coef_ * X.std(axis=0), tasks.coef_, **CLOSE)
    assert model.coef_.shape == (3, 8) and model.intercept_.shape == (3,) and model.mask_.shape == (8,)


def test_lasso_chosen_by_cross_validation() -> None:
    X, y = problem()
    model = GroupSparseRegressor(criterion="cv", n_alphas=40, **EXACT).fit(X, y)
    lasso = LassoCV(alphas=model.path_.alphas[:, 0], cv=5, tol=1e-10, max_iter=100_000).fit(scaled(X), y)
    assert model.alpha_ == lasso.alpha_
    np.testing.assert_allclose(model.criterion_path_, lasso.mse_path_.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(model.coef_ * X.std(axis=0), lasso.coef_, rtol=0, atol=1e-5)
    same = GroupSparseRegressor(criterion="cv", n_alphas=40, cv=KFold(5), n_jobs=2, **EXACT).fit(X, y)
    assert np.array_equal(same.coef_, model.coef_)


def test_groups_of_orthogonal_columns_shrink_as_one() -> None:
    rng = np.random.default_rng(3)
    Q = np.linalg.qr(rng.standard_normal((60, 6)))[0] * np.sqrt(60)  # mean squares 1, no intercept
    y = rng.standard_normal(60) + Q[:, 0] - Q[:, 4]
    labels = np.array(["b", "a", "b", "c", "a", "c"])
    model = GroupSparseRegressor(alpha=0.5, fit_intercept=False, **EXACT).fit(Q, y, groups=labels)
    free = Q.T @ y / 60
    expected = np.zeros(6)
    for label in "abc":
        own = labels == label
        expected[own] = max(1 - 0.5 / np.linalg.norm(free[own]), 0.0) * free[own]
    np.testing.assert_allclose(model.coef_, expected, **CLOSE)
    assert model.groups_ == labels.tolist()


def test_weights_of_groups_are_in_the_order_of_their_first_columns() -> None:
    rng = np.random.default_rng(3)
    Q = np.linalg.qr(rng.standard_normal((60, 4)))[0] * np.sqrt(60)
    y = Q @ np.array([1.0, 1.0, 1.0, 1.0])
    penalty = GroupLasso(weights=(1.0, 4.0))
    model = GroupSparseRegressor(penalty, alpha=0.5, fit_intercept=False, **EXACT).fit(
        Q, y, groups=["z", "z", "a", "a"]
    )
    assert model.mask_.tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    "penalty",
    ["group_lasso", "group_l0", "adaptive_group_lasso", "group_elastic_net", "group_mcp", "group_scad", "stlsq"],
)
def test_groups_enter_whole_in_all_environments(penalty: str) -> None:
    rng = np.random.default_rng(5)
    X, env = rng.standard_normal((150, 8)), np.repeat(["a", "b", "c"], 50)
    coef = {"a": [1.0, -1.0], "b": [0.5, 2.0], "c": [-1.0, 0.3]}
    y = np.array([X[i, [2, 3]] @ coef[label] for i, label in enumerate(env)]) + 0.2 * rng.standard_normal(150)
    model = GroupSparseRegressor(penalty).fit(X, y, groups=[0, 0, 1, 1, 2, 2, 3, 3], environments=env)
    assert np.flatnonzero(model.mask_).tolist() == [2, 3]
    # standard errors are 0.2 / sqrt(50) = 0.03
    np.testing.assert_allclose(model.coef_[:, 2:4], list(coef.values()), rtol=0, atol=0.12)
    assert model.environments_ == ["a", "b", "c"] and model.score(X, y, environments=env) > 0.95


def test_debiased_coefficients_are_least_squares() -> None:
    X, y = problem()
    model = GroupSparseRegressor().fit(X, y)
    assert np.flatnonzero(model.mask_).tolist() == [1, 2, 5]
    plain = LinearRegression().fit(X[:, model.mask_], y)
    np.testing.assert_allclose(model.coef_[model.mask_], plain.coef_, rtol=1e-9)
    assert model.intercept_ == pytest.approx(plain.intercept_, rel=1e-9) and not model.coef_[~model.mask_].any()
    point = int(np.argmin(model.criterion_path_))
    assert model.alpha_ == model.path_.alphas[point, 0] and np.array_equal(model.path_.masks[point, 0], model.mask_)
    shrunk = GroupSparseRegressor(alpha=model.alpha_).fit(X, y)
    both = GroupSparseRegressor(alpha=model.alpha_, debias=True).fit(X, y)
    np.testing.assert_allclose(both.coef_, model.coef_, rtol=1e-12)
    assert np.abs(shrunk.coef_).sum() < np.abs(both.coef_).sum()


def test_number_of_groups_as_strength() -> None:
    X, y = problem()
    model = GroupSparseRegressor("group_l0", alpha=3).fit(X, y)
    assert np.flatnonzero(model.mask_).tolist() == [1, 2, 5] and model.alpha_ == 3.0 and np.isnan(model.dual_gap_)
    assert not GroupSparseRegressor("group_l0", alpha=0).fit(X, y).mask_.any()
    for wrong in (0.1, -1, 9):
        with pytest.raises(ValueError, match=rf"alpha is the number of groups .*0 to 8.*{wrong}"):
            GroupSparseRegressor("group_l0", alpha=wrong).fit(X, y)


def test_sizes_grow_while_the_largest_is_chosen() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 15))
    y = X[:, :10].sum(axis=1) + 0.1 * rng.standard_normal(200)
    assert GroupSparseRegressor("group_l0").fit(X, y).mask_.sum() == 10
    assert GroupSparseRegressor("group_l0", max_terms=4).fit(X, y).mask_.sum() == 4


def test_outputs_are_solved_apart() -> None:
    X, y = problem()
    Y = np.column_stack([y, X[:, 0], np.zeros(len(X))])
    both = GroupSparseRegressor().fit(X, Y)
    assert both.coef_.shape == both.mask_.shape == (3, 8) and both.intercept_.shape == both.alpha_.shape == (3,)
    assert both.predict(X).shape == (80, 3) and both.criterion_path_.shape == (100, 3)
    for s in (0, 1):
        np.testing.assert_allclose(both.coef_[s], GroupSparseRegressor().fit(X, Y[:, s]).coef_, rtol=1e-9, atol=1e-12)
    assert not both.coef_[2].any() and both.intercept_[2] == 0.0
    env = np.arange(80) % 2
    apart = GroupSparseRegressor().fit(X, Y, environments=env)
    assert apart.coef_.shape == (2, 3, 8) and apart.intercept_.shape == (2, 3) and apart.mask_.shape == (3, 8)
    assert apart.predict(X, environments=env).shape == (80, 3) and apart.score(X, Y, environments=env) > 0.9


@pytest.mark.parametrize("criterion", ["ebic", "cv"])
def test_order_and_units_of_columns_do_not_matter(criterion: str) -> None:
    X, y = problem()
    labels = np.array([0, 0, 1, 1, 2, 3, 3, 4])
    order, unit = np.random.default_rng(1).permutation(8), np.geomspace(1e-3, 1e3, 8)
    model = GroupSparseRegressor(criterion=criterion, tol=1e-10).fit(X, y, groups=labels)
    other = GroupSparseRegressor(criterion=criterion, tol=1e-10)
    other.fit((X * unit)[:, order], y, groups=[f"g{9 - labels[j]}" for j in order])
    np.testing.assert_allclose(other.coef_ * unit[order], model.coef_[order], rtol=1e-7, atol=1e-10)
    # a target in other units, measured from elsewhere
    third = GroupSparseRegressor(criterion=criterion, tol=1e-10).fit(X, 1e3 * y - 7, groups=labels)
    np.testing.assert_allclose(third.coef_, 1e3 * model.coef_, rtol=1e-7, atol=1e-7)


def test_order_of_rows_and_names_of_environments_do_not_matter() -> None:
    X, y = problem()
    env, order = np.arange(80) % 3, np.random.default_rng(1).permutation(80)
    model = GroupSparseRegressor().fit(X, y, environments=env)
    names = [("run", int(e)) for e in env[order]]
    other = GroupSparseRegressor().fit(X[order], y[order], environments=names)
    rank = [other.environments_.index(("run", e)) for e in range(3)]
    np.testing.assert_allclose(other.coef_[rank], model.coef_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(other.predict(X[order], names), model.predict(X, env)[order], rtol=1e-9)


def test_one_environment_is_none() -> None:
    X, y = problem()
    plain, one = GroupSparseRegressor().fit(X, y), GroupSparseRegressor().fit(X, y, environments=["only"] * 80)
    assert one.coef_.shape == (1, 8) and np.array_equal(one.coef_[0], plain.coef_)


def test_constant_columns_are_never_chosen() -> None:
    X, y = problem()
    X[:, 4] = 1e9 / 3  # its mean is not itself, to rounding
    model = GroupSparseRegressor(alpha=1e-3).fit(X, y)
    assert not model.mask_[4] and np.isfinite(model.coef_).all()
    env = np.repeat([0, 1], 40)
    X[:40, 1] = 0.1
    apart = GroupSparseRegressor(alpha=1e-3).fit(X, y, environments=env)
    assert apart.mask_[1] and apart.coef_[0, 1] == 0.0 and apart.coef_[1, 1] != 0.0


def test_few_rows() -> None:
    X, y = problem()
    assert not GroupSparseRegressor().fit(X[:1], y[:1]).mask_.any()
    assert np.isfinite(GroupSparseRegressor(criterion="stability", random_state=0).fit(X[:3], y[:3]).coef_).all()
    lonely = ["a"] * 79 + ["b"]  # an environment of a single row has an intercept and nothing else
    for criterion in ("ebic", "cv", "stability"):
        model = GroupSparseRegressor(criterion=criterion, random_state=0, n_alphas=40, alpha_min_ratio=0.01).fit(
            X, y, environments=lonely
        )
        assert np.flatnonzero(model.mask_).tolist() == [1, 2, 5] and not model.coef_[1].any()
        assert model.predict(X[79:], environments=["b"])[0] == pytest.approx(y[79])


def test_no_input_is_changed_and_fit_forgets() -> None:
    X, y = problem()
    old_x, old_y = X.copy(), y.copy()
    model = GroupSparseRegressor(criterion="cv", n_alphas=20)
    assert model.fit(X, y, groups=[0, 0, 1, 1, 2, 2, 3, 3], environments=[0, 1] * 40) is model
    assert np.array_equal(X, old_x) and np.array_equal(y, old_y) and model.coef_.ndim == 2
    model.set_params(criterion="stability", random_state=0).fit(X, y)
    assert model.criterion_path_ is None and np.isnan(model.alpha_) and model.selection_frequency_.shape == (8,)
    model.set_params(criterion="ebic").fit(X, y)
    fresh = GroupSparseRegressor(n_alphas=20).fit(X, y)
    assert model.selection_frequency_ is None and model.environments_ is None
    assert np.array_equal(model.coef_, fresh.coef_) and model.groups_ == list(range(8))


def test_clone_pickle_and_parameters() -> None:
    X, y = problem()
    model = GroupSparseRegressor(GroupLasso(), alpha=0.2, tol=1e-8).fit(X, y)
    assert clone(model).get_params() == model.get_params()
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
    nonsense = dict.fromkeys(model.get_params(), "nonsense")
    assert GroupSparseRegressor(**nonsense).get_params() == nonsense
    assert "penalty=GroupLasso(" in repr(model)
    with pytest.raises(NotFittedError):
        GroupSparseRegressor().predict(X)


def test_frames_name_their_columns() -> None:
    X, y = problem()
    frame = pd.DataFrame(X, columns=[f"c{j}" for j in range(8)])
    labels = pd.Series(list("aabbccdd"))
    model = GroupSparseRegressor().fit(frame, pd.Series(y), groups=labels, environments=pd.Series([0, 1] * 40))
    assert model.feature_names_in_.tolist() == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.iloc[:, ::-1], environments=[0] * 80)


def test_grid_search_and_pipeline() -> None:
    X, y = problem()
    env = np.array(["a", "b"] * 40)
    search = GridSearchCV(GroupSparseRegressor(alpha=1.0), {"alpha": [1e-3, 0.1, 10.0]}, cv=3).fit(X, y)
    assert search.best_params_ == {"alpha": 1e-3} and search.best_score_ > 0.9
    pipeline = make_pipeline(StandardScaler(), GroupSparseRegressor())
    pipeline.fit(X, y, groupsparseregressor__groups=[0, 0, 1, 1, 2, 2, 3, 3], groupsparseregressor__environments=env)
    assert pipeline.predict(X, environments=env).shape == (80,)


def test_trouble_is_one_warning_and_a_status() -> None:
    X, y = problem()
    with pytest.warns(ConvergenceWarning, match="raise max_iter") as caught:
        model = GroupSparseRegressor(alpha=1e-3, tol=1e-12, max_iter=1).fit(X, y)
    assert len(caught) == 1 and "did not converge" in model.status_
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.set_params(max_iter=None).fit(X, y)
    assert model.status_ == "converged"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"penalty": "lasso"}, "'lasso'.*'group_lasso'"),
        ({"penalty": GroupLasso}, "unknown penalty"),
        ({"alpha": 0}, "alpha must be positive.*None.*got 0"),
        ({"alpha": True}, "alpha.*True"),
        ({"alpha": np.inf}, "alpha.*inf"),
        ({"criterion": "aic"}, "'aic'.*'ebic', 'bic', 'cv', 'stability'"),
        ({"criterion": "stability", "debias": False}, "debias=False.*'auto'"),
        ({"debias": "no"}, "debias.*'no'"),
        ({"fit_intercept": "yes"}, "fit_intercept.*'yes'"),
        ({"n_alphas": 0}, "n_alphas.*0"),
        ({"alpha_min_ratio": 1.0}, r"alpha_min_ratio.*\(0, 1\).*1.0"),
        ({"max_terms": 1.5}, "max_terms.*1.5"),
        ({"max_iter": 0}, "max_iter.*0"),
        ({"tol": -1e-3}, "tol.*-0.001"),
        ({"stability_threshold": 0.5}, "stability_threshold.*0.5"),
        ({"random_state": "seed"}, "random_state.*'seed'"),
        ({"n_jobs": 0}, "n_jobs.*0"),
        ({"criterion": "cv", "cv": 1}, "cv=1"),
        ({"criterion": "cv", "cv": 81}, "cv=81.*n_samples = 80"),
        ({"criterion": "cv", "cv": [([0, 2], [1, 3])]}, "leaves out whole environments"),
    ],
)
def test_bad_options(options: dict[str, Any], words: str) -> None:
    X, y = problem()
    with pytest.raises(ValueError, match=words):
        GroupSparseRegressor(**options).fit(X, y, environments=[0, 1] * 40)


@pytest.mark.parametrize(
    ("labels", "error", "words"),
    [
        ({"groups": [0, 1]}, ValueError, "groups has 2 labels for 8 columns"),
        ({"groups": [0] * 7 + [None]}, ValueError, "groups: the label of column 7 is missing"),
        ({"groups": [[0]] * 8}, TypeError, "groups: the label of column 0.*not hashable"),
        ({"groups": "abcdefgh"}, TypeError, "groups must be a list"),
        ({"groups": np.zeros((8, 1))}, TypeError, "not hashable"),
        ({"environments": [0, 1]}, ValueError, "environments has 2 labels for 80 rows"),
        ({"environments": [np.nan] * 80}, ValueError, "environments: the label of row 0 is missing"),
    ],
)
def test_bad_labels(labels: dict[str, Any], error: type[Exception], words: str) -> None:
    X, y = problem()
    with pytest.raises(error, match=words):
        GroupSparseRegressor(alpha=0.1).fit(X, y, **labels)


def test_environments_of_predictions() -> None:
    X, y = problem()
    plain = GroupSparseRegressor(alpha=0.1).fit(X, y)
    with pytest.raises(ValueError, match="leave them out"):
        plain.predict(X, environments=[0] * 80)
    apart = GroupSparseRegressor(alpha=0.1).fit(X, y, environments=["a", "b"] * 40)
    with pytest.raises(ValueError, match=r"which coefficients.*'a', 'b'"):
        apart.predict(X)
    with pytest.raises(ValueError, match=r"'c' was not fitted; fitted: 'a', 'b'"):
        apart.predict(X[:1], environments=["c"])
