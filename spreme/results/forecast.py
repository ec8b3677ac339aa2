"""`Forecast`: what a law foretells."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.rendering import html

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Forecast:
    """A simulated trajectory, or one for each of m starts.

    Attributes
    ----------
    t : ndarray (n,)
        Times. A single start that does not reach the last time ends earlier.
    x : ndarray (n, S) or (m, n, S)
        States. With several starts, NaN after a trajectory has stopped.
    status : str or list of str
        "converged", or why a trajectory stopped early, in words.
    state_names : tuple of str
        Names of the states.
    env : hashable
        The environment whose coefficients were used.
    lower, upper : ndarray, shape of x, or None
        Band around x at each time, if asked for; NaN where too many of its draws have stopped.
    band : float or None
        Share of the draws inside the band.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme import SpReME
    >>> t = np.linspace(0, 3, 61)
    >>> forecast = SpReME().fit([np.exp(-t)], t).simulate([2.0], [0.0, 1.0])
    >>> forecast.x.round(3).tolist(), forecast.status
    ([[2.0], [0.736]], 'converged')
    """

    t: Array
    x: Array
    status: str | list[str]
    state_names: tuple[str, ...]
    env: Hashable
    lower: Array | None = None
    upper: Array | None = None
    band: float | None = None

    def to_frame(
        self, backend: str = "pandas", *, time: str = "time", env: str = "env", trajectory: str = "trajectory"
    ) -> Any:
        """Write the forecast as a table in long form, which `Trajectories.from_frame` reads.

        Parameters
        ----------
        backend : {"pandas", "polars"}, default "pandas"
            Package of the frame.
        time, env, trajectory : str
            Names of these columns; the starts are numbered from 0.

        Returns
        -------
        pandas.DataFrame or polars.DataFrame
            Columns env, trajectory, time and the states, and with a band <state>_lower and <state>_upper; one row per
            start and time, NaN after a trajectory has stopped.

        Raises
        ------
        ImportError, ValueError
            If the package is not installed, or a state has the name of another column.

        Examples
        --------
        >>> Forecast(np.array([0.0]), np.array([[2.0]]), "converged", ("x",), "A").to_frame().values.tolist()
        [['A', 0, 0.0, 2.0]]
        """
        from spreme.data.tables import block_columns, make_frame

        blocks = {"": self.x, "_lower": self.lower, "_upper": self.upper}
        roles = {"time": time, "env": env, "trajectory": trajectory}
        return make_frame(block_columns(self.t, blocks, self.state_names, self.env, roles), backend)

    def __repr__(self) -> str:
        """Tell how far it goes, and the range of every state."""
        width = max(map(len, self.state_names))
        rows = [f"  {name:<{width}}  {low:.4g} to {high:.4g}" for name, low, high in self._ranges()]
        return "\n".join([f"Forecast: {self._headline()}", *rows])

    def _repr_html_(self) -> str:
        """Show the states in small curves."""
        rows = []
        for s, (name, low, high) in enumerate(self._ranges()):
            drawn = [(self.t, x[:, s]) for x in np.atleast_3d(self.x.T).T]
            rows.append([escape(name), f"{low:.4g}", f"{high:.4g}", html.curves(drawn, low, high)])
        table = html.table(["state", "lowest", "highest", ""], rows)
        return f"<div><div><b>Forecast</b>: {escape(self._headline())}</div>{table}</div>"

    def _headline(self) -> str:
        """Starts, times, and how it ended."""
        statuses = [self.status] if isinstance(self.status, str) else self.status
        stopped = [status for status in statuses if status != "converged"]
        starts = f"{len(statuses)} starts, " if self.x.ndim == 3 else ""
        times = f"{len(self.t)} times from {self.t[0]:.6g} to {self.t[-1]:.6g}" if len(self.t) else "no times"
        band = f", {100 * self.band:g} % band" if self.band is not None else ""
        ended = "converged" if not stopped else stopped[0]
        if stopped and len(statuses) > 1:
            ended = f"{len(stopped)} stopped early, the first: {ended}"
        return f"environment {self.env!r}, {starts}{times}{band}; {ended}"

    def _ranges(self) -> list[tuple[str, float, float]]:
        """Name, smallest and largest value of every state; NaN if there is none."""
        flat = self.x.reshape(-1, len(self.state_names))
        known = [own[np.isfinite(own)] for own in flat.T]
        nothing = np.array([np.nan])
        shown = [own if len(own) else nothing for own in known]
        return [(n, float(own.min()), float(own.max())) for n, own in zip(self.state_names, shown, strict=True)]
