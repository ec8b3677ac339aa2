"""A flow with one product and one square, found by Liu and others; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, k, c, h = symbols("x y z a b k c h")

SYSTEM = System(
    name="liu",
    key=209,
    equations={"x": a * y - a * x, "y": b * x - k * x * z, "z": -c * z + h * x**2},
    parameters={"a": 10.0, "b": 40.0, "k": 1.0, "c": 2.5, "h": 4.0},
    environments=RelativeRanges({"a": 0.05, "b": 0.05, "k": 0.05, "c": 0.05, "h": 0.05}),
    starts=Box(((-4, 4), (-5.5, 5.5), (32, 55))),
    dt=0.005,
    horizon=4.0,
    library=PolynomialLibrary(degree=2),
    citation="C. Liu, T. Liu, L. Liu, K. Liu, A new chaotic attractor, Chaos, Solitons and Fractals, 2004",
    lyapunov_time=1 / 1.67,  # computed
)
