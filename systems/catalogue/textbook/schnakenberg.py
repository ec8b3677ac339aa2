"""A reaction that feeds itself with two reactants x and y in their simplest oscillation."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, a, b = symbols("x y a b")

SYSTEM = System(
    name="schnakenberg",
    key=110,
    equations={"x": a - x + x**2 * y, "y": b - x**2 * y},
    parameters={"a": 0.1, "b": 0.5},
    environments=RelativeRanges({"a": 0.3, "b": 0.2}),
    starts=Box(((0.2, 1.5), (0.5, 2.5))),
    dt=0.05,
    horizon=20.0,
    library=PolynomialLibrary(degree=4),
    citation="J. Schnakenberg, Simple chemical reaction systems with limit cycle behaviour, Journal of "
    "Theoretical Biology, 1979",
)
