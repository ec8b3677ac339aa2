"""`TrueLaw`: the law of an experiment in the terms that the methods were offered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable
from spreme.results import Law
from systems.methods.method import term_table
from systems.setups.setup import Experiment
from systems.structure import true_coefficients

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TrueLaw:
    """The law of an experiment.

    Attributes
    ----------
    table : TermTable
        The K terms that were offered, in the S states and the inputs.
    environments : tuple of int
        The E labels of the data, in the order of `coef`.
    coef : ndarray (E, S, K) or None
        True coefficients; None where a term of the law is not in the library.
    """

    table: TermTable
    environments: tuple[int, ...]
    coef: Array | None

    @property
    def present(self) -> Mask | None:
        """Terms (E, S, K) that each environment has."""
        return None if self.coef is None else self.coef != 0

    def describe(self, mask: Mask) -> list[str]:
        """Name the terms of a mask (S, K), each with the state whose equation it stands in."""
        names, states = self.table.names, self.table.state_names
        return [f"{states[s]}': {names[k]}" for s, k in zip(*np.nonzero(mask), strict=True)]

    def law(self, coef: Array) -> Law:
        """Make coefficients (E, S, K) a law that can be simulated; what was not observed counts as zero."""
        known = np.nan_to_num(coef)
        noise = np.zeros((len(known), known.shape[1]))
        return Law(self.table, np.any(known != 0, axis=0), known, np.abs(known), self.environments, noise)


def true_law(experiment: Experiment) -> TrueLaw:
    """Write the law of an experiment in the terms of its library.

    Parameters
    ----------
    experiment : Experiment
        Data, and the system with the parameters of these data.

    Returns
    -------
    TrueLaw
        Without coefficients where the system is misspecified.
    """
    system, data = experiment.system, experiment.data
    table, environments = term_table(system.library, data), cast("tuple[int, ...]", tuple(data.environments))
    coef = None if system.is_misspecified else true_coefficients(system, table, environments)
    return TrueLaw(table, environments, coef)
