"""A third-order equation with a cubic force: position x, velocity y, acceleration z; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c, d = symbols("x y z a b c d")

SYSTEM = System(
    name="coullet",
    key=213,
    equations={"x": y, "y": z, "z": a * x - b * y - c * z - d * x**3},
    parameters={"a": 0.8, "b": 1.1, "c": 0.45, "d": 1.0},
    environments=RelativeRanges({"a": 0.05, "b": 0.05, "c": 0.05, "d": 0.05}),
    starts=Box(((-0.7, 0.7), (-0.35, 0.35), (-0.4, 0.4))),
    dt=0.05,
    horizon=42.0,
    library=PolynomialLibrary(degree=3),
    citation="A. Arnéodo, P. Coullet, C. Tresser, Occurrence of strange attractors in three-dimensional "
    "Volterra equations, Physics Letters A, 1980; P. Coullet, C. Tresser, A. Arnéodo, Transition to "
    "stochasticity for a class of forced oscillators, Physics Letters A, 1979",
    lyapunov_time=1 / 0.13,  # computed
)
