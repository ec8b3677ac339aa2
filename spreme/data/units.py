"""Units of measurement: labels of columns, which pint checks and converts where it is installed.

Units are those of pint's application registry, so a unit that a user defines there ("individual") is known here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

DIMENSIONLESS = "dimensionless"

# What a unit is spelled of; a number is an exponent or the 1 of "1/day". This is stricter than pint's own parser, which
# computes powers of numbers, however large.
TOKEN = re.compile(r"\s*([^\W\d]\w*|°[CF]?|%|\*\*|[\^*/()]|[-+]?\d+(?:\.\d+)?)")
SIGNED = re.compile(r"[-+]\d")
LONGEST, LARGEST_EXPONENT = 100, 99.0


def is_available() -> bool:
    """Tell whether pint is installed."""
    return find_spec("pint") is not None


def registry(purpose: str) -> Any:
    """Give pint's application registry; `purpose` opens the message if pint is missing."""
    try:
        import pint
    except ImportError as error:
        raise ImportError(f'{purpose} needs pint: pip install "spreme[units]"') from error
    return pint.get_application_registry()


def parse(unit: str, what: str) -> Any:
    """Read a unit by pint; `what` opens the message of an error."""
    own = registry(f"{what}: reading the unit {unit!r}")
    spelled = spelling(unit, what)
    try:
        return own.Unit(spelled)
    except Exception as error:  # pint's parser lets errors of every kind through, from tokens to operators
        missing = next((word for word in re.findall(r"[^\W\d]\w*", unit) if word not in own), None)
        remedy = f", or define it: pint.get_application_registry().define('{missing} = [{missing}]')" if missing else ""
        raise ValueError(f"{what}: {unit!r:.60} is no unit that pint knows; correct it{remedy}") from error


def spelling(unit: str, what: str) -> str:
    """Spell a unit for pint; "g L-1" becomes "g L**-1"."""
    out: list[str] = []
    position = 0
    while position < len(unit.rstrip()):
        match = TOKEN.match(unit, position)
        if match is None or len(unit) > LONGEST:
            raise ValueError(f"{what}: {unit!r:.60} is no unit: 'g/L', 'm*s**-2' and '1/day' are spelled rightly")
        token, position = match[1], match.end()
        if SIGNED.match(token) and out and out[-1] not in ("**", "^"):
            out.append("**")  # the spelling of climate data, m s-1
        _check_number(token, out, unit, what)
        out.append(token)
    return " ".join(out)


def _check_number(token: str, before: Sequence[str], unit: str, what: str) -> None:
    """Refuse numbers other than exponents and 1, and powers of powers."""
    is_power = bool(before) and before[-1] in ("**", "^")
    if token[0] in "+-" or token[0].isdigit():
        if (is_power and abs(float(token)) > LARGEST_EXPONENT) or (not is_power and float(token) != 1.0):
            raise ValueError(
                f"{what}: {unit!r:.60} holds the number {token:.20}: a unit has no factors; rescale the values, or "
                "define a unit of this size in pint's registry"
            )
    elif (token in ("**", "^") and (not before or before[-1][-1].isdigit())) or (is_power and token == "("):
        raise ValueError(f"{what}: {unit!r:.60}: powers are of names or brackets, with a number as exponent")


def text_of(unit: Any) -> str:
    """Write a unit of pint shortly, so that it reads back."""
    short = f"{unit:~C}"
    return f"{unit:C}" if "Δ" in short else short or DIMENSIONLESS  # differences of temperatures have no short name


def label(unit: Any, what: str) -> str:
    """Give a unit as text, checked if pint is installed."""
    if type(unit).__name__ == "Unit" and hasattr(unit, "dimensionality"):
        unit = text_of(unit)
    if not isinstance(unit, str):
        raise TypeError(f"{what}: a unit is a text such as 'g/L', got {unit!r:.60} of type {type(unit).__name__}")
    text = unit.strip() or DIMENSIONLESS
    if is_available():
        parse(text, what)
    return text


def check_units(units: Any, names: Sequence[str]) -> dict[str, str]:
    """Give the units of columns in the order of their names; those without one are left out."""
    if units is None:
        return {}
    if not isinstance(units, Mapping):
        raise TypeError(f"units must be a dict of names and units, such as {{'{names[0]}': 'g/L'}}, got {units!r:.60}")
    given = {unicodedata.normalize("NFKC", str(name)): unit for name, unit in units.items()}
    for name in given:
        if name not in names:
            raise ValueError(f"units: there is no state or input {name!r:.60}; there are {', '.join(names)}")
    return {name: label(given[name], f"units: {name!r}") for name in names if given.get(name) is not None}


def check_time_unit(unit: Any) -> str | None:
    """Give the unit of time."""
    return None if unit is None else label(unit, "time_unit")


def convert(values: np.ndarray, old: str, new: str, what: str) -> np.ndarray:
    """Convert values; `what` names them, for example "state 'x'"."""
    if old == new:
        return values
    own = registry(f"{what}: converting {old!r} to {new!r}")
    source, target = parse(old, what), parse(new, what)
    if not source.is_compatible_with(target):
        raise ValueError(
            f"{what}: {old!r} ({source.dimensionality}) cannot be converted to {new!r} ({target.dimensionality}); "
            "correct the unit that is wrong"
        )
    return np.asarray(own.Quantity(values, source).to(target).magnitude, dtype=np.float64)
