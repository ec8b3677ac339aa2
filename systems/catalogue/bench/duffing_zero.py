"""Duffing's oscillator with a quadratic force; damping and that force are absent in some environments."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, de, al, be, ga = symbols("x y de al be ga")

SYSTEM = System(
    name="duffing_zero",
    key=14,
    equations={"x": y, "y": -de * y - al * x - be * x**3 - ga * x**2},
    parameters={"de": 0.3, "al": 1.0, "be": 0.8, "ga": 0.5},
    environments=RelativeRanges({"de": 0.5, "al": 0.3, "be": 0.4, "ga": 0.4}, zeros={"de": (0, 4), "ga": (1, 3, 5, 7)}),
    starts=Box(((-1.8, 1.8), (-1.8, 1.8))),
    dt=0.02,
    horizon=12.0,
    library=PolynomialLibrary(degree=5),
    citation="G. Duffing, Erzwungene Schwingungen bei veränderlicher Eigenfrequenz und ihre technische Bedeutung, 1918",
)
