"""What a fitted model says about data: scores, errors of forecasts, environments of new trajectories."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted

from spreme import metrics
from spreme.data import Trajectories, coerce
from spreme.estimators import held_out
from spreme.estimators.assignment import Assignment, assign_trajectories
from spreme.estimators.options import INFER
from spreme.estimators.state import FittedState

if TYPE_CHECKING:
    from spreme.estimators.spreme import SpReME


class DataMethods:
    """Methods that judge data by a fitted law."""

    _state: FittedState
    get_params: Callable[..., dict[str, Any]]

    def score(self, x: Any, t: Any = None, *, env: Any = None, u: Any = None) -> float:
        """Mean over environments of the R2 of time derivatives.

        An environment that was held out of the fit (by a cross-validation split of the same data set) is scored with
        the shared mask: its coefficients are fitted to one half of its data and judged on the other.

        Parameters
        ----------
        x : Trajectories, or as in `fit`
            Data of fitted environments.
        t : optional
            As in `fit`.
        env : optional
            As in `fit`.
        u : optional
            As in `fit`.

        Returns
        -------
        float
            1 is perfect.
        """
        scores = np.array(list(self.score_environments(x, t, env=env, u=u).values()))
        if np.isnan(scores).all():
            raise ValueError("the trajectories are too short to judge time derivatives: 5 samples that move are needed")
        return float(scores[~np.isnan(scores)].mean())

    def score_environments(self, x: Any, t: Any = None, *, env: Any = None, u: Any = None) -> dict[Hashable, float]:
        """R2 of time derivatives of every environment.

        Parameters
        ----------
        x : Trajectories, or as in `fit`
            Data.
        t : optional
            As in `fit`.
        env : optional
            As in `fit`.
        u : optional
            As in `fit`.

        Returns
        -------
        dict
            Label -> R2, averaged over states.
        """
        return held_out.by_environment(self._model, self._known(x, t, env, u), metrics.derivative_r2)

    def rollout_error(self, x: Any, t: Any = None, *, env: Any = None, u: Any = None) -> dict[Hashable, float]:
        """Error of forecasts from a fitted start of every trajectory.

        Parameters
        ----------
        x : Trajectories, or as in `fit`
            Data.
        t : optional
            As in `fit`.
        env : optional
            As in `fit`.
        u : optional
            As in `fit`.

        Returns
        -------
        dict
            Label -> root mean square error over the spread of each state, mean over states, median over trajectories.
        """
        return held_out.by_environment(self._model, self._known(x, t, env, u), metrics.rollout_error)

    def assign(self, x: Any, t: Any = None, *, u: Any = None) -> Assignment:
        """Tell which fitted environment trajectories belong to, by their likelihood under the law of each.

        Labels that the trajectories have are ignored.

        Parameters
        ----------
        x : Trajectories, or as in `fit`
            Data.
        t : optional
            As in `fit`.
        u : optional
            As in `fit`.

        Returns
        -------
        Assignment
            ``labels`` (m), ``probabilities`` (m, E) and ``misfit`` (m,), the root mean square residual in units of the
            noise: a trajectory that belongs to none of the environments shows there.

        Examples
        --------
        >>> import numpy as np
        >>> from spreme import SpReME
        >>> t = np.linspace(0, 3, 61)
        >>> model = SpReME().fit([np.exp(-t), np.exp(-2 * t)], t, env=["slow", "fast"])
        >>> model.assign([3 * np.exp(-2 * t), 2 * np.exp(-t)], t).labels
        ['fast', 'slow']
        """
        check_is_fitted(self)
        return assign_trajectories(self._state, held_out.matched(coerce(x, t, None, u), self._state.law))

    @property
    def _model(self) -> SpReME:
        """The estimator that has these methods."""
        return cast("SpReME", self)

    def _known(self, x: Any, t: Any, env: Any, u: Any) -> Trajectories:
        """Data whose columns and environments the model knows; without labels as in `fit` they are assigned."""
        check_is_fitted(self)
        data = held_out.matched(coerce(x, t, env, u), self._state.law)
        if (
            self.get_params(deep=False)["env"] != INFER
            or self._state.labels is None
            or len(data.known_environments) > 1
        ):
            return data
        return held_out.with_labels(data, self.assign(data).labels)
