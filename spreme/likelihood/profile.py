"""Profile likelihood of one coefficient: how fast the best fit worsens as it is held elsewhere.

    D(v) = [min over the other coefficients and the starts of cost(c_p = v) - cost(c)] / s2,    z(v) = sign sqrt(D(v))
    interval: all v with D(v) <= quantile of chi2 with one degree of freedom at the level

s2 is the variance of the standardised residuals. In a linear problem z is a straight line of slope 1 / std and the
interval is that of Wald. Otherwise z is followed outward from the estimate c, each fit beginning where the last one
ended, moved along the line dc = cov[:, p] / cov[p, p] dv; the step is chosen such that z grows evenly. Where z crosses
the limit, the crossing is bracketed by regula falsi.

References
----------
Bates and Watts (1988), Nonlinear regression analysis and its applications, chapter 6. Raue et al. (2009), Structural
and practical identifiability analysis of partially observed dynamical models by exploiting the profile likelihood,
Bioinformatics 25. Venzon and Moolgavkar (1988), A method for computing profile-likelihood-based confidence intervals,
Applied Statistics 37.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.profile_walk import Fits, Walk, normal_quantile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

# Stands for the environment of a coefficient that they share.
ALL = "all environments"


@dataclass(frozen=True, eq=False, repr=False)
class Profile:
    """Profile likelihood of one coefficient.

    Attributes
    ----------
    values : ndarray (n,)
        Values at which the coefficient was held, increasing; the estimate is one of them.
    deviance : ndarray (n,)
        Fall of twice the log likelihood from the estimate; 0 there.
    estimate, std : float
        Maximum of the likelihood and its standard error (curvature there).
    lower, upper : float
        Ends of the confidence interval; infinite where the data do not bound the coefficient.
    level : float
        Confidence level.
    status : str
        "converged", or what is special about an end, in words.
    state, term : str
        Equation and term.
    env : hashable
        Environment, or "all environments" that share the coefficient.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme import SpReME, Trajectories
    >>> t = np.linspace(0, 3, 61)
    >>> noise = 0.02 * np.random.default_rng(1).standard_normal(61)
    >>> data = Trajectories([np.exp(-t) + noise], t, state_names=["x"])
    >>> profile = SpReME(required={"x": ["x"]}, allowed={"x": ["x"]}).fit(data).profile_likelihood(data, "x", "x")
    >>> profile.lower < -1.0 < profile.upper
    True
    """

    values: Array
    deviance: Array
    estimate: float
    std: float
    lower: float
    upper: float
    level: float
    status: str
    state: str
    term: str
    env: Hashable

    @property
    def limit(self) -> float:
        """Deviance at the ends of the interval."""
        return normal_quantile(self.level) ** 2

    @property
    def wald(self) -> tuple[float, float]:
        """The interval that the curvature at the estimate alone would give."""
        half = normal_quantile(self.level) * self.std
        return self.estimate - half, self.estimate + half

    def __str__(self) -> str:
        """Name the coefficient, its interval, and how this differs from the one of the standard error."""
        where = f"{self.term} in {self.state}', {self.env if self.env == ALL else f'environment {self.env}'}"
        percent = f"{100 * self.level:g} %"
        lines = [
            f"{where}: {_number(self.estimate, self.std)} ± {_number(self.std, self.std)}",
            f"{percent} interval  {_between(self.lower, self.upper, self.std)}   (profile likelihood)",
            f"{'':{len(percent)}}           {_between(*self.wald, self.std)}   (standard error)",
        ]
        return "\n".join([*lines, *([] if self.status == "converged" else [f"note: {self.status}"])])

    def __repr__(self) -> str:
        """Show the same lines in a terminal."""
        return str(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw it; see `spreme.plotting.plot_profile`.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default None
            Axes to draw in; None makes a figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes.
        """
        from importlib import import_module  # a picture is made a layer above

        axes: Axes = import_module("spreme.plotting").plot_profile(self, ax)
        return axes


def profile(fits: Fits, name: tuple[str, str, Hashable], level: float = 0.95, n_points: int = 16) -> Profile:
    """Profile the likelihood of one coefficient.

    Parameters
    ----------
    fits : Fits
        Fits with the coefficient held: `profile_alone.Alone`, or `profile_tied.Together` where environments share it.
    name : tuple of (str, str, hashable)
        Names of state, term and environment.
    level : float, default 0.95
        Confidence level.
    n_points : int, default 16
        Fits inside the interval, about; more where an end is hard to find.

    Returns
    -------
    Profile
        The deviance and the interval.
    """
    walk = Walk(fits, level, n_points)
    (lower, below), (upper, above) = walk.side(-1.0), walk.side(1.0)
    words = [text for text in (below, above) if text]
    if walk.better is not None:
        words.append(f"the data fit better at {walk.better:.6g}: the estimate is not the best there is")
    points = sorted(walk.points, key=lambda point: point.value)
    return Profile(
        values=np.array([point.value for point in points]),
        deviance=np.array([point.deviance for point in points]),
        estimate=walk.centre.value,
        std=walk.std,
        lower=lower,
        upper=upper,
        level=level,
        status="; ".join(words) or "converged",
        state=name[0],
        term=name[1],
        env=name[2],
    )


def check_level(level: float) -> float:
    """Check a confidence level."""
    if isinstance(level, bool) or not isinstance(level, numbers.Real) or not 0.0 < level < 1.0:
        raise ValueError(f"level must be a number between 0 and 1, such as 0.95, got {level!r}")
    return float(level)


def _number(value: float, std: float) -> str:
    """A number to the second digit of its error."""
    if not math.isfinite(value):
        return "inf" if value > 0 else "-inf"
    if not (std > 0.0 and 1e-6 < std < 1e4):
        return f"{value:.6g}"
    return f"{value:.{max(1 - math.floor(math.log10(std)), 0)}f}"


def _between(lower: float, upper: float, std: float) -> str:
    """An interval as text."""
    return f"{_number(lower, std)} to {_number(upper, std)}"
