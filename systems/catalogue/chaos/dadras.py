"""A flow with three products whose attractor has two, three or four scrolls; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, p, o, r, c, e = symbols("x y z p o r c e")

# Environment 4 is hardly chaotic.
SYSTEM = System(
    name="dadras",
    key=214,
    equations={"x": y - p * x + o * y * z, "y": r * y - x * z + z, "z": c * x * y - e * z},
    parameters={"p": 3.0, "o": 2.7, "r": 1.7, "c": 2.0, "e": 9.0},
    environments=RelativeRanges({"p": 0.05, "o": 0.05, "r": 0.05, "c": 0.05, "e": 0.05}),
    starts=Box(((-1, 3), (-2.2, 1.9), (-0.45, 1.2))),
    dt=0.01,
    horizon=10.0,
    library=PolynomialLibrary(degree=2),
    citation="S. Dadras, H. R. Momeni, A novel three-dimensional autonomous chaotic system generating two, "
    "three and four-scroll attractors, Physics Letters A, 2009",
    lyapunov_time=1 / 0.374,  # computed
)
