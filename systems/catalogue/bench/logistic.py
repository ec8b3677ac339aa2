"""Verhulst's growth of a population x towards the capacity K."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, r, K = symbols("x r K")

SYSTEM = System(
    name="logistic",
    key=5,
    equations={"x": r * x - r / K * x**2},
    parameters={"r": 0.8, "K": 5.0},
    environments=RelativeRanges({"r": 0.5, "K": 0.4}),
    starts=Box(((0.1, 7),)),
    dt=0.1,
    horizon=8.0,
    library=PolynomialLibrary(degree=4),
    citation="P.-F. Verhulst, Notice sur la loi que la population suit dans son accroissement, Correspondance "
    "mathématique et physique, 1838",
)
