"""Measured data that come with the package, one loader per data set."""

from spreme.datasets.gause import load_gause
from spreme.datasets.hare_lynx import load_hare_lynx

__all__ = ["load_gause", "load_hare_lynx"]
