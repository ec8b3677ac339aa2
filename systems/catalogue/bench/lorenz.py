"""Convection in a layer of fluid, truncated to three modes; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, s, r, b = symbols("x y z s r b")

SYSTEM = System(
    name="lorenz",
    key=3,
    equations={"x": s * y - s * x, "y": r * x - x * z - y, "z": x * y - b * z},
    parameters={"s": 10.0, "r": 28.0, "b": 8 / 3},
    environments=RelativeRanges({"s": 0.15, "r": 0.2, "b": 0.15}),
    starts=Box(((-10, 10), (-10, 10), (10, 35))),
    dt=0.01,
    horizon=8.0,
    library=PolynomialLibrary(degree=3),
    citation="E. N. Lorenz, Deterministic nonperiodic flow, Journal of the Atmospheric Sciences, 1963",
    lyapunov_time=1 / 0.9056,  # J. C. Sprott, Chaos and Time-Series Analysis, 2003, appendix A
)
