"""`GroupSparseRegressor`: plain regression whose columns enter in groups, shared by several environments."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from spreme.estimators.regression_options import (
    RegressionOptions,
    check_labels,
    check_regression,
    folds_of,
    known_positions,
)
from spreme.penalties import Penalty
from spreme.results import Path
from spreme.selection.strength.choice import Choice, Folds, at_strength, by_information, by_stability, by_validation
from spreme.selection.strength.design import Design, arrange

Array = NDArray[np.float64]

# Words of the solvers for solutions to rely on.
GOOD = ("converged", "exact", "stationary")


class GroupSparseRegressor(RegressorMixin, BaseEstimator):
    """Linear regression with few groups of columns, the same ones in every environment.

    For each output: minimise over b, one vector per environment e,
    ``sum_e 1/(2 n_e) ||y_e - X_e b_e||^2 + penalty(B; alpha)``, B the coefficients of columns that are centred in every
    environment and divided by one scale each, so that their mean squares, averaged over environments, are one. The
    group lasso has the penalty ``alpha sum_g ||B_g||_2``, the norm over the columns of a group and all
    environments: a group is in the law of all environments or of none.

    Parameters
    ----------
    penalty : str or penalty object, default "group_lasso"
        A name or an object of `spreme.penalties`, or an object with the methods of
        `spreme.penalties.ProximalPenalty`.
    alpha : float, default None
        Strength of the penalty, positive; with ``"group_l0"`` the number of groups. None chooses it along a path by
        `criterion`.
    criterion : {"ebic", "bic", "cv", "stability"}, default "ebic"
        What chooses where `alpha` is None: the Bayesian information criterion, its extension by a price of the number
        of models of a size, cross-validation, or the share of random halves of the rows in which "bic"
        finds a group.
    fit_intercept : bool, default True
        Whether every environment has an intercept.
    debias : bool or "auto", default "auto"
        Whether the coefficients are least squares on the chosen columns, without the shrinkage of the penalty. The
        criterion judges the coefficients that are returned. "auto": where alpha is chosen, not where it is given.
    n_alphas : int, default 100
        Length of the path.
    alpha_min_ratio : float, default 1e-3
        End of the path as a share of its beginning, the smallest alpha with all coefficients zero.
    max_terms : int, default None
        Largest number of groups on the path of ``"group_l0"``. None: 8, and more where the largest is chosen.
    cv : int, splitter or iterable, default 5
        Folds of ``criterion="cv"``. A number cuts the rows of every environment into as many stretches, unshuffled.
        With `debias` the sparsest point within one standard error of the smallest error is chosen, without it the
        point of the smallest error.
    stability_threshold : float, default 0.6
        Share of halves, in (0.5, 1], in which ``criterion="stability"`` wants a group to be found.
    tol : float, default 1e-6
        Duality gap, relative to the mean square of the target, at which a solution is accepted, or the optimality
        violation relative to alpha for penalties without a gap; see `spreme.solvers.solve_path`.
    max_iter : int, default None
        Iterations per alpha; None is the limit of the solver.
    random_state : int, Generator or None, default None
        Seed of the random halves.
    n_jobs : int, default None
        Threads over folds or halves; None is one.

    Attributes
    ----------
    coef_ : ndarray (p,), (m, p), (E, p) or (E, m, p)
        Coefficients in units of the data; m only if `y` has two dimensions, E only if environments were given.
    intercept_ : float or ndarray (m,), (E,) or (E, m)
        Intercepts.
    mask_ : ndarray (p,) or (m, p) of bool
        Chosen columns.
    alpha_ : float or ndarray (m,)
        Strength used; NaN after a stability selection.
    groups_ : list
        Label of every column.
    environments_ : list or None
        Labels of environments in the order of their first rows, None without.
    path_ : Path
        All solutions, of centred columns; one alpha only if it was given.
    criterion_path_ : ndarray (A,) or (A, m) or None
        What the criterion says of the points of the path, lower is better; None for stability or a given alpha.
    selection_frequency_ : ndarray (p,) or (m, p) or None
        Share of halves in which stability selection found a column; None otherwise.
    dual_gap_ : float or ndarray (m,)
        Duality gap at `alpha_`, relative to the mean square of the target; NaN where there is none.
    n_iter_ : int or ndarray (m,)
        Iterations along the path, at least 1.
    status_ : str
        "converged", or what went wrong, in words.
    n_features_in_ : int
        Number of columns p.
    feature_names_in_ : ndarray (p,) of str
        Names of the columns, if X has any.

    Notes
    -----
    Outputs, the columns of a two-dimensional `y`, are solved apart and have masks of their own. For a mask that all
    outputs share, as in `sklearn.linear_model.MultiTaskLasso`, stack them and let them be environments:
    ``fit(np.tile(X, (m, 1)), y.T.ravel(), environments=np.repeat(range(m), len(X)))``.

    All groups have the same weight, whatever their size; ``GroupLasso(weights=...)`` gives them others, in the order of
    their first columns.

    References
    ----------
    Yuan and Lin (2006), Model selection and estimation in regression with grouped variables, J. R. Stat. Soc. B 68.
    Chen and Chen (2008), Extended Bayesian information criteria for model selection with large model spaces, Biometrika
    95. Shah and Samworth (2013), Variable selection with error control: another look at stability selection,
    J. R. Stat. Soc. B 75.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme import GroupSparseRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((90, 6))
    >>> y = X[:, 0] - 2 * X[:, 1] + 0.1 * rng.standard_normal(90)
    >>> model = GroupSparseRegressor().fit(X, y, groups=["a", "a", "b", "b", "c", "c"])
    >>> model.mask_.nonzero()[0].tolist(), model.coef_[:2].round(1).tolist()
    ([0, 1], [1.0, -2.0])

    Two experiments that share the column, not its coefficient:

    >>> env = ["cold"] * 45 + ["hot"] * 45
    >>> y = X[:, 3] * np.repeat([1.0, 4.0], 45)
    >>> model = GroupSparseRegressor().fit(X, y, environments=env)
    >>> model.coef_[:, 3].round(3).tolist(), model.predict(X[:1], environments=["hot"]).shape
    ([1.0, 4.0], (1,))
    """

    def __init__(
        self,
        penalty: str | Penalty = "group_lasso",
        alpha: float | None = None,
        *,
        criterion: str = "ebic",
        fit_intercept: bool = True,
        debias: bool | str = "auto",
        n_alphas: int = 100,
        alpha_min_ratio: float = 1e-3,
        max_terms: int | None = None,
        cv: Any = 5,
        stability_threshold: float = 0.6,
        tol: float = 1e-6,
        max_iter: int | None = None,
        random_state: int | np.random.Generator | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.penalty = penalty
        self.alpha = alpha
        self.criterion = criterion
        self.fit_intercept = fit_intercept
        self.debias = debias
        self.n_alphas = n_alphas
        self.alpha_min_ratio = alpha_min_ratio
        self.max_terms = max_terms
        self.cv = cv
        self.stability_threshold = stability_threshold
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: ArrayLike, y: ArrayLike, groups: Any = None, environments: Any = None) -> GroupSparseRegressor:
        """Find the groups and the coefficients.

        Parameters
        ----------
        X : array_like (n, p)
            Columns.
        y : array_like (n,) or (n, m)
            Targets.
        groups : sequence of hashable (p,), default None
            Label of every column: columns with the same label enter and leave together. None: each on its own.
        environments : sequence of hashable (n,), default None
            Label of every row: each environment has coefficients of its own, and all have the same groups. None: one
            environment.

        Returns
        -------
        GroupSparseRegressor
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If an argument or the data cannot be used; the message names the culprit and the remedy.
        """
        x, target = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        labels, _ = check_labels("groups", range(x.shape[1]) if groups is None else groups, x.shape[1], "column")
        owner, known = np.zeros(len(x), np.int64), None
        if environments is not None:
            owner, known = check_labels("environments", environments, len(x), "row")
        options = check_regression(self.get_params(deep=False), labels)
        targets = target.reshape(len(target), -1).astype(np.float64)
        design = arrange(x, targets, owner, 1 if known is None else len(known), centred=options.fit_intercept)
        choice = _choose(design, options, lambda: folds_of(self.cv, x, target, owner))
        self.groups_, self.environments_ = list(range(x.shape[1]) if groups is None else groups), known
        self._learn(choice, design, options, is_single=target.ndim == 1)
        return self

    def predict(self, X: ArrayLike, environments: Any = None) -> Array:
        """Predict targets.

        Parameters
        ----------
        X : array_like (n, p)
            Columns.
        environments : sequence of hashable (n,), default None
            Label of every row, among those of `fit`; None if none were given there.

        Returns
        -------
        ndarray (n,) or (n, m)
            Predictions.
        """
        check_is_fitted(self)
        x = validate_data(self, X, dtype=np.float64, reset=False)
        owner = known_positions(environments, self.environments_, len(x))
        if self.environments_ is None:
            return x @ self.coef_.T + self.intercept_
        out = np.zeros((len(x), *self.coef_.shape[1:-1]))
        for e, (coef, intercept) in enumerate(zip(self.coef_, self.intercept_, strict=True)):
            out[owner == e] = x[owner == e] @ coef.T + intercept
        return out

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: Any = None, environments: Any = None) -> float:
        """R2 of the predictions, over all rows.

        Parameters
        ----------
        X : array_like (n, p)
            Columns.
        y : array_like (n,) or (n, m)
            Targets.
        sample_weight : array_like (n,), default None
            Weights of the rows.
        environments : sequence of hashable (n,), default None
            As in `predict`.

        Returns
        -------
        float
            1 is perfect; mean over outputs.
        """
        return float(r2_score(y, self.predict(X, environments), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Tags:
        """Several outputs are welcome."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _learn(self, choice: Choice, design: Design, options: RegressionOptions, is_single: bool) -> None:
        """Set the fitted attributes, without the axes that the data do not have."""
        state = 0 if is_single else slice(None)
        coef = choice.coef[:, state]
        means = design.target_mean - np.einsum("esk,ek->es", choice.coef, design.theta_mean)
        intercept = means[:, state]
        if self.environments_ is None:
            coef, intercept = coef[0], float(intercept[0]) if is_single else intercept[0]
        self.coef_, self.intercept_, self.mask_ = coef, intercept, choice.mask[state]
        self.path_: Path = choice.path
        self.alpha_, self.dual_gap_ = (
            _of_point(own, choice, is_single) for own in (choice.path.alphas, choice.path.gap)
        )
        self.n_iter_ = np.maximum(choice.path.n_iter.sum(axis=0), 1)[state]
        self.criterion_path_ = None if choice.scores is None else choice.scores[:, state]
        self.selection_frequency_ = None if choice.frequency is None else choice.frequency[state]
        self.status_ = _status(choice)
        if self.status_ != "converged":
            warnings.warn(
                f"{self.status_}: raise max_iter ({options.path.max_iter or 'limit of the solver'}) or tol "
                f"({options.path.tol:g}), or stop the path earlier by alpha_min_ratio",
                ConvergenceWarning,
                stacklevel=3,
            )


