"""A laser: number x of photons and number y of excited atoms, which the pump p refills."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, G, k, f, p = symbols("x y G k f p")

SYSTEM = System(
    name="laser",
    key=114,
    equations={"x": G * x * y - k * x, "y": -G * x * y - f * y + p},
    parameters={"G": 1.0, "k": 1.0, "f": 0.2, "p": 1.0},
    environments=RelativeRanges({"G": 0.2, "k": 0.3, "f": 0.4, "p": 0.3}),
    starts=Box(((0.1, 2), (0.2, 2))),
    dt=0.05,
    horizon=15.0,
    library=PolynomialLibrary(degree=3),
    citation="H. Haken, Synergetics, 1983; S. H. Strogatz, Nonlinear Dynamics and Chaos, 1994, exercise 3.3.1;"
    " P. W. Milonni, J. H. Eberly, Lasers, 1988",
)
