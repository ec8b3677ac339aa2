"""Systems of a Python file outside the package, for `--suite FILE`.

The file has `SYSTEM`, one `System`, or `SYSTEMS`, several or a mapping of names to them. Instead of a `System` there
may be a plain record with `name`, `id`, `equations` (texts in the states x, y, z, w, v and in parameters), `base`,
`varied`, `degree`, `box`, `dt`, `T`, `frequencies` and `zeros`.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from spreme.library import FourierLibrary, Library, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

STATES = "xyzwv"
NAME = re.compile(r"[\w-]+")  # a name becomes a part of a file's name


@lru_cache
def systems_of(path: str) -> dict[str, System]:
    """Read the systems of a file.

    Parameters
    ----------
    path : str
        A Python file.

    Returns
    -------
    dict of str to System
        By name.

    Raises
    ------
    ValueError
        If there is no such file, or no system in it.
    """
    module = execute(path)
    given = getattr(module, "SYSTEMS", None) or [own for own in [getattr(module, "SYSTEM", None)] if own is not None]
    records = list(given.values() if isinstance(given, Mapping) else given)
    if not records:
        raise ValueError(f"{path} has no system: it must define SYSTEM, or SYSTEMS with at least one")
    found = [own if isinstance(own, System) else from_record(own) for own in records]
    for own in found:
        if not NAME.fullmatch(own.name):
            raise ValueError(f"system {own.name!r} of {path}: a name is made of letters, digits, _ and -")
    return {own.name: own for own in found}


def execute(path: str) -> ModuleType:
    """Run a Python file as a module; it can import its neighbours."""
    file = Path(path).resolve()
    if file.suffix != ".py" or not file.is_file():
        raise ValueError(f"{path} is no Python file")
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    specification = importlib.util.spec_from_file_location(f"given_{file.stem}", file)
    assert specification is not None and specification.loader is not None  # what ends in .py has a loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    specification.loader.exec_module(module)
    return module


def from_record(record: Any) -> System:
    """Turn one record of a file into a system."""
    import sympy

    states = STATES[: len(record.equations)]
    symbols = {name: sympy.Symbol(name) for name in (*states, *record.base)}
    return System(
        name=record.name,
        key=record.id,
        equations={
            state: sympy.sympify(text, locals=symbols) for state, text in zip(states, record.equations, strict=True)
        },
        parameters=record.base,
        environments=RelativeRanges(record.varied, zeros=record.zeros),
        starts=Box(tuple(record.box)),
        dt=record.dt,
        horizon=record.T,
        library=library(record.degree, record.frequencies),
        citation="given",
    )


def library(degree: int, frequencies: int) -> Library:
    """Polynomials, and sines and cosines if there are frequencies."""
    polynomials = PolynomialLibrary(degree=degree)
    return polynomials + FourierLibrary(n_frequencies=frequencies) if frequencies else polynomials
