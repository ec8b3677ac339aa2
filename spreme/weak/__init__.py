"""Weak form: integrals of the equations against test functions, and the noise that these integrals carry."""

from spreme.weak.bumps import Bumps, make_bumps, window_ladder
from spreme.weak.rows import Rows, WeakTrajectory, prepare, rows
from spreme.weak.whitening import whiten

__all__ = ["Bumps", "Rows", "WeakTrajectory", "make_bumps", "prepare", "rows", "whiten", "window_ladder"]
