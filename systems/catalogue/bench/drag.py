"""Fall in air: speed x, resistance proportional to its square."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, g, k = symbols("x g k")

SYSTEM = System(
    name="drag",
    key=8,
    equations={"x": g - k * x**2},
    parameters={"g": 9.81, "k": 0.35},
    environments=RelativeRanges({"k": 0.7}),
    starts=Box(((0, 8),)),
    dt=0.02,
    horizon=2.0,
    library=PolynomialLibrary(degree=4),
    citation="I. Newton, Philosophiae Naturalis Principia Mathematica, 1687, book II, section II",
    units={"t": "s", "x": "m/s", "g": "m/s^2", "k": "1/m"},
)
