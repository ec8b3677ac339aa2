"""El Niño: speed x of a current, half difference y and mean z of the temperatures at its ends; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, B, C = symbols("x y z B C")

SYSTEM = System(
    name="vallis",
    key=208,
    equations={"x": B * y - C * x, "y": x * z - y, "z": -x * y - z + 1},
    parameters={"B": 102.0, "C": 3.0},
    environments=RelativeRanges({"B": 0.05, "C": 0.05}),
    starts=Box(((-5, 5), (-0.2, 0.2), (-0.1, 0.35))),
    dt=0.01,
    horizon=9.0,
    library=PolynomialLibrary(degree=2),
    citation="G. K. Vallis, Conceptual models of El Niño and the Southern Oscillation, Journal of Geophysical "
    "Research, 1988",
    lyapunov_time=1 / 0.556,  # computed
)
