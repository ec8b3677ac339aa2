"""`SpReME`: one law from many experiments."""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from spreme import persistence
from spreme.data import coerce
from spreme.estimators import held_out
from spreme.estimators.adaptation import adapt_law, population
from spreme.estimators.data_methods import DataMethods
from spreme.estimators.discovery import discover
from spreme.estimators.documents import from_document, to_document
from spreme.estimators.law_methods import LawMethods
from spreme.estimators.options import check_options
from spreme.estimators.state import FittedState
from spreme.library import Library, PolynomialLibrary
from spreme.penalties import Penalty

Array = NDArray[np.float64]
Terms = Mapping[str, Sequence[str]]


class SpReME(DataMethods, LawMethods, BaseEstimator):
    """Sparse regression for multi-environment dynamic systems.

    Finds, from trajectories recorded in several environments, the one set of terms that all environments share and
    every environment's coefficients: ``x_dot = theta(x, u) @ coef[e].T`` with ``coef[e] = 0`` outside a common mask.
    Known inputs u, such as forces and controls, may drive the system; they enter the library beside the states.

    Parameters
    ----------
    library : Library, default PolynomialLibrary(degree=3)
        Candidate terms.
    formulation : {"weak", "derivative"}, default "weak"
        Integrals against test functions of several widths, or a smoother and its derivatives.
    penalty : str or penalty object, default "group_l0"
        What proposes candidate masks: a name of `spreme.penalties.PENALTIES` ("group_l0", "group_lasso",
        "adaptive_group_lasso", "group_elastic_net", "group_mcp", "group_scad", "group_k_support",
        "sparse_group_lasso", "stlsq") or an object.
    criterion : str, default "auto"
        What chooses among candidates. With ``refine="trajectory"``: "evidence" ("auto", environments as a sample of one
        population), "bic" or "ebic" guide the search; "knee" (size after which the misfit stops falling), "cv"
        (held-out trajectories), "loeo" (leave one environment out, at least 3) and "stability" (terms that most
        resamples choose) choose among the laws that a search by BIC has fitted. With ``refine=None``: "bic" ("auto"),
        "ebic", "knee".
    refine : {"trajectory", None}, default "trajectory"
        Maximum likelihood of the measured trajectories, or weighted least squares of the rows alone.
    loss : {"gaussian", "huber"}, default "gaussian"
        How residuals of trajectories count; "huber" bears wild samples.
    tie : None, "auto", "all" or dict of str to list of str, default None
        Terms with one coefficient for all environments, fitted jointly: all of the law, those named, such as
        ``{"x": ["x*y"]}`` (names outside the law are ignored), or, with "auto", those that the environments do not tell
        apart.
    max_terms : int, default None
        Largest number of terms of one equation; None: 8, and 16 where 8 are not enough.
    smoother : {"auto", "gp", "savgol", "finite_difference", "inr", "meta_inr"}, default "auto"
        Smoother of the derivative formulation. "auto" is the Gaussian process; "inr" are implicit neural
        representations, "meta_inr" those that begin at a start learned from all trajectories of all environments.
    allowed, required, excluded : dict of str to list of str, default None
        Terms that the equation of a state may, must and must not contain, such as ``{"x": ["x", "x*y"]}``.
    n_jobs : int, default None
        Threads over equations; None is one, -1 all cores.
    random_state : int or Generator, default None
        Source of the resamples of ``criterion="stability"``; nothing else is random.
    verbose : int, default 0
        1 shows the present step and the time on the standard error.
    env : {None, "infer"}, default None
        Where labels of environments come from: the data, or, for data without labels, the dynamics of the trajectories.
    n_environments : int, default None
        Number of environments to infer; None: found, up to 10.

    Attributes
    ----------
    mask_ : ndarray (S, K) of bool
        Shared terms.
    coef_ : ndarray (E, S, K)
        Coefficients; 0 outside the mask. NaN inside it where an environment says nothing about a term, because the
        term is zero on all its data (an absent species): not observed is not zero.
    coef_std_ : ndarray (E, S, K)
        Standard errors; NaN outside the mask.
    covariance_ : ndarray (E, q, q)
        Covariances of the errors of the q coefficients of the mask, in the order of ``np.argwhere(mask_)``; NaN where
        not observed.
    environments_ : list
        Labels, in the order of the first axis; 0, 1, ... if inferred.
    labels_, label_probabilities_ : ndarray (m,) of int, (m, E)
        With ``env="infer"`` (else None): environments of the trajectories, numbered as they appear; probabilities.
    state_names_, input_names_, terms_ : list
        Names of the states and of the inputs; terms as SymPy expressions.
    noise_std_ : ndarray (E, S)
        Estimated measurement noise, in units of the states.
    units_, time_unit_ : dict of str to str, and str or None
        Units of states and inputs by name, and of time, if the data had any.
    path_ : SearchPath
        All candidate equations with their scores.
    selection_ : Selection
        Which were chosen, why, and how close the next best came.
    status_ : str
        "converged", or what the user must know, in words.
    n_features_in_ : int
        Number of states.
    feature_names_in_ : ndarray of str
        Names of the states.

    References
    ----------
    Park, Choi, Lee and Kim (2023), SpReME: Sparse regression for multi-environment dynamic systems, arXiv 2302.05942.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme import SpReME, Trajectories
    >>> t = np.linspace(0, 3, 61)
    >>> x = [np.exp(-rate * t) for rate in (0.5, 1.0, 2.0)]
    >>> model = SpReME().fit(Trajectories(x, t, env=["cold", "mild", "hot"], state_names=["x"]))
    >>> model.equations("hot")
    ['-2.000*x']
    """

    def __init__(
        self,
        library: Library = PolynomialLibrary(degree=3),  # noqa: B008 (frozen)
        formulation: str = "weak",
        penalty: str | Penalty = "group_l0",
        criterion: str = "auto",
        refine: str | None = "trajectory",
        loss: str = "gaussian",
        tie: str | Terms | None = None,
        max_terms: int | None = None,
        smoother: str = "auto",
        allowed: Terms | None = None,
        required: Terms | None = None,
        excluded: Terms | None = None,
        n_jobs: int | None = None,
        random_state: int | np.random.Generator | None = None,
        verbose: int = 0,
        env: str | None = None,
        n_environments: int | None = None,
    ) -> None:
        self.library = library
        self.formulation = formulation
        self.penalty = penalty
        self.criterion = criterion
        self.refine = refine
        self.loss = loss
        self.tie = tie
        self.max_terms = max_terms
        self.smoother = smoother
        self.allowed = allowed
        self.required = required
        self.excluded = excluded
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self.env = env
        self.n_environments = n_environments

    def set_params(self, **params: Any) -> SpReME:
        """Set parameters; ``library__degree=4`` sets a field of the library.

        Parameters
        ----------
        **params : dict
            Parameters of the constructor, or fields of the library.

        Returns
        -------
        SpReME
            The estimator itself.
        """
        fields = {key.removeprefix("library__"): params.pop(key) for key in list(params) if key.startswith("library__")}
        super().set_params(**params)
        if fields:
            known = [field.name for field in dataclasses.fields(cast(Any, self.library))]
            strange = sorted(set(fields) - set(known))
            if strange:
                raise ValueError(f"the library has no field {strange[0]!r}: expected one of {', '.join(known)}")
            self.library = dataclasses.replace(cast(Any, self.library), **fields)
        return self

    def fit(
        self,
        x: Any,
        t: Any = None,
        *,
        env: Any = None,
        u: Any = None,
        state_names: Any = None,
        input_names: Any = None,
    ) -> SpReME:
        """Find the shared terms and the coefficients of every environment.

        Parameters
        ----------
        x : Trajectories, or list of array_like (n_i, S)
            Data; with arrays, the other arguments are those of `Trajectories`.
        t : list of array_like (n_i,), array_like (n,) or float, default None
            Times, or the step; not beside a `Trajectories`.
        env : list of hashable, default None
            Labels of environments.
        u : list of array_like (n_i, U), default None
            Known inputs at the times of the samples, taken as linear in between.
        state_names : list of str, default None
            Names of the states.
        input_names : list of str, default None
            Names of the inputs.

        Returns
        -------
        SpReME
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If an argument or the data cannot be used; the message names the culprit and the remedy.
        """
        options = check_options(self.get_params(deep=False))
        data = coerce(x, t, env, u, state_names, input_names=input_names)
        found = discover(data, options)
        law = found.law
        self._learn(
            FittedState(
                law,
                found.covariance,
                found.residual,
                population(law, found.covariance),
                tuple(data.known_environments) if found.labels is None else law.environments,
                found.path,
                found.selection,
                found.status,
                found.labels,
                found.label_probabilities,
            )
        )
        return self

    def adapt(
        self, x: Any, t: Any = None, *, env: Hashable = held_out.UNNAMED, u: Any = None, prior: bool = True
    ) -> SpReME:
        """Fit the coefficients of an unseen environment, with the shared mask.

        Parameters
        ----------
        x : Trajectories, list of arrays or one array (n, S)
            Recordings of the new environment.
        t : optional
            As in `fit`.
        env : hashable, default "new"
            Label of the new environment. A `Trajectories` with a label of its own keeps that.
        u : optional
            As in `fit`.
        prior : bool, default True
            Shrink to the population of fitted environments; fades as data accumulate.

        Returns
        -------
        SpReME
            A new model, for this environment alone; the fitted one is left as it was.
        """
        check_is_fitted(self)
        data = held_out.relabelled(coerce(x, t, u=u), env, self._state.law)
        old = self._state
        prior_of_new = old.population if prior else None
        found = adapt_law(old.law, old.residual, prior_of_new, data, check_options(self.get_params(deep=False)))
        if found.complaints:
            warnings.warn(found.status, UserWarning, stacklevel=2)
        new = type(self)(**self.get_params(deep=False))
        known = found.law.environments
        new._learn(
            FittedState(
                found.law,
                found.covariance,
                found.residual,
                old.population,
                known,
                old.path,
                old.selection,
                found.status,
            )
        )
        return new

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model as JSON, atomically.

        Parameters
        ----------
        path : str or path
            File; an existing one is replaced only by a complete one.
        """
        check_is_fitted(self)
        persistence.save(path, to_document(self.get_params(deep=False), self._state))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SpReME:
        """Read a model that `save` wrote; nothing in the file is executed.

        Parameters
        ----------
        path : str or path
            File.

        Returns
        -------
        SpReME
            The fitted model.
        """
        params, state = from_document(persistence.read(path), path)
        model = cls(**params)
        model._learn(state)
        return model

    def _learn(self, state: FittedState) -> None:
        """Set all fitted attributes from one result."""
        law = state.law
        inferred = [own for own in (state.labels, state.label_probabilities) if own is not None]
        for part in (law.mask, law.coef, law.coef_std, law.noise_std, state.covariance, *inferred):
            part.setflags(write=False)  # one law may stand in several models, and in what they forecast
        self._state = state
        self.mask_, self.coef_, self.coef_std_ = law.mask, law.coef, law.coef_std
        self.covariance_ = state.covariance
        self.environments_, self.state_names_ = list(law.environments), list(law.state_names)
        self.input_names_, self.terms_ = list(law.input_names), law.table.sympy()
        self.noise_std_, self.units_, self.time_unit_ = law.noise_std, dict(law.units), law.time_unit
        self.path_, self.selection_, self.status_ = state.path, state.selection, state.status
        self.labels_, self.label_probabilities_ = state.labels, state.label_probabilities
        self.n_features_in_ = len(law.state_names)
        self.feature_names_in_ = np.array(law.state_names, dtype=object)
