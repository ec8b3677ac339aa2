"""Systems to be recovered: those of the catalogue, or of a Python file that lists others.

Such a file has a mapping `SYSTEMS` of names to records with `name`, `id`, `equations` (texts in the states x, y, z, w,
v and in parameters), `base`, `varied`, `degree`, `box`, `dt`, `T`, `frequencies` and `zeros`.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import systems
from spreme.library import FourierLibrary, Library, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

STATES = "xyzwv"


@lru_cache
def load(path: str | None = None) -> dict[str, System]:
    """Systems by name: of the catalogue, or of a file."""
    if path is None:
        return {name: systems.get(name) for name in systems.names()}
    return {name: from_record(record) for name, record in execute(path).SYSTEMS.items()}


def execute(path: str) -> Any:
    """Run a Python file as a module; it can import its neighbours."""
    sys.path.insert(0, str(Path(path).resolve().parent))
    specification = importlib.util.spec_from_file_location("given_suite", path)
    assert specification is not None and specification.loader is not None, f"{path} is no Python file"
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
