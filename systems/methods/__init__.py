"""The compared methods: every module here with a `METHODS` tuple is found by name, and a new file is all one takes."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from systems.methods.method import Found, Method, Task

__all__ = ["Found", "Method", "Task", "get", "names"]


def get(name: str) -> Method:
    """Look up a method.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    Method
        Its record.

    Raises
    ------
    ValueError
        If there is no such method; the message lists those there are.

    Examples
    --------
    >>> from systems import methods
    >>> methods.get("spreme").needs is None
    True
    """
    if name not in _found():
        raise ValueError(f"unknown method {name!r:.60}: there are {', '.join(names())}")
    return _found()[name]


def names() -> list[str]:
    """List the names of all methods.

    Returns
    -------
    list of str
        Names; our own first.

    Examples
    --------
    >>> from systems import methods
    >>> methods.names()[0]
    'spreme'
    """
    return list(_found())


@cache
def _found() -> dict[str, Method]:
    """Methods of all modules of this package by name, `spreme` and its variants first."""
    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    methods = [method for module in modules for method in getattr(module, "METHODS", ())]
    return {method.name: method for method in sorted(methods, key=lambda own: not own.name.startswith("spreme"))}
