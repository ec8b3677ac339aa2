"""A particle in a periodic, cyclically symmetric force field with friction b; chaotic."""

from sympy import sin, symbols

from spreme.library import FourierLibrary, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, b = symbols("x y z b")

SYSTEM = System(
    name="thomas",
    key=27,
    equations={"x": sin(y) - b * x, "y": sin(z) - b * y, "z": sin(x) - b * z},
    parameters={"b": 0.19},
    environments=RelativeRanges({"b": 0.4}),
    starts=Box(((-3, 3), (-3, 3), (-3, 3))),
    dt=0.1,
    horizon=40.0,
    library=PolynomialLibrary(degree=2) + FourierLibrary(n_frequencies=1),
    citation='R. Thomas, Deterministic chaos seen in terms of feedback circuits: analysis, synthesis, "labyrinth '
    'chaos", International Journal of Bifurcation and Chaos, 1999',
)
