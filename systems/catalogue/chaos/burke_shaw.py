"""A relative of Lorenz's flow that winds about two holes of another kind; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, s, v = symbols("x y z s v")

SYSTEM = System(
    name="burke_shaw",
    key=206,
    equations={"x": -s * x - s * y, "y": -y - s * x * z, "z": s * x * y + v},
    parameters={"s": 10.0, "v": 4.272},
    environments=RelativeRanges({"s": 0.05, "v": 0.05}),
    starts=Box(((-0.4, 0.4), (-0.5, 0.5), (-0.7, 0.9))),
    dt=0.008,
    horizon=8.0,
    library=PolynomialLibrary(degree=2),
    citation="R. Shaw, Strange attractors, chaotic behavior, and information flow, Zeitschrift für "
    "Naturforschung A, 1981",
    lyapunov_time=1 / 0.7,  # computed
)
