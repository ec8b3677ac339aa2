"""A predator y that is sated: it eats x / (1 + x) of its prey x, which has a limited capacity K."""

from sympy import symbols

from spreme.library import CustomLibrary, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, r, K, a, e, m = symbols("x y r K a e m")

SYSTEM = System(
    name="rosenzweig_macarthur",
    key=105,
    equations={"x": r * x - r / K * x**2 - a * x * y / (1 + x), "y": e * x * y / (1 + x) - m * y},
    parameters={"r": 1.0, "K": 3.0, "a": 1.0, "e": 1.0, "m": 0.35},
    environments=RelativeRanges({"r": 0.3, "K": 0.2, "e": 0.15, "m": 0.2}),
    starts=Box(((0.2, 2.5), (0.3, 2))),
    dt=0.1,
    horizon=30.0,
    library=PolynomialLibrary(degree=3) + CustomLibrary(["x/(1 + x)", "x*y/(1 + x)", "y**2/(1 + x)"]),
    citation="M. L. Rosenzweig, R. H. MacArthur, Graphical representation and stability conditions of "
    "predator-prey interactions, The American Naturalist, 1963; C. S. Holling, Some characteristics "
    "of simple types of predation and parasitism, The Canadian Entomologist, 1959",
)
