"""A model of Lorenz's flow at high Rayleigh numbers; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b = symbols("x y z a b")

SYSTEM = System(
    name="shimizu_morioka",
    key=211,
    equations={"x": y, "y": x - a * y - x * z, "z": -b * z + x**2},
    parameters={"a": 0.75, "b": 0.45},
    environments=RelativeRanges({"a": 0.05, "b": 0.05}),
    starts=Box(((-0.65, 0.65), (-0.25, 0.25), (0.5, 1.4))),
    dt=0.08,
    horizon=80.0,
    library=PolynomialLibrary(degree=2),
    citation="T. Shimizu, N. Morioka, On the bifurcation of a symmetric limit cycle to an asymmetric one in a "
    "simple model, Physics Letters A, 1980",
    lyapunov_time=1 / 0.064,  # computed
)
