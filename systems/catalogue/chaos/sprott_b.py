"""Sprott's flow B: five terms, two of them products; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c, d, e = symbols("x y z a b c d e")

# Environment 5 is periodic.
SYSTEM = System(
    name="sprott_b",
    key=201,
    equations={"x": a * y * z, "y": b * x - c * y, "z": d - e * x * y},
    parameters={"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0, "e": 1.0},
    environments=RelativeRanges({"a": 0.05, "b": 0.05, "c": 0.05, "d": 0.05, "e": 0.05}),
    starts=Box(((-1, 1), (-0.9, 0.9), (-1, 1))),
    dt=0.05,
    horizon=30.0,
    library=PolynomialLibrary(degree=2),
    citation="J. C. Sprott, Some simple chaotic flows, Physical Review E, 1994",
    lyapunov_time=1 / 0.21,  # as published
)
