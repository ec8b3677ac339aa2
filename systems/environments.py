"""Which parameters of a system differ between its environments, and by how much.

Environments are labelled by whole numbers: 0, 1, ... for training, 100, 101, ... for adaptation.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

FIRST_ADAPTATION = 100
ADAPTATION_WIDENING = 1.25  # environments of adaptation reach beyond those of training
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23)


@dataclass(frozen=True)
class RelativeRanges:
    """Parameters that fill an interval around their base value evenly.

    The j-th parameter is base + |base| half_range u, u = 2 frac((e + 1) sqrt(p_j)) - 1 with the j-th prime p_j in
    environment e (Kronecker's sequence); half ranges are wider by 1.25 from environment 100 on, those of adaptation.

    Attributes
    ----------
    half_ranges : mapping of str to float
        Parameter -> largest relative deviation; the order decides the prime.
    zeros : mapping of str to collection of int, default {}
        Parameter -> environments in which it is exactly zero, so that its term is absent there.
    """

    half_ranges: Mapping[str, float]
    zeros: Mapping[str, Collection[int]] = field(default_factory=dict)

    def parameters(self, base: Mapping[str, float], env: int) -> dict[str, float]:
        """Give the values of all parameters in environment number `env`."""
        if isinstance(env, bool) or not isinstance(env, int) or env < 0:
            raise ValueError(f"unknown environment {env!r:.60}: environments are numbered 0, 1, 2, ...")
        wide = ADAPTATION_WIDENING if env >= FIRST_ADAPTATION else 1.0
        values = dict(base)
        for (name, half_range), prime in zip(self.half_ranges.items(), PRIMES, strict=False):
            u = 2.0 * (((env + 1) * math.sqrt(prime)) % 1.0) - 1.0
            values[name] += abs(values[name]) * half_range * wide * u
        return values | {name: 0.0 for name, environments in self.zeros.items() if env in environments}

    def labels(self, n: int) -> list[int]:
        """Give the labels of the first n environments."""
        return list(range(n))

    @property
    def varied(self) -> tuple[str, ...]:
        """Names of the parameters that differ."""
        return tuple(dict.fromkeys((*self.half_ranges, *self.zeros)))


@dataclass(frozen=True)
class ParameterSets:
    """Environments given one by one.

    Attributes
    ----------
    sets : mapping of int to mapping of str to float
        Label of the environment -> parameter -> value.
    """

    sets: Mapping[int, Mapping[str, float]]

    def parameters(self, base: Mapping[str, float], env: int) -> dict[str, float]:
        """Give the values of all parameters in environment `env`; those not listed have their base value."""
        if env not in self.sets:
            raise ValueError(f"unknown environment {env!r:.60}: there are {', '.join(map(str, self.sets))}")
        return {**base, **self.sets[env]}

    def labels(self, n: int) -> list[int]:
        """Give the labels of the first n environments."""
        if n > len(self.sets):
            raise ValueError(f"n_environments={n} of a system with {len(self.sets)}: take at most {len(self.sets)}")
        return list(self.sets)[:n]

    @property
    def varied(self) -> tuple[str, ...]:
        """Names of the parameters that differ."""
        listed = dict.fromkeys(name for values in self.sets.values() for name in values)
        return tuple(name for name in listed if len({values.get(name) for values in self.sets.values()}) > 1)


Environments: TypeAlias = RelativeRanges | ParameterSets
