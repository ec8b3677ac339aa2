"""Numbers and laws as text: enough digits that rounding stays far below the error of the coefficient."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from spreme.coefficient_laws.result import CoefficientLaw, CoefficientLaws

Array = NDArray[np.float64]

# Rounding of one number moves a coefficient by at most this share of its standard error.
ROUNDED = 0.1
MOST_DIGITS = 17


def check_precision(precision: int) -> None:
    """Refuse what is no number of digits."""
    is_whole = isinstance(precision, (int, np.integer)) and not isinstance(precision, bool)
    if not is_whole or not 0 <= precision <= MOST_DIGITS:
        raise ValueError(f"precision must be a whole number of digits from 0 to {MOST_DIGITS}, got {precision!r}")


def number_text(value: float, precision: int, tolerance: float = math.inf) -> str:
    """Write a number like `spreme.symbolic`, with more digits where it must not move by more than a tolerance."""
    size = abs(value)
    magnitude = math.floor(math.log10(size)) if size > 0 else 0
    needed = math.ceil(-math.log10(2.0 * tolerance)) if 0 < tolerance < math.inf else -MOST_DIGITS
    if size and not 1e-4 <= size < 1e5:
        return f"{value:.{min(max(precision, needed + magnitude), MOST_DIGITS)}e}"
    usual = precision if size >= 1 or not size else max(precision, 1) - 1 - magnitude
    return f"{value:.{min(max(usual, needed), MOST_DIGITS)}f}"


def coefficients(laws: CoefficientLaws, law: CoefficientLaw, precision: int) -> list[str]:
    """Texts of the coefficients of a law."""
    columns = columns_of(laws, law)
    error = float(np.sqrt(np.median(np.einsum("ep,pq,eq->e", columns, law.covariance, columns))))
    largest = np.abs(columns).max(axis=0)
    return [
        number_text(float(value), precision, ROUNDED * error / size if len(law.coef) > 1 and size else math.inf)
        for value, size in zip(law.coef, largest, strict=True)
    ]


def columns_of(laws: CoefficientLaws, law: CoefficientLaw) -> Array:
    """Terms of a law in the environments (E, p)."""
    index = [laws.table.names.index(name) for name in law.terms]
    return laws.table.evaluate(laws.covariates.values)[:, index]


def law_text(laws: CoefficientLaws, law: CoefficientLaw, precision: int = 3) -> str:
    """A law as text that reads back as an expression in the covariates."""
    if not law.terms:
        return law.symbol
    parts = [times(number, name) for number, name in zip(coefficients(laws, law, precision), law.terms, strict=True)]
    inside = signed_sum(parts)
    return f"{'-' if law.sign < 0 else ''}exp({inside})" if law.sign else inside


def times(number: str, term: str) -> str:
    """Text of a number times a term."""
    if term == "1":
        return number
    if term.startswith("1/"):
        return number + term[1:]
    return f"{number}*({term})" if " " in term or term.startswith("-") else f"{number}*{term}"


def signed_sum(parts: list[str]) -> str:
    """Text of a sum whose parts may start with a minus sign."""
    return parts[0] + "".join(f" - {part[1:]}" if part.startswith("-") else f" + {part}" for part in parts[1:])


def terms_text(terms: tuple[str, ...]) -> str:
    """Terms of a law without numbers."""
    return " + ".join("constant" if term == "1" else term for term in terms)
