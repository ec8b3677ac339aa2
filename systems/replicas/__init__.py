"""Published set-ups, rebuilt number by number and found by name."""

from __future__ import annotations

from importlib import import_module

from systems.replicas.spreme_protocol import Experiment, SpremeReplica, hold_out

__all__ = ["Experiment", "SpremeReplica", "get", "hold_out", "names"]

_MODULES = {
    "spreme-linear": "spreme_linear",
    "spreme-lorenz": "spreme_lorenz",
    "spreme-lotka": "spreme_lotka",
    "spreme-pendulum": "spreme_pendulum",
}


def get(name: str) -> SpremeReplica:
    """Look up a replica.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    SpremeReplica
        Its system and protocol.

    Raises
    ------
    ValueError
        If there is no such replica; the message lists those there are.

    Examples
    --------
    >>> from systems import replicas
    >>> replicas.get("spreme-lotka").training().data
    Trajectories: 144 trajectories, 9 environments, 28800 samples
      states        x, y
      environments  0 (16), 1 (16), 2 (16), 3 (16), 4 (16), 5 (16), ... (9 in all)
      samples       200 per trajectory
      times         0 to 3.98
    """
    if name not in _MODULES:
        raise ValueError(f"unknown replica {name!r:.60}: there are {', '.join(names())}")
    replica: SpremeReplica = import_module(f"{__name__}.{_MODULES[name]}").REPLICA
    return replica


def names() -> list[str]:
    """List the names of all replicas.

    Returns
    -------
    list of str
        Names, sorted.

    Examples
    --------
    >>> from systems import replicas
    >>> replicas.names()
    ['spreme-linear', 'spreme-lorenz', 'spreme-lotka', 'spreme-pendulum']
    """
    return sorted(_MODULES)
