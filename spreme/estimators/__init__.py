"""Estimators with scikit-learn's contract."""

from spreme.estimators.spreme import SpReME

__all__ = ["SpReME"]
