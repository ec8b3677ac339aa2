"""Sprott's flow D: reversible in time; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c, d, e = symbols("x y z a b c d e")

# Environment 7 is periodic.
SYSTEM = System(
    name="sprott_d",
    key=203,
    equations={"x": -a * y, "y": b * x + c * z, "z": d * x * z + e * y**2},
    parameters={"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0, "e": 3.0},
    environments=RelativeRanges({"a": 0.05, "b": 0.05, "c": 0.05, "d": 0.05, "e": 0.05}),
    starts=Box(((-1.4, -0.8), (-0.3, 0.3), (0.8, 1.5))),
    dt=0.04,
    horizon=40.0,
    library=PolynomialLibrary(degree=2),
    citation="J. C. Sprott, Some simple chaotic flows, Physical Review E, 1994",
    lyapunov_time=1 / 0.103,  # as published
)
