"""The overturning of the ocean: differences x in temperature and y in salinity between equator and pole."""

from sympy import Abs, symbols

from spreme.library import CustomLibrary, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, a, b, c = symbols("x y a b c")

SYSTEM = System(
    name="stommel",
    key=127,
    equations={"x": a - x - x * Abs(x - y), "y": b - c * y - y * Abs(x - y)},
    parameters={"a": 3.0, "b": 1.0, "c": 0.3},
    environments=RelativeRanges({"a": 0.2, "b": 0.2, "c": 0.3}),
    starts=Box(((0.2, 3.5),) * 2),
    dt=0.05,
    horizon=10.0,
    library=PolynomialLibrary(degree=3) + CustomLibrary(["abs(x - y)", "x*abs(x - y)", "y*abs(x - y)"]),
    citation="H. Stommel, Thermohaline convection with two stable regimes of flow, Tellus, 1961; H. A. "
    "Dijkstra, Nonlinear Physical Oceanography, 2005, chapter 3",
)
