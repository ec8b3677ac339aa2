"""A star in the field of a galaxy: positions x, y and velocities z, w; below the energy of escape."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, w, a, b, la = symbols("x y z w a b la")

SYSTEM = System(
    name="henon_heiles",
    key=113,
    equations={"x": z, "y": w, "z": -a * x - 2 * la * x * y, "w": -b * y - la * x**2 + la * y**2},
    parameters={"a": 1.0, "b": 1.0, "la": 1.0},
    environments=RelativeRanges({"a": 0.15, "b": 0.15, "la": 0.15}),
    starts=Box(((-0.16, 0.16),) * 4),
    dt=0.1,
    horizon=30.0,
    library=PolynomialLibrary(degree=3),
    citation="M. Hénon, C. Heiles, The applicability of the third integral of motion: some numerical "
    "experiments, The Astronomical Journal, 1964",
)
