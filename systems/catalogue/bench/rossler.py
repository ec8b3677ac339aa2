"""A spiral that folds back onto itself by one nonlinear term; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c = symbols("x y z a b c")

SYSTEM = System(
    name="rossler",
    key=20,
    equations={"x": -y - z, "y": x + a * y, "z": b - c * z + x * z},
    parameters={"a": 0.2, "b": 0.2, "c": 5.7},
    environments=RelativeRanges({"a": 0.3, "b": 0.4, "c": 0.3}),
    starts=Box(((-6, 6), (-6, 6), (0, 4))),
    dt=0.05,
    horizon=40.0,
    library=PolynomialLibrary(degree=3),
    citation="O. E. Rössler, An equation for continuous chaos, Physics Letters A, 1976",
    lyapunov_time=1 / 0.0714,  # J. C. Sprott, Chaos and Time-Series Analysis, 2003, appendix A
)
