"""Two nations that arm against each other: expenditures x and y."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, a, m, g, b, n, h = symbols("x y a m g b n h")

SYSTEM = System(
    name="arms_race",
    key=130,
    equations={"x": a * y - m * x + g, "y": b * x - n * y + h},
    parameters={"a": 0.6, "m": 1.0, "g": 0.8, "b": 0.9, "n": 1.2, "h": 0.5},
    environments=RelativeRanges({"a": 0.3, "m": 0.2, "g": 0.4, "b": 0.3, "n": 0.2, "h": 0.4}),
    starts=Box(((0, 5),) * 2),
    dt=0.1,
    horizon=8.0,
    library=PolynomialLibrary(degree=3),
    citation="L. F. Richardson, Arms and Insecurity, 1960",
)
