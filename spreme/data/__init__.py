"""Measured trajectories of one system in several environments."""

from spreme.data.checks import RESERVED_NAMES
from spreme.data.coercion import coerce
from spreme.data.collection import Trajectories
from spreme.data.trajectory import Trajectory

__all__ = ["RESERVED_NAMES", "Trajectories", "Trajectory", "coerce"]
