"""A rumour: shares x who have not heard it and y who spread it, until they meet somebody who knows it."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, be, ga = symbols("x y be ga")

SYSTEM = System(
    name="rumour",
    key=131,
    equations={"x": -be * x * y, "y": (be + ga) * x * y - ga * y},
    parameters={"be": 1.0, "ga": 0.8},
    environments=RelativeRanges({"be": 0.3, "ga": 0.4}),
    starts=Box(((0.6, 0.98), (0.02, 0.3))),
    dt=0.1,
    horizon=12.0,
    library=PolynomialLibrary(degree=3),
    citation="D. J. Daley, D. G. Kendall, Stochastic rumours, IMA Journal of Applied Mathematics, 1965; D. P. "
    "Maki, M. Thompson, Mathematical Models and Applications, 1973",
)
