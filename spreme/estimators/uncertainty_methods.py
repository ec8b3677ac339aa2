"""What every model that holds a law says about the errors of its coefficients."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

from spreme import symbolic
from spreme.data import Trajectories
from spreme.estimators.profiled import profile_coefficient
from spreme.estimators.state import FittedState
from spreme.likelihood.profile import Profile, check_level
from spreme.likelihood.profile_walk import normal_quantile
from spreme.likelihood.term_report import TermReport, report_terms

if TYPE_CHECKING:
    import pandas as pd


class UncertaintyMethods:
    """Methods about the errors of a fitted law, each handed on to the function that does it."""

    _state: FittedState
    get_params: Callable[..., dict[str, Any]]

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Confidence intervals of all coefficients, from their standard errors.

        Each holds the truth with probability `level` if the law is the right one and its coefficients act about
        linearly within their errors; `profile_likelihood` does not need the latter.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level of each interval.

        Returns
        -------
        pandas.DataFrame
            Columns env, state, term, value, std, lower, upper; NaN where not observed.

        Examples
        --------
        >>> import numpy as np
        >>> from spreme import SpReME
        >>> t = np.linspace(0, 3, 61)
        >>> x = np.exp(-t) + 0.02 * np.random.default_rng(1).standard_normal(61)
        >>> model = SpReME(allowed={"x0": ["x0"]}).fit([x], t)
        >>> model.conf_int()[["state", "term", "lower", "upper"]].round(2).values.tolist()
        [['x0', 'x0', -1.03, -0.99]]
        """
        check_is_fitted(self)
        half = normal_quantile(check_level(level)) * self._state.law.coef_std[:, self._state.law.mask].ravel()
        table = symbolic.to_frame(self._state.law)
        return table.assign(lower=table["value"] - half, upper=table["value"] + half)

    def profile_likelihood(
        self,
        data: Trajectories,
        state: str,
        term: str,
        env: Hashable = None,
        level: float = 0.95,
        n_points: int = 16,
    ) -> Profile:
        """Profile the likelihood of one coefficient: its confidence interval without any linearisation.

        The coefficient is held at values around its estimate, and all others of the same environment are fitted again
        to the trajectories each time. A coefficient that all environments share (`tie`) is held in all of them, and all
        are fitted again. Beside shared coefficients, one of a single environment is fitted with what the others say
        about these, by the quadratic model of their likelihood.

        Parameters
        ----------
        data : Trajectories
            The data of the fit: a model keeps none.
        state, term : str
            Equation and term, such as "x" and "x*y".
        env : hashable, default None
            Environment; may be left out if only one was fitted, or if all share the coefficient.
        level : float, default 0.95
            Confidence level.
        n_points : int, default 16
            Fits inside the interval, about.

        Returns
        -------
        Profile
            The deviance at all values and the interval; infinite on a side where the data do not bound it.

        Raises
        ------
        ValueError
            If the coefficient, its environment or the data do not belong to the model, or the law cannot follow them.

        Examples
        --------
        >>> import numpy as np
        >>> from spreme import SpReME, Trajectories
        >>> t = np.linspace(0, 3, 61)
        >>> x = np.exp(-t) + 0.02 * np.random.default_rng(1).standard_normal(61)
        >>> data = Trajectories([x], t, state_names=["x"])
        >>> print(SpReME(allowed={"x": ["x"]}).fit(data).profile_likelihood(data, "x", "x"))
        x in x', environment 0: -1.012 ± 0.011
        95 % interval  -1.034 to -0.990   (profile likelihood)
                       -1.034 to -0.990   (standard error)
        """
        check_is_fitted(self)
        coefficient = (state, term, env)
        return profile_coefficient(self._state, self.get_params(deep=False), data, coefficient, level, n_points)

    def term_report(self, level: float = 0.05) -> TermReport:
        """Tell which terms are the same in all environments, which vary, and where they may be zero.

        Parameters
        ----------
        level : float, default 0.05
            Probability of one or more false alarms over all terms.

        Returns
        -------
        TermReport
            One row per state and term; printed as a table, `to_frame()` gives it to pandas.

        Examples
        --------
        >>> import numpy as np
        >>> from spreme import SpReME
        >>> t = np.linspace(0, 3, 61)
        >>> rng = np.random.default_rng(0)
        >>> x = [np.exp(-rate * t) + 0.02 * rng.standard_normal(61) for rate in (1.0, 2.0)]
        >>> model = SpReME(allowed={"x0": ["x0"]}).fit(x, t, env=["cold", "warm"])
        >>> [row.verdict for row in model.term_report().rows]
        ['varies']
        """
        check_is_fitted(self)
        return report_terms(self._state.law, self._state.covariance, level)
