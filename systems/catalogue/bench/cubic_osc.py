"""A damped rotation in which all terms are cubic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, a, b = symbols("x y a b")

SYSTEM = System(
    name="cubic_osc",
    key=15,
    equations={"x": -a * x**3 + b * y**3, "y": -b * x**3 - a * y**3},
    parameters={"a": 0.1, "b": 2.0},
    environments=RelativeRanges({"a": 0.5, "b": 0.3}),
    starts=Box(((-2, 2), (-2, 2))),
    dt=0.01,
    horizon=8.0,
    library=PolynomialLibrary(degree=5),
    citation="S. L. Brunton, J. L. Proctor, J. N. Kutz, Discovering governing equations from data, PNAS, 2016",
)
