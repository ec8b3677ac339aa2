"""Growth in cycles: share x of wages in the income, rate y of employment."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, al, ga, rho, s, n = symbols("x y al ga rho s n")

SYSTEM = System(
    name="goodwin",
    key=128,
    equations={"x": rho * x * y - (al + ga) * x, "y": (1 / s - al - n) * y - x * y / s},
    parameters={"al": 0.02, "ga": 0.5, "rho": 0.6, "s": 3.0, "n": 0.01},
    environments=RelativeRanges({"ga": 0.05, "rho": 0.05, "s": 0.15}),
    starts=Box(((0.75, 0.98), (0.8, 0.98))),
    dt=0.5,
    horizon=50.0,
    library=PolynomialLibrary(degree=3),
    citation="R. M. Goodwin, A growth cycle, Socialism, Capitalism and Economic Growth, 1967; M. Desai, Growth"
    " cycles and inflation in a model of the class struggle, Journal of Economic Theory, 1973",
    units={"t": "a"},
)
