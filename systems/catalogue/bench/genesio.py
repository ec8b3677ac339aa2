"""A third-order equation with a quadratic force: position x, velocity y, acceleration z; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c = symbols("x y z a b c")

SYSTEM = System(
    name="genesio",
    key=24,
    equations={"x": y, "y": z, "z": -c * x - b * y - a * z + x**2},
    parameters={"a": 0.46, "b": 1.1, "c": 1.0},
    environments=RelativeRanges({"a": 0.04, "b": 0.05, "c": 0.04}),
    starts=Box(((0, 0.2), (-0.1, 0.1), (-0.1, 0.1))),
    dt=0.05,
    horizon=25.0,
    library=PolynomialLibrary(degree=3),
    citation="R. Genesio, A. Tesi, Harmonic balance methods for the analysis of chaotic dynamics in nonlinear "
    "systems, Automatica, 1992",
    lyapunov_time=1 / 0.075,  # computed; environment 3 of training is periodic
)
