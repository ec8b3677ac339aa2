"""Published set-ups, rebuilt number by number and found by name."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from systems.replicas.seeded_protocol import SeededReplica
from systems.replicas.spreme_protocol import SpremeReplica, hold_out
from systems.setups.setup import Experiment, Setup

__all__ = ["Experiment", "SeededReplica", "SpremeReplica", "get", "hold_out", "names"]

_MODULES = {
    "spreme-linear": "spreme_linear",
    "spreme-lorenz": "spreme_lorenz",
    "spreme-lotka": "spreme_lotka",
    "spreme-pendulum": "spreme_pendulum",
}
# modules of more than one replica, by name in `REPLICAS`
_TABLES = ("leads_lotka", "coda_lotka", "coda_glycolytic", "ncf_selkov", "ncf_pendulum", "geps_pendulum", "odebench")


def get(name: str) -> Setup:
    """Look up a replica.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    Setup
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
    if name in _MODULES:
        replica: Setup = import_module(f"{__name__}.{_MODULES[name]}").REPLICA
        return replica
    if name in _tables():
        return _tables()[name]
    raise ValueError(f"unknown replica {name!r:.60}: there are {', '.join(names())}")


def names() -> list[str]:
    """List the names of all replicas.

    Returns
    -------
    list of str
        Names, sorted; those of the tables last.

    Examples
    --------
    >>> from systems import replicas
    >>> [name for name in replicas.names() if name.startswith("spreme")]
    ['spreme-linear', 'spreme-lorenz', 'spreme-lotka', 'spreme-pendulum']
    """
    return [*sorted(_MODULES), *_tables()]


@cache
def _tables() -> dict[str, Setup]:
    """Replicas of the modules that hold many."""
    tables = [import_module(f"{__name__}.{module}").REPLICAS for module in _TABLES]
    return {name: replica for table in tables for name, replica in table.items()}
