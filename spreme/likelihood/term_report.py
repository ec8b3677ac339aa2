"""Which terms of a law are the same in all environments, which vary, and where a coefficient may be zero.

The tests are those of `wald`. "The same" means that the data do not tell a difference; the spread, the standard
deviation over environments found by `population`, says how large it probably is. Holm's correction runs over the terms
of the law in the tests of equality and over all coefficients of the law in the tests of zero: with probability
1 - level no term is wrongly said to vary, and with probability 1 - level no coefficient is wrongly taken to differ from
zero.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.population import fit_population
from spreme.likelihood.term_row import TermRow, cells, header, verdict
from spreme.likelihood.wald import (
    equality,
    holm,
    information,
    is_anything_known,
    observed_estimates,
    p_value_of_zero,
)
from spreme.results import Law
from spreme.symbolic import coefficient_names

if TYPE_CHECKING:
    import pandas

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Said instead of tables of coefficients none of which is known.
NOT_FITTED = "the law could not be fitted to the data: none of its coefficients is known"


@dataclass(frozen=True, repr=False)
class TermReport:
    """Terms of a law: the same in all environments or not, and where compatible with zero.

    Attributes
    ----------
    rows : tuple of TermRow
        One for each term, in the order of the equations.
    environments : tuple
        Labels of the environments.
    level : float
        Probability of one or more false alarms over all terms.
    is_fitted : bool
        False if the law could not be fitted, so that there is nothing to test.
    """

    rows: tuple[TermRow, ...]
    environments: tuple[Hashable, ...]
    level: float
    is_fitted: bool = True

    def __str__(self) -> str:
        """One line a term."""
        if not self.is_fitted:
            return NOT_FITTED
        table = self._table()
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in table]
        return "\n".join([_title(self), "", *lines])

    def __repr__(self) -> str:
        """Show the same table in a terminal."""
        return str(self)

    def _repr_html_(self) -> str:
        """Table for notebooks, without colours of its own."""
        if not self.is_fitted:
            return f"<p>{NOT_FITTED}</p>"
        names, *rows = self._table()
        head = "".join(f"<th>{escape(cell)}</th>" for cell in names)
        lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        return f"<p>{escape(_title(self))}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _table(self) -> list[list[str]]:
        """Names of the columns, and the texts of every term."""
        n_environments = len(self.environments)
        return [header(n_environments), *(cells(row, n_environments) for row in self.rows)]

    def to_frame(self) -> pandas.DataFrame:
        """Give the rows as a table.

        Returns
        -------
        pandas.DataFrame
            One row for each term; columns are the attributes of `TermRow`.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError("to_frame needs pandas: pip install 'spreme[frames]'") from error
        names = [field.name for field in fields(TermRow)]
        names.insert(names.index("spread") + 1, "relative_spread")
        return pandas.DataFrame([[getattr(row, name) for name in names] for row in self.rows], columns=names)


def report_terms(law: Law, covariance: Array, level: float = 0.05) -> TermReport:
    """Test each term of a law for equality over environments and for zero in single ones.

    Parameters
    ----------
    law : Law
        Fitted law with E environments; a coefficient that is NaN inside the mask is not observed.
    covariance : ndarray (E, q, q)
        Covariances of the errors of the q coefficients of the mask, sorted by state, then term. Rows and columns of
        coefficients that are not observed are ignored; a variance that is not finite makes a coefficient not observed.
    level : float, default 0.05
        Probability of one or more false alarms over all terms.

    Returns
    -------
    TermReport
        One row for each term.

    Raises
    ------
    ValueError
        If the level is not between 0 and 1.

    References
    ----------
    Cochran, W. G. (1954). The combination of estimates from different experiments.
    Holm, S. (1979). A simple sequentially rejective multiple test procedure.

    Examples
    --------
    >>> from spreme.library import PolynomialLibrary
    >>> coef = np.array([[[0.0, 2.0, -0.5]], [[0.0, 3.0, -0.52]]])
    >>> table = PolynomialLibrary(degree=2).table(["x"])
    >>> law = Law(table, coef[0] != 0, coef, np.full(coef.shape, 0.1), ("A", "B"), np.zeros((2, 1)))
    >>> print(report_terms(law, np.tile(0.01 * np.eye(2), (2, 1, 1))))
    2 environments; tests at familywise level 0.05 (Holm)
    <BLANKLINE>
    equation  term  coefficient  mean            spread      verdict                   chi2 (df)  adjusted p  remarks
    x'        x     c_x_1        2.50 ± 0.35     0.49 (20%)  varies                    50 (1)     <0.0001
    x'        x**2  c_x_2        -0.510 ± 0.071  0           same in all environments  0.02 (1)   0.89
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, got {level!r}")
    estimates = law.coef[:, law.mask], np.einsum("eqq->eq", covariance)
    coef, variance = observed_estimates(*estimates)
    population = fit_population(coef, information(covariance, variance))
    statistic, degrees, p_value = equality(coef, variance)
    adjusted, is_zero = holm(p_value), holm(p_value_of_zero(coef, variance)) >= level
    rows = tuple(
        TermRow(
            state=law.state_names[s],
            term=law.table.names[k],
            symbol=symbol,
            verdict=verdict(np.isfinite(coef[:, p]), bool(adjusted[p] < level)),
            mean=float(population.mean[p]),
            mean_std=_mean_error(coef[:, p], variance[:, p], float(population.mean_covariance[p, p])),
            spread=float(population.std[p]) if degrees[p] else math.nan,
            statistic=float(statistic[p]),
            degrees=int(degrees[p]),
            p_value=float(p_value[p]),
            adjusted_p_value=float(adjusted[p]),
            zero_in=_chosen(law.environments, is_zero[:, p]),
            not_observed_in=_chosen(law.environments, np.isnan(coef[:, p])),
        )
        for p, ((s, k), symbol) in enumerate(coefficient_names(law).items())
    )
    return TermReport(rows, tuple(law.environments), level, is_anything_known(*estimates))


def _mean_error(coef: Array, variance: Array, pooled: float) -> float:
    """Standard error of the mean; of a tied term, one estimate shared by all environments, its own."""
    known = np.isfinite(coef)
    is_tied = known.sum() > 1 and np.ptp(coef[known]) == 0.0
    return math.sqrt(float(variance[known].max()) if is_tied else pooled)


def _chosen(environments: Sequence[Hashable], mask: Mask) -> tuple[Hashable, ...]:
    """Environments where the mask is true."""
    return tuple(env for env, is_chosen in zip(environments, mask, strict=True) if is_chosen)


def _title(report: TermReport) -> str:
    """How the tests are to be read."""
    if len(report.environments) == 1:
        return f"one environment, {report.environments[0]}: whether terms are the same elsewhere cannot be told"
    return f"{len(report.environments)} environments; tests at familywise level {report.level:g} (Holm)"
