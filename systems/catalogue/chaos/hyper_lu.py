"""Lü's flow with a controller w; hyperchaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, w, a, b, c, d1, d2 = symbols("x y z w a b c d1 d2")

SYSTEM = System(
    name="hyper_lu",
    key=217,
    equations={"x": a * y - a * x, "y": c * y - x * z + w, "z": x * y - b * z, "w": -d1 * x - d2 * y},
    parameters={"a": 36.0, "b": 3.0, "c": 20.0, "d1": 2.0, "d2": 2.0},
    environments=RelativeRanges({"a": 0.05, "b": 0.05, "c": 0.05, "d1": 0.05, "d2": 0.05}),
    starts=Box(((-7, 7), (-7, 7), (15, 24), (-8, 8))),
    dt=0.005,
    horizon=4.0,
    library=PolynomialLibrary(degree=2),
    citation="S. Pang, Y. Liu, A new hyperchaotic system from the Lü system and its control, Journal of "
    "Computational and Applied Mathematics, 2011",
    lyapunov_time=1 / 1.42,  # computed
)
