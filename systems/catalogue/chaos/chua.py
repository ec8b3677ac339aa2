"""Chua's circuit with a cubic resistor: voltages x, y and current z; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, al, be, a, c = symbols("x y z al be a c")

# Environment 4 is periodic.
SYSTEM = System(
    name="chua",
    key=219,
    equations={"x": al * y - al * a * x**3 + al * c * x, "y": x - y + z, "z": -be * y},
    parameters={"al": 10.0, "be": 16.0, "a": 1.0, "c": 0.143},
    environments=RelativeRanges({"al": 0.05, "be": 0.05, "a": 0.05, "c": 0.05}),
    starts=Box(((0.2, 0.4), (-0.03, 0.03), (-0.5, -0.2))),
    dt=0.02,
    horizon=16.0,
    library=PolynomialLibrary(degree=3),
    citation="G.-Q. Zhong, Implementation of Chua's circuit with a cubic nonlinearity, IEEE Transactions on "
    "Circuits and Systems I, 1994",
    lyapunov_time=1 / 0.283,  # computed
)
