"""`Law`: terms, coefficients, noise."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Law:
    """One law in several environments: shared mask, coefficients of every environment.

    Attributes
    ----------
    table : TermTable
        The K library terms in the S states and the inputs.
    mask : ndarray (S, K) of bool
        Terms of each equation, shared by all environments.
    coef : ndarray (E, S, K)
        Coefficients in units of state per time per term; 0 outside the mask, NaN inside it where the data of an
        environment say nothing about a term because it is zero on all of them.
    coef_std : ndarray (E, S, K)
        Standard errors; NaN outside the mask and where not observed.
    environments : tuple
        Labels, in the order of the first axis.
    noise_std : ndarray (E, S)
        Standard deviation of the measurement noise, in units of the states.
    units : dict of str to str, default {}
        Units of states and inputs by name, as far as they are known.
    time_unit : str or None, default None
        Unit of time.
    """

    table: TermTable
    mask: Mask
    coef: Array
    coef_std: Array
    environments: tuple[Hashable, ...]
    noise_std: Array
    units: Mapping[str, str] = field(default_factory=dict)
    time_unit: str | None = None

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the states."""
        return self.table.state_names

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return self.table.input_names

    def position(self, env: Hashable) -> int:
        """Return the position of an environment; refuse unknown ones by name."""
        for position, label in enumerate(self.environments):
            if type(label) is type(env) and label == env:
                return position
        for position, label in enumerate(self.environments):
            if label == env:
                return position
        known = ", ".join(map(repr, self.environments))
        raise ValueError(
            f"environment {env!r} was not fitted; fitted: {known}. A new environment needs adapt(...) first"
        )
