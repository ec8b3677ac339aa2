"""Three species, each of which is beaten by the next: x, y, z grow and fade in turn."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b = symbols("x y z a b")

SYSTEM = System(
    name="may_leonard",
    key=103,
    equations={
        "x": x - x**2 - a * x * y - b * x * z,
        "y": y - b * x * y - y**2 - a * y * z,
        "z": z - a * x * z - b * y * z - z**2,
    },
    parameters={"a": 0.8, "b": 1.3},
    environments=RelativeRanges({"a": 0.2, "b": 0.15}),
    starts=Box(((0.05, 0.8),) * 3),
    dt=0.2,
    horizon=40.0,
    library=PolynomialLibrary(degree=3),
    citation="R. M. May, W. J. Leonard, Nonlinear aspects of competition between three species, SIAM Journal "
    "on Applied Mathematics, 1975",
)
