"""Van der Pol's oscillator: friction drives small oscillations and damps large ones."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, mu, om = symbols("x y mu om")

SYSTEM = System(
    name="vdp",
    key=12,
    equations={"x": y, "y": mu * y - mu * x**2 * y - om * x},
    parameters={"mu": 1.2, "om": 1.0},
    environments=RelativeRanges({"mu": 0.6, "om": 0.4}),
    starts=Box(((-2.5, 2.5), (-2.5, 2.5))),
    dt=0.02,
    horizon=10.0,
    library=PolynomialLibrary(degree=5),
    citation="B. van der Pol, On relaxation-oscillations, Philosophical Magazine, 1926",
)