def _choose(design: Design, options: RegressionOptions, folds: Callable[[], Folds]) -> Choice:
    """Solve at the alpha given, or choose it."""
    if options.alpha is not None:
        return at_strength(design, options.path, options.alpha, debias=options.debias)
    if options.criterion == "cv":
        return by_validation(design, options.path, folds(), debias=options.debias, n_jobs=options.n_jobs)
    if options.criterion == "stability":
        return by_stability(design, options.path, options.threshold, options.generator, n_jobs=options.n_jobs)
    return by_information(design, options.path, extended=options.criterion == "ebic", debias=options.debias)


def _of_point(values: Array, choice: Choice, is_single: bool) -> Any:
    """Value (A, S) of the path at the chosen point of every output, NaN without one."""
    n_states = values.shape[1]
    own = np.full(n_states, np.nan) if choice.point is None else values[choice.point, np.arange(n_states)]
    return float(own[0]) if is_single else own


def _status(choice: Choice) -> str:
    """What became of the chosen points, or of the whole path where there is no such point."""
    status = choice.path.status
    if choice.point is None:
        looked_at = [word for row in status for word in row]
    else:
        looked_at = [status[point][s] for s, point in enumerate(choice.point.tolist())]
    failed = sorted({word for word in looked_at if word not in GOOD})
    if not failed:
        return "converged"
    n_failed = sum(word in failed for word in looked_at)
    return f"{n_failed} of {len(looked_at)} solutions did not converge ({', '.join(failed)})"
