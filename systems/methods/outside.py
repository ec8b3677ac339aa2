"""Methods of a Python file outside the package, for `--methods-file FILE`: the file has a tuple `METHODS`."""

from __future__ import annotations

from functools import lru_cache

from systems.methods.method import Method
from systems.setups.outside import execute


@lru_cache
def methods_of(path: str) -> dict[str, Method]:
    """Read the methods of a file.

    Parameters
    ----------
    path : str
        A Python file.

    Returns
    -------
    dict of str to Method
        By name.

    Raises
    ------
    ValueError
        If there is no such file, or no method in it.
    """
    found = getattr(execute(path), "METHODS", ())
    if not found or not all(isinstance(own, Method) for own in found):
        raise ValueError(f"{path} has no method: it must define METHODS = (Method(...), ...)")
    return {own.name: own for own in found}
