"""`Bootstrap`: what the fits to resampled data found."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.data.tables import Labels, make_frame

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap:
    """Fits to resampled data.

    Attributes
    ----------
    masks : ndarray (B, S, K) of bool
        Terms that each fit chose.
    coefs : ndarray (B, E, S, K)
        Their coefficients; 0 outside the mask of a fit, NaN where an environment does not observe a term.
    mask : ndarray (S, K) of bool
        Terms of the model that was given.
    environments : tuple of hashable
        Labels, in the order of the second axis of `coefs`.
    state_names, term_names : tuple of str
        Names of states and terms.
    failures : tuple of str
        What the fits that failed said; they are not among the B.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme import Bootstrap
    >>> masks = np.array([[[True, False]], [[True, True]]])
    >>> coefs = np.array([[[[1.0, 0.0]]], [[[1.2, 0.1]]]])
    >>> found = Bootstrap(masks, coefs, masks[0], ("A",), ("x",), ("x", "x**2"))
    >>> print(found)
    2 fits; 50 % chose the terms of the model
    x':
      100 %  x
       50 %  x**2   (not in the model)
    """

    masks: Mask
    coefs: Array
    mask: Mask
    environments: tuple[Hashable, ...]
    state_names: tuple[str, ...]
    term_names: tuple[str, ...]
    failures: tuple[str, ...] = ()

    @property
    def inclusion(self) -> Array:
        """Share of the fits that chose each term (S, K)."""
        share: Array = self.masks.mean(axis=0)
        return share

    @property
    def same_law(self) -> float:
        """Share of the fits that chose exactly the terms of the model."""
        return float((self.masks == self.mask).all(axis=(1, 2)).mean())

    def std(self) -> Array:
        """Standard deviations of the coefficients over the fits that chose the term.

        Returns
        -------
        ndarray (E, S, K)
            NaN below two such fits.
        """
        return self._over_fits(lambda values: float(values.std(ddof=1)))

    def interval(self, level: float = 0.95) -> Array:
        """Percentile intervals of the coefficients.

        Parameters
        ----------
        level : float, default 0.95
            Share of the fits inside.

        Returns
        -------
        ndarray (E, S, K, 2)
            Lower and upper ends, over the fits that chose the term; NaN below two such fits.
        """
        if not 0.0 < level < 1.0:
            raise ValueError(f"level is {level!r}: a number between 0 and 1 is expected, such as 0.95")
        return np.stack([self._quantile(0.5 * (1.0 - level)), self._quantile(0.5 * (1.0 + level))], axis=-1)

    def to_frame(self, backend: str = "pandas") -> Any:
        """Tidy table of all terms that any fit chose.

        Parameters
        ----------
        backend : {"pandas", "polars"}, default "pandas"
            Whose data frame.

        Returns
        -------
        pandas.DataFrame or polars.DataFrame
            Columns state, term, in_model, inclusion, env, std, lower, upper (of the 95 % interval).
        """
        shown = np.argwhere(self.masks.any(axis=0) | self.mask)
        rows = [(e, s, k) for s, k in shown.tolist() for e in range(len(self.environments))]
        e, s, k = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        interval = self.interval()
        columns = {
            "state": [self.state_names[i] for i in s],
            "term": [self.term_names[i] for i in k],
            "in_model": self.mask[s, k],
            "inclusion": self.inclusion[s, k],
            "env": Labels(self.environments[i] for i in e),
            "std": self.std()[e, s, k],
            "lower": interval[e, s, k, 0],
            "upper": interval[e, s, k, 1],
        }
        return make_frame(columns, backend)

    def __str__(self) -> str:
        """Name the terms, the most frequent first in each equation."""
        lines = [f"{len(self.masks)} fits; {100 * self.same_law:.0f} % chose the terms of the model"]
        for s, name in enumerate(self.state_names):
            found = [k for k in np.argsort(-self.inclusion[s], kind="stable").tolist() if self._is_shown(s, k)]
            lines += [f"{name}':"] + [f"  {self._share(s, k):>5}  {self._named(s, k)}" for k in found]
        lines += [f"{len(self.failures)} fits failed, the first: {self.failures[0]}"] if self.failures else []
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Show the same in a terminal."""
        return str(self)

    def _is_shown(self, s: int, k: int) -> bool:
        """Whether a term was in the model or in any fit."""
        return bool(self.mask[s, k] or self.inclusion[s, k] > 0.0)

    def _share(self, s: int, k: int) -> str:
        """Inclusion in percent."""
        return f"{100 * self.inclusion[s, k]:.0f} %"

    def _named(self, s: int, k: int) -> str:
        """A term, marked if the model does not have it."""
        return self.term_names[k] + ("" if self.mask[s, k] else "   (not in the model)")

    def _quantile(self, share: float) -> Array:
        """Quantile of each coefficient (E, S, K)."""
        return self._over_fits(lambda values: float(np.quantile(values, share)))

    def _over_fits(self, summary: Callable[[Array], float]) -> Array:
        """A number for each coefficient (E, S, K) from its values in the fits that chose the term."""
        out = np.full(self.coefs.shape[1:], np.nan)
        for s, k in np.argwhere(self.masks.sum(axis=0) >= 2).tolist():
            for e in range(len(self.environments)):
                values = self.coefs[self.masks[:, s, k], e, s, k]
                values = values[np.isfinite(values)]
                if len(values) >= 2:
                    out[e, s, k] = summary(values)
        return out
