"""Interest rate x, demand y for investment, price index z; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c = symbols("x y z a b c")

SYSTEM = System(
    name="finance",
    key=212,
    equations={"x": z + x * y - a * x, "y": 1 - b * y - x**2, "z": -x - c * z},
    parameters={"a": 0.9, "b": 0.2, "c": 1.2},
    environments=RelativeRanges({"a": 0.05, "b": 0.05, "c": 0.05}),
    starts=Box(((-0.65, 0.65), (1.2, 2.3), (-0.55, 0.55))),
    dt=0.05,
    horizon=50.0,
    library=PolynomialLibrary(degree=2),
    citation="J. Ma, Y. Chen, Study for the bifurcation topological structure and the global complicated "
    "character of a kind of nonlinear finance system, Applied Mathematics and Mechanics, 2001",
    lyapunov_time=1 / 0.079,  # computed
)
