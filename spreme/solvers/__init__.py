"""Solvers: they see Gram matrices, never data, libraries or estimators."""

from spreme.solvers.group_l0 import SupportPath as SupportPath
from spreme.solvers.group_l0 import best_supports
from spreme.solvers.path import alpha_max, solve_path

__all__ = ["alpha_max", "best_supports", "solve_path"]
