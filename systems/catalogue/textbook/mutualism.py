"""Two species x and y that help each other and can live alone."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, r1, K1, a, r2, K2, b = symbols("x y r1 K1 a r2 K2 b")

SYSTEM = System(
    name="mutualism",
    key=106,
    equations={"x": r1 * x * (1 - x / K1 + a * y / K1), "y": r2 * y * (1 - y / K2 + b * x / K2)},
    parameters={"r1": 0.6, "K1": 1.0, "a": 0.4, "r2": 0.8, "K2": 1.5, "b": 0.3},
    environments=RelativeRanges({"r1": 0.3, "K1": 0.2, "a": 0.3, "r2": 0.3, "K2": 0.2, "b": 0.3}),
    starts=Box(((0.1, 4),) * 2),
    dt=0.1,
    horizon=12.0,
    library=PolynomialLibrary(degree=3),
    citation="J. H. Vandermeer, D. H. Boucher, Varieties of mutualistic interaction in population models, "
    "Journal of Theoretical Biology, 1978; J. D. Murray, Mathematical Biology I, 2002, section 3.6",
)
