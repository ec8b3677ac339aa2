"""How systems are measured: what a method is given, and what its forecasts are judged by."""

from systems.setups.lookup import find
from systems.setups.measured import Measured
from systems.setups.setup import Experiment, Setup
from systems.setups.variants import VARIANTS

__all__ = ["VARIANTS", "Experiment", "Measured", "Setup", "find"]
