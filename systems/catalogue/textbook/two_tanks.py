"""Water that runs from a tank into a second one and out: levels x and y."""

from sympy import Abs, sqrt, symbols

from spreme.library import CustomLibrary, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, q, a, b = symbols("x y q a b")

# Levels are positive; their absolute values keep measurements of them in the domain of the root.
SYSTEM = System(
    name="two_tanks",
    key=122,
    equations={"x": q - a * sqrt(Abs(x)), "y": a * sqrt(Abs(x)) - b * sqrt(Abs(y))},
    parameters={"q": 1.0, "a": 0.8, "b": 0.7},
    environments=RelativeRanges({"q": 0.15, "a": 0.15, "b": 0.15}),
    starts=Box(((0.5, 4),) * 2),
    dt=0.1,
    horizon=15.0,
    library=PolynomialLibrary(degree=2) + CustomLibrary(["sqrt(abs(x))", "sqrt(abs(y))"]),
    citation="E. Torricelli, Opera geometrica, 1644; K. J. Åström, R. M. Murray, Feedback Systems, 2008",
    units={"t": "min", "x": "m", "y": "m"},
)
