"""From a fitted model and covariates to the laws of its coefficients, step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from spreme.coefficient_laws.candidates import Candidates, check_number, largest_size, make_candidates
from spreme.coefficient_laws.covariates import read_covariates
from spreme.coefficient_laws.estimates import Estimates, make_estimates
from spreme.coefficient_laws.joint import fit_jointly
from spreme.coefficient_laws.left_out import left_out_error
from spreme.coefficient_laws.result import CoefficientLaw, CoefficientLaws
from spreme.coefficient_laws.selection import Choice, choose, fit_one
from spreme.estimators import SpReME
from spreme.library import Library, PolynomialLibrary
from spreme.likelihood.term_report import TermReport
from spreme.results import Law
from spreme.symbolic import coefficient_names

Array = NDArray[np.float64]

LAW, SAME, NO_LAW = "law", "same in all environments", "varies without a law"
TIED, TOO_FEW, NOT_OBSERVED = "tied", "too few environments", "not observed"
# A constant, one term and two environments to judge them.
FEWEST = 4


@dataclass(frozen=True)
class Found:
    """What was found about one coefficient before all are fitted together: its columns, and how well they do."""

    status: str
    columns: tuple[int, ...]
    between: float = math.nan
    explained: float = math.nan
    left_out: tuple[float, float] = (math.nan, math.nan)
    choice: Choice | None = None


def coefficient_law(
    model: SpReME,
    covariates: Any,
    *,
    library: Library = PolynomialLibrary(degree=2),  # noqa: B008 (frozen)
    transform: str | Mapping[str, str] | None = None,
    max_terms: int | None = None,
    env: str = "env",
    level: float = 0.05,
) -> CoefficientLaws:
    r"""Find each varying coefficient of a fitted model as a sparse function of covariates of the environments.

    .. math:: \hat c_{ej} = \sum_k b_{jk} \phi_k(z_e) + u_{ej} + r_{ej}, \quad u_{ej} \sim N(0, \tau_j^2), \quad
        r_e \sim N(0, V_e)

    with V_e the covariance that the model states. All sets of terms are compared by their evidence; then the chosen
    laws of all coefficients are fitted together by generalised least squares. Coefficients that `term_report` does not
    tell apart between environments are pooled.

    Parameters
    ----------
    model : SpReME
        Fitted to 4 environments or more.
    covariates : dict, pandas.DataFrame or polars.DataFrame
        ``{environment: {name: number}}``, ``{name: {environment: number}}``, ``{environment: number}`` (the covariate
        is then called z), or a frame with a column of environments, all other columns being covariates. Environments
        that the model does not know are left aside.
    library : Library, default PolynomialLibrary(degree=2)
        Candidate terms in the names of the covariates. Its constant is part of every law; without one, laws go through
        the origin.
    transform : None, "log" or dict, default None
        "log" seeks the law of the logarithm of each varying coefficient, ``{"c_x_1": "log"}`` of some: with the term
        1/T that is Arrhenius' law. Such a coefficient must have one sign.
    max_terms : int, default None
        Largest number of terms of a law, the constant included; None: two less than the environments that observe the
        coefficient.
    env : str, default "env"
        Column of the environments in a frame.
    level : float, default 0.05
        Familywise level of the tests that tell which coefficients vary.

    Returns
    -------
    CoefficientLaws
        One law per coefficient; predictions and models for environments without data.

    Raises
    ------
    ValueError, TypeError
        If there are too few environments, or a covariate, a term or an option is not usable; the message names it.

    References
    ----------
    DuMouchel, W. (1994). Hierarchical Bayes linear models for meta-analysis.
    Kass, R. E., Raftery, A. E. (1995). Bayes factors. Journal of the American Statistical Association 90.
    Zellner, A. (1962). An efficient method of estimating seemingly unrelated regressions.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme import SpReME, coefficient_law
    >>> t, rng = np.linspace(0, 3, 61), np.random.default_rng(0)
    >>> dose = {"A": 0.0, "B": 1.0, "C": 2.0, "D": 3.0, "E": 4.0, "F": 5.0}
    >>> x = [np.exp(-(1 + 0.1 * d**2) * t) + 0.01 * rng.standard_normal(61) for d in dose.values()]
    >>> model = SpReME(allowed={"x0": ["x0"]}).fit(x, t, env=list(dose))
    >>> laws = coefficient_law(model, {"dose": dose})
    >>> laws["c_x0_1"].terms
    ('1', 'dose**2')
    >>> laws.at({"dose": 2.5}).environments_
    ['dose=2.5']
    """
    law = _checked(model, max_terms, library)
    taken = {*law.table.column_names, *coefficient_names(law).values()}
    known = read_covariates(covariates, law.environments, env=env, taken=taken)
    candidates = make_candidates(library, known)
    n_environments = len(law.environments)
    check_number(len(candidates.free), largest_size(n_environments, candidates.has_constant, max_terms))
    report = model.term_report(level)
    estimates = make_estimates(law.coef[:, law.mask], model.covariance_, report, transform)
    found = [_find(estimates, p, candidates, max_terms) for p in range(len(report.rows))]
    coefs, covariance = _fit(estimates, found, candidates)
    laws = _laws(law, report, estimates, found, candidates, coefs, covariance)
    return CoefficientLaws(laws, covariance, candidates.table, known, model)


def _checked(model: SpReME, max_terms: Any, library: Any) -> Law:
    """Check the arguments that can be checked alone; gives the law of the model."""
    if not isinstance(model, SpReME):
        raise TypeError(f"model must be a fitted SpReME, got {type(model).__name__}")
    check_is_fitted(model)
    if not isinstance(library, Library):
        raise TypeError(f"library must be a library such as PolynomialLibrary(degree=2), got {library!r:.60}")
    is_count = isinstance(max_terms, (int, np.integer)) and not isinstance(max_terms, bool)
    if max_terms is not None and not (is_count and max_terms >= 1):
        raise ValueError(f"max_terms must be a whole number, 1 or more, or None, got {max_terms!r}")
    law = model._state.law
    if not law.mask.any():
        raise ValueError("the law of the model has no terms, so there are no coefficients: see model.status_")
    if len(law.environments) < FEWEST:
        raise ValueError(
            f"coefficient laws need {FEWEST} environments or more, with different covariates; the model was fitted to "
            f"{len(law.environments)}: a constant and one term leave none of them to judge the law by. Record more "
            "environments, or use adapt(...) with a short recording of the new one"
        )
    return law


def _find(estimates: Estimates, p: int, candidates: Candidates, max_terms: int | None) -> Found:
    """Find the columns of the law of one coefficient."""
    rows, constant = np.flatnonzero(estimates.observed[:, p]).astype(np.int64), (candidates.constant,)
    if not len(rows):
        return Found(NOT_OBSERVED, ())
    if estimates.tied[p] or not estimates.varies[p]:
        return Found(TIED if estimates.tied[p] else SAME, constant)
    y, variance = estimates.coef[rows, p], estimates.variance[rows, p]
    alone = fit_one(candidates, rows, y, variance, ())
    if len(rows) < FEWEST:
        return Found(TOO_FEW, constant, alone)
    largest = largest_size(len(rows), candidates.has_constant, max_terms)
    choice = choose(candidates, rows, y, variance, largest)
    between = fit_one(candidates, rows, y, variance, choice.support)
    error = left_out_error(candidates, rows, y, variance, largest)
    if not choice.support:
        return Found(NO_LAW, constant, alone, 0.0, error, choice)
    explained = max(1.0 - between / alone, 0.0) if alone else 0.0
    return Found(LAW, candidates.design(choice.support), between, explained, error, choice)


def _fit(estimates: Estimates, found: list[Found], candidates: Candidates) -> tuple[list[Array], Array]:
    """Fit all laws together; a tied coefficient keeps its one estimate."""
    is_free = np.array([own.status not in (TIED, NOT_OBSERVED) for own in found])
    designs = [candidates.values[:, list(own.columns) if f else []] for own, f in zip(found, is_free, strict=True)]
    between = np.nan_to_num([own.between for own in found])
    stacked, error = fit_jointly(estimates, designs, between, is_free)
    sizes = [len(own.columns) for own in found]
    first = np.concatenate([[0], np.cumsum(sizes)])
    covariance, coef = np.zeros((first[-1], first[-1])), np.zeros(first[-1])
    index = np.repeat(is_free, sizes)
    coef[index], covariance[np.ix_(index, index)] = stacked, error
    for p, own in enumerate(found):
        if own.status == TIED:
            e = np.flatnonzero(estimates.observed[:, p])
            coef[first[p]] = estimates.coef[e[0], p]
            covariance[first[p], first[p]] = estimates.variance[e, p].max()
    return [coef[first[p] : first[p + 1]] for p in range(len(found))], covariance


def _laws(
    law: Law,
    report: TermReport,
    estimates: Estimates,
    found: list[Found],
    candidates: Candidates,
    coefs: list[Array],
    covariance: Array,
) -> tuple[CoefficientLaw, ...]:
    """Write down everything about every coefficient."""
    out, first = [], 0
    for p, (row, own, coef) in enumerate(zip(report.rows, found, coefs, strict=True)):
        block = slice(first, first := first + len(coef))
        next_best = own.choice.rivals[0] if own.choice and own.choice.rivals else None
        n_observed = int(estimates.observed[:, p].sum())
        is_estimated = own.status in (LAW, NO_LAW, TOO_FEW)
        error, of_mean = own.left_out
        out.append(
            CoefficientLaw(
                state=row.state,
                term=row.term,
                symbol=row.symbol,
                status=own.status,
                terms=tuple(candidates.table.names[k] for k in own.columns),
                coef=coef,
                covariance=covariance[block, block],
                between_std=math.sqrt(own.between),
                explained=own.explained,
                left_out_error=error,
                left_out_relative=error / of_mean,
                degrees=float(n_observed - len(coef)) if is_estimated else math.inf,
                runner_up=_names(candidates, next_best[1]) if next_best else None,
                margin=next_best[0] if next_best else math.inf,
                sign=float(estimates.sign[p]),
                estimates=law.coef[:, law.mask][:, p],
                estimates_std=law.coef_std[:, law.mask][:, p],
            )
        )
    return tuple(out)


def _names(candidates: Candidates, support: tuple[int, ...]) -> tuple[str, ...]:
    """Texts of the terms of a law."""
    return tuple(candidates.table.names[k] for k in candidates.design(support))
