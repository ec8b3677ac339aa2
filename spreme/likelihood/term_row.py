"""One line of a term report: what is known about a term, in numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

SAME = "same in all environments"
SAME_WHERE_OBSERVED = "same where observed"
VARIES = "varies"
ONE = "one environment"
NOWHERE = "not observed"

# Environments named in one line of the text; the rest are counted.
MOST_NAMED = 4
# Errors smaller than this many decimals are given as a power of ten.
MOST_DECIMALS = 6


@dataclass(frozen=True)
class TermRow:
    """What is known about one term of one equation.

    Attributes
    ----------
    state, term, symbol : str
        Equation, term, and name of the coefficient as in the equations.
    verdict : str
        "same in all environments", "varies", "same where observed" (not all environments observe it), "one environment"
        (nothing to compare), "not observed" (in none).
    mean, mean_std : float
        Mean over environments and its standard error.
    spread : float
        Standard deviation over environments, free of the errors of the coefficients; NaN for one environment.
    statistic, degrees, p_value : float, int, float
        Wald test of equality; NaN where fewer than two environments observe the term.
    adjusted_p_value : float
        After Holm's correction over the terms of the law.
    zero_in : tuple
        Environments whose coefficient is compatible with zero, after Holm's correction over all coefficients.
    not_observed_in : tuple
        Environments whose data say nothing about the term.
    """

    state: str
    term: str
    symbol: str
    verdict: str
    mean: float
    mean_std: float
    spread: float
    statistic: float
    degrees: int
    p_value: float
    adjusted_p_value: float
    zero_in: tuple[Hashable, ...]
    not_observed_in: tuple[Hashable, ...]

    @property
    def relative_spread(self) -> float:
        """Spread in units of the size of the mean."""
        return self.spread / abs(self.mean) if self.mean else math.inf


def verdict(observed: Mask, varies: bool) -> str:
    """Sum up one term in words."""
    if varies:
        return VARIES
    if observed.sum() < 2:
        return ONE if observed.any() else NOWHERE
    return SAME if observed.all() else SAME_WHERE_OBSERVED


def header(n_environments: int) -> list[str]:
    """Names of the columns; a single environment has nothing to compare."""
    if n_environments == 1:
        return ["equation", "term", "coefficient", "value", "remarks"]
    return ["equation", "term", "coefficient", "mean", "spread", "verdict", "chi2 (df)", "adjusted p", "remarks"]


def cells(row: TermRow, n_environments: int) -> list[str]:
    """Texts of one line."""
    out = [f"{row.state}'", row.term, row.symbol, _with_error(row.mean, row.mean_std)]
    if n_environments > 1:
        test = [f"{row.statistic:.3g} ({row.degrees})", _probability(row.adjusted_p_value)] if row.degrees else ["", ""]
        out += [_spread(row), row.verdict, *test]
    return [*out, "; ".join(_remarks(row, n_environments))]


def _remarks(row: TermRow, n_environments: int) -> list[str]:
    """Where the term may be zero, where it is not observed."""
    parts = [("compatible with zero", row.zero_in), ("not observed", row.not_observed_in)]
    if n_environments == 1 or row.verdict == NOWHERE:
        return [text for text, found in parts if found]
    return [f"{text} in {_listed(found, n_environments)}" for text, found in parts if found]


def _listed(found: tuple[Hashable, ...], n_environments: int) -> str:
    """Name a few environments, count the rest."""
    if len(found) == n_environments:
        return "all environments"
    hidden = len(found) - MOST_NAMED
    return ", ".join(map(str, found[:MOST_NAMED])) + (f" and {hidden} more" if hidden > 0 else "")


def _spread(row: TermRow) -> str:
    """Spread, and its share of the mean where this is not lost in its own error."""
    if math.isnan(row.spread):
        return ""
    if row.spread == 0.0:
        return "0"
    is_clear = abs(row.mean) > 2.0 * row.mean_std
    return f"{row.spread:.2g}" + (f" ({100 * row.relative_spread:.2g}%)" if is_clear else "")


def _probability(value: float) -> str:
    """Probability with two digits."""
    return "<0.0001" if value < 1e-4 else f"{value:.2g}"


def _with_error(value: float, error: float) -> str:
    """Number and its error, both to the second digit of the error."""
    if not math.isfinite(value):
        return ""
    decimals = 1 - math.floor(math.log10(error))
    if decimals > MOST_DECIMALS or decimals < -3:
        return f"{value:.6g} ± {error:.1e}"
    return f"{value:.{max(decimals, 0)}f} ± {error:.{max(decimals, 0)}f}"
