"""FitzHugh and Nagumo's model of a nerve: voltage x, recovery y, input current I."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, current, e, a, b = symbols("x y I e a b")

SYSTEM = System(
    name="fhn",
    key=16,
    equations={"x": x - x**3 / 3 - y + current, "y": e * x + e * a - e * b * y},
    parameters={"I": 0.5, "e": 0.08, "a": 0.7, "b": 0.8},
    environments=RelativeRanges({"I": 0.5, "e": 0.4, "a": 0.2, "b": 0.2}),
    starts=Box(((-2, 2), (-0.5, 1.5))),
    dt=0.2,
    horizon=60.0,
    library=PolynomialLibrary(degree=3),
    citation="R. FitzHugh, Impulses and physiological states in theoretical models of nerve membrane, Biophysical "
    "Journal, 1961",
)
