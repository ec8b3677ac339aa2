"""The profile likelihood of a coefficient."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from spreme.likelihood.profile import Profile
from spreme.plotting.panels import GREY, look, one_panel, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Ticks of a wide axis, of any axis, width of a digit in units of the size of its font, and of the gap between labels.
MOST_TICKS, FEWEST_TICKS, DIGIT, GAP = 7, 2, 0.6, 3.0
# The picture ends at this many times the deviance of the interval's ends.
TALLEST = 2.0


def plot_profile(profile: Profile, ax: Axes | None = None) -> Axes:
    """Draw the deviance over the values of a coefficient, its interval, and what its standard error foretells.

    Parameters
    ----------
    profile : Profile
        What `SpReME.profile_likelihood` returns.
    ax : matplotlib.axes.Axes, default None
        Axes to draw in; None makes a figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes: the profile solid, the parabola of the standard error dashed, the interval shaded.

    Raises
    ------
    TypeError
        If the profile is no Profile.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from spreme import SpReME, Trajectories
    >>> t = np.linspace(0, 3, 61)
    >>> x = np.exp(-t) + 0.02 * np.random.default_rng(1).standard_normal(61)
    >>> data = Trajectories([x], t, state_names=["x"])
    >>> axes = plot_profile(SpReME(allowed={"x": ["x"]}).fit(data).profile_likelihood(data, "x", "x"))
    >>> axes.get_xlabel()
    "coefficient of x in x'"
    >>> plt.close(axes.figure)
    """
    if not isinstance(profile, Profile):
        raise TypeError(
            f"plot_profile needs a Profile, as SpReME.profile_likelihood returns it, got {type(profile).__name__}"
        )
    axes = one_panel(ax, 4.8, 3.4)
    own, top = look(0), TALLEST * profile.limit
    inside = profile.deviance <= top
    first, last = profile.values[inside][[0, -1]]
    line = np.linspace(first, last, 200)
    parabola = ((line - profile.estimate) / profile.std) ** 2
    axes.axvspan(max(profile.lower, first), min(profile.upper, last), color=own.colour, alpha=0.12, lw=0)
    axes.axhline(profile.limit, color=GREY, lw=0.8, ls=":")
    axes.plot(line[parabola <= top], parabola[parabola <= top], color=GREY, ls="--", lw=1.0, label="standard error")
    axes.plot(profile.values[inside], profile.deviance[inside], color=own.colour, marker=".", label="profile")
    axes.set_xlabel(f"coefficient of {profile.term} in {profile.state}'")
    axes.set_ylabel("deviance")
    axes.set_title(profile.env if isinstance(profile.env, str) else f"environment {profile.env}", fontsize="medium")
    axes.set_ylim(min(0.0, float(profile.deviance.min())), None)
    _label_values(axes, float(first), float(last))
    axes.legend(frameon=False, fontsize="small")
    tidy(axes)
    return axes


def _label_values(axes: Axes, first: float, last: float) -> None:
    """Write values in full, at as many ticks as leave room for their digits: narrow intervals differ in late ones."""
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    size = max(abs(first), abs(last), 1e-300)
    digits = 2.0 + max(math.log10(size / (last - first)), 0.0) if last > first else 2.0
    zeros = max(-math.log10(size), 0.0) if size > 1e-4 else 0.0  # smaller ones are written as powers of ten
    length = DIGIT * (digits + zeros + 2.0 + GAP)  # and sign and point
    room = axes.bbox.width / axes.figure.dpi * 72.0 / float(axes.xaxis.label.get_fontsize())
    axes.xaxis.set_major_locator(MaxNLocator(int(np.clip(room / length, FEWEST_TICKS, MOST_TICKS))))
    axes.xaxis.set_major_formatter(ScalarFormatter(useOffset=False))
