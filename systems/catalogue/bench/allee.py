"""A population x that dies out below a threshold: growth with a strong Allee effect."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, a, b, c = symbols("x a b c")

SYSTEM = System(
    name="allee",
    key=6,
    equations={"x": -a * x + b * x**2 - c * x**3},
    parameters={"a": 0.5, "b": 2.0, "c": 1.0},
    environments=RelativeRanges({"a": 0.3, "b": 0.2, "c": 0.2}),
    starts=Box(((0.05, 2.2),)),
    dt=0.05,
    horizon=6.0,
    library=PolynomialLibrary(degree=5),
    citation="W. C. Allee, Animal Aggregations: A Study in General Sociology, 1931",
)
