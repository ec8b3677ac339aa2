"""The T system, a relative of Lorenz's with fewer terms than Chen's; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c = symbols("x y z a b c")

SYSTEM = System(
    name="tigan",
    key=210,
    equations={"x": a * y - a * x, "y": (c - a) * x - a * x * z, "z": -b * z + x * y},
    parameters={"a": 2.1, "b": 0.6, "c": 30.0},
    environments=RelativeRanges({"a": 0.05, "b": 0.05, "c": 0.05}),
    starts=Box(((-2.5, 2.5), (-4, 4), (10, 15.5))),
    dt=0.015,
    horizon=15.0,
    library=PolynomialLibrary(degree=2),
    citation="G. Tigan, D. Opriş, Analysis of a 3D chaotic system, Chaos, Solitons and Fractals, 2008",
    lyapunov_time=1 / 0.388,  # computed
)
