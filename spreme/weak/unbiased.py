"""Library terms of noisy states without the bias of the noise.

Noise of variance v makes x^2 too large by v on average. For Gaussian noise there are functions of the NOISY state whose
mean is the term of the true state: for powers the Hermite polynomials, for sines and cosines a factor,

    E He_p(x + noise) = x^p,   He_{p+1} = x He_p - p v He_{p-1},        E exp(v w^2 / 2) sin(w (x + noise)) = sin(w x).

Other factors keep their plain value; where a state stands both in a factor and as a power, so do that power and the
factor.

References
----------
Bortz, Messenger and Dukic (2023), Direct estimation of parameters in ODE models using WENDy, Bull. Math. Biol. 85
(errors in variables in the weak form). Stefanski (1989), Unbiased estimation of a nonlinear function of a normal mean,
Commun. Statist. 18.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable
from spreme.library.expressions import Call, Expression, Number, Product, Sum, Symbol, symbols_of
from spreme.library.readers import evaluate

Array = NDArray[np.float64]

# Largest exponent v w^2 / 2: noise that washes out a wave a thousandfold leaves nothing to restore.
MOST_GROWTH = 7.0


def unbiased_terms(table: TermTable, x: Array, variance: Array) -> Array:
    """Evaluate a library at noisy states.

    Parameters
    ----------
    table : TermTable
        K terms in S states and U inputs, V columns together.
    x : ndarray (n, V)
        Measured states, and inputs.
    variance : ndarray (n, V)
        Variance of the noise of every value; zero for inputs, which are known.

    Returns
    -------
    ndarray (n, K)
        Terms, unbiased where the formulas above apply.
    """
    theta = table.evaluate(x)
    if not variance.any():
        return theta
    powers = table.powers
    names = table.column_names
    states = dict(zip(names, np.ascontiguousarray(x.T), strict=True))
    with np.errstate(all="ignore"):
        hermite = [_hermite(x[:, s], variance[:, s], int(powers[:, s].max())) for s in range(x.shape[1])]
        factors = {f: evaluate(f, states) for f in set(table.factors) if f}
        growths = {f: _growth(f, names, variance) for f in factors}
        for j, (factor, exponents) in enumerate(zip(table.factors, powers, strict=True)):
            blocked = set() if factor is None else symbols_of(factor)
            used = np.flatnonzero(exponents)
            free = [s for s in used if names[s] not in blocked and exponents[s] > 0]
            alone = all(names[s] not in blocked for s in used)
            growth = growths[factor] if factor is not None and alone else None
            if growth is None and (exponents[free] < 2).all():
                continue
            theta[:, j] = 1.0 if factor is None else factors[factor]
            if growth is not None:
                theta[:, j] *= growth
            for s in used:
                theta[:, j] *= hermite[s][exponents[s]] if s in free else x[:, s] ** float(exponents[s])
    return theta


def _hermite(x: Array, variance: Array, degree: int) -> list[Array]:
    """He_0 .. He_degree."""
    out = [np.ones_like(x), x]
    for p in range(1, degree):
        out.append(x * out[p] - p * variance * out[p - 1])
    return out


def _growth(factor: Expression, names: tuple[str, ...], variance: Array) -> Array | None:
    """exp(v w^2 / 2) for a sine or cosine of w x + b; None for any other."""
    frequency = _frequency(factor, names)
    return None if frequency is None else np.exp(np.minimum(0.5 * variance @ frequency**2, MOST_GROWTH))


def _frequency(factor: Expression, names: tuple[str, ...]) -> Array | None:
    """Coefficients w of a factor sin(w x + b) or cos(w x + b); None for any other."""
    if not isinstance(factor, Call) or factor.function not in ("sin", "cos"):
        return None
    argument = factor.argument
    w = np.zeros(len(names))
    for item in argument.items if isinstance(argument, Sum) else (argument,):
        match item:
            case Number():
                continue
            case Symbol(name):
                w[names.index(name)] += 1.0
            case Product((Number(value), Symbol(name))):
                w[names.index(name)] += value
            case _:
                return None
    return w
