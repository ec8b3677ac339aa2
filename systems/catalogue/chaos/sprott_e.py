"""Sprott's flow E: five terms, a product and a square that drives y; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c, d, e = symbols("x y z a b c d e")

# Environment 1 is periodic.
SYSTEM = System(
    name="sprott_e",
    key=220,
    equations={"x": a * y * z, "y": b * x**2 - c * y, "z": d - e * x},
    parameters={"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0, "e": 4.0},
    environments=RelativeRanges({"a": 0.05, "b": 0.05, "c": 0.05, "d": 0.05, "e": 0.05}),
    starts=Box(((0.8, 1.1), (0.45, 0.6), (1.1, 1.9))),
    dt=0.04,
    horizon=40.0,
    library=PolynomialLibrary(degree=2),
    citation="J. C. Sprott, Some simple chaotic flows, Physical Review E, 1994",
    lyapunov_time=1 / 0.078,  # as published
)
