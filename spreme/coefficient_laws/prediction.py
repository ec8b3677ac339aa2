"""Coefficients, and the model, of an environment without data."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from spreme.data.checks import check_label
from spreme.estimators.state import FittedState

if TYPE_CHECKING:
    from spreme.coefficient_laws.result import CoefficientLaw, CoefficientLaws
    from spreme.estimators import SpReME

Array = NDArray[np.float64]

# Bands and intervals of a model take two Gaussian standard errors for 95 %.
GAUSSIAN = 1.959963984540054
# More decimals than this are not meant by who asks for the end of a range.
BEYOND = 1e-9


@dataclass(frozen=True, eq=False)
class Prediction:
    """Coefficients of an environment that took no part.

    Attributes
    ----------
    coef : ndarray (S, K)
        Coefficients; 0 outside the mask, NaN where no environment observes the term.
    coef_std : ndarray (S, K)
        Standard errors of a new environment, what the laws leave unexplained included; NaN outside the mask. They are
        widened where few environments tell it, so that 1.96 of them give an interval of 95 %.
    covariance : ndarray (q, q)
        Joint covariance of the q coefficients of the mask, widened alike.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme import SpReME, coefficient_law
    >>> t, rng = np.linspace(0, 3, 61), np.random.default_rng(0)
    >>> dose = {f"run {i}": 1.0 + i for i in range(6)}
    >>> x = [np.exp(-0.3 * d * t) + 0.01 * rng.standard_normal(61) for d in dose.values()]
    >>> model = SpReME(allowed={"x0": ["x0"]}).fit(x, t, env=list(dose))
    >>> predicted = coefficient_law(model, {"dose": dose}).predict({"dose": 4.5})
    >>> bool(abs(predicted.coef[0, 1] + 0.3 * 4.5) < 3 * predicted.coef_std[0, 1])
    True
    """

    coef: Array
    coef_std: Array
    covariance: Array


def predict(laws: CoefficientLaws, point: Array, stacklevel: int = 3) -> Prediction:
    """Predict the coefficients at a point (C,) of the covariates."""
    beyond = extrapolation(laws, point)
    if beyond:
        warnings.warn(beyond, UserWarning, stacklevel=stacklevel)
    mask = laws.model.mask_
    values = laws.table.evaluate(point[None])[0]
    _check_defined(laws, values, point)
    rows = _rows(laws, values)
    linear = np.array([row @ _stacked(laws) if row.any() else np.nan for row in rows])
    error = rows @ laws.covariance @ rows.T + np.diag([np.nan_to_num(law.between_std) ** 2 for law in laws.laws])
    sign = np.array([law.sign for law in laws.laws])
    coef = np.where(sign != 0, sign * np.exp(np.where(sign != 0, linear, 0.0)), linear)
    wide = np.array([_widening(law) for law in laws.laws]) * np.where(sign != 0, np.abs(coef), 1.0)
    covariance = error * wide[:, None] * wide
    covariance[np.isnan(coef)], covariance[:, np.isnan(coef)] = np.nan, np.nan
    out, std = np.zeros(mask.shape), np.full(mask.shape, np.nan)
    out[mask], std[mask] = coef, np.sqrt(np.diag(covariance))
    return Prediction(out, std, covariance)


def model_at(laws: CoefficientLaws, point: Array, env: Hashable) -> SpReME:
    """Make a fitted model of the environment at a point (C,) of the covariates."""
    predicted, old = predict(laws, point, stacklevel=4), laws.model._state
    where = ", ".join(f"{name}={value:.6g}" for name, value in zip(laws.covariates.names, point, strict=True))
    label = where if env is None else check_label(env, "the label of the new environment")
    law = replace(
        old.law,
        coef=predicted.coef[None],
        coef_std=predicted.coef_std[None],
        environments=(label,),
        noise_std=np.median(old.law.noise_std, axis=0)[None],
    )
    notes = [f"coefficients predicted from {where}, without data", extrapolation(laws, point)]
    state = FittedState(
        law=law,
        covariance=predicted.covariance[None],
        residual=np.median(old.residual, axis=0)[None],
        population=old.population,
        known_environments=(label,),
        path=old.path,
        selection=old.selection,
        status="; ".join(note for note in notes if note),
    )
    model = type(laws.model)(**laws.model.get_params(deep=False))
    model._learn(state)
    return model


def extrapolation(laws: CoefficientLaws, point: Array) -> str:
    """Say which covariates lie beyond the fitted environments; empty if none does."""
    parts = []
    for name, value in zip(laws.covariates.names, point, strict=True):
        low, high = laws.covariates.range(name)
        slack = BEYOND * (high - low)
        if not low - slack <= value <= high + slack:
            parts.append(f"{name} = {value:g} lies beyond the fitted environments ({low:g} to {high:g})")
    return f"{', '.join(parts)}: the laws are extrapolated" if parts else ""


def _check_defined(laws: CoefficientLaws, values: Array, point: Array) -> None:
    """Refuse a point where a term of a law is not defined."""
    used = {name for law in laws.laws for name in law.terms}
    for name, value in zip(laws.table.names, values, strict=True):
        if name in used and not np.isfinite(value):
            where = ", ".join(f"{n} = {v:g}" for n, v in zip(laws.covariates.names, point, strict=True))
            raise ValueError(f"the laws are not defined at {where}: their term {name!r} is {value} there")


def _stacked(laws: CoefficientLaws) -> Array:
    """Coefficients (P,) of all laws."""
    return np.concatenate([law.coef for law in laws.laws])


def _rows(laws: CoefficientLaws, values: Array) -> Array:
    """Matrix (q, P) that takes the coefficients of the laws to those of the model."""
    position = {name: k for k, name in enumerate(laws.table.names)}
    sizes = [len(law.coef) for law in laws.laws]
    rows, first = np.zeros((len(sizes), sum(sizes))), 0
    for row, law, size in zip(rows, laws.laws, sizes, strict=True):
        row[first : first + size] = values[[position[name] for name in law.terms]]
        first += size
    return rows


def _widening(law: CoefficientLaw) -> float:
    """Student's t for the normal, where the spread was estimated from few environments."""
    return float(stdtrit(law.degrees, 0.975)) / GAUSSIAN if np.isfinite(law.degrees) else 1.0
