"""Duffing's damped oscillator; it has two wells where the stiffness al is negative."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, de, al, be = symbols("x y de al be")

SYSTEM = System(
    name="duffing",
    key=13,
    equations={"x": y, "y": -de * y - al * x - be * x**3},
    parameters={"de": 0.2, "al": -1.0, "be": 1.0},
    environments=RelativeRanges({"de": 0.6, "al": 1.8, "be": 0.4}),
    starts=Box(((-2, 2), (-2, 2))),
    dt=0.02,
    horizon=12.0,
    library=PolynomialLibrary(degree=5),
    citation="G. Duffing, Erzwungene Schwingungen bei veränderlicher Eigenfrequenz und ihre technische Bedeutung, 1918",
)
