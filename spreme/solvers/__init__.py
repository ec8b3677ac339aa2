"""Solvers: they see Gram matrices, never data, libraries or estimators."""

from spreme.solvers.path import alpha_max, solve_path
from spreme.solvers.proximal.block_descent import block_descent
from spreme.solvers.proximal.fista import fista
from spreme.solvers.subsets.best_subset import BestSubset, best_subset
from spreme.solvers.subsets.group_l0 import SupportPath, best_supports
from spreme.solvers.subsets.neighbours import neighbours

__all__ = [
    "BestSubset",
    "SupportPath",
    "alpha_max",
    "best_subset",
    "best_supports",
    "block_descent",
    "fista",
    "neighbours",
    "solve_path",
]
