"""`Conditions`: what holds for all cases of a batch beside their keys."""

from __future__ import annotations

from dataclasses import dataclass

from systems import methods
from systems.methods.outside import methods_of

FITTING = "fitting"
LEAST = 300.0  # seconds for what is not the method's affair


@dataclass(frozen=True)
class Conditions:
    """What holds for all cases of a batch.

    Attributes
    ----------
    suite : str or None, default None
        Python file with systems, see `systems.setups.outside`.
    methods_file : str or None, default None
        Python file with methods, see `systems.methods.outside`.
    search_gap : bool, default False
        Whether the true mask is fitted too.
    limit : float, default 300
        Seconds for a fit. Drawing the data and judging have as long, and at least five minutes: they are not the
        method's affair.

    Examples
    --------
    >>> from systems.batch.conditions import Conditions
    >>> Conditions().method("spreme").uses_truth
    False
    """

    suite: str | None = None
    methods_file: str | None = None
    search_gap: bool = False
    limit: float = 300.0

    def limit_of(self, stage: str) -> float:
        """Seconds for a stage of a case."""
        return self.limit if stage == FITTING else max(self.limit, LEAST)

    def method(self, name: str) -> methods.Method:
        """Look up a method, in the file first."""
        given = {} if self.methods_file is None else methods_of(self.methods_file)
        return given[name] if name in given else methods.get(name)
