"""Predator and prey: the prey x grows and is eaten, the predator y starves and eats."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, a, b, g, d = symbols("x y a b g d")

SYSTEM = System(
    name="lotka",
    key=2,
    equations={"x": a * x - b * x * y, "y": d * x * y - g * y},
    parameters={"a": 0.5, "b": 0.75, "g": 0.5, "d": 0.75},
    environments=RelativeRanges({"b": 0.34, "d": 0.34}),
    starts=Box(((1, 2), (1, 2))),
    dt=0.1,
    horizon=10.0,
    library=PolynomialLibrary(degree=5),
    citation="A. J. Lotka, Elements of Physical Biology, 1925; V. Volterra, Fluctuations in the abundance of a species "
    "considered mathematically, Nature, 1926",
)
