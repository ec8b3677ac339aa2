"""A rigid body with linear feedback: angular velocities x, y, z; chaotic, with two attractors."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b = symbols("x y z a b")

# Environment 6 is periodic.
SYSTEM = System(
    name="newton_leipnik",
    key=215,
    equations={"x": -a * x + y + 10 * y * z, "y": -x - 0.4 * y + 5 * x * z, "z": b * z - 5 * x * y},
    parameters={"a": 0.4, "b": 0.175},
    environments=RelativeRanges({"a": 0.05, "b": 0.05}),
    starts=Box(((-0.24, 0.26), (-0.06, 0.06), (0.16, 0.29))),
    dt=0.04,
    horizon=35.0,
    library=PolynomialLibrary(degree=2),
    citation="R. B. Leipnik, T. A. Newton, Double strange attractors in rigid body motion with linear feedback"
    " control, Physics Letters A, 1981",
    lyapunov_time=1 / 0.144,  # computed
)
