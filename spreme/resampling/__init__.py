"""Fits to resampled data: how often a term is found again, and how far coefficients scatter."""

from spreme.resampling.repeated_fits import bootstrap
from spreme.resampling.result import Bootstrap

__all__ = ["Bootstrap", "bootstrap"]
