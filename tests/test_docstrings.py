"""Everything public is documented: what a top-level module of either package lists in its `__all__` is public."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

import spreme
import systems

# numpydoc's checks that always hold. Left out are those on where the text starts and ends (ruff has them), on extended
# summaries and "See Also" (not always useful), and on the mood of the summary's verb (it misjudges nouns).
EVERYWHERE = {
    "GL03": "double blank lines",
    "GL05": "tabs",
    "GL06": "an unknown section",
    "GL07": "sections out of order",
    "GL08": "no docstring",
    "SS01": "no summary",
    "SS02": "a summary that does not start with a capital",
    "SS03": "a summary that does not end with a period",
    "PR01": "an undocumented parameter",
    "PR02": "a documented parameter that does not exist",
    "PR03": "parameters out of order",
    "PR04": "a parameter without type",
    "PR07": "a parameter without description",
    "PR10": "no space before a parameter's colon",
    "RT01": "no Returns section",
    "RT03": "a return value without description",
    "YD01": "no Yields section",
}
# Methods may rely on the example of their class.
EXPORTS = {**EVERYWHERE, "EX01": "no example"}

# The fields of a dataclass may be documented as its attributes; `missing_fields` looks after them.
PARAMETERS = {code for code in EVERYWHERE if code.startswith("PR0")}


def public_modules() -> list[str]:
    """Both packages and their top-level modules."""
    names = []
    for package in (spreme, systems):
        inside = [info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_")]
        names += [package.__name__, *(f"{package.__name__}.{name}" for name in sorted(inside))]
    return names


def exports() -> dict[str, Any]:
    """Dotted name -> class or function, each object under the first name it is exported by."""
    found: dict[str, Any] = {}
    for module_name in public_modules():
        module = importlib.import_module(module_name)
        for name in getattr(module, "__all__", ()):
            exported = getattr(module, name)
            is_documentable = inspect.isclass(exported) or inspect.isroutine(inspect.unwrap(exported))
            if is_documentable and not any(exported is other for other in found.values()):
                found[f"{module_name}.{name}"] = exported
    return found


def methods(dotted: str, cls: type) -> Iterator[str]:
    """Dotted names of the public methods and properties that a class defines itself."""
    for name, member in vars(cls).items():
        if not name.startswith("_") and isinstance(member, property | classmethod | staticmethod | type(methods)):
            yield f"{dotted}.{name}"


def missing_fields(cls: type) -> list[str]:
    """Fields of a dataclass that stand neither under Parameters nor under Attributes."""
    document = NumpyDocString(inspect.getdoc(cls) or "")
    entries = [entry for section in ("Parameters", "Attributes") for entry in document[section]]
    documented = {name.strip() for entry in entries for name in entry.name.split(",")}
    return [field.name for field in dataclasses.fields(cls) if field.init and field.name not in documented]


def faults(dotted: str, checks: dict[str, str]) -> list[str]:
    """What numpydoc finds wrong with one docstring, restricted to our checks."""
    return [f"{dotted}: {text} ({code})" for code, text in validate(dotted)["errors"] if code in checks]


EXPORTED = exports()


def test_modules_say_what_they_are_for() -> None:
    undocumented = [name for name in public_modules() if not (importlib.import_module(name).__doc__ or "").strip()]
    assert undocumented == []


@pytest.mark.parametrize("dotted", EXPORTED)
def test_docstring(dotted: str) -> None:
    exported = EXPORTED[dotted]
    checks = EXPORTS
    if dataclasses.is_dataclass(exported):
        assert missing_fields(exported) == [], f"{dotted}: fields without a word"
    if dataclasses.is_dataclass(exported) or getattr(exported, "_is_protocol", False):  # nobody makes a protocol
        checks = {code: text for code, text in EXPORTS.items() if code not in PARAMETERS}
    found = faults(dotted, checks)
    if inspect.isclass(exported):
        found += [fault for method in methods(dotted, exported) for fault in faults(method, EVERYWHERE)]
    assert found == []
