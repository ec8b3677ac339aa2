"""A damped rotation and a decay: three linear equations."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c, d, e = symbols("x y z a b c d e")

SYSTEM = System(
    name="linear3d",
    key=1,
    equations={"x": a * x + b * y, "y": c * x + d * y, "z": e * z},
    parameters={"a": -0.1, "b": 2.0, "c": -2.0, "d": -0.1, "e": -0.3},
    environments=RelativeRanges({"a": 0.5, "b": 0.2, "c": 0.2, "d": 0.5, "e": 0.5}),
    starts=Box(((-2, 2), (-2, 2), (-2, 2))),
    dt=0.02,
    horizon=4.0,
    library=PolynomialLibrary(degree=5),
    citation="S. L. Brunton, J. L. Proctor, J. N. Kutz, Discovering governing equations from data, PNAS, 2016",
)
