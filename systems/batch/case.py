"""`Case`: one run of one method on one data set, and its key."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass

import numpy as np


@dataclass(frozen=True, order=True)
class Case:
    """One run of one method on one data set.

    Attributes
    ----------
    system : str
        Name of a system of the catalogue or of a replica.
    method : str
        One of `systems.methods.names()`.
    variant : str, default "plain"
        One of `systems.setups.VARIANTS`; replicas have only "plain".
    noise : float, default 0.0
        Relative to the root mean square of each state in each environment.
    seed : int, default 0
        Key of the noise.

    Examples
    --------
    >>> from systems.batch.case import Case
    >>> Case("lotka", "spreme", noise=0.05).key
    'lotka.spreme.plain.0.05.0'
    """

    system: str
    method: str
    variant: str = "plain"
    noise: float = 0.0
    seed: int = 0

    @property
    def key(self) -> str:
        """Name of the case, unique, fit for a file."""
        return f"{self.system}.{self.method}.{self.variant}.{float(self.noise)!r}.{self.seed}"

    def rng(self) -> np.random.Generator:
        """Generator of the random numbers of the method: a function of the key alone."""
        digest = hashlib.sha256(repr(astuple(self)).encode()).digest()
        return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))
