"""Bootstrap: the whole discovery repeated on resampled data.

Standard errors take the terms for granted. Here the terms are chosen anew each time, so that doubt about them shows: a
term of the model that half of the fits leave out is not to be relied on.

    trajectories: those of every environment are drawn with replacement, as many as there are;
    noise: the law is integrated from fitted starts and measured anew, with Gaussian noise of the fitted size.

The first way believes nothing, and needs several trajectories of each environment; the second believes the law.

References
----------
Efron (1979), Bootstrap methods: another look at the jackknife, Annals of Statistics 7. Fasel, Kutz, Brunton and Brunton
(2022), Ensemble-SINDy, Proc. R. Soc. A 478.
"""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from spreme.data import Trajectories
from spreme.estimators import SpReME
from spreme.estimators.held_out import of_the_fit
from spreme.metrics import fitted_start
from spreme.resampling.result import Bootstrap

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Draw = Callable[[np.random.Generator], Trajectories]

KINDS = ("auto", "trajectories", "noise")
# Trajectories of each environment from which drawing them says something; fewer repeat each other.
ENOUGH = 4


def bootstrap(
    model: SpReME,
    data: Trajectories,
    *,
    n_resamples: int = 100,
    kind: str = "auto",
    n_jobs: int | None = None,
    random_state: int = 0,
) -> Bootstrap:
    """Repeat a fit on resampled data.

    Parameters
    ----------
    model : SpReME
        Fitted model; its parameters are used for every fit.
    data : Trajectories
        What it was fitted to. Environments that the fit has inferred are taken as known.
    n_resamples : int, default 100
        Number of fits.
    kind : {"auto", "trajectories", "noise"}, default "auto"
        What is drawn: trajectories with replacement, or noise around the fitted law. "auto" draws trajectories if every
        environment has at least 4.
    n_jobs : int, default None
        Processes of joblib; None is one, or what ``joblib.parallel_config`` says, such as a Dask cluster.
    random_state : int, default 0
        Seed; the result does not depend on the number of processes.

    Returns
    -------
    Bootstrap
        Terms and coefficients of all fits.

    Raises
    ------
    ValueError, TypeError
        If the data are not those of the model, or resamples of this kind cannot be drawn from them.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme import SpReME, Trajectories, bootstrap
    >>> t, rng = np.linspace(0, 3, 31), np.random.default_rng(0)
    >>> x = [np.exp(-rate * t) + 0.01 * rng.standard_normal(31) for rate in (0.5, 1.0)]
    >>> data = Trajectories(x, t, env=["cold", "hot"], state_names=["x"])
    >>> found = bootstrap(SpReME().fit(data), data, n_resamples=5)
    >>> found.inclusion.shape, found.coefs.shape
    ((1, 4), (5, 2, 1, 4))
    """
    check_is_fitted(model)
    if not isinstance(data, Trajectories):
        raise TypeError(f"data must be the Trajectories of the fit, got {type(data).__name__}")
    data = of_the_fit(data, model._state)
    draw = _drawer(model, data, _kind(kind, data))
    seeds = np.random.SeedSequence(_seed(random_state)).spawn(_number(n_resamples))
    plain = clone(model).set_params(n_jobs=1, verbose=0, env=None, n_environments=None)
    outcomes = Parallel(n_jobs=n_jobs)(delayed(_fit_one)(plain, draw, seed) for seed in seeds)
    found = [own for own in outcomes if isinstance(own, _Found)]
    failures = tuple(own for own in outcomes if isinstance(own, str))
    if not found:
        raise ValueError(f"none of the {n_resamples} fits could be made; the first said: {failures[0]}")
    return Bootstrap(
        np.array([own.mask for own in found]),
        np.array([own.coef for own in found]),
        np.array(model.mask_),
        tuple(model.environments_),
        tuple(model.state_names_),
        tuple(str(term) for term in model.terms_),
        failures,
    )


@dataclass(frozen=True, eq=False)
class _Found:
    """Terms and coefficients of one fit."""

    mask: Mask
    coef: Array


@dataclass(frozen=True, eq=False)
class _Runs:
    """Draws trajectories of every environment with replacement."""

    data: Trajectories

    def __call__(self, rng: np.random.Generator) -> Trajectories:
        """Draw once; environments keep their order."""
        groups = self.data.groups
        members = [np.flatnonzero(groups == e) for e in range(len(self.data.environments))]
        return self.data[np.concatenate([np.sort(rng.choice(own, len(own))) for own in members])]


@dataclass(frozen=True, eq=False)
class _Noise:
    """Measures the fitted law again; what is missing in the data is missing here, too."""

    data: Trajectories
    followed: list[Array]
    noise: Array

    def __call__(self, rng: np.random.Generator) -> Trajectories:
        """Draw once."""
        data, x = self.data, []
        for own, law, group in zip(data.x, self.followed, data.groups, strict=True):
            x.append(np.where(np.isnan(own), np.nan, law + self.noise[group] * rng.standard_normal(law.shape)))
        return Trajectories(
            x, data.t, env=data.env, u=data.u, state_names=data.state_names, input_names=data.input_names or None
        )


def _fit_one(model: SpReME, draw: Draw, seed: np.random.SeedSequence) -> _Found | str:
    """One fit to resampled data, or why there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a single fit complains about shows in the spread of all
        try:
            own = clone(model).fit(draw(np.random.default_rng(seed)))
        except ValueError as error:
            return str(error)
    return _Found(np.array(own.mask_), np.array(own.coef_))


def _drawer(model: SpReME, data: Trajectories, kind: str) -> Draw:
    """What draws resamples."""
    if data.environments != model.environments_ or data.state_names != model.state_names_:
        raise ValueError(
            f"data with the environments {model.environments_} and states {model.state_names_} of the model are "
            f"expected, got {data.environments} and {data.state_names}"
        )
    if kind == "trajectories":
        return _Runs(data)
    law = model._state.law
    followed = []
    for position, run in enumerate(data):
        start = fitted_start(law, run, run.env)
        forecast = model.simulate(start, run.t, env=run.env, u=run.u)
        if len(forecast.t) < run.n_samples:
            raise ValueError(
                f"trajectory {position} (environment {run.env!r}) cannot be followed by the law: {forecast.status}; "
                "use kind='trajectories'"
            )
        followed.append(forecast.x)
    return _Noise(data, followed, np.array(model.noise_std_))


def _kind(kind: Any, data: Trajectories) -> str:
    """What is drawn."""
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}: expected one of {', '.join(map(repr, KINDS))}")
    sizes = np.bincount(data.groups, minlength=len(data.environments))
    if kind == "auto":
        return "trajectories" if sizes.min() >= ENOUGH else "noise"
    if kind == "trajectories" and sizes.min() < 2:
        env = data.environments[int(sizes.argmin())]
        raise ValueError(
            f"environment {env!r} has one trajectory: there is nothing to draw from; use kind='noise', or record more"
        )
    return kind


def _number(value: Any) -> int:
    """A positive number of fits."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= 1:
        return int(value)
    raise ValueError(f"n_resamples must be a positive integer, got {value!r}")


def _seed(value: Any) -> int | None:
    """A seed of random numbers."""
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= 0
    if value is None or is_whole:
        return value
    raise ValueError(f"random_state must be a non-negative integer or None, got {value!r}")
