"""Two dynamos that excite each other, as the field of the Earth that reverses: currents x, y, speed z; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, m, a = symbols("x y z m a")

SYSTEM = System(
    name="rikitake",
    key=207,
    equations={"x": -m * x + y * z, "y": -m * y + x * z - a * x, "z": 1 - x * y},
    parameters={"m": 1.0, "a": 1.0},
    environments=RelativeRanges({"m": 0.05, "a": 0.05}),
    starts=Box(((-0.9, 1.1), (-0.4, 0.5), (0.6, 2.9))),
    dt=0.04,
    horizon=40.0,
    library=PolynomialLibrary(degree=2),
    citation="T. Rikitake, Oscillations of a system of disk dynamos, Mathematical Proceedings of the Cambridge"
    " Philosophical Society, 1958",
    lyapunov_time=1 / 0.125,  # computed
)
