"""Lorenz's flow with a controller w that makes differences grow in two directions; hyperchaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, w, a, b, r, d = symbols("x y z w a b r d")

SYSTEM = System(
    name="hyper_lorenz",
    key=216,
    equations={"x": a * y - a * x + w, "y": r * x - x * z - y, "z": x * y - b * z, "w": -x * z + d * w},
    parameters={"a": 10.0, "b": 2.6666666666666665, "r": 28.0, "d": 1.3},
    environments=RelativeRanges({"a": 0.05, "b": 0.05, "r": 0.05, "d": 0.05}),
    starts=Box(((-8, 8), (-7, 7), (17, 32), (-55, 55))),
    dt=0.006,
    horizon=9.0,
    library=PolynomialLibrary(degree=2),
    citation="Q. Jia, Hyperchaos generated from the Lorenz chaotic system and its control, Physics Letters A, 2007",
    lyapunov_time=1 / 0.367,  # computed
)
