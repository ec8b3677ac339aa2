"""Halvorsen's flow, the same under a cyclic exchange of its states; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a = symbols("x y z a")

SYSTEM = System(
    name="halvorsen",
    key=22,
    equations={
        "x": -a * x - 4 * y - 4 * z - y**2,
        "y": -a * y - 4 * z - 4 * x - z**2,
        "z": -a * z - 4 * x - 4 * y - x**2,
    },
    parameters={"a": 1.6},
    environments=RelativeRanges({"a": 0.15}),
    starts=Box(((-3, 0), (-3, 0), (-3, 0))),
    dt=0.01,
    horizon=8.0,
    library=PolynomialLibrary(degree=3),
    citation="J. C. Sprott, Chaos and Time-Series Analysis, 2003, appendix A",
)
