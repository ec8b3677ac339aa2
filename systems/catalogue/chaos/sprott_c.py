"""Sprott's flow C: five terms, a product and a square; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c, d, e = symbols("x y z a b c d e")

SYSTEM = System(
    name="sprott_c",
    key=202,
    equations={"x": a * y * z, "y": b * x - c * y, "z": d - e * x**2},
    parameters={"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0, "e": 1.0},
    environments=RelativeRanges({"a": 0.05, "b": 0.05, "c": 0.05, "d": 0.05, "e": 0.05}),
    starts=Box(((-0.8, 0.8), (-0.8, 0.8), (-0.8, 1))),
    dt=0.05,
    horizon=36.0,
    library=PolynomialLibrary(degree=2),
    citation="J. C. Sprott, Some simple chaotic flows, Physical Review E, 1994",
    lyapunov_time=1 / 0.163,  # as published
)
