"""An epidemic with births, deaths and immunity that is lost: shares x susceptible, y infected."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, be, ga, mu, om = symbols("x y be ga mu om")

SYSTEM = System(
    name="sirs",
    key=10,
    equations={"x": mu - be * x * y - mu * x + om * (1 - x - y), "y": be * x * y - (ga + mu) * y},
    parameters={"be": 1.6, "ga": 0.4, "mu": 0.05, "om": 0.12},
    environments=RelativeRanges({"be": 0.3, "ga": 0.25, "om": 0.5}),
    starts=Box(((0.4, 0.95), (0.01, 0.3))),
    dt=0.1,
    horizon=25.0,
    library=PolynomialLibrary(degree=3),
    citation="W. O. Kermack, A. G. McKendrick, A contribution to the mathematical theory of epidemics, Proceedings "
    "of the Royal Society A, 1927; H. W. Hethcote, Qualitative analyses of communicable disease models, Mathematical "
    "Biosciences, 1976",
)
