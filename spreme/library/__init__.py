"""Libraries of candidate terms: tables that matrix, names, SymPy and compiled code read alike."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spreme.library.composition import Library, ProductLibrary, SumLibrary
    from spreme.library.custom import CustomLibrary
    from spreme.library.expressions import FUNCTIONS, RESERVED_NAMES, Expression
    from spreme.library.fourier import FourierLibrary
    from spreme.library.kernels import evaluate_terms, right_hand_side
    from spreme.library.names import check_state_names
    from spreme.library.parser import parse
    from spreme.library.polynomial import PolynomialLibrary
    from spreme.library.program import TermProgram
    from spreme.library.readers import to_text
    from spreme.library.restrictions import resolve
    from spreme.library.table import TermTable

__all__ = [
    "FUNCTIONS",
    "RESERVED_NAMES",
    "CustomLibrary",
    "Expression",
    "FourierLibrary",
    "Library",
    "PolynomialLibrary",
    "ProductLibrary",
    "SumLibrary",
    "TermProgram",
    "TermTable",
    "check_state_names",
    "evaluate_terms",
    "parse",
    "resolve",
    "right_hand_side",
    "to_text",
]

_HOMES = {
    "FUNCTIONS": "expressions",
    "RESERVED_NAMES": "expressions",
    "CustomLibrary": "custom",
    "Expression": "expressions",
    "FourierLibrary": "fourier",
    "Library": "composition",
    "PolynomialLibrary": "polynomial",
    "ProductLibrary": "composition",
    "SumLibrary": "composition",
    "TermProgram": "program",
    "TermTable": "table",
    "check_state_names": "names",
    "evaluate_terms": "kernels",
    "parse": "parser",
    "resolve": "restrictions",
    "right_hand_side": "kernels",
    "to_text": "readers",
}


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used: numba is loaded only with the kernels."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
