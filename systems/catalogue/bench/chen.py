"""A chaotic relative of Lorenz's system in which y excites itself."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c = symbols("x y z a b c")

SYSTEM = System(
    name="chen",
    key=21,
    equations={"x": a * y - a * x, "y": (c - a) * x - x * z + c * y, "z": x * y - b * z},
    parameters={"a": 35.0, "b": 3.0, "c": 28.0},
    environments=RelativeRanges({"a": 0.04, "b": 0.15, "c": 0.04}),
    starts=Box(((-10, 10), (-10, 10), (10, 30))),
    dt=0.004,
    horizon=5.0,
    library=PolynomialLibrary(degree=3),
    citation="G. Chen, T. Ueta, Yet another chaotic attractor, International Journal of Bifurcation and Chaos, 1999",
    lyapunov_time=1 / 2.0272,  # J. C. Sprott, Chaos and Time-Series Analysis, 2003, appendix A
)
