"""Convection in two dimensions in a magnetic field; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, k, la = symbols("x y z k la")

SYSTEM = System(
    name="rucklidge",
    key=205,
    equations={"x": -k * x + la * y - y * z, "y": x, "z": -z + y**2},
    parameters={"k": 2.0, "la": 6.7},
    environments=RelativeRanges({"k": 0.05, "la": 0.05}),
    starts=Box(((-2, 2), (-2.5, 2.5), (4, 9))),
    dt=0.03,
    horizon=27.0,
    library=PolynomialLibrary(degree=2),
    citation="A. M. Rucklidge, Chaos in models of double convection, Journal of Fluid Mechanics, 1992",
    lyapunov_time=1 / 0.192,  # computed
)
