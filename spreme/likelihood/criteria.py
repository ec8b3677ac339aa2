"""What a fit of a mask is worth: BIC of the likelihood and relatives; lower is better.

    bic        sum_e n_e log(cost_e / n_e + floor) + sum_e s_e log n_e
    ebic       bic + 2 log binomial(K S, s)
    evidence   -2 log of the population evidence, see `spreme.likelihood.population`, + 2 s log(K S)

n_e measured values, s_e coefficients that environment e observes, s terms of the mask.

The evidence prices a term that is alike in all environments at log N + log E only, N all values together: among K S
terms some would pass that by chance, so each is given a prior probability of about 1 / (K S) (the modified BIC).

References
----------
Schwarz (1978), Estimating the dimension of a model, Ann. Statist. 6. Chen and Chen (2008), Extended Bayesian
information criteria for model selection with large model spaces, Biometrika 95. Bogdan, Ghosh and Doerge (2004),
Modifying the Schwarz Bayesian information criterion to locate multiple interacting quantitative trait loci, Genetics
167.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from spreme.likelihood.fits import Fit
from spreme.likelihood.quick_evidence import quick_deviance

Array = NDArray[np.float64]

# Mean squared standardised residual that is not believed: without noise the errors of integration rule.
FLOOR = 1e-3


def deviance(fit: Fit) -> Array:
    """Minus twice the log likelihood of every environment (E,), the size of the noise profiled out."""
    return fit.n_values * np.log(fit.cost / fit.n_values + FLOOR)


def score(fit: Fit, criterion: str) -> float:
    """Judge a fit; infinite if it could not be integrated."""
    if not fit.is_feasible:
        return np.inf
    if criterion == "evidence":
        return evidence(fit)
    price = (fit.observed * np.log(fit.n_values)[:, None]).sum()
    extra = 2.0 * _log_binomial(fit.mask.size, fit.n_terms) if criterion == "ebic" else 0.0
    return float(deviance(fit).sum() + price + extra)


def evidence(fit: Fit) -> float:
    """-2 log of the population evidence, to a tenth or so."""
    value = float(deviance(fit).sum())
    if fit.n_terms == 0:
        return value
    noise = fit.cost / fit.n_values + FLOOR
    value += quick_deviance(fit.coef, fit.information, noise, fit.observed & np.isfinite(fit.coef))
    return value + price_of_terms(fit)


def price_of_terms(fit: Fit) -> float:
    """What the evidence charges for the mean and the variance of every term, and for choosing it among all."""
    return fit.n_terms * float(np.log(fit.n_values.sum()) + np.log(len(fit.coef)) + 2.0 * np.log(fit.mask.size))


def _log_binomial(n: int, k: int) -> float:
    """Logarithm of n choose k."""
    return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
