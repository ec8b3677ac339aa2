"""The laws of all coefficients, and what can be done with them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spreme.coefficient_laws import display, exports
from spreme.coefficient_laws.covariates import Covariates
from spreme.coefficient_laws.prediction import Prediction, model_at, predict
from spreme.estimators import SpReME
from spreme.library import TermTable
from spreme.likelihood.profile import check_level

if TYPE_CHECKING:
    import pandas
    import sympy

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CoefficientLaw:
    """One coefficient as a function of the covariates.

    With a `sign` other than 0 the law is one of the logarithm: coefficient = sign * exp(coef @ terms).

    Attributes
    ----------
    state, term, symbol : str
        Equation, term, and name of the coefficient as in ``model.equations()``.
    status : str
        "law"; "same in all environments"; "varies without a law": no term in the covariates is worth its price; "tied":
        the model has one estimate for all environments; "too few environments": it varies, but fewer than 4 of them
        observe it; "not observed".
    terms : tuple of str
        The p chosen terms in the covariates, "1" for the constant.
    coef : ndarray (p,)
        Their coefficients.
    covariance : ndarray (p, p)
        Covariance of their errors, `between_std` taken as known.
    between_std : float
        Standard deviation between environments that neither the law nor the errors explain, in units of the coefficient
        (of its logarithm); NaN where it was not estimated.
    explained : float
        Share of the variance between environments, free of errors, that the law explains; NaN without a law.
    left_out_error : float
        Root mean square error of predicting an environment that took no part, the choice of the terms included, in
        units of the coefficient (of its logarithm); the error of its estimate is part of it. NaN without a search.
    left_out_relative : float
        The same divided by the error of predicting the mean of the others.
    degrees : float
        Degrees of freedom of the intervals: environments less terms; infinite where nothing was estimated beside them.
    runner_up : tuple of str or None
        Terms of the next best law.
    margin : float
        Twice the logarithm of the ratio of evidences of the law and the next best one; below 6 that is not ruled out.
        Negative if it was passed over as more complicated.
    sign : float
        Sign of a coefficient whose logarithm has the law; 0 otherwise.
    estimates, estimates_std : ndarray (E,)
        What was fitted: the coefficient in every environment and its standard error; NaN where not observed.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme import SpReME, coefficient_law
    >>> t, rng = np.linspace(0, 3, 61), np.random.default_rng(0)
    >>> dose = {f"run {i}": 1.0 + i for i in range(6)}
    >>> x = [np.exp(-0.3 * d * t) + 0.01 * rng.standard_normal(61) for d in dose.values()]
    >>> model = SpReME(allowed={"x0": ["x0"]}).fit(x, t, env=list(dose))
    >>> law = coefficient_law(model, {"dose": dose})["x0", "x0"]
    >>> law.is_varying, bool(law.explained > 0.99)
    (True, True)
    """

    state: str
    term: str
    symbol: str
    status: str
    terms: tuple[str, ...]
    coef: Array
    covariance: Array
    between_std: float
    explained: float
    left_out_error: float
    left_out_relative: float
    degrees: float
    runner_up: tuple[str, ...] | None
    margin: float
    sign: float
    estimates: Array
    estimates_std: Array

    @property
    def coef_std(self) -> Array:
        """Standard errors (p,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def is_varying(self) -> bool:
        """Whether the coefficient depends on the covariates."""
        return self.status == "law"


@dataclass(frozen=True, eq=False)
class CoefficientLaws:
    """All coefficients of a model as functions of the covariates of its environments.

    ``laws["c_x_1"]`` or ``laws["x", "x*y"]`` is the `CoefficientLaw` of one coefficient.

    Attributes
    ----------
    laws : tuple of CoefficientLaw
        In the order of the equations.
    covariance : ndarray (P, P)
        Joint covariance of the errors of the coefficients of all laws, law after law.
    table : TermTable
        Candidate terms in the covariates.
    covariates : Covariates
        Names and values, environment by environment.
    model : SpReME
        The fitted model.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme import SpReME, coefficient_law
    >>> t, rng = np.linspace(0, 3, 61), np.random.default_rng(0)
    >>> temperature = {f"run {i}": 280.0 + 10 * i for i in range(6)}
    >>> x = [np.exp(-0.02 * (T - 250) * t) + 0.01 * rng.standard_normal(61) for T in temperature.values()]
    >>> model = SpReME(allowed={"x0": ["x0"]}).fit(x, t, env=list(temperature))
    >>> laws = coefficient_law(model, {"T": temperature})
    >>> laws["c_x0_1"].terms
    ('1', 'T')
    >>> bool(abs(laws.predict({"T": 305.0}).coef[0, 1] + 0.02 * 55) < 0.02)
    True
    """

    laws: tuple[CoefficientLaw, ...]
    covariance: Array
    table: TermTable
    covariates: Covariates
    model: SpReME = field(repr=False)

    def __getitem__(self, key: str | tuple[str, str]) -> CoefficientLaw:
        """Look up the law of a coefficient by its name, or by state and term."""
        for law in self.laws:
            if key in (law.symbol, (law.state, law.term)):
                return law
        known = ", ".join(law.symbol for law in self.laws)
        raise KeyError(f"no coefficient {key!r}: there are {known}")

    def predict(self, covariates: Mapping[str, float] | float) -> Prediction:
        """Predict the coefficients of an environment from its covariates.

        Parameters
        ----------
        covariates : dict
            Name -> number; with a single covariate, the number will do.

        Returns
        -------
        Prediction
            Coefficients and standard errors (S, K), and the joint covariance.

        Raises
        ------
        ValueError, TypeError
            If a covariate is missing, unknown or no finite number.

        Warns
        -----
        UserWarning
            If a covariate lies beyond the range of the fitted environments.
        """
        return predict(self, self.covariates.point(covariates))

    def at(self, covariates: Mapping[str, float] | float, env: Hashable = None) -> SpReME:
        """Make the model of an environment without data.

        Parameters
        ----------
        covariates : dict
            Name -> number; with a single covariate, the number will do.
        env : hashable, default None
            Label of the environment; None makes one of the covariates, such as "T=300".

        Returns
        -------
        SpReME
            A fitted model with this environment alone: equations, forecasts with bands from the predicted errors, save.

        Raises
        ------
        ValueError, TypeError
            If a covariate is missing, unknown or no finite number.

        Warns
        -----
        UserWarning
            If a covariate lies beyond the range of the fitted environments.
        """
        return model_at(self, self.covariates.point(covariates), env)

    def equations(self, covariates: Mapping[str, float] | float | None = None, precision: int = 3) -> list[str]:
        """Right-hand sides as text.

        Parameters
        ----------
        covariates : dict, default None
            Environment to put in; None writes the laws of the coefficients in the names of the covariates.
        precision : int, default 3
            Digits after the point; numbers below 1 get as many significant digits, those of laws as many more as keep
            their rounding far below the error of the coefficient.

        Returns
        -------
        list of str
            One per state.
        """
        if covariates is None:
            return exports.equations(self, precision)
        model = model_at(self, self.covariates.point(covariates), None)
        return model.equations(model.environments_[0], precision)

    def to_sympy(self) -> dict[str, sympy.Expr]:
        """Right-hand sides as SymPy expressions in states, inputs and covariates.

        Returns
        -------
        dict
            State name -> expression. A coefficient that no environment observes stays a symbol.
        """
        return exports.to_sympy(self)

    def to_latex(self, precision: int = 3) -> str:
        """Equations and below them the laws of their coefficients in LaTeX.

        Parameters
        ----------
        precision : int, default 3
            Digits as in `equations`.

        Returns
        -------
        str
            An ``aligned`` environment.
        """
        return exports.to_latex(self, precision)

    def to_frame(self, level: float = 0.95) -> pandas.DataFrame:
        """List the terms of all laws in a tidy table.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level of the intervals.

        Returns
        -------
        pandas.DataFrame
            One row per coefficient and term in the covariates: state, term, symbol, covariate_term, value, std, lower,
            upper, status, between_std, explained, left_out_error, left_out_relative.
        """
        check_level(level)
        return exports.to_frame(self, level)

    def __str__(self) -> str:
        """Show the equations, the laws, and how well they tell environments that took no part."""
        return display.text(self)

    def _repr_html_(self) -> str:
        """Show the same in notebooks."""
        return display.html(self)
