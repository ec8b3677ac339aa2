"""Penalties on the number of terms: best subset and sequential thresholding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spreme.penalties.checks import between


@dataclass(frozen=True)
class GroupL0:
    """Number of terms, whatever their size: the best shared support of every size.

    Examples
    --------
    >>> GroupL0().name
    'group_l0'
    """

    name: ClassVar[str] = "group_l0"


@dataclass(frozen=True)
class STLSQ:
    """Sequentially thresholded least squares on the norms of the terms.

    Terms whose root mean square coefficient over environments falls below alpha are dropped, the rest is fitted anew,
    until nothing changes. Not the minimiser of an objective.

    Parameters
    ----------
    ridge : float, default 1e-8
        Ridge of the fits, relative to the unit columns.

    References
    ----------
    Brunton, Proctor and Kutz (2016), Discovering governing equations from data by sparse identification of nonlinear
    dynamical systems, PNAS 113. Rudy, Alla, Brunton and Kutz (2019), Data-driven identification of parametric partial
    differential equations, SIAM J. Appl. Dyn. Syst. 18 (thresholding of groups).

    Examples
    --------
    >>> STLSQ().name
    'stlsq'
    """

    ridge: float = 1e-8
    name: ClassVar[str] = "stlsq"

    def __post_init__(self) -> None:
        """Check the options."""
        between("ridge", self.ridge, 0.0, float("inf"), open_below=False)
