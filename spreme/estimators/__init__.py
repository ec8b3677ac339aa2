"""Estimators with scikit-learn's contract."""

from spreme.estimators.regressor import GroupSparseRegressor
from spreme.estimators.spreme import SpReME

__all__ = ["GroupSparseRegressor", "SpReME"]
