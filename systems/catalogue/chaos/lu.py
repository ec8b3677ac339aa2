"""Lü's flow, between those of Lorenz and of Chen; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c = symbols("x y z a b c")

# Environment 1 is periodic.
SYSTEM = System(
    name="lu",
    key=218,
    equations={"x": a * y - a * x, "y": -x * z + c * y, "z": x * y - b * z},
    parameters={"a": 36.0, "b": 3.0, "c": 20.0},
    environments=RelativeRanges({"a": 0.05, "b": 0.05, "c": 0.05}),
    starts=Box(((-6.5, 6.5), (-6.5, 6.5), (15, 24))),
    dt=0.005,
    horizon=4.0,
    library=PolynomialLibrary(degree=2),
    citation="J. Lü, G. Chen, A new chaotic attractor coined, International Journal of Bifurcation and Chaos, 2002",
    lyapunov_time=1 / 1.35,  # computed
)
