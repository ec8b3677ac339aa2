"""Systems by name: a new file in a suite of `systems.catalogue` is all that a new one takes."""

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
    found = _in_module_of_its_own(name) or _in_table(name)
    if found is None:
        raise ValueError(f"unknown system {name!r:.60}: there are {', '.join(names())}")
    return found


def names(suite: str | None = None) -> list[str]:
    """List the names of all systems, or of those of one suite.

    Parameters
    ----------
    suite : str or None, default None
        One of `suites()`; None: all of them.

    Returns
    -------
    list of str
        Names in the order of their keys.

    Raises
    ------
    ValueError
        If there is no such suite.

    Examples
    --------
    >>> import systems
    >>> systems.names()[:2]
    ['linear3d', 'lotka']
    >>> systems.names("chaos")[:2]
    ['sprott_b', 'sprott_c']
    """
    if suite is not None and suite not in suites():
        raise ValueError(f"unknown suite {suite!r:.60}: there are {', '.join(suites())}")
    chosen = suites() if suite is None else [suite]
    return [system.name for system in sorted(_all_in(chosen), key=lambda system: system.key)]


def suites() -> list[str]:
    """List the suites, the packages of `systems.catalogue`.

    Returns
    -------
    list of str
        Names, sorted.

    Examples
    --------
    >>> import systems
    >>> "bench" in systems.suites()
    True
    """
    return sorted(module.name for module in pkgutil.iter_modules(catalogue.__path__) if module.ispkg)


def _in_module_of_its_own(name: str) -> System | None:
    """Find the system that a module is named after; no other module is imported."""
    for suite in suites():
        if name in _modules(suite):
            for system in _load(suite, name):
                if system.name == name:
                    return system
    return None


def _in_table(name: str) -> System | None:
    """Find a system of a module that holds many."""
    return next((system for system in _all_in(suites()) if system.name == name), None)


def _all_in(chosen: list[str]) -> list[System]:
    """Systems of some suites, module by module."""
    return [system for suite in chosen for module in _modules(suite) for system in _load(suite, module)]


def _modules(suite: str) -> list[str]:
    """Names of the modules of a suite."""
    package = import_module(f"{catalogue.__name__}.{suite}")
    return [module.name for module in pkgutil.iter_modules(package.__path__)]


def _load(suite: str, name: str) -> tuple[System, ...]:
    """Import a module of a suite: its `SYSTEM`, its `SYSTEMS`, or none where it only serves its neighbours."""
    module = import_module(f"{catalogue.__name__}.{suite}.{name}")
    return (module.SYSTEM,) if hasattr(module, "SYSTEM") else tuple(getattr(module, "SYSTEMS", ()))
