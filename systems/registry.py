"""Systems by name: every module of `systems.catalogue` is one, and a new file there is all that a new one takes."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from systems import catalogue
from systems.system import System


def get(name: str) -> System:
    """Look up a system.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    System
        Its record.

    Raises
    ------
    ValueError
        If there is no such system; the message lists those there are.

    Examples
    --------
    >>> import systems
    >>> systems.get("lorenz").parameters["r"]
    28.0
    """
    if not isinstance(name, str) or name not in _modules():
        raise ValueError(f"unknown system {name!r:.60}: there are {', '.join(names())}")
    return _load(name)


def names() -> list[str]:
    """List the names of all systems.

    Returns
    -------
    list of str
        Names in the order of their keys.

    Examples
    --------
    >>> import systems
    >>> systems.names()[:2]
    ['linear3d', 'lotka']
    """
    return [system.name for system in sorted(map(_load, _modules()), key=lambda system: system.key)]


def _modules() -> set[str]:
    """Names of the modules of the catalogue."""
    return {module.name for module in pkgutil.iter_modules(catalogue.__path__)}


def _load(name: str) -> System:
    """Import the module of a system."""
    system: System = import_module(f"{catalogue.__name__}.{name}").SYSTEM
    return system
