"""Two species x and y that compete for the same resources."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, r1, a11, a12, r2, a21, a22 = symbols("x y r1 a11 a12 r2 a21 a22")

SYSTEM = System(
    name="competition",
    key=9,
    equations={"x": x * (r1 - a11 * x - a12 * y), "y": y * (r2 - a21 * x - a22 * y)},
    parameters={"r1": 1.0, "a11": 0.2, "a12": 0.12, "r2": 0.8, "a21": 0.1, "a22": 0.16},
    environments=RelativeRanges({"r1": 0.2, "a11": 0.3, "a12": 0.3, "r2": 0.2, "a21": 0.3, "a22": 0.3}),
    starts=Box(((0.2, 6), (0.2, 6))),
    dt=0.1,
    horizon=12.0,
    library=PolynomialLibrary(degree=3),
    citation="V. Volterra, Fluctuations in the abundance of a species considered mathematically, Nature, 1926; G. F. "
    "Gause, The Struggle for Existence, 1934",
)
