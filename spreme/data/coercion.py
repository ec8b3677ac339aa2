"""The door for functions that take either a `Trajectories` or the arguments of one."""

from __future__ import annotations

from typing import Any

from spreme.data.checks import check_input_names, check_names
from spreme.data.collection import MIN_SAMPLES, Trajectories, unpack


def coerce(
    x: Any,
    t: Any = None,
    env: Any = None,
    u: Any = None,
    state_names: Any = None,
    *,
    input_names: Any = None,
    min_samples: int = MIN_SAMPLES,
) -> Trajectories:
    """
    Give `x` itself if it is a `Trajectories`, else build one from the same arguments.

    Parameters
    ----------
    x : Trajectories or list of array-like
        As in `Trajectories`.
    t : list of array-like or float, default=None
        As in `Trajectories`.
    env : list of hashable, default=None
        As in `Trajectories`.
    u : list of array-like, default=None
        As in `Trajectories`.
    state_names : list of str, default=None
        As in `Trajectories`.
    input_names : list of str, default=None
        As in `Trajectories`.
    min_samples : int, default=3
        Trajectories of fewer samples are left out.

    Returns
    -------
    Trajectories
        The data.

    Raises
    ------
    ValueError, TypeError
        As in `Trajectories`; also if `x` is a `Trajectories` and times, environments or inputs are given beside it.

    Examples
    --------
    >>> from spreme.data import coerce
    >>> data = coerce([[1.0, 2.0]], 0.1, min_samples=1)
    >>> coerce(data) is data
    True
    """
    if not isinstance(x, Trajectories):
        return Trajectories._admit(x, t, env, u, state_names, input_names, min_samples)
    unpack(x, t, env, u, state_names, input_names)
    if state_names is not None and check_names(state_names, x.n_states) != x.state_names:
        raise ValueError(f"state_names {list(state_names)} differ from those of the data, {x.state_names}")
    if input_names is not None and check_input_names(input_names, x.n_inputs, x.state_names) != x.input_names:
        raise ValueError(f"input_names {list(input_names)} differ from those of the data, {x.input_names}")
    return x
