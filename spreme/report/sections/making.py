"""How the law was found: options of the fit and versions of the software."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from spreme.estimators import SpReME
from spreme.report.parts import Section, Table
from spreme.report.subject import Subject

SOFTWARE = ("numpy", "scipy", "scikit-learn", "numba", "sympy", "matplotlib")


def making(subject: Subject) -> Section:
    """Options, with the defaults of those that were set, and versions."""
    given, usual = subject.model.get_params(deep=False), SpReME().get_params(deep=False)
    rows = [(name, *_option(value, usual[name])) for name, value in given.items()]
    options = Table("Options of the fit", ("option", "value", "instead of the default"), tuple(rows))
    software = Table("Versions this report was written with", ("software", "version"), tuple(_versions()))
    return Section(
        "How it was made", "making", (_seed(given["random_state"], given["criterion"]),), (options, software)
    )


def _option(value: Any, usual: Any) -> tuple[str, str]:
    """An option, and its default if this is another one."""
    own, default = _written(value), _written(usual)
    return own, "" if own == default else default


def _written(value: Any) -> str:
    """An option as text, the same for equal options; places in memory are left out."""
    if isinstance(value, Mapping):
        value = {key: list(own) if isinstance(own, tuple) else own for key, own in value.items()}
    return re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(value))


def _seed(random_state: object, criterion: str) -> str:
    """What chance had to do with it."""
    if criterion == "stability":
        return f"The criterion “stability” draws resamples; random_state is {_written(random_state)}."
    return "Nothing in this fit is random: the same data and options give the same law."


def _versions() -> list[tuple[str, str]]:
    """Names and versions of what the numbers come from."""
    from spreme import __version__

    return [
        ("spreme", __version__),
        *((name, version(name)) for name in SOFTWARE),
        ("Python", platform.python_version()),
    ]
