"""Sparse discovery of ordinary differential equations shared by several experiments."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spreme.coefficient_laws import CoefficientLaws, coefficient_law
    from spreme.data import Trajectories, Trajectory
    from spreme.estimators import GroupSparseRegressor, SpReME
    from spreme.library import CustomLibrary, FourierLibrary, PolynomialLibrary
    from spreme.report import write_report
    from spreme.resampling import Bootstrap, bootstrap
    from spreme.results import Forecast

__version__ = "0.1.0.dev0"

__all__ = [
    "Bootstrap",
    "CoefficientLaws",
    "CustomLibrary",
    "Forecast",
    "FourierLibrary",
    "GroupSparseRegressor",
    "PolynomialLibrary",
    "SpReME",
    "Trajectories",
    "Trajectory",
    "bootstrap",
    "coefficient_law",
    "write_report",
]

_HOMES = {
    "Bootstrap": "resampling",
    "CoefficientLaws": "coefficient_laws",
    "CustomLibrary": "library",
    "Forecast": "results",
    "FourierLibrary": "library",
    "GroupSparseRegressor": "estimators",
    "PolynomialLibrary": "library",
    "SpReME": "estimators",
    "Trajectories": "data",
    "Trajectory": "data",
    "bootstrap": "resampling",
    "coefficient_law": "coefficient_laws",
    "write_report": "report",
}
_MODULES = (
    "coefficient_laws",
    "data",
    "datasets",
    "gram",
    "inr",
    "library",
    "metrics",
    "penalties",
    "plotting",
    "report",
    "resampling",
    "results",
    "solvers",
    "symbolic",
)


def __getattr__(name: str) -> Any:
    """Import public names and submodules where they are first used: importing the package costs next to nothing."""
    if name in _HOMES:
        return getattr(import_module(f"spreme.{_HOMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"spreme.{name}")
    raise AttributeError(f"module 'spreme' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*__all__, *_MODULES, "__version__"])
