"""A quantity carried around a circle of latitude with five sites, forced by F; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, w, v, F = symbols("x y z w v F")

SYSTEM = System(
    name="lorenz96_5",
    key=29,
    equations={
        "x": (y - w) * v - x + F,
        "y": (z - v) * x - y + F,
        "z": (w - x) * y - z + F,
        "w": (v - y) * z - w + F,
        "v": (x - z) * w - v + F,
    },
    parameters={"F": 8.0},
    environments=RelativeRanges({"F": 0.3}),
    starts=Box(((-4, 8),) * 5),
    dt=0.01,
    horizon=5.0,
    library=PolynomialLibrary(degree=2),
    citation="E. N. Lorenz, Predictability: a problem partly solved, Proceedings of the Seminar on Predictability, "
    "ECMWF, 1996",
    lyapunov_time=1 / 0.477,  # computed; environments 0, 4 and 7 of training are periodic
)
