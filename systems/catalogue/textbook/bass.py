"""How an innovation spreads: share x of a market that has bought it."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, p, q = symbols("x p q")

SYSTEM = System(
    name="bass",
    key=129,
    equations={"x": p + (q - p) * x - q * x**2},
    parameters={"p": 0.03, "q": 0.38},
    environments=RelativeRanges({"p": 0.6, "q": 0.3}),
    starts=Box(((0, 0.3),)),
    dt=0.25,
    horizon=15.0,
    library=PolynomialLibrary(degree=4),
    citation="F. M. Bass, A new product growth for model consumer durables, Management Science, 1969",
    units={"t": "a", "p": "1/a", "q": "1/a"},
)
