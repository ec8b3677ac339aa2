"""What every model that holds a law can do: evaluate, forecast, export, show itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from spreme import simulate, symbolic
from spreme.data.magnitudes import magnitudes
from spreme.estimators import display
from spreme.estimators.plain_numbers import plain_errors, plain_inputs, plain_times
from spreme.estimators.state import FittedState
from spreme.estimators.uncertainty_methods import UncertaintyMethods
from spreme.results import Forecast
from spreme.simulate.bands import BandOptions, add_band
from spreme.simulate.inputs import Inputs

if TYPE_CHECKING:
    import sympy

Array = NDArray[np.float64]


class LawMethods(UncertaintyMethods):
    """Methods of a fitted law, each handed on to the function that does it."""

    _state: FittedState

    def predict(self, x: ArrayLike, env: Hashable = None, u: ArrayLike | None = None) -> Array:
        """Evaluate the right-hand side.

        Parameters
        ----------
        x : array_like (n, S)
            States; quantities of pint are converted to the units of the fitted data.
        env : hashable, default None
            Environment; may be left out if only one was fitted.
        u : array_like (n, U), default None
            Inputs beside the states; needed if the model was fitted with inputs.

        Returns
        -------
        ndarray (n, S)
            Time derivatives, in the units of the fitted data.
        """
        check_is_fitted(self)
        law = self._state.law
        x = magnitudes(x, law.state_names, law.units, "x: state")
        return simulate.predict(law, x, env, plain_inputs(u, law))

    def simulate(
        self,
        x0: ArrayLike,
        t: ArrayLike,
        env: Hashable = None,
        u: Inputs = None,
        *,
        rtol: float = 1e-8,
        band: float | None = None,
        n_draws: int = 200,
        x0_std: ArrayLike | None = None,
        random_state: int | np.random.Generator | None = 0,
    ) -> Forecast:
        """Forecast from one or several starts.

        Parameters
        ----------
        x0 : array_like (S,) or (m, S)
            States at ``t[0]``; these, times, inputs and errors may be quantities of pint, or lists of one quantity per
            state, which are converted to the units of the fitted data.
        t : array_like (n,)
            Times, increasing or decreasing.
        env : hashable, default None
            Environment; may be left out if only one was fitted.
        u : array_like (n, U) or callable, default None
            Inputs at the times t, linear in between, or a function u(t) that gives (U,) values; needed if the model was
            fitted with inputs.
        rtol : float, default 1e-8
            Relative tolerance of the integration.
        band : float, default None
            Share of forecasts, such as 0.95, that a band is to hold when coefficients are drawn from their joint
            errors; None: no band. Measurements scatter around it by the noise on top.
        n_draws : int, default 200
            Draws of a band.
        x0_std : float or array_like (S,), default None
            Standard errors of the start, which is then drawn, too; None: the start is known.
        random_state : int, Generator or None, default 0
            Seed of the draws; None: another one each time.

        Returns
        -------
        Forecast
            Times, states and status; a blow-up is a status with the part before it. With a band, `lower` and `upper`.

        Examples
        --------
        >>> import numpy as np
        >>> from spreme import SpReME
        >>> t = np.linspace(0, 3, 61)
        >>> x = np.exp(-t) + 0.02 * np.random.default_rng(1).standard_normal(61)
        >>> forecast = SpReME(allowed={"x0": ["x0"]}).fit([x], t).simulate([1.0], [0.0, 1.0], band=0.95)
        >>> bool(forecast.lower[1, 0] < np.exp(-1.0) < forecast.upper[1, 0])
        True
        """
        check_is_fitted(self)
        law = self._state.law
        x0, u = magnitudes(x0, law.state_names, law.units, "x0: state"), plain_inputs(u, law)
        forecast = simulate.simulate(law, x0, plain_times(t, law), env, u, rtol=rtol)
        if band is None:
            return forecast
        options = BandOptions(band, n_draws, plain_errors(x0_std, law), random_state)
        cut = u if u is None or callable(u) else np.asarray(u)[: len(forecast.t)]
        return add_band(forecast, law, self._state.covariance, options, rtol, cut)

    def equations(self, env: Hashable = None, precision: int = 3) -> list[str]:
        """Right-hand sides as text.

        Parameters
        ----------
        env : hashable, default None
            Environment; None: symbolic coefficients.
        precision : int, default 3
            Digits after the point; numbers below 1 get as many significant digits.

        Returns
        -------
        list of str
            One per state.
        """
        check_is_fitted(self)
        return symbolic.equations(self._state.law, env, precision)

    def to_sympy(self, env: Hashable = None) -> dict[str, sympy.Expr]:
        """Right-hand sides as SymPy expressions in plain symbols named like the states and inputs.

        Parameters
        ----------
        env : hashable, default None
            Environment; None: symbolic coefficients, named alike in every environment.

        Returns
        -------
        dict
            State name -> expression.
        """
        check_is_fitted(self)
        return symbolic.to_sympy(self._state.law, env)

    def to_latex(self, env: Hashable = None) -> str:
        """System of equations in LaTeX.

        Parameters
        ----------
        env : hashable, default None
            Environment; None: symbolic coefficients.

        Returns
        -------
        str
            An aligned system.
        """
        check_is_fitted(self)
        return symbolic.to_latex(self._state.law, env)

    def to_callable(self, env: Hashable = None, backend: str = "numpy") -> Callable[..., Array]:
        """Right-hand side as a function f(t, x), ready for `scipy.integrate.solve_ivp`.

        Parameters
        ----------
        env : hashable, default None
            Environment; may be left out if only one was fitted.
        backend : {"numpy", "numba"}, default "numpy"
            Plain or compiled.

        Returns
        -------
        callable
            f(t, x) -> x_dot; f(t, x, u) -> x_dot for a model with inputs, u (U,) or, with "numpy", a function of time.
        """
        check_is_fitted(self)
        return symbolic.to_callable(self._state.law, env, backend)

    def to_frame(self, backend: str = "pandas") -> Any:
        """Coefficients as a tidy table.

        Parameters
        ----------
        backend : {"pandas", "polars"}, default "pandas"
            Package of the table.

        Returns
        -------
        pandas.DataFrame or polars.DataFrame
            Columns env, state, term, value, std, and unit if units of the data are known and pint is installed.

        Raises
        ------
        ImportError
            If the package is not installed.
        """
        check_is_fitted(self)
        return symbolic.to_frame(self._state.law, backend)

    def print(self, env: Hashable = None, precision: int = 3) -> None:
        """Print the law.

        Parameters
        ----------
        env : hashable, default None
            Print only the equations of this environment.
        precision : int, default 3
            Digits after the point; numbers below 1 get as many significant digits.
        """
        check_is_fitted(self)
        print(str(self) if env is None else display.one_environment(self._state.law, env, precision))

    def get_feature_names_out(self) -> NDArray[np.object_]:
        """Texts of the library terms.

        Returns
        -------
        ndarray (K,) of str
            Names.
        """
        check_is_fitted(self)
        return np.array(self._state.law.table.names, dtype=object)

    def __str__(self) -> str:
        """Show the shared structure once and the coefficients per environment."""
        return display.text(self._state) if self.__sklearn_is_fitted__() else repr(self)

    def _repr_html_(self) -> str:
        """Show the law in notebooks."""
        return display.html(self._state) if self.__sklearn_is_fitted__() else display.unfitted_html(repr(self))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Show the law where scikit-learn would draw the estimator's parameters."""
        return {"text/plain": str(self), "text/html": self._repr_html_()}

    def __sklearn_is_fitted__(self) -> bool:
        """Tell whether `fit` has been called."""
        return hasattr(self, "_state")
